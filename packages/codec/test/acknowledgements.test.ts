// Sections 3.2, 3.4 to 3.7 and 3.12 to 3.15: packets that say how something went, and those without fields.
import { describe, expect, test } from 'vitest';
import {
  decode,
  encode,
  type Packet,
  type ProtocolVersion,
  type Role,
  writeAcknowledgement,
} from '../src/index.ts';
import { decodeEveryWay, verdict } from './drive.ts';
import { hex, packet, props, text, u16, u32 } from './wire.ts';

const refused = (reasonCode: number, statement?: string): unknown => ({ reasonCode, statement });

describe('what is right', () => {
  test.each<[string, ProtocolVersion, Role, Uint8Array, Packet]>([
    ['PUBACK', 3, 'server', hex('40 02 12 34'), { type: 4, packetId: 0x1234, reasonCode: 0 }],
    ['PUBACK', 4, 'client', hex('40 02 12 34'), { type: 4, packetId: 0x1234, reasonCode: 0 }],
    ['PUBREC', 4, 'server', hex('50 02 00 01'), { type: 5, packetId: 1, reasonCode: 0 }],
    ['PUBREL', 4, 'server', hex('62 02 00 01'), { type: 6, packetId: 1, reasonCode: 0 }],
    ['PUBCOMP', 4, 'server', hex('70 02 00 01'), { type: 7, packetId: 1, reasonCode: 0 }],
    [
      'PUBACK, nothing left out',
      5,
      'server',
      hex('40 04 00 01 00 00'),
      { type: 4, packetId: 1, reasonCode: 0 },
    ],
    [
      'PUBACK without Property Length',
      5,
      'server',
      hex('40 03 00 01 87'),
      { type: 4, packetId: 1, reasonCode: 0x87 },
    ],
    [
      'PUBACK with Packet Identifier alone',
      5,
      'server',
      hex('40 02 00 01'),
      { type: 4, packetId: 1, reasonCode: 0 },
    ],
    [
      '[MQTT-3.4.2-1] PUBACK 0x10 from a server',
      5,
      'client',
      hex('40 03 00 01 10'),
      { type: 4, packetId: 1, reasonCode: 0x10 },
    ],
    [
      'PUBREC with properties',
      5,
      'server',
      packet(0x50, u16(1), 0x97, props(0x1f, text('full'), 0x26, text('a'), text('b'))),
      {
        type: 5,
        packetId: 1,
        reasonCode: 0x97,
        properties: { reasonString: 'full', userProperties: [['a', 'b']] },
      },
    ],
    ['PUBREL 0x92', 5, 'server', hex('62 03 00 01 92'), { type: 6, packetId: 1, reasonCode: 0x92 }],
    [
      'PUBCOMP 0x92',
      5,
      'client',
      hex('70 03 00 01 92'),
      { type: 7, packetId: 1, reasonCode: 0x92 },
    ],
    ['CONNACK', 4, 'client', hex('20 02 01 00'), { type: 2, sessionPresent: true, reasonCode: 0 }],
    [
      'CONNACK that refuses',
      4,
      'client',
      hex('20 02 00 05'),
      { type: 2, sessionPresent: false, reasonCode: 5 },
    ],
    [
      'CONNACK with all properties',
      5,
      'client',
      packet(
        0x20,
        1,
        0,
        props(
          ...[0x11, u32(1), 0x12, text('id'), 0x13, u16(5), 0x15, text('m'), 0x16, text('')],
          ...[0x1a, text('r'), 0x1c, text('s'), 0x1f, text('t'), 0x21, u16(9), 0x22, u16(8)],
          ...[0x24, 1, 0x25, 0, 0x26, text(''), text(''), 0x27, u32(7), 0x28, 0, 0x29, 1, 0x2a, 0],
        ),
      ),
      {
        type: 2,
        sessionPresent: true,
        reasonCode: 0,
        properties: {
          sessionExpiryInterval: 1,
          assignedClientIdentifier: 'id',
          serverKeepAlive: 5,
          authenticationMethod: 'm',
          authenticationData: hex(''),
          responseInformation: 'r',
          serverReference: 's',
          reasonString: 't',
          receiveMaximum: 9,
          topicAliasMaximum: 8,
          maximumQoS: 1,
          retainAvailable: 0,
          userProperties: [['', '']],
          maximumPacketSize: 7,
          wildcardSubscriptionAvailable: 0,
          subscriptionIdentifiersAvailable: 1,
          sharedSubscriptionAvailable: 0,
        },
      },
    ],
    ['PINGREQ', 4, 'server', hex('c0 00'), { type: 12 }],
    ['PINGRESP', 5, 'client', hex('d0 00'), { type: 13 }],
    ['DISCONNECT', 3, 'server', hex('e0 00'), { type: 14, reasonCode: 0 }],
    ['DISCONNECT', 5, 'server', hex('e0 00'), { type: 14, reasonCode: 0 }],
    [
      'DISCONNECT without Property Length',
      5,
      'server',
      hex('e0 01 04'),
      { type: 14, reasonCode: 4 },
    ],
    [
      'DISCONNECT of a client',
      5,
      'server',
      packet(0xe0, 0, props(0x11, u32(0), 0x1f, text('bye'))),
      { type: 14, reasonCode: 0, properties: { sessionExpiryInterval: 0, reasonString: 'bye' } },
    ],
    [
      'DISCONNECT of a server',
      5,
      'client',
      packet(0xe0, 0x9d, props(0x1c, text('there'))),
      { type: 14, reasonCode: 0x9d, properties: { serverReference: 'there' } },
    ],
    [
      'AUTH of a client',
      5,
      'server',
      packet(0xf0, 0x19, props(0x15, text('m'), 0x16, text('d'))),
      {
        type: 15,
        reasonCode: 0x19,
        properties: { authenticationMethod: 'm', authenticationData: hex('64') },
      },
    ],
    ['AUTH with nothing', 5, 'client', hex('f0 00'), { type: 15, reasonCode: 0 }],
  ])('%s (version %i, at the %s)', (_name, protocolVersion, role, wire, expected) => {
    expect(verdict(decodeEveryWay(wire, { role, protocolVersion }))).toEqual([expected]);
    // an AUTH without a method may be received, not sent
    const mayBeSent = expected.type !== 15 || expected.properties !== undefined;
    if (mayBeSent) {
      expect(decode(encode(expected, protocolVersion), { protocolVersion })).toEqual(expected);
    }
  });
});

