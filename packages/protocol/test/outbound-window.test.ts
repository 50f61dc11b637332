import { expect, test } from 'vitest';
import { AckOutcome } from '../src/ack-outcome.ts';
import { OutboundWindow } from '../src/outbound-window.ts';

type Window = OutboundWindow<string>;

/** A connected window; Receive Maximum 10 unless told. */
function connected(receiveMaximum = 10): Window {
  const window = new OutboundWindow<string>();
  window.connected(receiveMaximum);
  return window;
}

function resendAll(window: Window): string[] {
  const sent: string[] = [];
  while (window.resendNext()) {
    sent.push(`${window.resendReleased ? 'PUBREL' : 'PUBLISH'} ${window.resendPacketId}`);
  }
  return sent;
}

function idsInOrder(window: Window): number[] {
  const ids: number[] = [];
  window.forEach((packetId) => ids.push(packetId));
  return ids;
}

const { Unknown, Completed, Release, ReleaseAgain, Violation } = AckOutcome;

test.each<[string, (window: Window) => unknown, unknown]>([
  [
    '[MQTT-4.3.2-1] each new QoS 1 message gets an unused identifier',
    (w) => [w.send(1, 'a'), w.send(1, 'b')],
    [1, 2],
  ],
  [
    '[MQTT-4.3.3-1] each new QoS 2 message gets an unused identifier',
    (w) => [w.send(2, 'a'), w.send(1, 'b')],
    [1, 2],
  ],
  [
    '[MQTT-4.3.2-3] QoS 1 is in flight until PUBACK',
    (w) => [w.send(1, 'a'), w.has(1), w.puback(1), w.has(1)],
    [1, true, Completed, false],
  ],
  [
    'PUBACK gives back what was kept',
    (w) => [w.send(1, 'a'), w.puback(1), w.lastMessage, w.lastQoS],
    [1, Completed, 'a', 1],
  ],
  [
    'PUBACK for an unknown identifier is ignored',
    (w) => [w.puback(1), w.lastMessage, w.lastQoS, w.quota],
    [Unknown, undefined, 0, 10],
  ],
  [
    'a second PUBACK is unknown and lifts no quota',
    (w) => [w.send(1, 'a'), w.puback(1), w.puback(1), w.quota],
    [1, Completed, Unknown, 10],
  ],
  [
    'PUBACK for QoS 2 is a violation and changes nothing',
    (w) => [w.send(2, 'a'), w.puback(1), w.has(1), w.quota],
    [1, Violation, true, 9],
  ],
  [
    '[MQTT-4.3.3-4] PUBREC below 0x80 is answered by PUBREL',
    (w) => [w.send(2, 'a'), w.pubrec(1, 0x10), w.lastMessage],
    [1, Release, 'a'],
  ],
  [
    'PUBREC for QoS 1 is a violation',
    (w) => [w.send(1, 'a'), w.pubrec(1, 0), w.has(1)],
    [1, Violation, true],
  ],
  ['PUBREC for an unknown identifier', (w) => w.pubrec(1, 0), Unknown],
  [
    '[MQTT-4.4.0-2] PUBREC of 0x80 or more ends the exchange',
    (w) => [w.send(2, 'a'), w.pubrec(1, 0x80), w.size, w.quota],
    [1, Completed, 0, 10],
  ],
  [
    'a repeated PUBREC is answered by PUBREL again',
    (w) => [w.send(2, 'a'), w.pubrec(1, 0), w.pubrec(1, 0)],
    [1, Release, ReleaseAgain],
  ],
  [
    'PUBREC 0x80 after PUBREL does not end it',
    (w) => [w.send(2, 'a'), w.pubrec(1, 0), w.pubrec(1, 0x80), w.size],
    [1, Release, ReleaseAgain, 1],
  ],
  [
    'PUBREC after PUBCOMP is unknown',
    (w) => [w.send(2, 'a'), w.pubrec(1, 0), w.pubcomp(1), w.pubrec(1, 0)],
    [1, Release, Completed, Unknown],
  ],
  [
    '[MQTT-4.3.3-5] in flight until PUBCOMP',
    (w) => [
      w.send(2, 'a'),
      w.pubrec(1, 0),
      w.has(1),
      w.pubcomp(1),
      w.lastMessage,
      w.lastQoS,
      w.has(1),
    ],
    [1, Release, true, Completed, 'a', 2, false],
  ],
  [
    'PUBCOMP before PUBREC is a violation',
    (w) => [w.send(2, 'a'), w.pubcomp(1), w.has(1)],
    [1, Violation, true],
  ],
  [
    'PUBCOMP for QoS 1 is a violation',
    (w) => [w.send(1, 'a'), w.pubcomp(1), w.has(1)],
    [1, Violation, true],
  ],
  ['PUBCOMP for an unknown identifier is ignored', (w) => w.pubcomp(1), Unknown],
  [
    'identifiers outside 1 to 65535 are unknown',
    (w) => [w.send(1, 'a'), w.puback(0), w.puback(65_537), w.puback(-65_535), w.has(0)],
    [1, Unknown, Unknown, Unknown, false],
  ],
])('%s', (_statement, drive, expected) => {
  expect(drive(connected())).toEqual(expected);
});

