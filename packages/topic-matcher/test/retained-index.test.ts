import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RetainedIndex } from '../src/index.ts';
import { naiveMatch, topicFilters, topicNames } from './naive-model.ts';

type Change = { readonly topicName: string; readonly set: boolean };
const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({ topicName: topicNames, set: fc.constantFrom(true, true, false) }),
  { maxLength: 40 },
);

test('set, get, delete and query agree with a plain map', () => {
  fc.assert(
    fc.property(changes, fc.array(topicFilters), (steps, filters) => {
      const index = new RetainedIndex<number>();
      const model = new Map<string, number>();
      for (const [i, change] of steps.entries()) {
        const before = model.get(change.topicName);
        expect(index.get(change.topicName)).toBe(before);
        expect(apply(change, i, index, model)).toBe(before);
        expect(index.size).toBe(model.size);
      }
      for (const filter of [...filters, '#', ...model.keys()]) {
        expect(queried(index, filter)).toEqual(matching(model, filter));
        // it may say yes in vain when many topics lie between, which are not so many here
        if (matching(model, filter).size > 0) expect(index.mayMatch(filter)).toBe(true);
        expect(paged(index, filter, 3)).toEqual(sorted(matching(model, filter).values()));
      }
      expect(paged(index, undefined, 3)).toEqual(sorted(model.values()));
    }),
    { numRuns: 500 },
  );
});

test('a cursor produces what stays exactly once, and nothing twice, whatever comes and goes', () => {
  const scenario = fc.tuple(
    fc.uniqueArray(topicNames),
    topicFilters,
    fc.array(changes),
    fc.integer({ min: 1, max: 4 }),
  );
  fc.assert(
    fc.property(scenario, ([initial, filter, rounds, limit]) => {
      const index = new RetainedIndex<string>();
      const everThere = new Set(initial);
      const alwaysThere = new Set(initial);
      for (const name of initial) index.set(name, name);
      const cursor = index.cursor(filter);
      const seen: string[] = [];
      let round = 0;
      for (let more = true; more; round++) {
        const page: string[] = [];
        more = cursor.next(limit, page);
        expect(page.length).toBeLessThanOrEqual(limit);
        seen.push(...page);
        for (const name of alwaysThere)
          if (naiveMatch(filter, name)) expect(cursor.isBefore(name)).toBe(!seen.includes(name));
        if (!more) break;
        for (const { topicName, set } of rounds[round] ?? []) {
          if (set) {
            index.set(topicName, topicName);
            everThere.add(topicName);
          } else {
            index.delete(topicName);
            alwaysThere.delete(topicName);
          }
        }
      }
      expect(new Set(seen).size).toBe(seen.length);
      const wanted = [...alwaysThere].filter((name) => naiveMatch(filter, name));
      expect(seen).toEqual(expect.arrayContaining(wanted));
      for (const name of seen) {
        expect(everThere.has(name) && naiveMatch(filter, name)).toBe(true);
      }
      expect(cursor.next(limit, [])).toBe(false);
    }),
    { numRuns: 500 },
  );
});

describe('20,000 topics', () => {
  const names = Array.from(
    { length: 20_000 },
    (_, i) => `site/${i % 20}/device/${(i * 7919) % 500}/${i % 2 ? 'temperature' : 'pressure'}`,
  );
  const model = new Map([...names, '$SYS/uptime', 'site/3', 'site/3 north'].map((n, i) => [n, i]));
  const build = (): RetainedIndex<number> => {
    const index = new RetainedIndex<number>();
    for (const [name, i] of model) index.set(name, i);
    return index;
  };

  test.each([
    '#',
    'site/#',
    'site/3/#',
    '+/+/device/+/pressure',
    'site/+/device/17/+',
    '+/+',
    '$SYS/#',
    'none/#',
    '+',
  ])('%s finds what the naive matcher finds, by query and by cursor', (filter) => {
    const index = build();
    const expected = matching(model, filter);
    expect(queried(index, filter)).toEqual(expected);
    expect(paged(index, filter, 64)).toEqual(sorted(expected.values()));
  });

  test('deleting half, then all, leaves what it should', () => {
    const index = build();
    const left = new Map(model);
    for (const name of names.filter((_, i) => i % 3 !== 0)) {
      index.delete(name);
      left.delete(name);
    }
    expect(queried(index, '+/#')).toEqual(matching(left, '+/#'));
    for (const name of left.keys()) index.delete(name);
    expect(index.size).toBe(0);
    expect(queried(index, '#')).toEqual(new Map());
    expect(index.cursor('#').next(10, [])).toBe(false);
  });

  test('a page looks at no more than its limit and 1000 topics', () => {
    const index = new RetainedIndex<number>();
    for (let i = 0; i < 5000; i++) index.set(`${i}`, i);
    index.set('z/z', -1);
    const cursor = index.cursor('+/z');
    const pages: number[][] = [];
    for (let more = true; more;) {
      const page: number[] = [];
      more = cursor.next(1, page);
      pages.push(page);
    }
    expect(pages.length).toBeGreaterThanOrEqual(5);
    expect(pages.flat()).toEqual([-1]);
  });
});

