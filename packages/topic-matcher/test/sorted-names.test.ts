import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedNames } from '../src/sorted-names.ts';

test('it is a map, in order, whatever comes and goes', () => {
  const step = fc.record({ name: fc.nat(2_000), goes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4_000, size: 'max' }), (steps) => {
      const names = new SortedNames<number>();
      const model = new Map<string, number>();
      for (const [value, { name: number, goes }] of steps.entries()) {
        const name = String(number);
        expect(names.get(name)).toBe(model.get(name));
        if (goes) expect(names.delete(name)).toBe(model.get(name));
        else expect(names.set(name, value)).toBe(model.get(name));
        if (goes) model.delete(name);
        else model.set(name, value);
      }
      expect(names.size).toBe(model.size);
      const chunks = chunksOf(names);
      expect(chunks.flatMap((chunk) => chunk.names)).toEqual([...model.keys()].toSorted());
      const values = chunks.flatMap((chunk) => chunk.values);
      expect(values).toEqual([...model].toSorted(([a], [b]) => (a < b ? -1 : 1)).map((e) => e[1]));
    }),
    { numRuns: 20 },
  );
});

test('a name that is set and deleted over and over leaves nothing behind that a search would pass', () => {
  const names = new SortedNames<number>();
  for (let i = 0; i < 50_000; i++) names.set(`topic/${i}`, i);
  names.set('x', 0);
  names.delete('x');
  const before = chunksOf(names).map((chunk) => chunk.names.length);
  for (let i = 0; i < 20_000; i++) {
    names.set('x', i);
    names.delete('x');
  }
  expect(chunksOf(names).map((chunk) => chunk.names.length)).toEqual(before);
  expect(Math.max(...before)).toBeLessThanOrEqual(256);
});

function chunksOf(names: SortedNames<number>): { names: string[]; values: number[] }[] {
  const chunks = [];
  for (let at = 0; ; at++) {
    const chunk = names.chunk(at);
    if (chunk === undefined) return chunks;
    chunks.push(chunk);
  }
}