test.each<[string, (window: Window) => unknown, unknown]>([
  ['nothing can be sent before a connection', (w) => [w.quota, w.send(1, 'a')], [0, 0]],
  [
    '[MQTT-4.9.0-2] QoS 1 and 2 share one quota',
    (w) => (w.connected(2), [w.send(1, 'a'), w.send(2, 'b'), w.send(1, 'c'), w.quota]),
    [1, 2, 0, 0],
  ],
  [
    '[MQTT-3.3.4-9] PUBACK gives one back',
    (w) => (w.connected(1), w.send(1, 'a'), w.puback(1), w.quota),
    1,
  ],
  [
    '[MQTT-3.3.4-9] PUBREC below 0x80 gives none back',
    (w) => (w.connected(1), w.send(2, 'a'), w.pubrec(1, 0), w.quota),
    0,
  ],
  [
    '[MQTT-3.3.4-9] PUBREC of 0x80 or more gives one back',
    (w) => (w.connected(1), w.send(2, 'a'), w.pubrec(1, 0x97), w.quota),
    1,
  ],
  [
    '[MQTT-3.3.4-9] PUBCOMP gives one back',
    (w) => (w.connected(1), w.send(2, 'a'), w.pubrec(1, 0), w.pubcomp(1), w.quota),
    1,
  ],
  [
    'a dropped exchange gives one back',
    (w) => (w.connected(1), w.send(2, 'a'), [w.drop(1), w.quota, w.size, w.drop(1)]),
    ['a', 1, 0, undefined],
  ],
  [
    '[MQTT-4.9.0-3] acknowledgements are taken with quota 0',
    (w) => (w.connected(1), w.send(2, 'a'), [w.quota, w.pubrec(1, 0)]),
    [0, Release],
  ],
])('%s', (_statement, drive, expected) => {
  expect(drive(new OutboundWindow<string>())).toEqual(expected);
});

test.each([0, -1, 65_536, 1.5, Number.NaN])(
  '[MQTT-4.9.0-1] a Receive Maximum of %d is refused',
  (receiveMaximum) => {
    expect(() => new OutboundWindow().connected(receiveMaximum)).toThrow(TypeError);
  },
);

/** Identifiers 1 to 4: QoS 1, QoS 2, QoS 2 past its PUBREC, QoS 1. */
function interrupted(): Window {
  const window = connected();
  window.send(1, 'a');
  window.send(2, 'b');
  window.send(2, 'c');
  window.send(1, 'd');
  window.pubrec(3, 0);
  return window;
}

