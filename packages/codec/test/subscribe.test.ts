// Sections 3.8 to 3.11 of both specifications.
import { expect, test } from 'vitest';
import { decode, encode, type Packet, type ProtocolVersion, type Role } from '../src/index.ts';
import { decodeEveryWay, verdict } from './drive.ts';
import { hex, join, packet, props, sized, text, u16 } from './wire.ts';

const refused = (reasonCode: number, statement?: string): unknown => ({ reasonCode, statement });
const none = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;

test.each<[string, ProtocolVersion, Role, Uint8Array, Packet]>([
  [
    '[MQTT-3.8.3-1 @3.1.1] SUBSCRIBE',
    4,
    'server',
    join(
      hex('82 0c'), // SUBSCRIBE, 12 bytes follow
      hex('00 0a'), // Packet Identifier
      hex('00 03 61 2f 23 01'), // a/#, QoS 1
      hex('00 01 62 02'), // b, QoS 2
    ),
    {
      type: 8,
      packetId: 10,
      subscriptions: [
        { topicFilter: 'a/#', qos: 1, ...none },
        { topicFilter: 'b', qos: 2, ...none },
      ],
    },
  ],
  [
    '[MQTT-3.8.3-1] SUBSCRIBE',
    5,
    'server',
    join(
      hex('82 0c'),
      hex('00 0a'),
      hex('02 0b 07'), // Subscription Identifier 7
      hex('00 04 61 2f 2b 2f'), // a/+/
      hex('2d'), // Retain Handling 2, Retain As Published, No Local, QoS 1
    ),
    {
      type: 8,
      packetId: 10,
      subscriptions: [
        { topicFilter: 'a/+/', qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2 },
      ],
      properties: { subscriptionIdentifiers: [7] },
    },
  ],
  [
    'SUBACK',
    4,
    'client',
    packet(0x90, u16(10), hex('00 01 02 80')),
    { type: 9, packetId: 10, reasonCodes: [0, 1, 2, 0x80] },
  ],
  [
    'SUBACK',
    5,
    'client',
    packet(0x90, u16(10), props(0x1f, text('why')), hex('00 01 02 80 83 87 8f 91 97 9e a1 a2')),
    {
      type: 9,
      packetId: 10,
      reasonCodes: [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
      properties: { reasonString: 'why' },
    },
  ],
  [
    '[MQTT-3.10.3-1 @3.1.1] UNSUBSCRIBE',
    4,
    'server',
    packet(0xa2, u16(10), text('a/#'), text('b')),
    { type: 10, packetId: 10, topicFilters: ['a/#', 'b'] },
  ],
  [
    '[MQTT-3.10.3-1] UNSUBSCRIBE',
    5,
    'server',
    packet(0xa2, u16(10), props(0x26, text('a'), text('b')), text('$share/g/a')),
    {
      type: 10,
      packetId: 10,
      topicFilters: ['$share/g/a'],
      properties: { userProperties: [['a', 'b']] },
    },
  ],
  ['UNSUBACK', 4, 'client', hex('b0 02 00 0a'), { type: 11, packetId: 10, reasonCodes: [] }],
  [
    'UNSUBACK',
    5,
    'client',
    packet(0xb0, u16(10), props(), hex('00 11 80 83 87 8f 91')),
    { type: 11, packetId: 10, reasonCodes: [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91] },
  ],
  // the broker judges filters one by one, so these have to come through
  [
    'wildcards in wrong places are not judged',
    5,
    'server',
    packet(0xa2, u16(1), props(), text('a#'), text('a+/b')),
    { type: 10, packetId: 1, topicFilters: ['a#', 'a+/b'] },
  ],
  [
    'wildcards in wrong places are not judged',
    4,
    'server',
    packet(0xa2, u16(1), text('a#'), text('a+/b')),
    { type: 10, packetId: 1, topicFilters: ['a#', 'a+/b'] },
  ],
])('%s (version %i, at the %s)', (_name, protocolVersion, role, wire, expected) => {
  expect(verdict(decodeEveryWay(wire, { role, protocolVersion }))).toEqual([expected]);
  expect(decode(encode(expected, protocolVersion), { protocolVersion })).toEqual(expected);
});

test.each<[string, ProtocolVersion, Role, Uint8Array, unknown]>([
  [
    '[MQTT-3.8.3-2] no filters',
    5,
    'server',
    packet(0x82, u16(1), props()),
    refused(0x82, 'MQTT-3.8.3-2'),
  ],
  [
    '[MQTT-3.8.3-3 @3.1.1] no filters',
    4,
    'server',
    packet(0x82, u16(1)),
    refused(0x82, 'MQTT-3.8.3-3 @3.1.1'),
  ],
  [
    '[MQTT-3.10.3-2] no filters',
    5,
    'server',
    packet(0xa2, u16(1), props()),
    refused(0x82, 'MQTT-3.10.3-2'),
  ],
  [
    '[MQTT-3.10.3-2 @3.1.1] no filters',
    4,
    'server',
    packet(0xa2, u16(1)),
    refused(0x82, 'MQTT-3.10.3-2 @3.1.1'),
  ],
  [
    '[MQTT-3.8.3-1] an ill-formed filter',
    5,
    'server',
    packet(0x82, u16(1), props(), sized(hex('ff')), 0),
    refused(0x81, 'MQTT-1.5.4-1'),
  ],
  [
    '[MQTT-3.8.3-1 @3.1.1] an ill-formed filter',
    4,
    'server',
    packet(0x82, u16(1), sized(hex('ff')), 0),
    refused(0x81, 'MQTT-1.5.3-1 @3.1.1'),
  ],
  [
    '[MQTT-3.10.3-1] U+0000 in a filter',
    5,
    'server',
    packet(0xa2, u16(1), props(), text('\0')),
    refused(0x81, 'MQTT-1.5.4-2'),
  ],
  [
    '[MQTT-4.7.3-1] an empty filter',
    5,
    'server',
    packet(0xa2, u16(1), props(), text('')),
    refused(0x82, 'MQTT-4.7.3-1'),
  ],
  [
    '[MQTT-4.7.3-1 @3.1.1] an empty filter',
    4,
    'server',
    packet(0x82, u16(1), text(''), 0),
    refused(0x82, 'MQTT-4.7.3-1 @3.1.1'),
  ],
  [
    '[MQTT-3.8.3-5] bit 6',
    5,
    'server',
    packet(0x82, u16(1), props(), text('a'), 0x40),
    refused(0x81, 'MQTT-3.8.3-5'),
  ],
  [
    '[MQTT-3.8.3-5] bit 7',
    5,
    'server',
    packet(0x82, u16(1), props(), text('a'), 0x80),
    refused(0x81, 'MQTT-3.8.3-5'),
  ],
  [
    '[MQTT-3.8.3-4 @3.1.1] bit 2',
    4,
    'server',
    packet(0x82, u16(1), text('a'), 0x04),
    refused(0x81, 'MQTT-3.8.3-4 @3.1.1'),
  ],
  [
    '[MQTT-3.8.3-4 @3.1.1] QoS 3',
    4,
    'server',
    packet(0x82, u16(1), text('a'), 3),
    refused(0x82, 'MQTT-3.8.3-4 @3.1.1'),
  ],
  ['QoS 3', 5, 'server', packet(0x82, u16(1), props(), text('a'), 3), refused(0x82)],
  ['Retain Handling 3', 5, 'server', packet(0x82, u16(1), props(), text('a'), 0x30), refused(0x82)],
  [
    '[MQTT-3.8.3-4] No Local on a Shared Subscription',
    5,
    'server',
    packet(0x82, u16(1), props(), text('$share/g/a'), 4),
    refused(0x82, 'MQTT-3.8.3-4'),
  ],
  ['no Subscription Options', 5, 'server', packet(0x82, u16(1), props(), text('a')), refused(0x81)],
  [
    'no options behind the second filter',
    4,
    'server',
    packet(0x82, u16(1), text('a'), 0, text('b')),
    refused(0x81),
  ],
  [
    '[MQTT-2.2.1-3] Packet Identifier 0',
    5,
    'server',
    packet(0x82, u16(0), props(), text('a'), 0),
    refused(0x82, 'MQTT-2.2.1-3'),
  ],
  [
    '[MQTT-2.3.1-1 @3.1.1] Packet Identifier 0',
    4,
    'server',
    packet(0xa2, u16(0), text('a')),
    refused(0x82, 'MQTT-2.3.1-1 @3.1.1'),
  ],
  ['no Packet Identifier', 4, 'server', packet(0x82, 1), refused(0x81)],
  [
    '[MQTT-3.9.3-2] no Reason Codes',
    5,
    'client',
    packet(0x90, u16(1), props()),
    refused(0x82, 'MQTT-3.9.3-2'),
  ],
  [
    '[MQTT-3.9.3-2] another Reason Code',
    5,
    'client',
    packet(0x90, u16(1), props(), 3),
    refused(0x82, 'MQTT-3.9.3-2'),
  ],
  ['no return codes', 4, 'client', packet(0x90, u16(1)), refused(0x82, 'MQTT-3.8.4-5 @3.1.1')],
  [
    '[MQTT-3.9.3-2 @3.1.1] another return code',
    4,
    'client',
    packet(0x90, u16(1), 0x87),
    refused(0x82, 'MQTT-3.9.3-2 @3.1.1'),
  ],
  [
    '[MQTT-3.11.3-2] no Reason Codes',
    5,
    'client',
    packet(0xb0, u16(1), props()),
    refused(0x82, 'MQTT-3.11.3-2'),
  ],
  [
    '[MQTT-3.11.3-2] another Reason Code',
    5,
    'client',
    packet(0xb0, u16(1), props(), 1),
    refused(0x82, 'MQTT-3.11.3-2'),
  ],
  ['an UNSUBACK with a payload', 4, 'client', packet(0xb0, u16(1), 0), refused(0x81)],
])('%s (version %i, at the %s)', (_name, protocolVersion, role, wire, expected) => {
  expect(verdict(decodeEveryWay(wire, { role, protocolVersion }))).toEqual(expected);
});
