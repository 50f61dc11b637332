import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { match, RetainedIndex, SubscriptionIndex } from '../src/index.ts';
import { matchingTable } from './matching-table.ts';
import { naiveMatch, topicFilters, topicNames } from './naive-model.ts';

test.each(matchingTable)('%s: %s and %s', (_statement, topicFilter, topicName, matches) => {
  expect(match(topicFilter, topicName)).toBe(matches);
  expect(subscriptionMatches(topicFilter, topicName)).toBe(matches);
  expect(retainedMatches(topicFilter, topicName)).toBe(matches);
  expect(naiveMatch(topicFilter, topicName)).toBe(matches);
});

test('match, both indexes and the naive matcher agree on any filter and name', () => {
  fc.assert(
    fc.property(topicFilters, topicNames, (topicFilter, topicName) => {
      const expected = naiveMatch(topicFilter, topicName);
      expect(match(topicFilter, topicName)).toBe(expected);
      expect(subscriptionMatches(topicFilter, topicName)).toBe(expected);
      expect(retainedMatches(topicFilter, topicName)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test('65,535 levels overflow nothing', () => {
  const topicName = '/'.repeat(65_534);
  const plus = Array.from({ length: 65_535 }, () => '+').join('/');
  for (const topicFilter of [plus, `${plus}/#`, '#', topicName]) {
    expect(match(topicFilter, topicName)).toBe(true);
    expect(subscriptionMatches(topicFilter, topicName)).toBe(true);
    expect(retainedMatches(topicFilter, topicName)).toBe(true);
  }
});

function subscriptionMatches(topicFilter: string, topicName: string): boolean {
  const index = new SubscriptionIndex<object>();
  index.add(topicFilter, {});
  const into: object[] = [];
  index.match(topicName, into);
  return into.length === 1;
}

function retainedMatches(topicFilter: string, topicName: string): boolean {
  const index = new RetainedIndex<number>();
  index.set(topicName, 1);
  let seen = 0;
  index.query(topicFilter, () => {
    seen += 1;
  });
  return seen === 1;
}
