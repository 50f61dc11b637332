// What MQTT 3.1 (MQIsdp) does otherwise than 3.1.1: tables section 6 of this project's notes.
import { describe, expect, test } from 'vitest';
import { encode, EncodeError, PacketDecoder, type Packet } from '../src/index.ts';
import { decodeEveryWay, recorder, verdict } from './drive.ts';
import { connect, hex, join, packet, publish, sized, text, u16 } from './wire.ts';

const server = { role: 'server', protocolVersion: 3 } as const;
const client = { role: 'client', protocolVersion: 3 } as const;

describe('taken from a 3.1 client, refused from a 3.1.1 client', () => {
  test.each<[string, Uint8Array, unknown]>([
    ['DUP on a SUBSCRIBE', packet(0x8a, u16(1), text('a'), 1), { type: 8 }],
    ['DUP on an UNSUBSCRIBE', packet(0xaa, u16(1), text('a')), { type: 10 }],
    ['DUP on a PUBREL', packet(0x6a, u16(1)), { type: 6, packetId: 1 }],
    ['DUP at QoS 0', publish(3, { first: 0x38 }), { type: 3, dup: true }],
  ])('%s', (_name, wire, expected) => {
    expect(verdict(decodeEveryWay(wire, server))).toMatchObject([expected]);
    expect(decodeEveryWay(wire, { ...server, protocolVersion: 4 }).error?.reasonCode).toBe(0x81);
  });

  test.each<[string, (level: 3 | 4) => Uint8Array, unknown]>([
    ['the reserved Connect Flag', (level) => connect({ level, flags: 3 }), { cleanStart: true }],
    ['a User Name forgotten', (level) => connect({ level, flags: 0x82 }), { clientId: 'c' }],
    [
      'a Password forgotten',
      (level) => connect({ level, flags: 0xc2, rest: text('u') }),
      { userName: 'u' },
    ],
    [
      'an ill-formed User Name',
      (level) => connect({ level, flags: 0x82, rest: sized(hex('61 ff')) }),
      { userName: 'a\uFFFD' },
    ],
    [
      'U+0000 in a Client Identifier',
      (level) => connect({ level, clientId: text('a\0b') }),
      { clientId: 'a\uFFFDb' },
    ],
    [
      'an ill-formed Will Topic',
      (level) => connect({ level, flags: 0x06, rest: join(sized(hex('61 ff')), text('')) }),
      { will: { topicName: 'a\uFFFD' } },
    ],
  ])('%s', (_name, wire, expected) => {
    expect(verdict(decodeEveryWay(wire(3), { role: 'server' }))).toMatchObject([expected]);
    expect(decodeEveryWay(wire(4), { role: 'server' }).error?.reasonCode).toBe(0x81);
  });
});

describe('still refused', () => {
  test.each<[string, Uint8Array, number]>([
    ['QoS 3', publish(3, { first: 0x36, packetId: 1 }), 0x81],
    ['an empty Topic Name', publish(3, { topic: text('') }), 0x82],
    ['a wildcard in an ill-formed Topic Name', publish(3, { topic: sized(hex('ff 2b')) }), 0x90],
    ['other flags of a PUBREL', packet(0x6e, u16(1)), 0x81],
    ['Packet Identifier 0', packet(0x40, u16(0)), 0x82],
    ['bytes behind a PUBACK', packet(0x40, u16(1), 0), 0x81],
  ])('%s', (_name, wire, reasonCode) => {
    expect(decodeEveryWay(wire, server).error?.reasonCode).toBe(reasonCode);
  });
});

describe('an ill-formed Topic Name', () => {
  const wire = publish(3, { first: 0x33, topic: sized(hex('61 ff 00 62')), packetId: 7 });

  test('is repaired', () => {
    expect(verdict(decodeEveryWay(wire, server))).toEqual([
      {
        type: 3,
        topicName: 'a\uFFFD\uFFFDb',
        packetId: 7,
        payload: hex('01 02'),
        qos: 1,
        dup: false,
        retain: true,
      },
    ]);
  });

  test('does not go on as it is: the view shows a repaired packet', () => {
    const sink = recorder();
    const seen: unknown[] = [];
    sink.publish = (view) => {
      const bytes = view.bytes.slice(view.start, view.end);
      seen.push(view.owned, decodeEveryWay(bytes, { ...server, protocolVersion: 4 }).error);
      seen.push(view.topic?.bytes, view.packetIdOffset);
    };
    new PacketDecoder(sink, server).receive(wire);
    expect(seen).toEqual([true, undefined, new TextEncoder().encode('a\uFFFD\uFFFDb'), 12]);
  });
});

describe('from a server', () => {
  test('the first byte of a CONNACK means nothing', () => {
    expect(verdict(decodeEveryWay(hex('20 02 01 00'), client))).toEqual([
      { type: 2, sessionPresent: false, reasonCode: 0 },
    ]);
    expect(encode({ type: 2, sessionPresent: true, reasonCode: 0 }, 3)).toEqual(hex('20 02 00 00'));
  });

  test('a SUBACK has no failure', () => {
    expect(decodeEveryWay(packet(0x90, u16(1), 0x80), client).error?.reasonCode).toBe(0x82);
    const suback: Packet = { type: 9, packetId: 1, reasonCodes: [0x80] };
    expect(() => encode(suback, 3)).toThrow(EncodeError);
    expect(encode(suback, 4)).toEqual(hex('90 03 00 01 80'));
  });
});

test('a CONNECT is written as MQIsdp and needs a Client Identifier', () => {
  const packet3: Packet = {
    type: 1,
    protocolVersion: 3,
    clientId: 'c',
    cleanStart: true,
    keepAlive: 60,
  };
  expect(encode(packet3, 3)).toEqual(connect({ level: 3 }));
  expect(encode({ ...packet3, bridge: true }, 3)).toEqual(
    connect({ level: 0x83, name: text('MQIsdp') }),
  );
  expect(() => encode({ ...packet3, clientId: '' }, 3)).toThrow(EncodeError);
});
