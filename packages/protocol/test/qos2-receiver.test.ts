import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Qos2Receiver } from '../src/qos2-receiver.ts';

test.each<[string, (receiver: Qos2Receiver) => unknown, unknown]>([
  [
    '[MQTT-4.3.3-8] a new identifier is delivered',
    (r) => [r.publish(7), r.has(7), r.size],
    [true, true, 1],
  ],
  [
    '[MQTT-4.3.3-10] a repeat before PUBREL is not delivered again',
    (r) => [r.publish(7), r.publish(7), r.publish(7), r.size],
    [true, false, false, 1],
  ],
  [
    '[MQTT-4.3.3-11] PUBREL ends it',
    (r) => [r.publish(7), r.release(7), r.has(7), r.size],
    [true, true, false, 0],
  ],
  [
    'PUBREL for an unknown identifier',
    (r) => [r.release(7), r.release(0), r.publish(7), r.release(8)],
    [false, false, true, false],
  ],
  [
    '[MQTT-4.3.3-12] after PUBCOMP the identifier means a new message',
    (r) => [r.publish(7), r.release(7), r.publish(7)],
    [true, true, true],
  ],
  [
    '[MQTT-4.3.3-9] after PUBREC 0x80 it means a new message',
    (r) => [r.publish(7), r.refuse(7), r.publish(7)],
    [true, true, true],
  ],
  [
    '[MQTT-4.3.3-10] identifiers survive a reconnect',
    (r) => [r.publish(7), r.connected(), r.publish(7)],
    [true, undefined, false],
  ],
  [
    '[MQTT-4.3.3-10] identifiers survive a restart',
    (r) => (r.restore([7, 65_535]), [r.publish(7), r.publish(65_535), r.size]),
    [false, false, 2],
  ],
  [
    'identifiers do not disturb each other',
    (r) => [r.publish(1), r.publish(257), r.release(1), r.has(257)],
    [true, true, true, true],
  ],
  [
    'one that came on this connection counts',
    (r) => [r.counted(7), r.publish(7), r.counted(7), r.release(7), r.counted(7)],
    [false, true, true, true, false],
  ],
  [
    'one of an earlier connection counts when it comes again',
    (r) => [r.publish(7), r.connected(), r.counted(7), r.publish(7), r.counted(7)],
    [true, undefined, false, false, true],
  ],
  ['a restored one does not count', (r) => (r.restore([7]), r.counted(7)), false],
  [
    'clear forgets them',
    (r) => (r.publish(7), r.clear(), [r.size, r.has(7), [...r.ids()]]),
    [0, false, []],
  ],
  ['trim keeps what is held', (r) => (r.publish(7), r.trim(), r.has(7)), true],
  [
    'trim of an empty one leaves a working one',
    (r) => (r.publish(7), r.release(7), r.trim(), r.publish(7)),
    true,
  ],
])('%s', (_statement, drive, expected) => {
  expect(drive(new Qos2Receiver())).toEqual(expected);
});

test('it behaves like a set', () => {
  // few pages, so that they fill, empty and come back
  const packetId = fc.oneof(
    fc.integer({ min: 1, max: 600 }),
    fc.integer({ min: 65_000, max: 65_535 }),
  );
  const step = fc.tuple(
    fc.constantFrom(
      'publish' as const,
      'publish' as const,
      'release' as const,
      'refuse' as const,
      'connected' as const,
      'trim' as const,
    ),
    packetId,
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const receiver = new Qos2Receiver();
      const held = new Map<number, boolean>();
      for (const [kind, id] of steps) {
        if (kind === 'trim') receiver.trim();
        else if (kind === 'connected') {
          receiver.connected();
          for (const key of held.keys()) held.set(key, false);
        } else if (kind === 'publish') {
          expect(receiver.publish(id)).toBe(!held.has(id));
          held.set(id, true);
        } else expect(receiver[kind](id)).toBe(held.delete(id));
        expect([receiver.size, receiver.has(id), receiver.counted(id)]).toEqual([
          held.size,
          held.has(id),
          held.get(id) ?? false,
        ]);
      }
      expect([...receiver.ids()].toSorted((a, b) => a - b)).toEqual(
        [...held.keys()].toSorted((a, b) => a - b),
      );
    }),
  );
});

test('all 65,535 identifiers can be held', () => {
  const receiver = new Qos2Receiver();
  for (let id = 1; id <= 65_535; id++) receiver.publish(id);
  expect([receiver.size, receiver.publish(1), receiver.publish(65_535)]).toEqual([
    65_535,
    false,
    false,
  ]);
});
