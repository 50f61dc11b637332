import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { NameTable } from '../src/name-table.ts';

interface Value {
  readonly number: number;
}

/** Names of which only both ends are looked at, so that they share a bucket. */
const crowding = (index: number): string =>
  `${'x'.repeat(70)}${String(index).padStart(6, '0')}${'y'.repeat(70)}`;

const name = fc.oneof(
  fc.nat(40).map(String),
  fc.nat(2_000).map((index) => `plant/${index}/temperature`),
  fc.nat(60).map(crowding),
);

test('is a Map, whatever comes and goes', () => {
  const step = fc.tuple(fc.constantFrom('set', 'set', 'delete', 'get'), name, fc.nat());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const table = new NameTable<Value>();
      const model = new Map<string, Value>();
      for (const [what, key, number] of steps) {
        if (what === 'delete') {
          if (model.delete(key)) table.delete(key);
        } else if (what === 'set') {
          if (model.has(key)) table.replace(key, { number });
          else table.add(key, { number });
          model.set(key, { number });
        }
        expect(table.get(key)).toEqual(model.get(key));
        expect(table.size).toBe(model.size);
      }
      for (const [key, value] of model) expect(table.get(key)).toEqual(value);
    }),
    { numRuns: 200 },
  );
});

test.each<[string, (index: number) => string]>([
  ['in order', (index) => `plant/${index}/temperature`],
  ['that share a bucket', crowding],
])('grows to many names %s, and shrinks to none, with each found all along', (_kind, nameOf) => {
  const count = 3_000;
  const table = new NameTable<Value>();
  for (let number = 0; number < count; number++) {
    table.add(nameOf(number), { number });
    expect(table.get(nameOf(number >> 1))).toEqual({ number: number >> 1 });
    expect(table.get(nameOf(number + 1))).toBeUndefined();
  }
  expect(table.size).toBe(count);
  for (let number = 0; number < count; number++) {
    expect(table.get(nameOf(number))).toEqual({ number });
    table.delete(nameOf(number));
    expect(table.get(nameOf(number))).toBeUndefined();
    const last = count - 1;
    if (number < last) expect(table.get(nameOf(last))).toEqual({ number: last });
  }
  expect(table.size).toBe(0);
});
