import type { Subscribe } from '@wellhead/codec';
import { expect, test } from 'vitest';
import type { BrokerOptions } from '../src/index.ts';
import { inWorld } from './support.ts';

const request = (topicFilter: string, qos: 0 | 1 | 2 = 0): Subscribe['subscriptions'][number] => ({
  topicFilter,
  qos,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
});

test.each<[string, string, string[], string[]]>([
  ['exact', 'a/b', ['a/b'], ['a', 'a/b/c', 'A/b', 'a/B', '/a/b', 'a/b/']],
  ['[MQTT-4.7.1-1] # includes the parent', 'a/#', ['a', 'a/', 'a/b', 'a/b/c'], ['b', 'ab', '/a']],
  ['[MQTT-4.7.1-1] # alone', '#', ['a', '/', 'a/b/c', '/a'], ['$x', '$x/y']],
  ['[MQTT-4.7.1-2] + is one level', '+', ['a', 'b'], ['a/b', '/', '/a', '$x']],
  ['[MQTT-4.7.1-2] + in the middle', 'a/+/c', ['a/b/c', 'a//c'], ['a/c', 'a/b/b/c']],
  ['[MQTT-4.7.1-2] + at the end', 'a/+', ['a/b', 'a/'], ['a', 'a/b/c']],
  ['[MQTT-4.7.1-3 @3.1.1] two +', '+/+', ['a/b', '/b', '/'], ['a', '$x/y']],
  ['[MQTT-4.7.1-2] empty levels', '/+', ['/a', '/'], ['a', 'a/b']],
  ['[MQTT-4.7.2-1] $ by its name', '$x/#', ['$x', '$x/y'], ['x']],
  ['[MQTT-4.7.2-1 @3.1.1] + below $', '$x/+', ['$x/y'], ['$x', '$x/y/z']],
  ['[MQTT-4.7.3-4] no normalisation', 'é', ['é'], ['e\u0301', 'É', 'é ']],
  ['spaces', 'a b/ ', ['a b/ '], ['a b/']],
])('[MQTT-3.3.2-3] who gets what: %s, %s', async (_name, filter, matching, others) =>
  inWorld((world) => {
    const client = world.connect({ clientId: 's' });
    client.subscribe(filter);
    const publisher = world.connect({ clientId: 'p' });
    for (const topicName of [...others, ...matching, ...others]) publisher.publish(topicName, '');
    expect(client.publishes().map(({ topicName }) => topicName)).toEqual(matching);
  })(),
);

test.each([
  ['a+'],
  ['+a'],
  ['a#'],
  ['#/a'],
  ['a/#/b'],
  ['a/b+/c'],
  ['##'],
  ['++'],
  ['$share/'],
  ['$share/g'],
  ['$share/g/'],
  ['$share//a'],
  ['$share/g+/a'],
  ['$share/g#/a'],
  ['$share/g/a#'],
])(
  '[MQTT-4.7.1-1] [MQTT-4.8.2-2] the filter %s is refused, 0x8F or 0x80, and the connection goes on',
  async (filter) =>
    inWorld((world) => {
      expect(world.connect({ clientId: 'a' }).subscribe(filter)).toEqual([0x8f]);
      const old = world.connect({ clientId: 'b', protocolVersion: 4 });
      expect(old.subscribe(filter)).toEqual([0x80]);
      expect(old.isClosed).toBe(false);
      expect(world.broker.counters.subscriptions).toBe(0);
    })(),
);

test(
  '[MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.9.3-1] one SUBACK with a code a filter, in order, under the same identifier',
  inWorld((world) => {
    const client = world.connect();
    client.send({
      type: 8,
      packetId: 4711,
      subscriptions: [
        request('a', 1),
        request('b#'),
        request('c', 2),
        request('a', 0),
        request('$share/g/x', 1),
      ],
    });
    expect(client.take()).toMatchObject([
      { type: 9, packetId: 4711, reasonCodes: [1, 0x8f, 2, 0, 1] },
    ]);
    expect(world.broker.counters).toMatchObject({ subscriptions: 3, sharedSubscriptions: 1 });
  }),
);

test(
  '[MQTT-3.8.4-4 @3.1.1] [MQTT-3.8.4-5 @3.1.1] [MQTT-3.9.3-1 @3.1.1] the same in 3.1.1',
  inWorld((world) => {
    const client = world.connect({ protocolVersion: 4 });
    client.send({
      type: 8,
      packetId: 1,
      subscriptions: [request('a', 1), request('b#'), request('c', 2)],
    });
    expect(client.take()).toMatchObject([{ type: 9, packetId: 1, reasonCodes: [1, 0x80, 2] }]);
  }),
);

