// What mqtt-packet 9.0.2 accepts though MQTT forbids it, and what it rejects: 98 cases.
import { expect, test } from 'vitest';
import type { ProtocolVersion } from '../src/index.ts';
import { decodeEveryWay, verdict } from './drive.ts';
import {
  connect,
  hex,
  join,
  noProps,
  packet,
  props,
  publish,
  sized,
  text,
  u16,
  u32,
} from './wire.ts';

type Side = 'server' | 'client';
type Bytes = (version: ProtocolVersion) => Uint8Array;
/** Name, versions, whose inbound side, Reason Code (0: it is not the decoder's to refuse), bytes. */
type Case = [string, ProtocolVersion[], Side, number, Bytes];

const v45: ProtocolVersion[] = [4, 5];
const all: ProtocolVersion[] = [3, 4, 5];

const badStrings: [string, Uint8Array][] = [
  ['ill-formed UTF-8', hex('61 c3 28')],
  ['a surrogate', hex('ed a0 80')],
  ['an over-long form', hex('c0 80')],
  ['U+0000', hex('61 00 62')],
];

const strings: Case[] = badStrings.flatMap(([what, bytes]): Case[] => [
  [`${what} in a Topic Name`, v45, 'server', 0x81, (v) => publish(v, { topic: sized(bytes) })],
  [
    `${what} in a Client Identifier`,
    v45,
    'server',
    0x81,
    (v) => connect({ level: v, clientId: sized(bytes) }),
  ],
  [
    `${what} in a Will Topic`,
    v45,
    'server',
    0x81,
    (v) => connect({ level: v, flags: 0x06, rest: join(noProps(v), sized(bytes), text('w')) }),
  ],
  [
    `${what} in a User Property`,
    [5],
    'server',
    0x81,
    (v) => publish(v, { properties: props(0x26, text('k'), sized(bytes)) }),
  ],
]);

const lengths: Case[] = [
  [
    'a Topic Name ending behind the packet',
    all,
    'server',
    0x81,
    () => packet(0x30, u16(9), hex('61')),
  ],
  [
    'a Client Identifier ending behind the packet',
    all,
    'server',
    0x81,
    (v) => connect({ level: v, clientId: join(u16(9), hex('61')) }),
  ],
];

const publishes: Case[] = [
  ['an empty Topic Name', [3, 4], 'server', 0x82, (v) => publish(v, { topic: text('') })],
  [
    'an empty Topic Name without an alias',
    [5],
    'server',
    0x82,
    (v) => publish(v, { topic: text('') }),
  ],
  ['+ in a Topic Name', all, 'server', 0x90, (v) => publish(v, { topic: text('a/+') })],
  ['# in a Topic Name', all, 'server', 0x90, (v) => publish(v, { topic: text('#') })],
  ['Packet Identifier 0', all, 'server', 0x82, (v) => publish(v, { first: 0x32, packetId: 0 })],
  ['no Packet Identifier', all, 'server', 0x81, () => packet(0x32, text('a/b'))],
  ['DUP at QoS 0', v45, 'server', 0x81, (v) => publish(v, { first: 0x38 })],
  ['no Property Length', [5], 'server', 0x81, () => packet(0x30, text('a/b'))],
  ['Topic Alias 0', [5], 'server', 0x94, (v) => publish(v, { properties: props(0x23, u16(0)) })],
  [
    'Subscription Identifier 0',
    [5],
    'client',
    0x82,
    (v) => publish(v, { properties: props(0x0b, 0) }),
  ],
  [
    'a wildcard in the Response Topic',
    [5],
    'server',
    0x82,
    (v) => publish(v, { properties: props(0x08, text('a/+')) }),
  ],
  ['QoS 3', all, 'server', 0x81, (v) => publish(v, { first: 0x36, packetId: 1 })],
];

const inPublish =
  (...block: (Uint8Array | number)[]): Bytes =>
  (v) =>
    publish(v, { properties: props(...block) });
const inConnect =
  (...block: (Uint8Array | number)[]): Bytes =>
  (v) =>
    connect({ level: v, properties: props(...block) });
const inWill =
  (...block: (Uint8Array | number)[]): Bytes =>
  (v) =>
    connect({ level: v, flags: 0x06, rest: join(props(...block), text('w'), text('')) });
const inConnack =
  (...block: (Uint8Array | number)[]): Bytes =>
  () =>
    packet(0x20, 0, 0, props(...block));

