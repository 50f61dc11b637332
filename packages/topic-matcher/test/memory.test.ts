import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { RetainedIndex, SubscriptionIndex } from '../src/index.ts';

const COUNT = 100_000;
const collect = exposedCollector();

// The strings of the filters are counted with the index: nobody else need keep them.
describe('bytes a subscription, the filter itself included', () => {
  test.each<[string, (i: number) => string]>([
    ['exact', (i) => `site/${i % 100}/device/${i}/set`],
    ['+ at the end', (i) => `site/${i % 100}/device/${i}/+`],
    ['+ in the middle', (i) => `user/${i}/+/status`],
    ['# at the end', (i) => `site/${i % 100}/device/${i}/#`],
    ['+ first', (i) => `+/device/${i}/+/value`],
    [
      'two filters part in each device',
      (i) => `d/${i >> 1}/+/${i & 1 ? 'temperature' : 'pressure'}`,
    ],
    ['eight levels of which six are new', (i) => `a/b/c${i}/d/${i}/e/f/+/g`],
  ])('%s: at most 500, and all given back', (_kind, filter) => {
    const value = {};
    const before = heapUsed();
    const index = new SubscriptionIndex<object>();
    for (let i = 0; i < COUNT; i++) index.add(filter(i), value);
    const each = (heapUsed() - before) / COUNT;
    expect(index.size).toBe(COUNT);
    expect(each).toBeLessThan(500);
    for (let i = 0; i < COUNT; i++) index.remove(filter(i), value);
    expect((heapUsed() - before) / COUNT).toBeLessThan(10);
    expect(index.size).toBe(0);
  });

  test('many values under one filter: at most 100', () => {
    const values = Array.from({ length: COUNT }, (_, id) => ({ id }));
    const before = heapUsed();
    const index = new SubscriptionIndex<object>();
    for (const value of values) index.add('fan/+', value);
    expect((heapUsed() - before) / COUNT).toBeLessThan(100);
    expect(index.size).toBe(values.length);
  });

  test('a node keeps nothing of the filter that made it, once that filter has gone', () => {
    const index = new SubscriptionIndex<object>();
    const long = 'x'.repeat(60_000);
    const before = heapUsed();
    for (let i = 0; i < 100; i++) {
      const level = `a level of some length ${i}`;
      index.add(`${level}/+/${long}${i}`, index);
      index.add(`${level}/+/b`, index);
      index.add(`${level}/+/c`, index);
      index.remove(`${level}/+/${long}${i}`, index);
    }
    expect(heapUsed() - before).toBeLessThan(500_000); // 6 MB if they were kept
    expect(index.size).toBe(200);
  });
});

test('bytes a retained topic beside its name and value: at most 250, and all given back', () => {
  const names = Array.from({ length: COUNT }, (_, i) =>
    flat(`site/${i % 100}/device/${i}/m${i % 7}`),
  );
  const before = heapUsed();
  const index = new RetainedIndex<number>();
  for (const name of names) index.set(name, 1);
  expect((heapUsed() - before) / COUNT).toBeLessThan(250);
  for (const name of names) index.delete(name);
  expect((heapUsed() - before) / COUNT).toBeLessThan(10);
});

/** A string that will not change its size when it is first compared. */
function flat(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}

function heapUsed(): number {
  collect();
  collect();
  return getHeapStatistics().used_heap_size;
}

function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') throw new Error('this engine does not expose its collector');
  return () => void gc();
}
