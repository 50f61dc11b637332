import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SubscriptionIndex } from '../src/index.ts';
import { naiveMatch, topicFilters, topicNames } from './naive-model.ts';

interface Value {
  readonly id: number;
}
const values: readonly Value[] = Array.from({ length: 4 }, (_, id) => ({ id }));

describe('against a list of pairs', () => {
  const pair = fc.record({ topicFilter: topicFilters, value: fc.constantFrom(...values) });
  const step = fc.oneof(
    { weight: 5, arbitrary: pair.map((p) => ({ ...p, add: true })) },
    { weight: 2, arbitrary: pair.map((p) => ({ ...p, add: false })) },
  );

  test('any sequence of add and remove leaves what matches, in size, result and stamps', () => {
    const scenario = fc.tuple(
      fc.array(step, { maxLength: 60 }),
      // Removals that hit: each number picks one of the pairs then held.
      fc.array(fc.nat(), { maxLength: 60 }),
      fc.array(topicNames, { minLength: 1, maxLength: 8 }),
    );
    fc.assert(
      fc.property(scenario, ([steps, removals, names]) => {
        const model = new Model();
        const watched = names.map((name) => ({ name, slot: model.index.slot(name) }));
        const checked = (change: () => string | undefined): void => {
          const before = watched.map(({ slot }) => model.index.stamp(slot));
          const topicFilter = change();
          for (const [i, { name, slot }] of watched.entries()) {
            expect(model.matched(name)).toEqual(model.expected(name));
            const grown = model.index.stamp(slot) - (before[i] ?? NaN);
            const concerned = topicFilter !== undefined && naiveMatch(topicFilter, name);
            expect(grown).toBeGreaterThanOrEqual(concerned ? 1 : 0);
          }
          expect(model.index.size).toBe(model.pairs.length);
        };
        for (const { topicFilter, value, add } of steps) {
          checked(() => (add ? model.add(topicFilter, value) : model.remove(topicFilter, value)));
        }
        for (const n of removals) {
          const picked = model.pairs[n % model.pairs.length];
          if (picked !== undefined) checked(() => model.remove(...picked));
        }
      }),
      { numRuns: 300 },
    );
  });
});

class Model {
  readonly index = new SubscriptionIndex<Value>();
  readonly pairs: [topicFilter: string, value: Value][] = [];

  add(topicFilter: string, value: Value): string | undefined {
    if (this.#find(topicFilter, value) >= 0) {
      assert.throws(() => this.index.add(topicFilter, value), TypeError);
      return undefined;
    }
    this.index.add(topicFilter, value);
    this.pairs.push([topicFilter, value]);
    return topicFilter;
  }

  remove(topicFilter: string, value: Value): string | undefined {
    const at = this.#find(topicFilter, value);
    assert.equal(this.index.remove(topicFilter, value), at >= 0);
    if (at < 0) return undefined;
    this.pairs.splice(at, 1);
    return topicFilter;
  }

  matched(topicName: string): number[] {
    const into: Value[] = [];
    this.index.match(topicName, into);
    return sorted(into.map(({ id }) => id));
  }

  expected(topicName: string): number[] {
    const hits = this.pairs.filter(([topicFilter]) => naiveMatch(topicFilter, topicName));
    return sorted(hits.map(([, { id }]) => id));
  }

  #find(topicFilter: string, value: Value): number {
    return this.pairs.findIndex(([f, v]) => f === topicFilter && v === value);
  }
}

test.each(['plant/1', 'plant/+', 'plant/#', '#'])(
  'many values under %s come and go in any order',
  (topicFilter) => {
    const index = new SubscriptionIndex<Value>();
    const model = new Set<Value>();
    const pool = Array.from({ length: 200 }, (_, id) => ({ id }));
    const matched = (): Set<Value> => {
      const into: Value[] = [];
      index.match('plant/1', into);
      expect(into).toHaveLength(model.size);
      return new Set(into);
    };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pool), { maxLength: 300 }), (toggled) => {
        for (const value of toggled) {
          const held = model.has(value);
          expect(index.remove(topicFilter, value)).toBe(held);
          if (held) {
            model.delete(value);
            continue;
          }
          index.add(topicFilter, value);
          model.add(value);
        }
        expect(matched()).toEqual(model);
      }),
      { numRuns: 50 },
    );
  },
);

test('100,000 values under one filter are added, refused twice and removed without a search each', () => {
  // Quadratic work would be 5,000,000,000 comparisons a pass: the test would time out.
  for (const topicFilter of ['fan/out', 'fan/+']) {
    const index = new SubscriptionIndex<Value>();
    const many = Array.from({ length: 100_000 }, (_, id) => ({ id }));
    for (const value of many) index.add(topicFilter, value);
    expect(() => index.add(topicFilter, many[77_777] ?? { id: 0 })).toThrow(TypeError);
    const into: Value[] = [];
    index.match('fan/out', into);
    expect(new Set(into)).toEqual(new Set(many));
    for (const value of many) index.remove(topicFilter, value);
    expect(index.size).toBe(0);
    index.match('fan/out', ((into.length = 0), into));
    expect(into).toEqual([]);
  }
});

describe('stamps', () => {
  const index = new SubscriptionIndex<Value>();
  const slot = index.slot('plant/1/temperature');
  const grows = (change: () => void): boolean => {
    const before = index.stamp(slot);
    change();
    return index.stamp(slot) > before;
  };
  const value = { id: 0 };

  test('are kept by the first level', () => {
    expect(index.slot('plant')).toBe(slot);
    expect(index.slot('plant/+/#')).toBe(slot);
    expect(index.slot('/plant')).not.toBe(slot);
  });

  test.each(['plant/#', 'plant', 'plant/2', '#', '+/1', '+'])('%s concerns plant/…', (filter) => {
    expect(grows(() => index.add(filter, value))).toBe(true);
    expect(grows(() => index.touch(filter))).toBe(true);
    expect(grows(() => index.remove(filter, value))).toBe(true);
    expect(grows(() => index.remove(filter, value))).toBe(false);
  });

  test('a filter below another first level does not', () => {
    expect(index.slot('site/1')).not.toBe(slot);
    expect(grows(() => index.add('site/#', value))).toBe(false);
    expect(grows(() => index.touch('site/+'))).toBe(false);
    expect(grows(() => index.remove('site/#', value))).toBe(false);
  });
});

function sorted(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}