test(
  '[MQTT-3.8.4-3] [MQTT-3.8.4-3 @3.1.1] a repeated SUBSCRIBE replaces options, QoS and Subscription Identifier',
  inWorld((world) => {
    const client = world.connect();
    client.subscribe('a', { qos: 2, id: 1, retainAsPublished: true });
    client.subscribe('a', { qos: 1, id: 2 });
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'x', { qos: 2, packetId: 1, retain: true });
    expect(client.publishes()).toMatchObject([
      { qos: 1, retain: false, properties: { subscriptionIdentifiers: [2] } },
    ]);
    client.puback(1);
    client.subscribe('a', { qos: 0, noLocal: true, retainHandling: 2 });
    client.publish('a', 'own');
    publisher.publish('a', 'y');
    const [message, ...rest] = client.publishes();
    expect(message?.properties?.subscriptionIdentifiers).toBeUndefined();
    expect(rest).toEqual([]);
    expect(world.broker.counters.subscriptions).toBe(1);
  }),
);

test(
  '[MQTT-3.8.4-4] the replacement loses no message',
  inWorld((world) => {
    const client = world.connect({ properties: { receiveMaximum: 1 } });
    client.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', '1', { qos: 1, packetId: 1 }).publish('a', '2', { qos: 1, packetId: 2 });
    client.subscribe('a', { qos: 1 });
    publisher.publish('a', '3', { qos: 1, packetId: 3 });
    client.puback(1).puback(2).puback(3);
    expect(client.publishes().map(({ payload }) => new TextDecoder().decode(payload))).toEqual([
      '1',
      '2',
      '3',
    ]);
  }),
);

test.each<[string, boolean, string[]]>([
  ['[MQTT-3.8.3-3] No Local 1', true, []],
  ['No Local 0', false, ['a=own q0']],
])('a client’s own message: %s', async (_name, noLocal, expected) =>
  inWorld((world) => {
    const client = world.connect({ clientId: 'c' });
    client.subscribe('a', { noLocal });
    const other = world.connect({ clientId: 'other' });
    other.subscribe('a', { noLocal: true });
    client.publish('a', 'own');
    expect(client.messages()).toEqual(expected);
    expect(other.messages()).toEqual(['a=own q0']);
  })(),
);

test(
  '[MQTT-3.8.3-3] No Local is a matter of each subscription: another one still delivers, with its own options',
  inWorld((world) => {
    const client = world.connect();
    client.subscribe('a', { noLocal: true, id: 1, qos: 2 });
    client.subscribe('+', { id: 2, qos: 0 });
    client.publish('a', 'own', { qos: 2, packetId: 1 });
    world.connect({ clientId: 'p' }).publish('a', 'other', { qos: 2, packetId: 1 });
    expect(client.publishes()).toMatchObject([
      { qos: 0, properties: { subscriptionIdentifiers: [2] } },
      { qos: 2, properties: { subscriptionIdentifiers: expect.arrayContaining([1, 2]) } },
    ]);
  }),
);

test(
  '[MQTT-3.8.3-3] No Local holds for what a client retained itself, and for its Will',
  inWorld((world) => {
    const will = {
      topicName: 'will',
      payload: new Uint8Array([120]),
      qos: 1,
      retain: false,
    } as const;
    const client = world.resume('c', 100, { will });
    client.publish('a', 'own', { retain: true });
    client.subscribe('a', { noLocal: true });
    client.subscribe('will', { noLocal: true });
    expect(client.messages()).toEqual([]);
    client.vanish();
    expect(world.resume('c').messages()).toEqual([]);
  }),
);

test.each<[string, boolean, boolean, boolean]>([
  ['[MQTT-3.3.1-12] RAP 0, RETAIN 1', false, true, false],
  ['[MQTT-3.3.1-12] RAP 0, RETAIN 0', false, false, false],
  ['[MQTT-3.3.1-13] RAP 1, RETAIN 1', true, true, true],
  ['[MQTT-3.3.1-13] RAP 1, RETAIN 0', true, false, false],
])('Retain As Published: %s', async (_name, retainAsPublished, retain, expected) =>
  inWorld((world) => {
    const client = world.connect({ clientId: 's' });
    client.subscribe('a', { retainAsPublished });
    const publisher = world.connect({ clientId: 'p' });
    for (const [qos, packetId] of [
      [0, undefined],
      [1, 1],
      [2, 2],
    ] as const) {
      publisher.publish('a', 'x', { qos, retain, ...(packetId === undefined ? {} : { packetId }) });
    }
    expect(client.publishes().map((packet) => packet.retain)).toEqual([
      expected,
      expected,
      expected,
    ]);
  })(),
);

