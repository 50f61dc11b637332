import type { ProtocolVersion } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { type BrokerOptions, loopbackAuthenticator } from '../src/index.ts';
import { type ConnectOptions, inWorld } from './support.ts';

test.each<[string, ConnectOptions, string]>([
  ['[MQTT-3.1.4-5] MQTT 5.0', { protocolVersion: 5 }, 'open'],
  ['[MQTT-3.1.4-4 @3.1.1] MQTT 3.1.1', { protocolVersion: 4 }, 'open'],
  ['MQTT 3.1', { protocolVersion: 3 }, 'open'],
  ['a bridge of the older kind, 3.1', { protocolVersion: 3, bridge: true }, 'open'],
  ['a bridge of the older kind, 3.1.1', { protocolVersion: 4, bridge: true }, 'open'],
  ['[MQTT-3.1.3-5] one character of a Client Identifier', { clientId: '0' }, 'open'],
  ['[MQTT-3.1.3-5] 23 characters', { clientId: 'ABCDEFGHIJKLMNOPqrstuvw' }, 'open'],
  [
    '[MQTT-3.1.3-5 @3.1.1] 23 characters',
    { clientId: '01234567890123456789abc', protocolVersion: 4 },
    'open',
  ],
  [
    'MQTT 3.1 with more than 23 characters',
    { clientId: 'x'.repeat(40), protocolVersion: 3 },
    'open',
  ],
  ['1024 characters, the limit', { clientId: 'x'.repeat(1024) }, 'open'],
  ['[MQTT-3.1.3-8] 1025 characters', { clientId: 'x'.repeat(1025) }, 'CONNACK 85 closed'],
  [
    '[MQTT-3.1.3-9 @3.1.1] 1025 characters',
    { clientId: 'x'.repeat(1025), protocolVersion: 4 },
    'CONNACK 02 closed',
  ],
  ['[MQTT-3.1.3-6] an empty one with Clean Start', { clientId: '' }, 'open'],
  ['[MQTT-3.1.3-6] an empty one without Clean Start', { clientId: '', cleanStart: false }, 'open'],
  ['[MQTT-3.1.3-6 @3.1.1] an empty one', { clientId: '', protocolVersion: 4 }, 'open'],
  ['a Client Identifier of wildcards is a name like any other', { clientId: 'a/+/#' }, 'open'],
  ['a Password without User Name', { password: new Uint8Array([1]) }, 'open'],
  ['credentials', { userName: 'u', password: new Uint8Array(0) }, 'open'],
])('CONNECT: %s', async (_name, options, expected) =>
  inWorld((world) => {
    const client = world.connect(options);
    expect(client.connack).toBeDefined();
    expect(client.connack?.sessionPresent).toBe(false);
    expect(client.outcome()).toBe(expected);
  })(),
);

const HEAD = [0x00, 0x04, 0x4d, 0x51, 0x54, 0x54];
const OLD_HEAD = [0x00, 0x06, 0x4d, 0x51, 0x49, 0x73, 0x64, 0x70];
const ID = [0x00, 0x01, 0x61];

