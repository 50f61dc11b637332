import { expect, test } from 'vitest';
import { ReceiveQuota } from '../src/receive-quota.ts';

test.each<[string, number, (quota: ReceiveQuota) => unknown, unknown]>([
  [
    '[MQTT-3.3.4-7] as many as the Receive Maximum',
    2,
    (q) => [q.begin(), q.begin(), q.begin(), q.outstanding],
    [true, true, false, 2],
  ],
  [
    'an acknowledgement makes room',
    1,
    (q) => [q.begin(), q.end(), q.begin()],
    [true, undefined, true],
  ],
  [
    'one too many is not counted',
    1,
    (q) => [q.begin(), q.begin(), q.end(), q.outstanding],
    [true, false, undefined, 0],
  ],
  [
    'never below zero',
    1,
    (q) => [q.end(), q.outstanding, q.begin(), q.begin()],
    [undefined, 0, true, false],
  ],
])('%s', (_statement, receiveMaximum, drive, expected) => {
  expect(drive(new ReceiveQuota(receiveMaximum))).toEqual(expected);
});

test.each([0, -1, 65_536, 0.5])('a Receive Maximum of %d is refused', (receiveMaximum) => {
  expect(() => new ReceiveQuota(receiveMaximum)).toThrow(TypeError);
});