const properties: Case[] = [
  ['Topic Alias twice', [5], 'server', 0x82, inPublish(0x23, u16(1), 0x23, u16(2))],
  ['Message Expiry Interval twice', [5], 'server', 0x82, inPublish(0x02, u32(1), 0x02, u32(2))],
  ['Session Expiry Interval twice', [5], 'server', 0x82, inConnect(0x11, u32(1), 0x11, u32(2))],
  ['Payload Format Indicator twice, first 0', [5], 'server', 0x82, inPublish(0x01, 0, 0x01, 1)],
  ['Content Type twice', [5], 'server', 0x82, inPublish(0x03, text('a'), 0x03, text('b'))],
  ['Session Expiry Interval in a PUBLISH', [5], 'server', 0x81, inPublish(0x11, u32(1))],
  ['Topic Alias in a CONNECT', [5], 'server', 0x81, inConnect(0x23, u16(1))],
  [
    'Topic Alias in a PUBACK',
    [5],
    'server',
    0x81,
    () => packet(0x40, u16(1), 0, props(0x23, u16(1))),
  ],
  ['Session Expiry Interval in a Will', [5], 'server', 0x81, inWill(0x11, u32(1))],
  ['Payload Format Indicator 7', [5], 'server', 0x82, inPublish(0x01, 7)],
  ['Retain Available 7', [5], 'client', 0x82, inConnack(0x25, 7)],
  ['Maximum QoS 2', [5], 'client', 0x82, inConnack(0x24, 2)],
  ['Receive Maximum 0', [5], 'server', 0x82, inConnect(0x21, u16(0))],
  ['Maximum Packet Size 0', [5], 'server', 0x82, inConnect(0x27, u32(0))],
  ['Authentication Data without a Method', [5], 'server', 0x82, inConnect(0x16, text('x'))],
  ['a Content Type that ends behind the block', [5], 'server', 0x81, inPublish(0x03, u16(9), 0x61)],
  ['a Message Expiry Interval of two bytes', [5], 'server', 0x81, inPublish(0x02, u16(1))],
  ['a Subscription Identifier without its end', [5], 'client', 0x81, inPublish(0x0b, 0x80)],
  ['an unknown property', [5], 'server', 0x81, inPublish(0x7f, 0)],
];

const integers: Case[] = [
  ['a Remaining Length of 80 00', [5], 'server', 0x81, () => hex('c0 80 00')],
  // 3.1.1 says how a length is encoded, and not that this must be in the fewest bytes
  ['a Remaining Length of 80 00 before 5.0', [3, 4], 'server', 0, () => hex('c0 80 00')],
  ['a Remaining Length of five bytes', all, 'server', 0x81, () => hex('30 80 80 80 80 01')],
];

const trailing: Case[] = [
  ['a PINGREQ with a body', all, 'server', 0x81, () => packet(0xc0, 0)],
  ['a DISCONNECT with a body', [3, 4], 'server', 0x81, () => packet(0xe0, 0)],
  ['a CONNACK that goes on', all, 'client', 0x81, (v) => packet(0x20, 0, 0, noProps(v), 0)],
  ['a CONNECT that goes on', all, 'server', 0x81, (v) => connect({ level: v, rest: hex('00') })],
];

const headers: Case[] = [
  ['flags of a CONNECT', all, 'server', 0x81, () => hex('11 00')],
  ['flags of a PUBACK', all, 'server', 0x81, () => packet(0x42, u16(1))],
  ['flags of a PUBREL', all, 'server', 0x81, () => packet(0x60, u16(1))],
  ['packet type 0', all, 'server', 0x81, () => hex('00 00')],
  ['an AUTH before 5.0', [3, 4], 'server', 0x81, () => hex('f0 00')],
];

