import type { Arena } from './arena.ts';

/**
 * Copies `source[start, end)` to `target` at `offset`. A loop wins below some 32 bytes, where setting
 * up a view costs more than the bytes.
 */
export function copyBytes(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  offset: number,
): void {
  const length = end - start;
  if (source === target && length > LOOP_LIMIT_WITHIN) {
    target.copyWithin(offset, start, end);
  } else if (length <= LOOP_LIMIT) {
    // an index inside both arrays by the caller's arithmetic, so `?? 0` never applies
    for (let i = 0; i < length; i++) target[offset + i] = source[start + i] ?? 0;
  } else if (length === source.length) {
    target.set(source, offset); // spares the view
  } else {
    target.set(source.subarray(start, end), offset);
  }
}

/**
 * Copies within an arena's block, eight bytes at a time: what follows the target up to a multiple of
 * eight is written over. A call costs as much as some 130 bytes.
 */
export function copyInArena(
  { block, words }: Arena,
  start: number,
  length: number,
  offset: number,
): void {
  if (length > WORDS_LIMIT) {
    block.copyWithin(offset, start, start + length);
    return;
  }
  for (let at = 0; at < length; at += 8) {
    words.setInt32(offset + at, words.getInt32(start + at, true), true);
    words.setInt32(offset + at + 4, words.getInt32(start + at + 4, true), true);
  }
}

/** A copy with memory of its own: `bytes.slice()` would not do, as Node's Buffer gives a view. */
export function ownCopy(bytes: Uint8Array, start = 0, end: number = bytes.length): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, start, end);
}

const LOOP_LIMIT = 48;
const LOOP_LIMIT_WITHIN = 16;
const WORDS_LIMIT = 128;