test(
  '[MQTT-3.3.1-9 @3.1.1] before 5.0 RETAIN is 0 on live messages, but a bridge sees it as published, and not its own',
  inWorld((world) => {
    const client = world.connect({ clientId: 's', protocolVersion: 4 });
    const bridge = world.connect({ clientId: 'bridge', protocolVersion: 4, bridge: true });
    client.subscribe('a');
    bridge.subscribe('a');
    world.connect({ clientId: 'p', protocolVersion: 4 }).publish('a', 'x', { retain: true });
    bridge.publish('a', 'from the bridge');
    expect(client.messages()).toEqual(['a=x q0', 'a=from the bridge q0']);
    expect(bridge.messages()).toEqual(['a=x q0 retain']);
  }),
);

test.each<[string, BrokerOptions['limits'], string, number | undefined, string, number]>([
  [
    'Shared Subscriptions',
    { sharedSubscriptionAvailable: false },
    '$share/g/a',
    undefined,
    'DISCONNECT 9e closed',
    0x80,
  ],
  [
    '[MQTT-3.8.3-2 @3.1.1] wildcards',
    { wildcardSubscriptionAvailable: false },
    'a/#',
    undefined,
    'DISCONNECT a2 closed',
    0x80,
  ],
  [
    'wildcards in a Shared Subscription',
    { wildcardSubscriptionAvailable: false },
    '$share/g/+',
    undefined,
    'DISCONNECT a2 closed',
    0x80,
  ],
  [
    'Subscription Identifiers',
    { subscriptionIdentifiersAvailable: false },
    'a',
    1,
    'DISCONNECT a1 closed',
    2,
  ],
])(
  '[MQTT-4.13.1-1] what CONNACK declared unavailable is a Protocol Error in 5.0, and refused in 3.1.1: %s',
  async (_name, limits, filter, id, expected, legacyCode) =>
    inWorld(
      (world) => {
        const client = world.connect({ clientId: 'a' });
        client.subscribe(filter, id === undefined ? {} : { id });
        expect(client.outcome()).toBe(expected);
        expect(world.connect({ clientId: 'b', protocolVersion: 4 }).subscribe(filter)).toEqual([
          legacyCode,
        ]);
      },
      { limits },
    )(),
);

test.each<[0 | 1, number[]]>([
  [0, [0, 0, 0]],
  [1, [0, 1, 1]],
])(
  '[MQTT-3.2.2-10] with Maximum QoS %i every requested QoS is accepted, and granted up to it',
  async (maximumQoS, expected) =>
    inWorld(
      (world) => {
        const client = world.connect();
        client.send({
          type: 8,
          packetId: 1,
          subscriptions: [request('a', 0), request('b', 1), request('c', 2)],
        });
        expect(client.take()).toMatchObject([{ type: 9, reasonCodes: expected }]);
      },
      { limits: { maximumQoS } },
    )(),
);

test.each<[string, 4 | 5, BrokerOptions['limits'], 0 | 1 | 2, boolean, string]>([
  ['[MQTT-3.2.2-11] QoS above Maximum QoS', 5, { maximumQoS: 0 }, 1, false, 'DISCONNECT 9b closed'],
  ['[MQTT-3.2.2-11] QoS 2 above 1', 5, { maximumQoS: 1 }, 2, false, 'DISCONNECT 9b closed'],
  ['QoS above, 3.1.1', 4, { maximumQoS: 1 }, 2, false, 'closed'],
  ['[MQTT-3.2.2-14] RETAIN', 5, { retainAvailable: false }, 0, true, 'DISCONNECT 9a closed'],
  ['RETAIN, 3.1.1', 4, { retainAvailable: false }, 0, true, 'closed'],
  ['QoS within', 5, { maximumQoS: 1 }, 1, false, 'open'],
])(
  'publishing what CONNACK declared unavailable: %s',
  async (_name, protocolVersion, limits, qos, retain, expected) =>
    inWorld(
      (world) => {
        const client = world.connect({ protocolVersion });
        client.publish('a', 'x', { qos, retain, ...(qos === 0 ? {} : { packetId: 1 }) });
        expect(client.outcome()).toBe(expected);
      },
      { limits },
    )(),
);