const requests: Case[] = [
  [
    'a SUBSCRIBE without Topic Filters',
    all,
    'server',
    0x82,
    (v) => packet(0x82, u16(1), noProps(v)),
  ],
  [
    'an UNSUBSCRIBE without Topic Filters',
    all,
    'server',
    0x82,
    (v) => packet(0xa2, u16(1), noProps(v)),
  ],
  [
    'a SUBSCRIBE with Packet Identifier 0',
    all,
    'server',
    0x82,
    (v) => packet(0x82, u16(0), noProps(v), text('a'), 0),
  ],
  [
    'an UNSUBSCRIBE with Packet Identifier 0',
    all,
    'server',
    0x82,
    (v) => packet(0xa2, u16(0), noProps(v), text('a')),
  ],
  [
    'an empty filter in a SUBSCRIBE',
    all,
    'server',
    0x82,
    (v) => packet(0x82, u16(1), noProps(v), text(''), 0),
  ],
  [
    'an empty filter in an UNSUBSCRIBE',
    all,
    'server',
    0x82,
    (v) => packet(0xa2, u16(1), noProps(v), text('')),
  ],
  // SUBACK says 0x8F for this filter alone, so the packet has to come through
  ['the filter a#', all, 'server', 0, (v) => packet(0x82, u16(1), noProps(v), text('a#'), 0)],
  [
    'No Local on a Shared Subscription',
    [5],
    'server',
    0x82,
    (v) => packet(0x82, u16(1), noProps(v), text('$share/g/a'), 4),
  ],
  [
    'Subscription Identifier 0 in a SUBSCRIBE',
    [5],
    'server',
    0x82,
    () => packet(0x82, u16(1), props(0x0b, 0), text('a'), 0),
  ],
  [
    'two Subscription Identifiers in a SUBSCRIBE',
    [5],
    'server',
    0x82,
    () => packet(0x82, u16(1), props(0x0b, 1, 0x0b, 2), text('a'), 0),
  ],
  ['a SUBACK without codes', all, 'client', 0x82, (v) => packet(0x90, u16(1), noProps(v))],
  ['an UNSUBACK without codes', [5], 'client', 0x82, (v) => packet(0xb0, u16(1), noProps(v))],
  [
    'QoS 3 in a SUBSCRIBE',
    all,
    'server',
    0x82,
    (v) => packet(0x82, u16(1), noProps(v), text('a'), 3),
  ],
  [
    'Retain Handling 3',
    [5],
    'server',
    0x82,
    (v) => packet(0x82, u16(1), noProps(v), text('a'), 0x30),
  ],
  [
    'reserved Subscription Options',
    all,
    'server',
    0x81,
    (v) => packet(0x82, u16(1), noProps(v), text('a'), 0x40),
  ],
];

const acknowledgements: Case[] = [
  ['a PUBACK with Packet Identifier 0', all, 'server', 0x82, () => packet(0x40, u16(0))],
  ['a PUBACK with nothing', all, 'server', 0x81, () => hex('40 00')],
  ['a PUBACK with one byte', all, 'server', 0x81, () => hex('40 01 07')],
  [
    'a PUBACK whose identifier would be the next packet',
    all,
    'server',
    0x81,
    () => hex('40 00 c0 00'),
  ],
  [
    'a PUBACK that goes on',
    all,
    'server',
    0x81,
    (v) => (v === 5 ? packet(0x40, u16(1), 0, props(), 0) : packet(0x40, u16(1), 0)),
  ],
  ['a Reason Code that no PUBACK has', [5], 'server', 0x82, () => packet(0x40, u16(1), 0x92)],
  ['a client that says Session taken over', [5], 'server', 0x82, () => packet(0xe0, 0x8e, props())],
];

const connects: Case[] = [
  ['MQIsdp with level 4', [4], 'server', 0x84, () => connect({ level: 4, name: text('MQIsdp') })],
  ['MQTT with level 3', [3], 'server', 0x84, () => connect({ level: 3, name: text('MQTT') })],
  [
    'the bridge bit on level 5',
    [5],
    'server',
    0x84,
    () => connect({ level: 0x85, properties: props() }),
  ],
  [
    'a Password without a User Name',
    [3, 4],
    'server',
    0x81,
    (v) => connect({ level: v, flags: 0x42, rest: text('p') }),
  ],
  [
    'Will QoS 3',
    all,
    'server',
    0x81,
    (v) => connect({ level: v, flags: 0x1e, rest: join(noProps(v), text('w'), text('')) }),
  ],
  [
    'an empty Will Topic',
    all,
    'server',
    0x90,
    (v) => connect({ level: v, flags: 0x06, rest: join(noProps(v), text(''), text('')) }),
  ],
  [
    'a wildcard in the Will Topic',
    all,
    'server',
    0x90,
    (v) => connect({ level: v, flags: 0x06, rest: join(noProps(v), text('w/#'), text('')) }),
  ],
  // CONNACK 0x02 is the server's answer, so the packet has to come through
  [
    'an empty Client Identifier with Clean Session 0',
    [3, 4],
    'server',
    0,
    (v) => connect({ level: v, flags: 0, clientId: text('') }),
  ],
  [
    'a second CONNECT',
    all,
    'server',
    0x82,
    (v) => join(connect({ level: v }), connect({ level: v })),
  ],
  ['the reserved Connect Flag', v45, 'server', 0x81, (v) => connect({ level: v, flags: 0x03 })],
  ['level 6', [5], 'server', 0x84, () => connect({ level: 6 })],
  ['Will Retain without a Will', v45, 'server', 0x81, (v) => connect({ level: v, flags: 0x22 })],
  // its text says of Will QoS that it is disregarded then
  [
    'Will Retain without a Will in 3.1',
    [3],
    'server',
    0,
    (v) => connect({ level: v, flags: 0x22 }),
  ],
  ['Will QoS without a Will in 3.1', [3], 'server', 0, (v) => connect({ level: v, flags: 0x1a })],
];