test.each<[string, readonly number[], string, ProtocolVersion?]>([
  [
    '[MQTT-3.1.3-8 @3.1.1] an empty Client Identifier with Clean Session 0',
    [0x10, 12, ...HEAD, 4, 0, 0, 0, 0, 0],
    'CONNACK 02 closed',
    4,
  ],
  [
    'an empty Client Identifier, MQTT 3.1',
    [0x10, 14, ...OLD_HEAD, 3, 2, 0, 0, 0, 0],
    'CONNACK 02 closed',
    4,
  ],
  ['[MQTT-3.1.2-2] level 6', [0x10, 14, ...HEAD, 6, 2, 0, 0, 0, ...ID], 'CONNACK 84 closed'],
  ['[MQTT-3.1.2-2 @3.1.1] level 2', [0x10, 13, ...HEAD, 2, 2, 0, 0, ...ID], 'CONNACK 01 closed', 4],
  ['MQTT with level 3', [0x10, 13, ...HEAD, 3, 2, 0, 0, ...ID], 'CONNACK 01 closed', 4],
  ['MQIsdp with level 4', [0x10, 15, ...OLD_HEAD, 4, 2, 0, 0, ...ID], 'CONNACK 01 closed', 4],
  [
    '[MQTT-3.1.2-1] another Protocol Name',
    [0x10, 14, 0, 4, 0x4d, 0x51, 0x54, 0x58, 5, 2, 0, 0, 0, ...ID],
    'CONNACK 84 closed',
  ],
  ['[MQTT-3.1.2-3] reserved flag', [0x10, 14, ...HEAD, 5, 3, 0, 0, 0, ...ID], 'CONNACK 81 closed'],
  ['[MQTT-3.1.2-3 @3.1.1] reserved flag', [0x10, 13, ...HEAD, 4, 3, 0, 0, ...ID], 'closed'],
  ['[MQTT-3.1.2-12] Will QoS 3', [0x10, 14, ...HEAD, 5, 0x1e, 0, 0, 0, ...ID], 'CONNACK 81 closed'],
  ['[MQTT-3.1.2-14 @3.1.1] Will QoS 3', [0x10, 13, ...HEAD, 4, 0x1e, 0, 0, ...ID], 'closed'],
  [
    '[MQTT-3.1.2-11] Will QoS alone',
    [0x10, 14, ...HEAD, 5, 0x0a, 0, 0, 0, ...ID],
    'CONNACK 81 closed',
  ],
  [
    '[MQTT-3.1.2-13] Will Retain alone',
    [0x10, 14, ...HEAD, 5, 0x22, 0, 0, 0, ...ID],
    'CONNACK 81 closed',
  ],
  [
    '[MQTT-3.1.2-22 @3.1.1] Password without User Name',
    [0x10, 16, ...HEAD, 4, 0x42, 0, 0, ...ID, 0, 1, 0x70],
    'closed',
  ],
  [
    '[MQTT-3.1.4-1] a repeated property',
    [0x10, 20, ...HEAD, 5, 2, 0, 0, 6, 0x21, 0, 1, 0x21, 0, 1, ...ID],
    'CONNACK 82 closed',
  ],
  ['Receive Maximum 0', [0x10, 17, ...HEAD, 5, 2, 0, 0, 3, 0x21, 0, 0, ...ID], 'CONNACK 82 closed'],
  [
    'Maximum Packet Size 0',
    [0x10, 19, ...HEAD, 5, 2, 0, 0, 5, 0x27, 0, 0, 0, 0, ...ID],
    'CONNACK 82 closed',
  ],
  [
    'Authentication Data without a method',
    [0x10, 18, ...HEAD, 5, 2, 0, 0, 4, 0x16, 0, 1, 0, ...ID],
    'CONNACK 82 closed',
  ],
  [
    '[MQTT-1.5.4-2] U+0000 in the Client Identifier',
    [0x10, 14, ...HEAD, 5, 2, 0, 0, 0, 0, 1, 0],
    'CONNACK 81 closed',
  ],
  [
    '[MQTT-1.5.3-1 @3.1.1] a surrogate in the Client Identifier',
    [0x10, 15, ...HEAD, 4, 2, 0, 0, 0, 3, 0xed, 0xa0, 0x80],
    'closed',
  ],
  ['[MQTT-3.1.0-1] a PINGREQ', [0xc0, 0], 'closed'],
  ['[MQTT-3.1.0-1 @3.1.1] a PUBLISH', [0x30, 4, 0, 1, 0x61, 0x62], 'closed'],
  ['a packet of the reserved type', [0x00, 0], 'closed'],
  ['a CONNACK', [0x20, 2, 0, 0], 'closed'],
  ['garbage', [0xff, 0xff, 0xff, 0xff, 0xff], 'closed'],
  ['an HTTP request', [0x47, 0x45, 0x54, 0x20, 0x2f], 'closed'],
])('a first packet that is refused: %s', async (_name, bytes, expected, protocolVersion = 5) =>
  inWorld((world) => {
    const client = world.dial({ protocolVersion });
    client.sendBytes(...bytes);
    expect(client.outcome()).toBe(expected);
    expect(world.broker.counters.sessions).toBe(0);
    expect(world.broker.counters.connections).toBe(0);
  })(),
);

test(
  '[MQTT-3.1.3-7] [MQTT-3.2.2-16] an assigned Client Identifier is told, unique, and the client’s own',
  inWorld((world) => {
    const one = world.connect({ clientId: '', properties: { sessionExpiryInterval: 100 } });
    const other = world.connect({ clientId: '' });
    const assigned = one.connack?.properties?.assignedClientIdentifier ?? '';
    expect(assigned).not.toBe('');
    expect(other.connack?.properties?.assignedClientIdentifier).not.toBe(assigned);
    one.vanish();
    expect(world.resume(assigned).connack?.sessionPresent).toBe(true);
  }),
);

test(
  '[MQTT-3.1.3-6 @3.1.1] clients without a Client Identifier do not disturb each other',
  inWorld((world) => {
    const one = world.connect({ clientId: '', protocolVersion: 4 });
    const other = world.connect({ clientId: '', protocolVersion: 4 });
    one.subscribe('a');
    other.publish('a', 'x');
    expect(one.messages()).toEqual(['a=x q0']);
    expect(world.broker.counters.clientsConnected).toBe(2);
  }),
);