test.each<[string, readonly number[], string]>([
  ['[MQTT-3.8.3-2] no filter', [0x82, 3, 0, 1, 0], 'DISCONNECT 82 closed'],
  [
    '[MQTT-3.8.3-4] No Local on a Shared Subscription',
    [0x82, 16, 0, 1, 0, 0, 10, ...Buffer.from('$share/g/a'), 4],
    'DISCONNECT 82 closed',
  ],
  ['[MQTT-3.8.3-5] reserved options', [0x82, 7, 0, 1, 0, 0, 1, 0x61, 0x40], 'DISCONNECT 81 closed'],
  ['QoS 3', [0x82, 7, 0, 1, 0, 0, 1, 0x61, 3], 'DISCONNECT 82 closed'],
  ['Retain Handling 3', [0x82, 7, 0, 1, 0, 0, 1, 0x61, 0x30], 'DISCONNECT 82 closed'],
  ['[MQTT-3.8.1-1] wrong flags', [0x80, 7, 0, 1, 0, 0, 1, 0x61, 0], 'DISCONNECT 81 closed'],
  ['Subscription Identifier 0', [0x82, 9, 0, 1, 2, 0x0b, 0, 0, 1, 0x61, 0], 'DISCONNECT 82 closed'],
  ['Packet Identifier 0', [0x82, 7, 0, 0, 0, 0, 1, 0x61, 0], 'DISCONNECT 82 closed'],
  ['[MQTT-4.7.3-1] an empty filter', [0x82, 6, 0, 1, 0, 0, 0, 0], 'DISCONNECT 82 closed'],
  ['[MQTT-1.5.4-2] U+0000 in a filter', [0x82, 7, 0, 1, 0, 0, 1, 0, 0], 'DISCONNECT 81 closed'],
  ['[MQTT-3.10.3-2] UNSUBSCRIBE without a filter', [0xa2, 3, 0, 1, 0], 'DISCONNECT 82 closed'],
  [
    '[MQTT-3.10.1-1] UNSUBSCRIBE with wrong flags',
    [0xa0, 6, 0, 1, 0, 0, 1, 0x61],
    'DISCONNECT 81 closed',
  ],
])('a SUBSCRIBE or UNSUBSCRIBE that breaks the protocol: %s', async (_name, packet, expected) =>
  inWorld((world) => {
    const client = world.connect();
    client.sendBytes(...packet);
    expect(client.outcome()).toBe(expected);
  })(),
);

test.each<[string, (string | [string, number])[], number[]]>([
  ['[MQTT-3.10.4-1] [MQTT-3.11.3-1]', ['a', 'b', 'a/+'], [0, 0x11, 0]],
  ['character by character', ['A', 'a ', 'a/#'], [0x11, 0x11, 0x11]],
  ['[MQTT-3.10.4-6] the same twice', ['a', 'a'], [0, 0x11]],
  ['a Shared Subscription by its whole filter', ['x', '$share/h/x', '$share/g/x'], [0x11, 0x11, 0]],
  ['an invalid filter', ['a#'], [0x8f]],
])('UNSUBACK: %s', async (_name, filters, expected) =>
  inWorld((world) => {
    const client = world.connect();
    client.subscribe('a');
    client.subscribe('a/+');
    client.subscribe('$share/g/x');
    expect(client.unsubscribe(...(filters as string[]))).toEqual(expected);
  })(),
);

test(
  '[MQTT-3.10.4-4 @3.1.1] [MQTT-3.10.4-5 @3.1.1] [MQTT-2.3.1-7 @3.1.1] UNSUBACK comes in any case, under the same identifier',
  inWorld((world) => {
    const client = world.connect({ protocolVersion: 4 });
    client.send({ type: 10, packetId: 4711, topicFilters: ['never', 'heard'] });
    expect(client.messages()).toEqual(['UNSUBACK #4711']);
  }),
);

test(
  '[MQTT-3.10.4-2] [MQTT-3.10.4-3] after UNSUBSCRIBE nothing new comes, and what was begun is completed',
  inWorld((world) => {
    const client = world.resume('c');
    client.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', '1', { qos: 1, packetId: 1 }).publish('a', '2', { qos: 2, packetId: 2 });
    expect(client.unsubscribe('a')).toEqual([0]);
    publisher.publish('a', '3', { qos: 1, packetId: 3 });
    expect(client.messages()).toEqual(['a=1 q1 #1', 'a=2 q2 #2']);
    client.pubrec(2).vanish();
    const again = world.resume('c');
    expect(again.messages()).toEqual(['a=1 q1 dup #1', 'PUBREL #2']);
    publisher.publish('a', '4', { qos: 1, packetId: 4 });
    expect(again.messages()).toEqual([]);
  }),
);

test(
  '[MQTT-3.10.4-1] one of several overlapping subscriptions goes, the others stay',
  inWorld((world) => {
    const client = world.connect();
    for (const [filter, id] of [
      ['a/b', 1],
      ['a/+', 2],
      ['#', 3],
    ] as const)
      client.subscribe(filter, { id });
    const publisher = world.connect({ clientId: 'p' });
    const identifiers = (): number[] => {
      publisher.publish('a/b', 'x');
      return client
        .publishes()
        .flatMap(({ properties }) =>
          [...(properties?.subscriptionIdentifiers ?? [])].toSorted((a, b) => a - b),
        );
    };
    expect(identifiers()).toEqual([1, 2, 3]);
    client.unsubscribe('a/+');
    expect(identifiers()).toEqual([1, 3]);
    client.unsubscribe('#');
    expect(identifiers()).toEqual([1]);
    client.unsubscribe('a/b');
    expect(identifiers()).toEqual([]);
  }),
);
