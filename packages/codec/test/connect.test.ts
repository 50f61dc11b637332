// Section 3.1 of both specifications, field by field.
import { describe, expect, test } from 'vitest';
import { type Connect, decode, encode, type ProtocolVersion } from '../src/index.ts';
import { decodeEveryWay, verdict } from './drive.ts';
import { connect, hex, join, noProps, packet, props, sized, text, u16, u32 } from './wire.ts';

const server = { role: 'server' } as const;
const refused = (reasonCode: number, statement?: string): unknown => ({ reasonCode, statement });

const plain = (protocolVersion: ProtocolVersion): Connect => ({
  type: 1,
  protocolVersion,
  clientId: 'c',
  cleanStart: true,
  keepAlive: 60,
});

const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('what is right', () => {
  test.each<[string, Uint8Array, Connect]>([
    [
      'MQTT 3.1',
      join(
        hex('10 0f'), // CONNECT, 15 bytes follow
        hex('00 06 4d 51 49 73 64 70'), // MQIsdp
        hex('03'), // level
        hex('02'), // Clean Session
        hex('00 3c'), // 60 s
        hex('00 01 63'), // c
      ),
      plain(3),
    ],
    [
      '[MQTT-3.1.3-3 @3.1.1] [MQTT-3.1.3-4 @3.1.1] MQTT 3.1.1',
      join(
        hex('10 0d'),
        hex('00 04 4d 51 54 54'), // MQTT
        hex('04'),
        hex('02'),
        hex('00 3c'),
        hex('00 01 63'),
      ),
      plain(4),
    ],
    [
      '[MQTT-3.1.3-3] [MQTT-3.1.3-4] MQTT 5.0',
      join(
        hex('10 0e'),
        hex('00 04 4d 51 54 54'),
        hex('05'),
        hex('02'),
        hex('00 3c'),
        hex('00'), // no properties
        hex('00 01 63'),
      ),
      plain(5),
    ],
    [
      '[MQTT-3.1.3-1 @3.1.1] [MQTT-3.1.2-9 @3.1.1] [MQTT-3.1.2-19 @3.1.1] [MQTT-3.1.2-21 @3.1.1] the payload in its order',
      connect({
        level: 4,
        flags: 0xee,
        rest: join(text('w/t'), sized(hex('00 ff')), text('user'), sized(hex('70 00'))),
      }),
      {
        ...plain(4),
        userName: 'user',
        password: hex('70 00'),
        will: { topicName: 'w/t', payload: hex('00 ff'), qos: 1, retain: true },
      },
    ],
    [
      '[MQTT-3.1.3-1] [MQTT-3.1.2-9] [MQTT-3.1.2-17] [MQTT-3.1.2-19] the payload in its order',
      connect({
        level: 5,
        flags: 0xd6,
        rest: join(
          props(0x18, u32(5), 0x02, u32(6)),
          text('w/t'),
          text(''),
          text('user'),
          sized(hex('70')),
        ),
      }),
      {
        ...plain(5),
        userName: 'user',
        password: hex('70'),
        will: {
          topicName: 'w/t',
          payload: hex(''),
          qos: 2,
          retain: false,
          properties: { willDelayInterval: 5, messageExpiryInterval: 6 },
        },
      },
    ],
    [
      'a Password without a User Name, legal in 5.0',
      connect({ level: 5, flags: 0x42, rest: sized(hex('70')) }),
      { ...plain(5), password: hex('70') },
    ],
    [
      'all properties',
      connect({
        level: 5,
        properties: props(
          ...[0x11, u32(0xffff_ffff), 0x15, text('m'), 0x16, text('d'), 0x17, 0, 0x19, 1],
          ...[0x21, u16(1), 0x22, u16(0), 0x26, text('a'), text('1'), 0x27, u32(1)],
        ),
      }),
      {
        ...plain(5),
        properties: {
          sessionExpiryInterval: 0xffff_ffff,
          authenticationMethod: 'm',
          authenticationData: bytes('d'),
          requestProblemInformation: 0,
          requestResponseInformation: 1,
          receiveMaximum: 1,
          topicAliasMaximum: 0,
          userProperties: [['a', '1']],
          maximumPacketSize: 1,
        },
      },
    ],
    [
      'a bridge of 3.1',
      connect({ level: 0x83, name: text('MQIsdp') }),
      { ...plain(3), bridge: true },
    ],
    ['a bridge of 3.1.1', connect({ level: 0x84 }), { ...plain(4), bridge: true }],
    [
      'an empty Client Identifier with Clean Session 0 is the server’s to refuse',
      connect({ level: 4, flags: 0, clientId: text('') }),
      { ...plain(4), clientId: '', cleanStart: false },
    ],
  ])('%s', (_name, wire, expected) => {
    expect(verdict(decodeEveryWay(wire, server))).toEqual([expected]);
    expect(decode(wire)).toEqual(expected);
    // 3.1.1 forbids a client to send the last one
    const mayBeSent = expected.clientId !== '' || expected.protocolVersion === 5;
    if (mayBeSent) expect(decode(encode(expected, expected.protocolVersion))).toEqual(expected);
  });
});

