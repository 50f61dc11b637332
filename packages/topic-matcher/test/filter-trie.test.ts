import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FilterTrie } from '../src/filter-trie.ts';
import { topicFilters, topicNames } from './naive-model.ts';

const value = {};

test('holds at most two nodes a filter, visits each at most once, and gives every one back', () => {
  const filterSets = fc.uniqueArray(topicFilters, { maxLength: 40 });
  fc.assert(
    fc.property(
      filterSets,
      fc.array(topicNames),
      fc.infiniteStream(fc.nat()),
      (filters, names, picks) => {
        const trie = new FilterTrie<object>();
        const left = [...filters];
        for (const filter of filters) {
          expect(trie.add(filter, value)).toBe(true);
          expect(trie.add(filter, value)).toBe(false);
        }
        while (left.length > 0) {
          expect(trie.nodes).toBeLessThanOrEqual(2 * left.length);
          for (const name of names) expect(trie.match(name, [])).toBeLessThanOrEqual(trie.nodes);
          const [filter] = left.splice(Number(picks.next().value) % left.length, 1);
          expect(trie.remove(filter ?? '', value)).toBe(true);
          expect(trie.remove(filter ?? '', value)).toBe(false);
        }
        expect(trie.nodes).toBe(0);
      },
    ),
  );
});

test('every mixture of a and + over 12 levels costs no more than the 4,096 filters that hold it', () => {
  const trie = new FilterTrie<object>();
  for (let bits = 0; bits < 4096; bits++) {
    const levels = Array.from({ length: 12 }, (_, i) => ((bits >> i) & 1 ? 'a' : '+'));
    trie.add(`${levels.join('/')}/end`, value);
  }
  const into: object[] = [];
  const long = Array.from({ length: 10_000 }, () => 'a').join('/');
  expect(trie.match(long, into)).toBeLessThanOrEqual(2 * 4096);
  expect(into).toEqual([]);
  expect(trie.match(`${'a/'.repeat(12)}end`, into)).toBeLessThanOrEqual(2 * 4096);
  expect(into).toHaveLength(4096);
});

test('a topic of 65,535 levels visits a node a filter, where the filters are all + or all but one +', () => {
  const trie = new FilterTrie<object>();
  const topicName = Array.from({ length: 32_768 }, () => 'a').join('/');
  let filters = 0;
  for (let depth = 1; depth <= 128; depth++) {
    const plus = Array.from({ length: depth }, () => '+').join('/');
    for (const filter of [plus, `${plus}/#`, `a/${plus}`, `a/${plus}/#`, `${plus}/b`]) {
      if (trie.add(filter, value)) filters += 1;
    }
  }
  const into: object[] = [];
  expect(trie.match(topicName, into)).toBeLessThanOrEqual(2 * filters);
  expect(into).toHaveLength(2 * 128); // those with '#'
});

test('a filter of 65,535 levels is one node, and two that part at the end are three', () => {
  const trie = new FilterTrie<object>();
  const deep = '+/'.repeat(32_766);
  trie.add(`${deep}a`, value);
  expect(trie.nodes).toBe(1);
  trie.add(`${deep}b`, value);
  expect(trie.nodes).toBe(3);
  const into: object[] = [];
  expect(trie.match(`${'/'.repeat(32_766)}b`, into)).toBe(2);
  expect(into).toEqual([value]);
  trie.remove(`${deep}a`, value);
  expect(trie.nodes).toBe(1);
  expect(trie.match(`${'/'.repeat(32_766)}b`, into)).toBe(1);
  expect(into).toEqual([value, value]);
});