test(
  '[MQTT-3.1.3-7] a client with an identifier of its own is assigned none',
  inWorld((world) => {
    expect(world.connect().connack?.properties?.assignedClientIdentifier).toBeUndefined();
  }),
);

test.each<[string, readonly number[]]>([
  ['[MQTT-3.1.0-2] MQTT 5.0: DISCONNECT 0x82', [0x10, 14, ...HEAD, 5, 2, 0, 0, 0, ...ID]],
  ['[MQTT-3.1.0-2 @3.1.1] MQTT 3.1.1: closed', [0x10, 13, ...HEAD, 4, 2, 0, 0, ...ID]],
])('a second CONNECT: %s, and the Will of the first is due', async (name, bytes) =>
  inWorld((world) => {
    const protocolVersion = name.includes('5.0') ? 5 : 4;
    const watcher = world.connect({ clientId: 'watcher' });
    watcher.subscribe('will');
    const will = { topicName: 'will', payload: new Uint8Array(), qos: 0, retain: false } as const;
    const client = world.connect({ protocolVersion, will });
    client.sendBytes(...bytes);
    expect(client.outcome()).toBe(protocolVersion === 5 ? 'DISCONNECT 82 closed' : 'closed');
    expect(watcher.messages()).toEqual(['will= q0']);
  })(),
);

test(
  '[MQTT-3.1.4-6] [MQTT-3.1.4-5 @3.1.1] nothing that follows a refused CONNECT has an effect',
  inWorld(
    (world) => {
      const watcher = world.connect({ clientId: 'watcher', userName: 'good' });
      watcher.subscribe('#');
      for (const version of [4, 5] as const) {
        const client = world.dial({ protocolVersion: version });
        const properties = version === 5 ? [0] : [];
        client.sendBytes(
          ...[0x10, 13 + properties.length, ...HEAD, version, 2, 0, 0, ...properties, ...ID],
          ...[0x31, 4 + properties.length, 0, 1, 0x61, ...properties, 0x62],
        );
        expect(client.isClosed).toBe(true);
      }
      expect(watcher.messages()).toEqual([]);
    },
    {
      authenticator: {
        authenticate: ({ userName }) =>
          userName === 'good' ? { accept: true } : { accept: false, reasonCode: 0x86 },
      },
    },
  ),
);

test(
  'what is sent behind a CONNECT without waiting for CONNACK is served after it',
  inWorld((world) => {
    const client = world.dial({ protocolVersion: 4 });
    client.sendBytes(
      ...[0x10, 13, ...HEAD, 4, 2, 0, 0, ...ID],
      ...[0x82, 6, 0, 1, 0, 1, 0x62, 0],
      ...[0x30, 4, 0, 1, 0x62, 0x63],
      ...[0xc0, 0],
    );
    expect(client.messages()).toEqual(['CONNACK', 'SUBACK #1', 'b=c q0', 'PINGRESP']);
  }),
);

test.each<[string, ConnectOptions, string]>([
  ['loopback, anonymous', {}, 'open'],
  ['loopback, with credentials', { userName: 'u' }, 'open'],
  ['another machine', { remote: { address: '192.0.2.1', loopback: false } }, 'CONNACK 87 closed'],
  [
    'another machine, MQTT 3.1.1',
    { remote: { address: '192.0.2.1', loopback: false }, protocolVersion: 4 },
    'CONNACK 05 closed',
  ],
  [
    'another machine, MQTT 3.1',
    { remote: { address: '192.0.2.1', loopback: false }, protocolVersion: 3 },
    'CONNACK 05 closed',
  ],
])('[MQTT-3.1.4-2] without an authenticator: %s', async (_name, options, expected) =>
  inWorld(
    (world) => {
      expect(world.connect(options).outcome()).toBe(expected);
    },
    { authenticator: loopbackAuthenticator },
  )(),
);

const REFUSALS: readonly (readonly [reasonCode: number, legacy: string])[] = [
  [0x80, 'closed'],
  [0x83, 'closed'],
  [0x84, 'CONNACK 01 closed'],
  [0x85, 'CONNACK 02 closed'],
  [0x86, 'CONNACK 04 closed'],
  [0x87, 'CONNACK 05 closed'],
  [0x88, 'CONNACK 03 closed'],
  [0x89, 'CONNACK 03 closed'],
  [0x8a, 'CONNACK 05 closed'],
  [0x8c, 'CONNACK 05 closed'],
  [0x97, 'CONNACK 03 closed'],
  [0x9c, 'CONNACK 03 closed'],
  [0x9d, 'CONNACK 03 closed'],
  [0x9f, 'CONNACK 03 closed'],
];