test.each<[string, (window: Window) => unknown, unknown]>([
  [
    '[MQTT-4.4.0-1] [MQTT-4.6.0-1] everything unacknowledged is re-sent in its order',
    (w) => (w.connected(10), resendAll(w)),
    ['PUBLISH 1', 'PUBLISH 2', 'PUBREL 3', 'PUBLISH 4'],
  ],
  [
    '[MQTT-4.4.0-1] nothing is re-sent on a live connection',
    (w) => [w.resending, resendAll(w)],
    [false, []],
  ],
  [
    '[MQTT-4.4.0-1] a second connection re-sends it all again',
    (w) => (w.connected(10), resendAll(w), w.connected(10), resendAll(w)),
    ['PUBLISH 1', 'PUBLISH 2', 'PUBREL 3', 'PUBLISH 4'],
  ],
  [
    '[MQTT-4.3.3-6] no PUBLISH after PUBREL',
    (w) => (w.pubrec(2, 0), w.connected(10), resendAll(w)),
    ['PUBLISH 1', 'PUBREL 2', 'PUBREL 3', 'PUBLISH 4'],
  ],
  [
    '[MQTT-4.4.0-2] what was acknowledged is not re-sent',
    (w) => (w.puback(1), w.pubrec(2, 0x87), w.pubcomp(3), w.connected(10), resendAll(w)),
    ['PUBLISH 4'],
  ],
  [
    're-sent PUBLISHes take from the quota, PUBRELs do not',
    (w) => (w.connected(10), resendAll(w), w.quota),
    7,
  ],
  ['the old quota does not live on', (w) => (w.connected(3), w.quota), 3],
  [
    'PUBCOMP for a re-sent PUBREL does not lift the quota above the Receive Maximum',
    (w) => (w.connected(10), resendAll(w), w.pubcomp(3), w.quota),
    7,
  ],
  [
    'PUBCOMP for a PUBLISH re-sent now lifts it',
    (w) => (w.connected(10), resendAll(w), w.pubrec(2, 0), w.pubcomp(2), w.quota),
    8,
  ],
  [
    '[MQTT-3.3.4-10] a smaller Receive Maximum holds PUBLISHes back, PUBRELs go',
    (w) => (w.connected(1), resendAll(w)),
    ['PUBLISH 1', 'PUBREL 3'],
  ],
  [
    'what was held back follows in order',
    (w) => (w.connected(1), resendAll(w), w.puback(1), resendAll(w)),
    ['PUBLISH 2'],
  ],
  [
    'held back until the quota comes back',
    (w) => (w.connected(1), resendAll(w), w.puback(1), resendAll(w), w.pubrec(2, 0), resendAll(w)),
    [],
  ],
  [
    'the last one held back ends the re-sending',
    (w) => (
      w.connected(1),
      resendAll(w),
      w.puback(1),
      resendAll(w),
      w.pubrec(2, 0x80),
      [w.resending, resendAll(w), w.resending]
    ),
    [true, ['PUBLISH 4'], false],
  ],
  [
    '[MQTT-4.6.0-1] a new message waits behind what is re-sent',
    (w) => (w.connected(10), [w.send(1, 'e'), resendAll(w).length, w.send(1, 'e')]),
    [0, 4, 5],
  ],
  [
    'an early acknowledgement removes it from what is re-sent',
    (w) => (w.connected(10), [w.puback(1), w.pubcomp(3), w.quota, resendAll(w)]),
    [Completed, Completed, 10, ['PUBLISH 2', 'PUBLISH 4']],
  ],
  [
    'an early PUBREC is answered once',
    (w) => (w.connected(10), [w.pubrec(2, 0), resendAll(w)]),
    [Release, ['PUBLISH 1', 'PUBREL 3', 'PUBLISH 4']],
  ],
  [
    'a repeated PUBREC on the new connection counts as the re-sending',
    (w) => (w.connected(10), [w.pubrec(3, 0), resendAll(w)]),
    [ReleaseAgain, ['PUBLISH 1', 'PUBLISH 2', 'PUBLISH 4']],
  ],
  [
    'a dropped exchange is not re-sent and gives back no quota that it did not take',
    (w) => (w.connected(10), [w.drop(1), w.quota, resendAll(w)]),
    ['a', 10, ['PUBLISH 2', 'PUBREL 3', 'PUBLISH 4']],
  ],
  [
    'clear forgets everything',
    (w) => (w.clear(), w.connected(10), [w.size, resendAll(w), w.quota]),
    [0, [], 10],
  ],
])('after a reconnect: %s', (_statement, drive, expected) => {
  expect(drive(interrupted())).toEqual(expected);
});

