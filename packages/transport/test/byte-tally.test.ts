import { expect, test } from 'vitest';
import { ByteTally } from '@wellhead/transport';

const K = 1024;

test.each<[string, [string, number][], number, number, string | undefined]>([
  ['nobody', [], 0, 0, undefined],
  ['who holds little counts for nothing', [['a', 16 * K]], 0, 0, undefined],
  ['who holds more counts with all of it', [['a', 16 * K + 1]], 16 * K + 1, 1, 'a'],
  [
    'the last count holds',
    [
      ['a', 20 * K],
      ['a', 30 * K],
    ],
    30 * K,
    1,
    'a',
  ],
  [
    'all together',
    [
      ['a', 20 * K],
      ['b', 30 * K],
    ],
    50 * K,
    2,
    'a',
  ],
  [
    'holding on keeps the place',
    [
      ['a', 20 * K],
      ['b', 30 * K],
      ['a', 40 * K],
    ],
    70 * K,
    2,
    'a',
  ],
  [
    'letting go ends it',
    [
      ['a', 20 * K],
      ['b', 30 * K],
      ['a', 0],
    ],
    30 * K,
    1,
    'b',
  ],
  [
    'who begins again is last',
    [
      ['a', 20 * K],
      ['b', 30 * K],
      ['a', 16 * K],
      ['a', 20 * K],
    ],
    50 * K,
    2,
    'b',
  ],
])('%s', (_what, counts, bytes, size, first) => {
  const tally = new ByteTally<string>();
  for (const [whose, count] of counts) tally.count(whose, count);
  expect([tally.bytes, tally.size, tally.first]).toEqual([bytes, size, first]);
});
