import { type Packet, encode } from '@wellhead/codec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketScanner } from '../src/load/packet-scanner.ts';

const versions = [4, 5] as const;

test.each(versions)('MQTT %d: whatever the pieces, the same packets are found', (version) => {
  const bytes = Buffer.concat(somePackets(version).map((packet) => encode(packet, version)));
  const whole = scan(bytes, version, [bytes.length]);
  expect(whole).toEqual([
    ['control', 2, 0],
    ['message', 3, 70, 1.5, 0],
    ['message', 4, 71, 2.5, 1],
    ['acknowledgement', 4, 12],
    ['message', 5, 72, 3.5, 2],
    ['acknowledgement', 6, 13],
    ['control', 9, 9],
    ['control', 13, undefined],
  ]);
  const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 });
  fc.assert(
    fc.property(sizes, (pieces) => {
      expect(scan(bytes, version, pieces)).toEqual(whole);
    }),
  );
});

test.each(versions)('MQTT %d: byte by byte', (version) => {
  const bytes = Buffer.concat(somePackets(version).map((packet) => encode(packet, version)));
  expect(scan(bytes, version, [1])).toEqual(scan(bytes, version, [bytes.length]));
});

test('a large message is reported when its last byte is there', () => {
  const bytes = Buffer.from(encode(message(0, 1, 2, 100_000), 4));
  const found: unknown[] = [];
  const scanner = scannerInto(found, 4);
  scanner.receive(bytes, 0, bytes.length - 1);
  expect(found).toEqual([]);
  scanner.receive(bytes, bytes.length - 1, bytes.length);
  expect(found).toEqual([['message', 1, 2, 1.5, 0]]);
});

function scan(bytes: Buffer, version: 4 | 5, pieces: readonly number[]): unknown[] {
  const found: unknown[] = [];
  const scanner = scannerInto(found, version);
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const end = Math.min(bytes.length, start + (pieces[turn % pieces.length] ?? 1));
    // each piece in a buffer of its own, as if the last one had been overwritten
    const piece = Buffer.from(bytes.subarray(start, end));
    scanner.receive(piece, 0, piece.length);
    start = end;
  }
  return found;
}

function scannerInto(found: unknown[], version: 4 | 5): PacketScanner {
  return new PacketScanner(
    {
      message: (publisher, sequence, sentAt, qos) =>
        found.push(['message', publisher, sequence, sentAt, qos]),
      acknowledgement: (type, packetId) => found.push(['acknowledgement', type, packetId]),
      control: (type, body) => found.push(['control', type, body[1]]),
    },
    version,
  );
}

function somePackets(version: 4 | 5): Packet[] {
  const properties = { userProperties: [['name', 'x'.repeat(200)] as const] };
  return [
    { type: 2, sessionPresent: false, reasonCode: 0 },
    message(0, 3, 70, 16),
    { ...message(1, 4, 71, 64), ...(version === 5 && { properties }) },
    { type: 4, packetId: 12, reasonCode: 0 },
    message(2, 5, 72, 5000),
    { type: 6, packetId: 13, reasonCode: 0 },
    { type: 9, packetId: 9, reasonCodes: [1, 2] },
    { type: 13 },
  ];
}

function message(qos: 0 | 1 | 2, publisher: number, sequence: number, size: number): Packet {
  const payload = Buffer.alloc(size);
  payload.writeUInt32LE(publisher, 0);
  payload.writeUInt32LE(sequence, 4);
  payload.writeDoubleLE(qos + 1.5, 8);
  const packetId = qos === 0 ? {} : { packetId: 9 };
  return { type: 3, topicName: 'bench/t', payload, qos, dup: false, retain: false, ...packetId };
}
