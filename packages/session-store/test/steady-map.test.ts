import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SteadyMap } from '../src/steady-map.ts';

test('it is a map, and an eighth of its places is vacant at most, and 64', () => {
  const step = fc.record({ key: fc.nat(400), goes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3_000, size: 'max' }), (steps) => {
      const map = new SteadyMap<{ readonly number: number }>();
      const model = new Map<string, { readonly number: number }>();
      for (const [number, { key: name, goes }] of steps.entries()) {
        const key = String(name);
        expect(map.get(key)).toBe(model.get(key));
        if (goes) {
          expect(map.delete(key)).toBe(model.get(key));
          model.delete(key);
        } else {
          map.set(key, { number });
          model.set(key, map.get(key) ?? { number: -1 });
        }
        expect(map.size).toBe(model.size);
      }
      expect(new Set(map.values())).toEqual(new Set(model.values()));
      expect(map.vacant).toBeLessThanOrEqual(64 + 400 / 8);
    }),
    { numRuns: 30 },
  );
});

test('a key that comes and goes over and over keeps its one place: the map beneath deletes nothing', () => {
  const map = filled(50_000);
  for (let i = 0; i < 20_000; i++) {
    map.set('again', map);
    map.delete('again');
    expect(map.vacant).toBe(1);
  }
});

test('keys that come and go once leave, but for an eighth and 64', () => {
  const map = filled(8_000);
  for (let i = 0; i < 20_000; i++) {
    map.set(`once/${i}`, map);
    map.delete(`once/${i}`);
  }
  expect(map.vacant).toBe(64 + 1_000);
});

test('when all keys go, at most 64 places are kept', () => {
  const map = filled(8_000);
  for (let i = 0; i < 8_000; i++) map.delete(`other/${i}`);
  expect(map.size).toBe(0);
  expect(map.vacant).toBeLessThanOrEqual(64);
});

function filled(count: number): SteadyMap<object> {
  const map = new SteadyMap<object>();
  for (let i = 0; i < count; i++) map.set(`other/${i}`, map);
  return map;
}