test('resendNext says what to send', () => {
  const window = interrupted();
  window.connected(10);
  const seen: unknown[] = [];
  while (window.resendNext()) {
    seen.push([
      window.resendPacketId,
      window.resendQoS,
      window.resendReleased,
      window.resendMessage,
    ]);
  }
  expect(seen).toEqual([
    [1, 1, false, 'a'],
    [2, 2, false, 'b'],
    [3, 2, true, 'c'],
    [4, 1, false, 'd'],
  ]);
  expect(window.resendMessage).toBeUndefined();
});

test.each<[string, (window: Window) => unknown, unknown]>([
  [
    '[MQTT-4.6.0-1] restored exchanges are re-sent in the order given',
    (w) => (
      w.restore(7, 1, false, 'a'),
      w.restore(65_535, 2, true, 'b'),
      w.restore(3, 2, false, 'c'),
      w.connected(9),
      resendAll(w)
    ),
    ['PUBLISH 7', 'PUBREL 65535', 'PUBLISH 3'],
  ],
  [
    'restored identifiers are in use',
    (w) => (w.restore(1, 1, false, 'a'), w.connected(9), resendAll(w), [w.has(1), w.send(1, 'b')]),
    [true, 2],
  ],
  [
    'restored exchanges of one slot make room',
    (w) => (
      [1, 17, 33, 32_769].forEach((id) => w.restore(id, 1, false, 'a')),
      w.connected(9),
      resendAll(w)
    ),
    ['PUBLISH 1', 'PUBLISH 17', 'PUBLISH 33', 'PUBLISH 32769'],
  ],
  [
    'a page restored after connected is re-sent too',
    (w) => (
      w.restore(1, 1, false, 'a'),
      w.connected(9),
      resendAll(w),
      w.restore(2, 2, true, 'b'),
      [w.resending, resendAll(w)]
    ),
    [true, ['PUBREL 2']],
  ],
  [
    'restored exchanges can be acknowledged',
    (w) => (
      w.restore(1, 2, true, 'a'),
      w.connected(9),
      resendAll(w),
      [w.pubcomp(1), w.lastMessage, w.quota]
    ),
    [Completed, 'a', 9],
  ],
])('%s', (_statement, drive, expected) => {
  expect(drive(new OutboundWindow<string>())).toEqual(expected);
});

test.each<[string, (window: Window) => void]>([
  ['an identifier in use', (w) => (w.restore(1, 1, false, 'a'), w.restore(1, 2, false, 'b'))],
  ['identifier 0', (w) => w.restore(0, 1, false, 'a')],
  ['identifier 65536', (w) => w.restore(65_536, 1, false, 'a')],
  ['QoS 1 past its PUBREC', (w) => w.restore(1, 1, true, 'a')],
])('restore refuses %s', (_what, drive) => {
  expect(() => drive(new OutboundWindow<string>())).toThrow(TypeError);
});

test('[MQTT-2.2.1-3] SUBSCRIBE and PUBLISH share the identifiers', () => {
  const window = connected();
  expect([window.reserve(), window.send(1, 'a'), window.reserve()]).toEqual([1, 2, 3]);
  expect([window.size, window.quota, idsInOrder(window)]).toEqual([1, 9, [2]]);
  expect([
    window.has(1),
    window.puback(1),
    window.pubrec(1, 0),
    window.pubcomp(1),
    window.drop(1),
  ]).toEqual([false, Unknown, Unknown, Unknown, undefined]);
  window.connected(10);
  expect(resendAll(window)).toEqual(['PUBLISH 2']);
  expect([window.unreserve(1), window.unreserve(1), window.unreserve(2)]).toEqual([
    true,
    false,
    false,
  ]);
});

