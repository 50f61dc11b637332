import { expect, test } from 'vitest';
import { TopicAliasReceiver } from '../src/topic-alias-receiver.ts';

test.each<[string, number, (aliases: TopicAliasReceiver<string>) => unknown, unknown]>([
  [
    '[MQTT-3.3.2-12] every alias from 1 to the maximum',
    3,
    (a) => [a.set(1, 'x'), a.set(3, 'z'), a.get(1), a.get(3)],
    [true, true, 'x', 'z'],
  ],
  [
    '[MQTT-3.3.2-8] 0 is invalid',
    3,
    (a) => [a.set(0, 'x'), a.allows(0), a.get(0)],
    [false, false, undefined],
  ],
  [
    '[MQTT-3.3.2-9] above the maximum is invalid',
    3,
    (a) => [a.set(4, 'x'), a.allows(4), a.get(4)],
    [false, false, undefined],
  ],
  [
    'one that was never set',
    3,
    (a) => [a.get(2), a.allows(2), a.set(1, 'x'), a.get(2)],
    [undefined, true, true, undefined],
  ],
  [
    'another topic takes it over',
    3,
    (a) => [a.set(1, 'x'), a.set(1, 'y'), a.get(1)],
    [true, true, 'y'],
  ],
  ['a maximum of 0 allows none', 0, (a) => [a.set(1, 'x'), a.get(1)], [false, undefined]],
  [
    'the largest maximum',
    65_535,
    (a) => [a.set(65_535, 'x'), a.get(65_535), a.get(1)],
    [true, 'x', undefined],
  ],
])('%s', (_statement, maximum, drive, expected) => {
  expect(drive(new TopicAliasReceiver<string>(maximum))).toEqual(expected);
});