const connacks: Case[] = [
  ['a Reason Code that no CONNACK has', [5], 'client', 0x82, () => packet(0x20, 0, 0x8e, props())],
  ['a return code that no CONNACK has', [3, 4], 'client', 0x82, () => packet(0x20, 0, 6)],
  [
    'Session Present in a refusal',
    v45,
    'client',
    0x82,
    (v) => packet(0x20, 1, v === 5 ? 0x87 : 5, noProps(v)),
  ],
  ['reserved flags of a CONNACK', v45, 'client', 0x81, (v) => packet(0x20, 2, 0, noProps(v))],
];

const cases: Case[] = [
  ...strings,
  ...lengths,
  ...publishes,
  ...properties,
  ...integers,
  ...trailing,
  ...headers,
  ...requests,
  ...acknowledgements,
  ...connects,
  ...connacks,
];

test('the matrix is whole', () => {
  expect(new Set(cases.map(([name]) => name)).size).toBe(cases.length);
  expect(cases).toHaveLength(101);
});

test.each(
  cases.flatMap(([name, versions, role, reasonCode, bytes]) =>
    versions.map((version) => ({ name, version, role, reasonCode, bytes: bytes(version) })),
  ),
)('mqtt-packet: $name (version $version)', ({ version, role, reasonCode, bytes }) => {
  const isConnect = bytes[0] === 0x10 && role === 'server';
  const outcome = decodeEveryWay(bytes, isConnect ? { role } : { role, protocolVersion: version });
  if (reasonCode === 0) expect(outcome.error).toBeUndefined();
  else expect(outcome.error?.reasonCode, JSON.stringify(verdict(outcome))).toBe(reasonCode);
});

// Legal, and refused by mqtt-packet, which looks for more behind the end of the packet.
test.each<[string, Side, Uint8Array, unknown]>([
  [
    'a DISCONNECT of two bytes before another packet',
    'server',
    hex('e0 00'),
    { type: 14, reasonCode: 0 },
  ],
  [
    'a DISCONNECT without a Property Length',
    'server',
    hex('e0 01 04'),
    { type: 14, reasonCode: 4 },
  ],
  ['an AUTH of two bytes', 'client', hex('f0 00'), { type: 15, reasonCode: 0 }],
  [
    'an AUTH before another packet',
    'client',
    packet(0xf0, 0x18, props(0x15, text('m'))),
    { type: 15, reasonCode: 0x18, properties: { authenticationMethod: 'm' } },
  ],
  [
    'a CONNACK before another packet',
    'client',
    packet(0x20, 0, 0, props()),
    { type: 2, sessionPresent: false, reasonCode: 0 },
  ],
])('mqtt-packet refuses: %s', (_name, role, bytes, expected) => {
  const next = role === 'server' ? hex('c0 00') : hex('d0 00');
  const outcome = decodeEveryWay(join(bytes, next), { role, protocolVersion: 5 });
  expect(outcome.error).toBeUndefined();
  expect(outcome.packets).toEqual([expected, { type: role === 'server' ? 12 : 13 }]);
});

test('a CONNACK without a Property Length does not take the next packet for it', () => {
  const outcome = decodeEveryWay(join(hex('20 02 00 00'), hex('d0 00')), {
    role: 'client',
    protocolVersion: 5,
  });
  expect(outcome.error?.reasonCode).toBe(0x81);
});
