import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TopicAliasReceiver } from '../src/topic-alias-receiver.ts';
import { TopicAliasSender } from '../src/topic-alias-sender.ts';

const uses =
  (...topics: string[]) =>
  (aliases: TopicAliasSender<string>) =>
    topics.map((topic) => aliases.use(topic) + 0);

test.each<[string, number, (aliases: TopicAliasSender<string>) => unknown, unknown]>([
  ['[MQTT-3.1.2-27] [MQTT-3.2.2-18] a maximum of 0 gives none', 0, uses('a', 'a'), [0, 0]],
  ['first newly set, then known', 2, uses('a', 'a', 'b', 'b', 'a'), [-1, 1, -2, 2, 1]],
  [
    '[MQTT-3.1.2-26] [MQTT-3.2.2-17] never above the maximum: the unused one changes hands',
    1,
    uses('a', 'b', 'b', 'a'),
    [-1, -1, 1, 0],
  ],
  [
    'a busy topic keeps its alias for a round',
    2,
    uses('a', 'b', 'a', 'c', 'c', 'c', 'a'),
    [-1, -2, 1, 0, -2, 2, 1],
  ],
  [
    'a PUBLISH that was not written sets nothing',
    2,
    (s) => [s.use('a'), s.forget('a'), s.use('a')],
    [-1, undefined, -2],
  ],
  [
    'what was forgotten is the next to be given',
    1,
    (s) => [s.use('a'), s.use('a'), s.forget('a'), s.use('b'), s.use('b')],
    [-1, 1, undefined, -1, 1],
  ],
  [
    'forgetting an unknown topic',
    1,
    (s) => [s.forget('x'), s.use('a'), s.forget('x'), s.use('a')],
    [undefined, -1, undefined, 1],
  ],
])('%s', (_statement, maximum, drive, expected) => {
  expect(drive(new TopicAliasSender<string>(maximum))).toEqual(expected);
});

test('the receiver always resolves what the sender means', () => {
  const topic = fc.oneof(fc.nat(4), fc.nat(40)).map(String);
  const step = fc.record({ topic, lost: fc.boolean() });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(step, { maxLength: 300 }),
      (maximum, steps) => {
        const sender = new TopicAliasSender<string>(maximum);
        const receiver = new TopicAliasReceiver<string>(maximum);
        for (const { topic: name, lost } of steps) {
          const alias = sender.use(name);
          if (alias < 0 && lost) sender.forget(name); // too large in the end: never written
          else if (alias < 0) expect(receiver.set(-alias, name)).toBe(true);
          else if (alias > 0) expect(receiver.get(alias)).toBe(name);
        }
      },
    ),
  );
});

test('busy topics get aliases among many that come once', () => {
  const sender = new TopicAliasSender<string>(4);
  let known = 0;
  for (let i = 0; i < 1000; i++) {
    sender.use(`once/${i}`);
    if (sender.use('busy') > 0) known++;
  }
  expect(known).toBeGreaterThan(700);
});
