import { expect, test } from 'vitest';
import { wildTopology } from '../src/load/wild-topology.ts';

test('a message goes to as many sessions as it says', () => {
  const { subscribers, publishers } = wildTopology(3, 300);
  expect(subscribers.flat()).toHaveLength(300);
  const matchers = subscribers.map((filters) => filters.map(asExpression));
  expect(publishers.map((topics) => topics.length > 0)).toEqual([true, true, true]);
  for (const { topicName, receivers } of publishers.flat()) {
    const counts = matchers.map((session) => session.filter((one) => one.test(topicName)).length);
    expect(counts.filter((count) => count > 0)).toHaveLength(receivers);
    expect(Math.max(...counts)).toBe(1); // no overlap inside a session
  }
});

test('fifty thousand filters are all different', () => {
  const filters = wildTopology(20, 50_000).subscribers.flat();
  expect(new Set(filters).size).toBe(50_000);
});

function asExpression(filter: string): RegExp {
  return new RegExp(`^${filter.replaceAll('+', '[^/]*').replace(/\/#$/, '(/.*)?')}$`);
}
