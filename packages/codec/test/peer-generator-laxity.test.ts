// What mqtt-packet 9.0.2 writes though MQTT forbids it, some of it half: nothing may be written here.
import { describe, expect, test } from 'vitest';
import {
  type Connect,
  decode,
  encode,
  EncodeError,
  encodedLength,
  encodeInto,
  type Packet,
  type ProtocolVersion,
  type Publish,
  type Subscribe,
} from '../src/index.ts';
import { hex } from './wire.ts';

const v45: ProtocolVersion[] = [4, 5];
const all: ProtocolVersion[] = [3, 4, 5];

const publish: Publish = {
  type: 3,
  topicName: 'a',
  payload: hex('01'),
  qos: 1,
  dup: false,
  retain: false,
  packetId: 1,
};
const connect = (protocolVersion: ProtocolVersion): Connect => ({
  type: 1,
  protocolVersion,
  clientId: 'c',
  cleanStart: true,
  keepAlive: 0,
});
const subscribe: Subscribe = {
  type: 8,
  packetId: 1,
  subscriptions: [
    { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
  ],
};
const will = { topicName: 'w', payload: hex(''), qos: 0, retain: false } as const;
const long = 'x'.repeat(65_536);

/** For what the types forbid, and a caller in plain JavaScript gives. */
const untyped = (value: unknown): Packet => value as Packet;

describe.each<[string, ProtocolVersion[], (version: ProtocolVersion) => Packet]>([
  ['[MQTT-4.7.3-1] an empty Topic Name', all, () => ({ ...publish, topicName: '' })],
  ['[MQTT-3.3.2-2] a wildcard in the Topic Name', all, () => ({ ...publish, topicName: 'a/#' })],
  ['[MQTT-4.7.3-2] U+0000 in the Topic Name', all, () => ({ ...publish, topicName: 'a\0' })],
  ['[MQTT-1.5.4-1] a lone surrogate', all, () => ({ ...publish, topicName: 'a\uD800' })],
  ['[MQTT-4.7.3-3] a Topic Name of 65536 bytes', all, () => ({ ...publish, topicName: long })],
  ['[MQTT-2.2.1-3] Packet Identifier 0', all, () => ({ ...publish, packetId: 0 })],
  ['no Packet Identifier', all, () => ({ ...publish, packetId: undefined })],
  ['Packet Identifier 70000', all, () => ({ ...publish, packetId: 70_000 })],
  ['Packet Identifier 1.5', all, () => ({ ...publish, packetId: 1.5 })],
  ['Packet Identifier NaN', all, () => ({ type: 4, packetId: Number.NaN, reasonCode: 0 })],
  ['[MQTT-2.2.1-2] a Packet Identifier at QoS 0', all, () => ({ ...publish, qos: 0 })],
  ['[MQTT-3.3.1-4] QoS 3', all, () => untyped({ ...publish, qos: 3 })],
  [
    '[MQTT-3.3.1-2] DUP at QoS 0',
    v45,
    () => ({ ...publish, qos: 0, packetId: undefined, dup: true }),
  ],
  ['a payload that is a string', all, () => untyped({ ...publish, payload: 'x' })],
  [
    'a property out of place',
    [5],
    () => untyped({ ...publish, properties: { sessionExpiryInterval: 1 } }),
  ],
  ['a property twice', [5], () => untyped({ ...publish, properties: { topicAlias: [1, 2] } })],
  [
    'a property that is null',
    [5],
    () => untyped({ ...publish, properties: { contentType: null } }),
  ],
  ['[MQTT-3.3.2-8] Topic Alias 0', [5], () => ({ ...publish, properties: { topicAlias: 0 } })],
  [
    'Payload Format Indicator 7',
    [5],
    () => untyped({ ...publish, properties: { payloadFormatIndicator: 7 } }),
  ],
  ['a negative interval', [5], () => ({ ...publish, properties: { messageExpiryInterval: -1 } })],
  [
    'Subscription Identifier 0',
    [5],
    () => ({ ...publish, properties: { subscriptionIdentifiers: [0] } }),
  ],
  [
    '[MQTT-3.3.2-14] a wildcard in the Response Topic',
    [5],
    () => ({ ...publish, properties: { responseTopic: 'a/+' } }),
  ],
  ['a Content Type of 70 KB', [5], () => ({ ...publish, properties: { contentType: long } })],
  [
    'a lone surrogate in a User Property',
    [5],
    () => ({ ...publish, properties: { userProperties: [['a', '\uDC00']] } }),
  ],
  [
    'User Properties by name',
    [5],
    () => untyped({ ...publish, properties: { userProperties: { a: 'b' } } }),
  ],
  [
    'Correlation Data of 65536 bytes',
    [5],
    () => ({ ...publish, properties: { correlationData: new Uint8Array(65_536) } }),
  ],
  ['[MQTT-3.4.2-1] Reason Code 999', [5], () => ({ type: 4, packetId: 1, reasonCode: 999 })],
  [
    '[MQTT-3.2.2-8] a Reason Code that no CONNACK has',
    [5],
    () => ({ type: 2, sessionPresent: false, reasonCode: 0x8e }),
  ],
  [
    '[MQTT-3.2.2-6 @3.1.1] a return code that no CONNACK has',
    [3, 4],
    () => ({ type: 2, sessionPresent: false, reasonCode: 6 }),
  ],
  [
    '[MQTT-3.2.2-6] Session Present in a refusal',
    all,
    () => ({ type: 2, sessionPresent: true, reasonCode: 5 }),
  ],
  [
    '[MQTT-3.14.2-1] a Reason Code that no DISCONNECT has',
    [5],
    () => ({ type: 14, reasonCode: 0x8c }),
  ],
  ['[MQTT-3.1.2-12] Will QoS 3', all, (v) => untyped({ ...connect(v), will: { ...will, qos: 3 } })],
  [
    '[MQTT-4.7.0-1] a wildcard in the Will Topic',
    all,
    (v) => ({ ...connect(v), will: { ...will, topicName: '#' } }),
  ],
  ['an empty Will Topic', all, (v) => ({ ...connect(v), will: { ...will, topicName: '' } })],
  [
    '[MQTT-3.1.3-7 @3.1.1] an empty Client Identifier with Clean Session 0',
    [3, 4],
    (v) => ({ ...connect(v), clientId: '', cleanStart: false }),
  ],
  [
    '[MQTT-3.1.2-22 @3.1.1] a Password without a User Name',
    [3, 4],
    (v) => ({ ...connect(v), password: hex('70') }),
  ],
  [
    'Authentication Data without a method',
    [5],
    (v) => ({ ...connect(v), properties: { authenticationData: hex('00') } }),
  ],
  ['the bridge bit on 5.0', [5], (v) => ({ ...connect(v), bridge: true })],
  ['a Keep Alive of 65536 seconds', all, (v) => ({ ...connect(v), keepAlive: 65_536 })],
  [
    '[MQTT-3.8.3-2] [MQTT-3.8.3-3 @3.1.1] a SUBSCRIBE without filters',
    all,
    () => ({ ...subscribe, subscriptions: [] }),
  ],
  [
    '[MQTT-3.10.3-2] [MQTT-3.10.3-2 @3.1.1] an UNSUBSCRIBE without filters',
    all,
    () => ({ type: 10, packetId: 1, topicFilters: [] }),
  ],
  ['an empty Topic Filter', all, () => ({ type: 10, packetId: 1, topicFilters: [''] })],
  [
    'two Subscription Identifiers in a SUBSCRIBE',
    [5],
    () => ({ ...subscribe, properties: { subscriptionIdentifiers: [1, 2] } }),
  ],
  [
    '[MQTT-3.8.3-4] No Local on a Shared Subscription',
    [5],
    () => ({
      ...subscribe,
      subscriptions: [
        {
          topicFilter: '$share/g/a',
          qos: 0,
          noLocal: true,
          retainAsPublished: false,
          retainHandling: 0,
        },
      ],
    }),
  ],
  ['[MQTT-3.9.3-2] a SUBACK without codes', all, () => ({ type: 9, packetId: 1, reasonCodes: [] })],
  [
    '[MQTT-3.11.3-2] an UNSUBACK without codes',
    [5],
    () => ({ type: 11, packetId: 1, reasonCodes: [] }),
  ],
  ['an AUTH without a method', [5], () => ({ type: 15, reasonCode: 0x18 })],
  [
    'an AUTH before 5.0',
    [3, 4],
    () => ({ type: 15, reasonCode: 0x18, properties: { authenticationMethod: 'm' } }),
  ],
  ['a packet type that there is not', all, () => untyped({ type: 16 })],
])('%s', (_name, versions, make) => {
  test.each(versions)('is refused before a byte is written (version %i)', (version) => {
    const packet = make(version);
    expect(() => encode(packet, version)).toThrow(EncodeError);
    expect(() => encodedLength(packet, version)).toThrow(EncodeError);
    const target = new Uint8Array(200_000).fill(0xee);
    expect(() => encodeInto(packet, version, target, 7)).toThrow(EncodeError);
    expect(target.every((byte) => byte === 0xee)).toBe(true);
  });
});

describe('what mqtt-packet refuses to write, and MQTT allows', () => {
  test.each<[string, ProtocolVersion, Packet]>([
    ['a Password without a User Name in 5.0', 5, { ...connect(5), password: hex('70') }],
    ['a payload that is a Uint8Array', 5, publish],
    ['a Payload Format Indicator', 5, { ...publish, properties: { payloadFormatIndicator: 1 } }],
    [
      'a property that is undefined',
      5,
      { ...publish, properties: { contentType: undefined, topicAlias: 1 } },
    ],
    [
      'User Properties in an order of their own',
      5,
      {
        ...publish,
        properties: {
          userProperties: [
            ['a', '1'],
            ['b', '2'],
            ['a', '3'],
          ],
        },
      },
    ],
    [
      'an empty Client Identifier with Clean Start 0 in 5.0',
      5,
      { ...connect(5), clientId: '', cleanStart: false },
    ],
  ])('%s', (_name, version, packet) => {
    expect(decode(encode(packet, version), { protocolVersion: version })).toEqual(packet);
  });
});

test('a target that is too small is refused before a byte is written', () => {
  for (const packet of [publish, subscribe]) {
    const length = encodedLength(packet, 5);
    const target = new Uint8Array(length + 3).fill(0xee);
    expect(() => encodeInto(packet, 5, target, 4)).toThrow(EncodeError);
    expect(target.every((byte) => byte === 0xee)).toBe(true);
    expect(encodeInto(packet, 5, target, 3)).toBe(length + 3);
    expect(target.subarray(3)).toEqual(encode(packet, 5));
  }
});