test.each(REFUSALS)(
  '[MQTT-3.2.2-7] [MQTT-3.2.2-8] refusal %i reaches MQTT 5.0 as it is, and [MQTT-3.2.2-5 @3.1.1] [MQTT-3.2.2-6 @3.1.1] 3.1.1 as its nearest: %s',
  async (reasonCode, legacy) =>
    inWorld(
      (world) => {
        const client = world.connect();
        expect(client.outcome()).toBe(`CONNACK ${reasonCode.toString(16)} closed`);
        expect(client.connack?.sessionPresent).toBe(false);
        expect(world.connect({ protocolVersion: 4 }).outcome()).toBe(legacy);
      },
      { authenticator: { authenticate: () => ({ accept: false, reasonCode }) } },
    )(),
);

test(
  '[MQTT-3.2.2-6] a refused client of an existing session is told Session Present 0, and the session stays',
  inWorld(
    (world) => {
      world.resume('s', 100, { userName: 'good' }).vanish();
      const refused = world.resume('s', 100, { userName: 'bad' });
      expect(refused.connack).toMatchObject({ reasonCode: 0x86, sessionPresent: false });
      expect(world.resume('s', 100, { userName: 'good' }).connack?.sessionPresent).toBe(true);
    },
    {
      authenticator: {
        authenticate: ({ userName }) =>
          userName === 'good' ? { accept: true } : { accept: false, reasonCode: 0x86 },
      },
    },
  ),
);

test.each<[string, BrokerOptions['limits'], object]>([
  [
    'nothing but what holds by default',
    {},
    { maximumPacketSize: 16_777_216, topicAliasMaximum: 64, receiveMaximum: 1024 },
  ],
  ['Receive Maximum', { receiveMaximum: 7 }, { receiveMaximum: 7 }],
  ['Maximum Packet Size', { maximumPacketSize: 1000 }, { maximumPacketSize: 1000 }],
  ['Topic Alias Maximum', { topicAliasMaximum: 3 }, { topicAliasMaximum: 3 }],
  ['[MQTT-3.2.2-9] Maximum QoS 1', { maximumQoS: 1 }, { maximumQoS: 1 }],
  ['[MQTT-3.2.2-9] Maximum QoS 0', { maximumQoS: 0 }, { maximumQoS: 0 }],
  ['Retain Available', { retainAvailable: false }, { retainAvailable: 0 }],
  ['Wildcards', { wildcardSubscriptionAvailable: false }, { wildcardSubscriptionAvailable: 0 }],
  [
    'identifiers',
    { subscriptionIdentifiersAvailable: false },
    { subscriptionIdentifiersAvailable: 0 },
  ],
  [
    'Shared Subscriptions',
    { sharedSubscriptionAvailable: false },
    { sharedSubscriptionAvailable: 0 },
  ],
  [
    'a cut Session Expiry Interval',
    { maximumSessionExpiryInterval: 50 },
    { sessionExpiryInterval: 50 },
  ],
  ['[MQTT-3.2.2-22] Server Keep Alive', { maximumKeepAlive: 30 }, { serverKeepAlive: 30 }],
])('CONNACK announces %s', async (_name, limits, expected) =>
  inWorld(
    (world) => {
      const client = world.resume('c', 100);
      expect(client.connack?.properties).toMatchObject(expected);
    },
    { limits },
  )(),
);

test(
  'CONNACK is silent about what holds anyway',
  inWorld((world) => {
    const { properties } = world.resume('c', 100, { keepAlive: 10 }).connack ?? {};
    const names = Object.entries(properties ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    );
    expect(names.toSorted()).toEqual(['maximumPacketSize', 'receiveMaximum', 'topicAliasMaximum']);
  }),
);

test.each<[string, number, BrokerOptions['limits'], ConnectOptions, string]>([
  [
    '[MQTT-3.2.2-12] Will QoS',
    0x9b,
    { maximumQoS: 0 },
    { protocolVersion: 5 },
    'CONNACK 9b closed',
  ],
  ['Will QoS, MQTT 3.1.1', 0, { maximumQoS: 0 }, { protocolVersion: 4 }, 'closed'],
  [
    '[MQTT-3.2.2-13] Will Retain',
    0,
    { retainAvailable: false },
    { protocolVersion: 5 },
    'CONNACK 9a closed',
  ],
  ['Will Topic levels', 0, { maximumTopicLevels: 1 }, { protocolVersion: 5 }, 'CONNACK 90 closed'],
  ['Will Topic length', 0, { maximumTopicLength: 5 }, { protocolVersion: 5 }, 'CONNACK 90 closed'],
])(
  'a Will that the limits forbid refuses the connection: %s',
  async (_name, _code, limits, options, expected) =>
    inWorld(
      (world) => {
        const will = {
          topicName: 'one/two',
          payload: new Uint8Array(),
          qos: 1,
          retain: true,
        } as const;
        expect(world.connect({ ...options, will }).outcome()).toBe(expected);
      },
      { limits },
    )(),
);
