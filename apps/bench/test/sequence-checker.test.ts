import { expect, test } from 'vitest';
import { SequenceChecker } from '../src/measure/sequence-checker.ts';

test.each<[string, number[], { doubled: number; reordered: number }]>([
  ['in order', [0, 1, 2, 3], { doubled: 0, reordered: 0 }],
  ['one lost', [0, 2, 3], { doubled: 0, reordered: 0 }],
  ['one twice in a row', [0, 1, 1, 2], { doubled: 1, reordered: 0 }],
  ['one again later', [0, 1, 2, 0], { doubled: 1, reordered: 0 }],
  ['two exchanged', [0, 2, 1, 3], { doubled: 0, reordered: 1 }],
  ['late, and then again', [0, 2, 1, 1], { doubled: 1, reordered: 1 }],
  ['the last first', [3, 0, 1, 2], { doubled: 0, reordered: 3 }],
])('a whole stream: %s', (_what, sequences, expected) => {
  const checker = new SequenceChecker(1, { gaps: false });
  for (const sequence of sequences) checker.accept(0, sequence);
  expect({ doubled: checker.doubled, reordered: checker.reordered }).toEqual(expected);
});

test.each<[string, number[], { doubled: number; reordered: number }]>([
  ['gaps are none of its business', [0, 5, 9], { doubled: 0, reordered: 0 }],
  ['one twice in a row', [4, 4], { doubled: 1, reordered: 0 }],
  ['one that was overtaken', [4, 6, 5], { doubled: 0, reordered: 1 }],
])('a stream with gaps: %s', (_what, sequences, expected) => {
  const checker = new SequenceChecker(1, { gaps: true });
  for (const sequence of sequences) checker.accept(0, sequence);
  expect({ doubled: checker.doubled, reordered: checker.reordered }).toEqual(expected);
});

test('streams do not disturb each other', () => {
  const checker = new SequenceChecker(2, { gaps: false });
  expect([checker.accept(0, 0), checker.accept(1, 0), checker.accept(1, 0)]).toEqual([
    true,
    true,
    false,
  ]);
});
