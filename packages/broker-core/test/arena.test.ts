import { expect, test } from 'vitest';
import { Arena } from '../src/arena.ts';

const LENGTH = 400_000;

interface Kept {
  readonly bytes: Uint8Array;
  readonly block: Uint8Array;
  readonly value: number;
}

/** Five long chunks, more than one block has room for. */
function fill(arena: Arena, value: number): Kept[] {
  return Array.from({ length: 5 }, () => {
    const offset = arena.keep(new Uint8Array(LENGTH).fill(value), 0, LENGTH);
    const { block } = arena;
    return { bytes: block.subarray(offset, offset + LENGTH), block, value };
  });
}

const isWhole = ({ bytes, value }: Kept): boolean => bytes.every((byte) => byte === value);
const blocksOf = (kept: readonly Kept[]): Set<Uint8Array> =>
  new Set(kept.map(({ block }) => block));

test('blocks serve again when everything has left', () => {
  const arena = new Arena();
  const first = fill(arena, 1);
  expect(first.every(isWhole)).toBe(true);
  arena.endTurn(true);
  const second = fill(arena, 2);
  expect(second.every(isWhole)).toBe(true);
  expect(blocksOf([...first, ...second]).size).toBe(3);
});

test('what somebody may still refer to is never written over', () => {
  const arena = new Arena();
  const kept: Kept[] = [];
  for (let turn = 1; turn <= 4; turn++) {
    kept.push(...fill(arena, turn));
    arena.endTurn(false);
  }
  for (let turn = 5; turn <= 8; turn++) {
    fill(arena, turn);
    arena.endTurn(true);
  }
  expect(kept.every(isWhole)).toBe(true);
});