test('[MQTT-4.4.0-1] re-sending goes on past an identifier that SUBSCRIBE gives back', () => {
  const window = connected();
  expect([window.send(1, 'a'), window.reserve(), window.send(1, 'b')]).toEqual([1, 2, 3]);
  window.connected(10);
  window.puback(1); // the next in order is the reserved one
  window.unreserve(2);
  expect(resendAll(window)).toEqual(['PUBLISH 3']);
});

test('replaceMessage keeps something else', () => {
  const window = connected();
  window.send(2, 'whole');
  expect([window.replaceMessage(1, 'light'), window.replaceMessage(2, 'none')]).toEqual([
    true,
    false,
  ]);
  expect([window.pubrec(1, 0), window.lastMessage]).toEqual([Release, 'light']);
});

test('[MQTT-2.2.1-4] 65,535 exchanges fit, each with its own identifier', () => {
  const window = connected(65_535);
  const ids = new Set<number>();
  for (let i = 0; i < 65_535; i++) ids.add(window.send(1, 'a'));
  expect([ids.size, ids.has(0), window.quota, window.send(1, 'b'), window.reserve()]).toEqual([
    65_535,
    false,
    0,
    0,
    0,
  ]);
  window.connected(65_535);
  expect(idsInOrder(window)).toEqual(Array.from({ length: 65_535 }, (_, i) => i + 1));
});

test('[MQTT-2.3.1-2 @3.1.1] identifiers wrap around past one that is never acknowledged', () => {
  const window = connected(65_535);
  const stuck = window.send(2, 'stuck');
  const seen = new Set<number>();
  for (let i = 0; i < 200_000; i++) {
    const packetId = window.send(1, 'a');
    seen.add(packetId);
    window.puback(packetId);
  }
  expect([seen.has(stuck), seen.has(0), Math.max(...seen)]).toEqual([false, false, 65_535]);
  expect([window.size, window.quota]).toEqual([1, 65_534]);
});

test('[MQTT-4.6.0-1] sending order survives wrap-around and growth', () => {
  const window = connected(65_535);
  for (let i = 0; i < 65_500; i++) window.puback(window.send(1, 'a'));
  const sent = Array.from({ length: 1000 }, () => window.send(2, 'b'));
  expect(sent).toContain(65_535);
  expect(sent.some((packetId) => packetId < 1000)).toBe(true);
  expect(idsInOrder(window)).toEqual(sent);
  window.connected(65_535);
  expect(resendAll(window)).toEqual(sent.map((id) => `PUBLISH ${id}`));
});

// A linear search anywhere would take hours here.
test.each<[string, (ids: number[], turn: number) => number | undefined]>([
  ['newest first', (ids) => ids.pop()],
  ['all but the oldest', (ids) => (ids.length > 1 ? ids.pop() : undefined)],
  ['in no order', (ids, turn) => swapOut(ids, (turn * 7919) % ids.length)],
])('a full window acknowledged %s stays fast', (_what, next) => {
  const window = connected(65_535);
  const ids: number[] = [];
  for (let turn = 0; turn < 1_000_000; turn++) {
    const packetId = window.send(1, 'a');
    if (packetId !== 0) ids.push(packetId);
    else for (let n = 0; n < (turn % 3) + 1; n++) window.puback(next(ids, turn + n) ?? 0);
  }
  expect(window.size).toBe(ids.length);
});

function swapOut(ids: number[], place: number): number | undefined {
  const packetId = ids[place];
  const last = ids.pop();
  if (last !== undefined && place < ids.length) ids[place] = last;
  return packetId;
}

test('identifiers go on after the storage was let go', () => {
  const window = connected(65_535);
  window.puback(window.send(1, 'a'));
  window.trim();
  expect(window.send(1, 'b')).toBe(2);
  window.trim(); // something is in flight
  expect(window.puback(2)).toBe(Completed);
  const burst = Array.from({ length: 1000 }, () => window.send(1, 'c'));
  for (const packetId of burst) window.puback(packetId);
  expect([burst[0], window.size, window.send(1, 'd')]).toEqual([3, 0, 1003]);
});