describe('what is wrong', () => {
  test.each<[string, ProtocolVersion, Role, Uint8Array, unknown]>([
    [
      '[MQTT-2.2.1-3] Packet Identifier 0',
      5,
      'server',
      hex('62 02 00 00'),
      refused(0x82, 'MQTT-2.2.1-3'),
    ],
    [
      '[MQTT-2.3.1-1 @3.1.1] Packet Identifier 0',
      4,
      'server',
      hex('40 02 00 00'),
      refused(0x82, 'MQTT-2.3.1-1 @3.1.1'),
    ],
    ['half a Packet Identifier', 5, 'server', hex('70 01 00'), refused(0x81)],
    ['bytes behind it', 4, 'server', hex('40 03 00 01 00'), refused(0x81)],
    ['bytes behind the properties', 5, 'server', hex('40 05 00 01 00 00 00'), refused(0x81)],
    ['properties behind the packet', 5, 'server', hex('40 04 00 01 00 05'), refused(0x81)],
    [
      '[MQTT-3.4.2-1] PUBACK 0x92',
      5,
      'server',
      hex('40 03 00 01 92'),
      refused(0x82, 'MQTT-3.4.2-1'),
    ],
    [
      '[MQTT-3.4.2-1] PUBACK 0x10 from a client',
      5,
      'server',
      hex('40 03 00 01 10'),
      refused(0x82, 'MQTT-3.4.2-1'),
    ],
    [
      '[MQTT-3.5.2-1] PUBREC 0x01',
      5,
      'server',
      hex('50 03 00 01 01'),
      refused(0x82, 'MQTT-3.5.2-1'),
    ],
    [
      '[MQTT-3.6.2-1] PUBREL 0x10',
      5,
      'client',
      hex('62 03 00 01 10'),
      refused(0x82, 'MQTT-3.6.2-1'),
    ],
    [
      '[MQTT-3.7.2-1] PUBCOMP 0x80',
      5,
      'server',
      hex('70 03 00 01 80'),
      refused(0x82, 'MQTT-3.7.2-1'),
    ],
    [
      '[MQTT-3.2.2-1] CONNACK flags',
      5,
      'client',
      packet(0x20, 0x80, 0, props()),
      refused(0x81, 'MQTT-3.2.2-1'),
    ],
    ['CONNACK flags', 4, 'client', hex('20 02 02 00'), refused(0x81)],
    [
      '[MQTT-3.2.2-6] Session Present in a refusal',
      5,
      'client',
      packet(0x20, 1, 0x80, props()),
      refused(0x82, 'MQTT-3.2.2-6'),
    ],
    [
      '[MQTT-3.2.2-4 @3.1.1] Session Present in a refusal',
      4,
      'client',
      hex('20 02 01 01'),
      refused(0x82, 'MQTT-3.2.2-4 @3.1.1'),
    ],
    [
      '[MQTT-3.2.2-8] CONNACK 0x8B',
      5,
      'client',
      packet(0x20, 0, 0x8b, props()),
      refused(0x82, 'MQTT-3.2.2-8'),
    ],
    [
      '[MQTT-3.2.2-6 @3.1.1] CONNACK 6',
      4,
      'client',
      hex('20 02 00 06'),
      refused(0x82, 'MQTT-3.2.2-6 @3.1.1'),
    ],
    ['CONNACK without properties', 5, 'client', hex('20 02 00 00'), refused(0x81)],
    ['PINGREQ with a body', 5, 'server', hex('c0 01 00'), refused(0x81)],
    ['PINGRESP with a body', 4, 'client', hex('d0 01 00'), refused(0x81)],
    ['DISCONNECT with a body', 4, 'server', hex('e0 01 00'), refused(0x81)],
    [
      '[MQTT-3.14.2-1] DISCONNECT 0x8E from a client',
      5,
      'server',
      hex('e0 01 8e'),
      refused(0x82, 'MQTT-3.14.2-1'),
    ],
    [
      '[MQTT-3.14.2-1] DISCONNECT 0x04 from a server',
      5,
      'client',
      hex('e0 01 04'),
      refused(0x82, 'MQTT-3.14.2-1'),
    ],
    [
      '[MQTT-3.14.2-1] DISCONNECT 0x8C',
      5,
      'client',
      hex('e0 01 8c'),
      refused(0x82, 'MQTT-3.14.2-1'),
    ],
    [
      '[MQTT-3.14.2-2] Session Expiry Interval from a server',
      5,
      'client',
      packet(0xe0, 0, props(0x11, u32(1))),
      refused(0x82, 'MQTT-3.14.2-2'),
    ],
    [
      'Server Reference from a client',
      5,
      'server',
      packet(0xe0, 0, props(0x1c, text('s'))),
      refused(0x82),
    ],
    ['bytes behind a DISCONNECT', 5, 'server', packet(0xe0, 0, props(), 0), refused(0x81)],
    [
      '[MQTT-3.15.2-1] AUTH 0x00 from a client',
      5,
      'server',
      hex('f0 00'),
      refused(0x82, 'MQTT-3.15.2-1'),
    ],
    [
      '[MQTT-3.15.2-1] AUTH 0x19 from a server',
      5,
      'client',
      packet(0xf0, 0x19, props(0x15, text('m'))),
      refused(0x82, 'MQTT-3.15.2-1'),
    ],
    [
      '[MQTT-3.15.2-1] AUTH 0x01',
      5,
      'server',
      packet(0xf0, 1, props(0x15, text('m'))),
      refused(0x82, 'MQTT-3.15.2-1'),
    ],
    ['AUTH without a method', 5, 'server', packet(0xf0, 0x18, props()), refused(0x82)],
    ['AUTH without properties', 5, 'server', hex('f0 01 18'), refused(0x81)],
  ])('%s (version %i, at the %s)', (_name, protocolVersion, role, wire, expected) => {
    expect(verdict(decodeEveryWay(wire, { role, protocolVersion }))).toEqual(expected);
  });
});

test.each([4, 5, 6, 7] as const)(
  'writeAcknowledgement writes what encode writes: type %i',
  (type) => {
    const target = new Uint8Array(6).fill(0xee);
    expect(writeAcknowledgement(type, 0xabcd, target, 1)).toBe(5);
    for (const version of [3, 4, 5] as const) {
      expect(target.subarray(1, 5)).toEqual(
        encode({ type, packetId: 0xabcd, reasonCode: 0 }, version),
      );
    }
    expect([target[0], target[5]]).toEqual([0xee, 0xee]);
  },
);
