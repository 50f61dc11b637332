import { byteAt } from './byte-at.ts';

/** Whether two ranges of the same bytes are alike. */
export function isSameRange(
  bytes: Uint8Array,
  one: number,
  other: number,
  length: number,
): boolean {
  for (let at = 0; at < length; at++) {
    if (byteAt(bytes, one + at) !== byteAt(bytes, other + at)) return false;
  }
  return true;
}

/** The same by words, which costs a quarter; making a view of the bytes costs as much as comparing a thousand. */
export function isSameByWords(
  words: DataView,
  one: number,
  other: number,
  length: number,
): boolean {
  let at = 0;
  for (; at + 8 <= length; at += 8) {
    const low = words.getInt32(one + at, true) ^ words.getInt32(other + at, true);
    const high = words.getInt32(one + at + 4, true) ^ words.getInt32(other + at + 4, true);
    if ((low | high) !== 0) return false;
  }
  for (; at < length; at++) {
    if (words.getUint8(one + at) !== words.getUint8(other + at)) return false;
  }
  return true;
}
