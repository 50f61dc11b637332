import { expect, test } from 'vitest';
import { PacketIdentifiers } from '../src/packet-identifiers.ts';

test.each<[string, (ids: PacketIdentifiers) => unknown, unknown]>([
  [
    '[MQTT-2.2.1-3] each is non-zero and not in use',
    (ids) => [ids.allocate(), ids.allocate(), ids.size],
    [1, 2, 2],
  ],
  [
    '[MQTT-2.3.1-3 @3.1.1] reusable once released',
    (ids) => [ids.allocate(), ids.has(1), ids.release(1), ids.has(1), ids.size],
    [1, true, true, false, 0],
  ],
  [
    'a released one is not used again at once',
    (ids) => [ids.allocate(), ids.release(1), ids.allocate()],
    [1, true, 2],
  ],
  [
    'releasing what is not in use says so',
    (ids) => [ids.release(1), ids.release(0), ids.release(70_000)],
    [false, false, false],
  ],
])('%s', (_statement, drive, expected) => {
  expect(drive(new PacketIdentifiers())).toEqual(expected);
});

test('[MQTT-2.3.1-2 @3.1.1] wraps around past one that stays in use', () => {
  const ids = new PacketIdentifiers();
  const stuck = ids.allocate();
  const seen = new Set<number>();
  for (let i = 0; i < 70_000; i++) {
    const packetId = ids.allocate();
    seen.add(packetId);
    ids.release(packetId);
  }
  expect([stuck, seen.has(1), seen.has(0), seen.has(65_535), ids.size]).toEqual([
    1,
    false,
    false,
    true,
    1,
  ]);
});

test('0 when all 65,535 are in use, and never the same one twice', () => {
  const ids = new PacketIdentifiers();
  const all = new Set(Array.from({ length: 65_535 }, () => ids.allocate()));
  expect([all.size, all.has(0), ids.allocate()]).toEqual([65_535, false, 0]);
  ids.release(4711);
  expect([ids.allocate(), ids.allocate()]).toEqual([4711, 0]);
});