test('a visitor that returns false ends the query, and one that returns anything else does not', () => {
  const index = new RetainedIndex<number>();
  for (let i = 0; i < 10; i++) index.set(`a/${i}`, i);
  const seen: number[] = [];
  index.query('a/+', (value) => seen.push(value) < 4);
  expect(seen).toHaveLength(4);
  index.query('a/+', (value) => void seen.push(value));
  expect(seen).toHaveLength(14);
});

test('a visitor may delete and set topics while it is called', () => {
  const index = new RetainedIndex<number>();
  for (let i = 0; i < 1000; i++) index.set(`a/${i}`, i);
  let visits = 0;
  index.query('a/#', (value, topicName) => {
    visits += 1;
    index.delete(topicName);
    index.set(`b/${value}`, value);
    expect(visits).toBeLessThanOrEqual(1000);
  });
  expect(visits).toBe(1000);
  expect(queried(index, '#').size).toBe(1000);
  expect(queried(index, 'a/#').size).toBe(0);
});

test.each(['#', 'a/+/t', '+/7/#'])(
  'while %s is walked, topics come and go by the hundred, and those that stay are seen once',
  (filter) => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(4000)), (numbers) => {
        const index = new RetainedIndex<string>();
        for (let n = 0; n < 3000; n++) {
          const topicName = n % 2 ? `a/${n}/t` : `${n % 17}/${n % 31}/${n}`;
          index.set(topicName, topicName);
        }
        const stays = new Set(namesOf(index, filter));
        const seen: string[] = [];
        index.query(filter, (value) => {
          if (seen.push(value) % 50 !== 1) return;
          const from = Number(numbers.next().value);
          for (const gone of namesOf(index, '#').slice(from, from + 300)) {
            index.delete(gone);
            stays.delete(gone);
          }
          for (let n = from; n < from + 300; n++) {
            const topicName = `${n % 3 ? 'a' : n % 17}/${n % 31}${n}/t`;
            if (index.get(topicName) === undefined) index.set(topicName, topicName);
          }
        });
        expect(new Set(seen).size).toBe(seen.length);
        expect([...stays].filter((topicName) => !seen.includes(topicName))).toEqual([]);
      }),
      { numRuns: 10 },
    );
  },
);

test('undefined is a value like any other', () => {
  const index = new RetainedIndex<undefined>();
  index.set('a', undefined);
  index.set('a', undefined);
  expect(index.size).toBe(1);
  const seen: undefined[] = [];
  expect(index.cursor('#').next(5, seen)).toBe(false);
  expect(seen).toEqual([undefined]);
});

function apply(
  change: Change,
  value: number,
  index: RetainedIndex<number>,
  model: Map<string, number>,
): number | undefined {
  if (change.set) {
    model.set(change.topicName, value);
    return index.set(change.topicName, value);
  }
  model.delete(change.topicName);
  return index.delete(change.topicName);
}

function matching(model: ReadonlyMap<string, number>, topicFilter: string): Map<string, number> {
  return new Map([...model].filter(([name]) => naiveMatch(topicFilter, name)));
}

function queried(index: RetainedIndex<number>, topicFilter: string): Map<string, number> {
  const seen = new Map<string, number>();
  index.query(topicFilter, (value, topicName) => {
    expect(seen.has(topicName)).toBe(false);
    seen.set(topicName, value);
  });
  return seen;
}

function namesOf(index: RetainedIndex<string>, topicFilter: string): string[] {
  const names: string[] = [];
  index.cursor(topicFilter).next(Infinity, names);
  return names;
}

function paged(
  index: RetainedIndex<number>,
  topicFilter: string | undefined,
  limit: number,
): number[] {
  const cursor = index.cursor(topicFilter);
  const all: number[] = [];
  for (let more = true; more;) {
    const page: number[] = [];
    more = cursor.next(limit, page);
    all.push(...page);
  }
  return sorted(all);
}

function sorted(numbers: Iterable<number>): number[] {
  return [...numbers].toSorted((a, b) => a - b);
}

test('whether anything matches is told without a cursor, unless that takes long', () => {
  const index = new RetainedIndex<number>();
  expect(index.mayMatch('#')).toBe(false);
  for (const name of ['$SYS/uptime', 'a/1', 'a/2', 'b/c/d']) index.set(name, 1);
  for (const filter of ['#', '+/+', 'a/#', 'a/2', 'b/+/d', '$SYS/#']) {
    expect([filter, index.mayMatch(filter)]).toEqual([filter, true]);
  }
  for (const filter of ['a', '+', 'a/3', 'z/#', 'b/+', '+/c', '$SYS/+/x']) {
    expect([filter, index.mayMatch(filter)]).toEqual([filter, false]);
  }
});