describe('what is wrong', () => {
  const will = (version: number, topic: Uint8Array): Uint8Array =>
    join(noProps(version), topic, text('x'));
  test.each<[string, Uint8Array, unknown]>([
    [
      '[MQTT-3.1.2-1] another name',
      connect({ level: 5, name: text('MQTTX') }),
      refused(0x84, 'MQTT-3.1.2-1'),
    ],
    [
      '[MQTT-3.1.2-1] a very long name',
      connect({ level: 5, name: text('x'.repeat(300)) }),
      refused(0x84, 'MQTT-3.1.2-1'),
    ],
    [
      '[MQTT-3.1.2-1] a name in lower case',
      connect({ level: 5, name: text('mqtt') }),
      refused(0x84, 'MQTT-3.1.2-1'),
    ],
    ['[MQTT-3.1.2-2] level 6', connect({ level: 6 }), refused(0x84, 'MQTT-3.1.2-2')],
    ['[MQTT-3.1.2-2] level 0', connect({ level: 0 }), refused(0x84, 'MQTT-3.1.2-2')],
    ['[MQTT-3.1.2-2] bridge bit on 5.0', connect({ level: 0x85 }), refused(0x84, 'MQTT-3.1.2-2')],
    [
      '[MQTT-3.1.2-2 @3.1.1] MQTT with level 3',
      connect({ level: 3, name: text('MQTT') }),
      refused(0x84, 'MQTT-3.1.2-2 @3.1.1'),
    ],
    [
      '[MQTT-3.1.2-2 @3.1.1] MQIsdp with level 4',
      connect({ level: 4, name: text('MQIsdp') }),
      refused(0x84, 'MQTT-3.1.2-2 @3.1.1'),
    ],
    [
      '[MQTT-3.1.2-3] reserved flag',
      connect({ level: 5, flags: 3 }),
      refused(0x81, 'MQTT-3.1.2-3'),
    ],
    [
      '[MQTT-3.1.2-3 @3.1.1] reserved flag',
      connect({ level: 4, flags: 3 }),
      refused(0x81, 'MQTT-3.1.2-3 @3.1.1'),
    ],
    [
      '[MQTT-3.1.2-11] Will QoS alone',
      connect({ level: 5, flags: 0x0a }),
      refused(0x81, 'MQTT-3.1.2-11'),
    ],
    [
      '[MQTT-3.1.2-11 @3.1.1] [MQTT-3.1.2-13 @3.1.1] Will QoS alone',
      connect({ level: 4, flags: 0x12 }),
      refused(0x81, 'MQTT-3.1.2-13 @3.1.1'),
    ],
    [
      '[MQTT-3.1.2-12] Will QoS 3',
      connect({ level: 5, flags: 0x1e, rest: will(5, text('w')) }),
      refused(0x81, 'MQTT-3.1.2-12'),
    ],
    [
      '[MQTT-3.1.2-14 @3.1.1] Will QoS 3',
      connect({ level: 4, flags: 0x1e, rest: will(4, text('w')) }),
      refused(0x81, 'MQTT-3.1.2-14 @3.1.1'),
    ],
    [
      '[MQTT-3.1.2-13] Will Retain alone',
      connect({ level: 5, flags: 0x22 }),
      refused(0x81, 'MQTT-3.1.2-13'),
    ],
    [
      '[MQTT-3.1.2-15 @3.1.1] Will Retain alone',
      connect({ level: 4, flags: 0x22 }),
      refused(0x81, 'MQTT-3.1.2-15 @3.1.1'),
    ],
    [
      '[MQTT-3.1.2-22 @3.1.1] Password alone',
      connect({ level: 4, flags: 0x42, rest: text('p') }),
      refused(0x81, 'MQTT-3.1.2-22 @3.1.1'),
    ],
    [
      '[MQTT-3.1.2-22 @3.1.1] Password alone in 3.1',
      connect({ level: 3, flags: 0x42, rest: text('p') }),
      refused(0x81, 'MQTT-3.1.2-22 @3.1.1'),
    ],
    ['[MQTT-3.1.2-9] no Will behind its flag', connect({ level: 5, flags: 0x06 }), refused(0x81)],
    [
      '[MQTT-3.1.2-9] no Will Payload',
      connect({ level: 5, flags: 0x06, rest: join(props(), text('w')) }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.2-9 @3.1.1] no Will behind its flag',
      connect({ level: 4, flags: 0x06 }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.2-16] a User Name without its flag',
      connect({ level: 5, rest: text('u') }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.2-17] no User Name behind its flag',
      connect({ level: 5, flags: 0x82 }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.2-18] a Password without its flag',
      connect({ level: 5, flags: 0x82, rest: join(text('u'), text('p')) }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.2-19] no Password behind its flag',
      connect({ level: 5, flags: 0x42 }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.2-18 @3.1.1] a User Name without its flag',
      connect({ level: 4, rest: text('u') }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.2-19 @3.1.1] no User Name behind its flag',
      connect({ level: 4, flags: 0x82 }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.2-20 @3.1.1] a Password without its flag',
      connect({ level: 4, flags: 0x82, rest: join(text('u'), text('p')) }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.2-21 @3.1.1] no Password behind its flag',
      connect({ level: 4, flags: 0xc2, rest: text('u') }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.3-3] no Client Identifier',
      connect({ level: 5, clientId: hex('') }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.3-3 @3.1.1] no Client Identifier',
      connect({ level: 4, clientId: hex('') }),
      refused(0x81),
    ],
    [
      '[MQTT-3.1.3-4] Client Identifier',
      connect({ level: 5, clientId: sized(hex('ff')) }),
      refused(0x81, 'MQTT-1.5.4-1'),
    ],
    [
      '[MQTT-3.1.3-4 @3.1.1] Client Identifier',
      connect({ level: 4, clientId: sized(hex('ff')) }),
      refused(0x81, 'MQTT-1.5.3-1 @3.1.1'),
    ],
    [
      '[MQTT-3.1.3-11] Will Topic',
      connect({ level: 5, flags: 0x06, rest: will(5, sized(hex('ed b0 80'))) }),
      refused(0x81, 'MQTT-1.5.4-1'),
    ],
    [
      '[MQTT-3.1.3-10 @3.1.1] Will Topic',
      connect({ level: 4, flags: 0x06, rest: will(4, sized(hex('ed b0 80'))) }),
      refused(0x81, 'MQTT-1.5.3-1 @3.1.1'),
    ],
    [
      '[MQTT-3.1.3-12] User Name',
      connect({ level: 5, flags: 0x82, rest: sized(hex('c1 81')) }),
      refused(0x81, 'MQTT-1.5.4-1'),
    ],
    [
      '[MQTT-3.1.3-11 @3.1.1] User Name',
      connect({ level: 4, flags: 0x82, rest: sized(hex('c1 81')) }),
      refused(0x81, 'MQTT-1.5.3-1 @3.1.1'),
    ],
    [
      '[MQTT-4.7.0-1] wildcard in the Will Topic',
      connect({ level: 5, flags: 0x06, rest: will(5, text('a/+')) }),
      refused(0x90, 'MQTT-4.7.0-1'),
    ],
    [
      '[MQTT-4.7.1-1 @3.1.1] wildcard in the Will Topic',
      connect({ level: 4, flags: 0x06, rest: will(4, text('a/+')) }),
      refused(0x90, 'MQTT-4.7.1-1 @3.1.1'),
    ],
    [
      '[MQTT-4.7.3-1] empty Will Topic',
      connect({ level: 5, flags: 0x06, rest: will(5, text('')) }),
      refused(0x90, 'MQTT-4.7.3-1'),
    ],
    [
      '[MQTT-4.7.3-1 @3.1.1] empty Will Topic',
      connect({ level: 4, flags: 0x06, rest: will(4, text('')) }),
      refused(0x90, 'MQTT-4.7.3-1 @3.1.1'),
    ],
    ['nothing', packet(0x10), refused(0x81)],
    ['half a name', packet(0x10, u16(4), hex('4d 51')), refused(0x81)],
    ['no level', packet(0x10, text('MQTT')), refused(0x81)],
    ['no flags', packet(0x10, text('MQTT'), 5), refused(0x81)],
    ['half a Keep Alive', packet(0x10, text('MQTT'), 5, 2, 0), refused(0x81)],
    ['no properties', packet(0x10, text('MQTT'), 5, 2, u16(0)), refused(0x81)],
  ])('%s', (_name, wire, expected) => {
    expect(verdict(decodeEveryWay(wire, server))).toEqual(expected);
  });
});

test.each<[string, Uint8Array, number | undefined]>([
  ['a version that is served', connect({ level: 5, flags: 3 }), 5],
  ['3.1.1', connect({ level: 4, flags: 3 }), 4],
  ['a bridge', connect({ level: 0x84, flags: 3 }), 4],
  ['a version that is not', connect({ level: 7 }), 7],
  ['another name', connect({ level: 9, name: text('HTTP') }), 9],
  ['a wrong pair', connect({ level: 3, name: text('MQTT') }), 3],
  ['nothing readable', packet(0x10, text('MQTT')), undefined],
])('a failed CONNECT tells the version to answer in: %s', (_name, wire, expected) => {
  const { error } = decodeEveryWay(wire, server);
  expect(error?.packetType).toBe(1);
  expect(error?.connect?.protocolVersion).toBe(expected);
});
