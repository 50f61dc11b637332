import { encode } from '@wellhead/codec';
import { memoryPair } from '@wellhead/transport/memory';
import { expect, test } from 'vitest';
import { type BrokerLimits, type BrokerOptions, createBroker } from '../src/index.ts';
import { type Client, SimulatedHost, inWorld, publishPacket, textOf } from './support.ts';

const far = (i: number): { remote: object } => ({
  remote: { address: `192.0.2.${i}`, loopback: false },
});
const everybody: BrokerOptions = { authenticator: { authenticate: () => ({ accept: true }) } };

test.each<[string, number, number[]]>([
  ['CONNECT of 256 MB', 1_000, [0x10, 0xff, 0xff, 0xff, 0x7f, 0]],
  ['PUBLISH of 256 MB', 1_000, [0x30, 0xff, 0xff, 0xff, 0x7f, 0]],
  ['CONNECT above maximumConnectSize', 1, [0x10, 0x81, 0x80, 0x0a, 0]],
  ['a Remaining Length of five bytes', 1, [0x10, 0x80, 0x80, 0x80, 0x80, 1]],
  [
    'a CONNECT of 5.0 whose Remaining Length is not minimal',
    1,
    [0x10, 0x8d, 0, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 0, 0, 0, 0],
  ],
])('S1, S3: before CONNECT nothing large is kept: %s, %i sockets', async (_name, count, bytes) =>
  inWorld((world) => {
    const clients = Array.from({ length: count }, () => world.dial().sendBytes(...bytes));
    expect(clients.every((client) => client.isClosed)).toBe(true);
    expect(world.broker.counters.connections).toBe(0);
  })(),
);

test(
  'S1: a CONNECT of the size allowed is served, also in pieces',
  inWorld((world) => {
    const client = world.connect({
      wire: { split: 1_000 },
      userName: 'u',
      password: new Uint8Array(60_000),
    });
    expect(client.outcome()).toBe('open');
  }),
);

test.each([1, 2, 3, 7, 64])(
  'S2: packets in pieces of %i bytes are the same packets',
  async (split) =>
    inWorld((world) => {
      const client = world.connect({ wire: { split } });
      client.subscribe('a', { id: 1 });
      client.send(
        publishPacket('a', 'one', { qos: 1, packetId: 1, properties: { contentType: 'c' } }),
        publishPacket('a', 'two', { qos: 2, packetId: 2 }),
        { type: 6, packetId: 2, reasonCode: 0 },
        { type: 12 },
      );
      expect(client.messages()).toEqual([
        'a=one q1 #1',
        'PUBACK #1',
        'a=two q2 #2',
        'PUBREC #2',
        'PUBCOMP #2',
        'PINGRESP',
      ]);
    })(),
);

test.each<[string, number[]]>([
  ['CONNACK', [0x20, 3, 0, 0, 0]],
  ['SUBACK without codes', [0x90, 3, 0, 1, 0]],
  ['UNSUBACK', [0xb0, 4, 0, 1, 0, 0]],
  ['PINGRESP', [0xd0, 0]],
  ['PUBLISH with an empty topic', [0x30, 3, 0, 0, 0]],
  ['PUBLISH that ends in its topic', [0x30, 2, 0, 5]],
  ['PUBACK without identifier', [0x40, 0]],
  ['SUBSCRIBE with nothing', [0x82, 0]],
  ['DISCONNECT that ends in its properties', [0xe0, 2, 0, 5]],
  ['AUTH with nothing', [0xf0, 0]],
])(
  'S4: what only servers send, and fields that are missing, close the connection and break nothing: %s',
  async (_name, bytes) => {
    const faults: unknown[] = [];
    await inWorld(
      (world) => {
        const client = world.connect();
        client.sendBytes(...bytes);
        expect(client.outcome()).toMatch(/^DISCONNECT 8[12] closed$/);
      },
      { observer: { fault: (error) => void faults.push(error) } },
    )();
    expect(faults).toEqual([]);
  },
);

const deep = (levels: number): string => '/'.repeat(levels - 1);

test.each<[string, string, string]>([
  ['128 levels', deep(128), 'open'],
  ['129 levels', deep(129), 'DISCONNECT 90 closed'],
  ['65,535 slashes', '/'.repeat(65_535), 'DISCONNECT 90 closed'],
  ['65,535 characters of one level', 'x'.repeat(65_535), 'open'],
])('S5: a Topic Name of %s', async (_name, topicName, expected) =>
  inWorld((world) => {
    const client = world.connect();
    client.publish(topicName, '');
    expect(client.outcome()).toBe(expected);
  })(),
);

test.each<[string, string, number[]]>([
  ['128 levels', deep(128), [2]],
  ['129 levels', deep(129), [0x8f]],
  ['65,535 slashes', '/'.repeat(65_535), [0x8f]],
  ['60,000 +', Array(30_000).fill('+').join('/'), [0x8f]],
  ['shared, 129 levels', `$share/g/${deep(129)}`, [0x8f]],
])('S5: a Topic Filter of %s', async (_name, topicFilter, expected) =>
  inWorld((world) => {
    const client = world.connect();
    expect(client.subscribe(topicFilter)).toEqual(expected);
    expect(client.isClosed).toBe(false);
  })(),
);

test.each<[string, Partial<BrokerLimits>, string, number[], string]>([
  ['length', { maximumTopicLength: 5 }, '123456', [0x8f], 'DISCONNECT 90 closed'],
  ['levels', { maximumTopicLevels: 2 }, 'a/b/c', [0x8f], 'DISCONNECT 90 closed'],
  ['length, in bytes', { maximumTopicLength: 5 }, 'äöü', [0x8f], 'DISCONNECT 90 closed'],
])('configured limits of topics: %s', async (_name, limits, topic, suback, expected) =>
  inWorld(
    (world) => {
      const client = world.connect();
      expect(client.subscribe(topic)).toEqual(suback);
      client.publish(topic, '');
      expect(client.outcome()).toBe(expected);
    },
    { limits },
  )(),
);

test(
  'S6: a packet full of User Properties, and a SUBSCRIBE full of filters, are served',
  inWorld((world) => {
    const client = world.connect();
    client.subscribe('a');
    const userProperties = Array.from({ length: 20_000 }, (_, i) => ['k', String(i)] as const);
    client.publish('a', 'x', { properties: { userProperties } });
    expect(client.publishes()[0]?.properties?.userProperties).toHaveLength(20_000);
    const subscriptions = Array.from({ length: 5_000 }, (_, i) => ({
      topicFilter: `f/${i}/+`,
      qos: 0 as const,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0 as const,
    }));
    client.send({ type: 8, packetId: 1, subscriptions });
    const [suback] = client.take();
    expect(suback?.type === 9 && suback.reasonCodes.length).toBe(5_000);
  }),
);

test(
  'S7: one QoS 2 identifier a hundred thousand times is one identifier; too many different ones: 0x93',
  inWorld((world) => {
    const client = world.connect();
    const repeat = publishPacket('a', '', { qos: 2, packetId: 1, dup: true });
    for (let i = 0; i < 20; i++) {
      client.send(...Array.from({ length: 5_000 }, () => repeat));
      expect(client.take()).toHaveLength(5_000);
    }
    for (let packetId = 2; packetId <= 1_024; packetId++)
      client.publish('a', '', { qos: 2, packetId });
    expect(client.outcome()).toBe('open');
    client.publish('a', '', { qos: 2, packetId: 1_025 });
    expect(client.outcome()).toBe('DISCONNECT 93 closed');
  }),
);

test.each(['#', '+', 'a/b', '../x', '%u', '$SYS', '\u0001', '🚀', ' '])(
  'S10: the Client Identifier %j is a name, nothing else',
  async (clientId) =>
    inWorld((world) => {
      const client = world.resume(clientId);
      client.subscribe(clientId === '#' || clientId === '+' ? 'plain' : 'a');
      client.vanish();
      expect(world.resume(clientId).connack?.sessionPresent).toBe(true);
      expect(world.broker.counters.sessions).toBe(1);
    })(),
);

test.each<[string, number[], number[]]>([
  ['S19: never sends a byte', [], []],
  ['S19: sends the first bytes of a CONNECT', [0x10, 50], []],
  ['sends CONNECT a byte a second', [0x10, 50], [0]],
])('a socket that %s is closed after connectTimeout', async (_name, first, eachSecond) =>
  inWorld((world) => {
    const client = world.dial().sendBytes(...first);
    for (let second = 0; second < 10; second++) {
      expect(client.isClosed).toBe(false);
      client.sendBytes(...eachSecond);
      world.advance(1_000);
    }
    world.advance(1_000);
    expect(client.outcome()).toBe('closed');
    expect(world.broker.counters.connections).toBe(0);
  })(),
);

test.each<[string, number, string]>([
  ['slower than a KiB a second', 1, 'DISCONNECT 80 closed'],
  ['faster', 3_000, 'open'],
])('a packet body that arrives %s', async (_name, bytesPerSecond, expected) =>
  inWorld((world) => {
    const client = world.connect();
    client.sendBytes(0x30, 0xa0, 0x9c, 0x01, 0, 1, 0x61, 0);
    for (let second = 0; second < 6 * 11; second += 1) {
      if (client.isClosed) break;
      const left = 20_000 - 4 - second * bytesPerSecond;
      if (left <= 0) break;
      client.sendBytes(...new Uint8Array(Math.min(left, bytesPerSecond)));
      world.advance(1_000);
    }
    expect(client.outcome()).toBe(expected);
  })(),
);

test(
  'maximumConnections: one more is closed, and when one has gone the next is served',
  inWorld(
    (world) => {
      const one = world.connect({ clientId: 'one' });
      world.connect({ clientId: 'two' });
      expect(world.connect({ clientId: 'three' }).isClosed).toBe(true);
      one.disconnect();
      expect(world.connect({ clientId: 'four' }).outcome()).toBe('open');
    },
    { limits: { maximumConnections: 2 } },
  ),
);

test(
  'maximumConnectionsPerAddress: for each address by itself, and not for loopback',
  inWorld(
    (world) => {
      const outcomes = [1, 1, 1, 2].map(
        (i, n) => world.connect({ clientId: `c${n}`, ...far(i) }).isClosed,
      );
      expect(outcomes).toEqual([false, false, true, false]);
      expect([1, 2, 3].map((n) => world.connect({ clientId: `l${n}` }).isClosed)).toEqual([
        false,
        false,
        false,
      ]);
    },
    { ...everybody, limits: { maximumConnectionsPerAddress: 2 } },
  ),
);

test(
  'maximumPendingConnections: connections without CONNACK are few, and make room when they have one',
  inWorld(
    (world) => {
      const one = world.dial();
      const two = world.dial();
      expect(world.dial().sendBytes().isClosed).toBe(true);
      one.connect({ clientId: 'one' });
      two.connect({ clientId: 'two' });
      expect(world.connect({ clientId: 'three' }).outcome()).toBe('open');
    },
    { limits: { maximumPendingConnections: 2 } },
  ),
);

test(
  'maximumPendingConnectionsPerAddress: the same for each address by itself, and not for loopback',
  inWorld(
    (world) => {
      const dial = (i?: number): Client => world.dial(i === undefined ? {} : far(i)).sendBytes();
      const [one, two, three] = [dial(1), dial(1), dial(1)];
      expect([one, two, three].map(({ isClosed }) => isClosed)).toEqual([false, false, true]);
      expect(dial(2).isClosed).toBe(false);
      expect([dial(), dial(), dial()].map(({ isClosed }) => isClosed)).not.toContain(true);
      one?.connect({ clientId: 'one' });
      const four = dial(1);
      expect([four.isClosed, dial(1).isClosed]).toEqual([false, true]);
      four.vanish();
      expect(dial(1).isClosed).toBe(false);
    },
    { ...everybody, limits: { maximumPendingConnectionsPerAddress: 2 } },
  ),
);

test.each<[string, 4 | 5, string]>([
  ['5.0', 5, 'CONNACK 97 closed'],
  ['3.1.1', 4, 'CONNACK 03 closed'],
])(
  'maximumSessions: a new session is refused, an existing one is resumed: %s',
  async (_name, protocolVersion, expected) =>
    inWorld(
      (world) => {
        world.resume('one').vanish();
        world.resume('two').vanish();
        expect(world.connect({ clientId: 'three', protocolVersion }).outcome()).toBe(expected);
        expect(world.resume('one').outcome()).toBe('open');
      },
      { limits: { maximumSessions: 2 } },
    )(),
);

test(
  'maximumSubscriptionsPerSession: 0x97 for one more, existing ones may change',
  inWorld(
    (world) => {
      const client = world.connect();
      expect([
        client.subscribe('a'),
        client.subscribe('$share/g/a'),
        client.subscribe('c'),
      ]).toEqual([[2], [2], [0x97]]);
      expect(client.subscribe('a', { qos: 1 })).toEqual([1]);
      client.unsubscribe('a');
      expect(client.subscribe('c')).toEqual([2]);
    },
    { limits: { maximumSubscriptionsPerSession: 2 } },
  ),
);

test.each<[string, Partial<BrokerLimits>, string[]]>([
  ['one session', { maximumQueuedBytes: 150_000 }, ['PUBACK #1', 'PUBACK #2', 'PUBACK #3']],
  [
    'all sessions',
    { maximumTotalQueuedBytes: 150_000 },
    ['PUBACK #1', 'PUBACK #2', 'PUBACK #3 97'],
  ],
])('Topic Names of what waits count in the bytes for %s', async (_name, limits, answers) =>
  inWorld(
    (world) => {
      world.resume('s').subscribe('#');
      world.resume('s').vanish();
      const publisher = world.connect({ clientId: 'p' });
      for (let i = 1; i <= 3; i++)
        publisher.publish(`${i}`.repeat(60_000), 'x', { qos: 1, packetId: i });
      expect(publisher.messages()).toEqual(answers);
      expect(world.broker.counters.queuedBytes).toBe(2 * (60_000 - 128 + 1));
      expect(world.resume('s').publishes()).toHaveLength(2);
    },
    { limits },
  )(),
);

test(
  'Topic Names of retained messages count in their bytes',
  inWorld(
    (world) => {
      const publisher = world.connect({ clientId: 'p' });
      const publish = (digit: string, payload: string): Client =>
        publisher.publish(digit.repeat(60_000), payload, { qos: 1, packetId: 1, retain: true });
      publish('1', 'x');
      publish('2', 'x');
      publish('3', 'x');
      expect(publisher.messages()).toEqual(['PUBACK #1 10', 'PUBACK #1 10', 'PUBACK #1 97']);
      expect(world.broker.counters.retainedBytes).toBe(2 * (60_000 - 128 + 1));
      publish('2', '');
      publish('3', 'x');
      expect(publisher.messages()).toEqual(['PUBACK #1 10', 'PUBACK #1 10']);
    },
    { limits: { maximumRetainedBytes: 150_000 } },
  ),
);

test.each<[string, Partial<BrokerLimits>, number[]]>([
  ['of one session', { maximumSubscriptionBytesPerSession: 70_000 }, [2, 0x97, 2]],
  ['of all sessions', { maximumSubscriptionBytes: 70_000 }, [2, 0x97, 0x97]],
])(
  'S5: long Topic Filters %s are bounded in bytes: 0x97 for what is too much',
  async (_name, limits, expected) =>
    inWorld(
      (world) => {
        const client = world.connect();
        const long = 'x'.repeat(60_000);
        expect([
          ...client.subscribe(`${long}/1`),
          ...client.subscribe(`$share/g/${long}/2`),
          ...world.connect({ clientId: 'other' }).subscribe(`${long}/1`),
        ]).toEqual(expected);
        expect(client.subscribe(`${long}/1`, { qos: 1 })).toEqual([1]);
        expect(client.subscribe('short')).toEqual([2]);
        client.unsubscribe(`${long}/1`, 'short');
        expect(client.subscribe(`$share/g/${long}/2`)).toEqual([2]);
        client.vanish();
        world.connect({ clientId: 'other' });
        expect(world.broker.counters.subscriptionBytes).toBe(0);
        expect(world.connect().subscribe(`${long}/3`)).toEqual([2]);
      },
      { limits },
    )(),
);

test.each<[string, Partial<BrokerLimits>]>([
  ['one session', { maximumQueuedBytes: 550 }],
  // one whose payload has room is kept with its identifiers
  ['all sessions', { maximumTotalQueuedBytes: 410 }],
])('Subscription Identifiers that wait count in the bytes for %s', async (_name, limits) =>
  inWorld(
    async (world) => {
      const session = world.resume('s');
      const filters = ['a/#', 'a/+', '+/1', '+/+', '#'];
      for (const [i, filter] of filters.entries()) session.subscribe(filter, { id: i + 1 });
      session.vanish();
      const publisher = world.connect({ clientId: 'p' });
      for (let packetId = 1; packetId <= 8; packetId++)
        publisher.publish('a/1', 'x'.repeat(100), { qos: 2, packetId }).pubrel(packetId);
      expect(world.broker.counters.queuedBytes).toBe(3 * 140);

      const again = world.resume('s');
      expect(again.publishes().map(({ packetId }) => packetId)).toEqual([1, 2, 3]);
      again.pubrec(1);
      expect(world.broker.counters.queuedBytes).toBe(2 * 140);
      again.pubrec(2).pubcomp(2).pubrec(3, 0x97);
      expect(world.broker.counters.queuedBytes).toBe(0);
    },
    { limits },
  )(),
);

test(
  'Subscription Identifiers count in the bytes of QoS 0 that wait for a client',
  inWorld(
    (world) => {
      const slow = world.connect({ clientId: 's', properties: { receiveMaximum: 1 } });
      for (const [i, filter] of ['a/#', 'a/+', '+/1', '+/+', '#'].entries())
        slow.subscribe(filter, { id: i + 1 });
      const publisher = world.connect({ clientId: 'p' });
      for (let packetId = 1; packetId <= 2; packetId++)
        publisher.publish('a/1', 'x', { qos: 1, packetId });
      for (let i = 0; i < 10; i++) publisher.publish('a/1', 'x'.repeat(100));
      expect(world.broker.counters.publishDropped).toBe(7);
      slow.puback(1);
      expect(slow.publishes()).toHaveLength(5);
    },
    { limits: { maximumPendingBytes: 450 } },
  ),
);

test.each<[string, Partial<BrokerLimits>, number]>([
  ['messages', { maximumQueuedMessages: 5 }, 5],
  ['bytes', { maximumQueuedBytes: 550 }, 5],
])('the queue of an absent session: its limit of %s', async (_name, limits, expected) => {
  let dropped = 0;
  await inWorld(
    (world) => {
      world.resume('s').subscribe('a');
      world.resume('s').vanish();
      const publisher = world.connect({ clientId: 'p' });
      for (let packetId = 1; packetId <= 12; packetId++) {
        publisher.publish('a', String(packetId).padStart(100), { qos: 1, packetId });
      }
      const again = world.resume('s');
      const got = again.publishes();
      expect(got).toHaveLength(expected);
      expect(dropped).toBe(12 - expected);
      for (const { packetId = 0 } of got) again.puback(packetId);
      again.vanish();
      publisher.publish('a', 'room again', { qos: 1, packetId: 1 });
      expect(world.resume('s').publishes()).toHaveLength(1);
    },
    {
      limits,
      observer: { dropped: (_c, _t, reason) => void (dropped += reason === 'queue-full' ? 1 : 0) },
    },
  )();
});

test.each<[string, number, number]>([
  // what is in flight is in no queue: nobody would send it again
  ['ends with its connection', 0, 1 + 10],
  ['outlives its connection', 100, 10],
])(
  'the same limit holds for a client that never acknowledges and whose session %s, and nobody else is held up',
  async (_name, sessionExpiryInterval, expected) =>
    inWorld(
      (world) => {
        const properties = { receiveMaximum: 1, sessionExpiryInterval };
        const mute = world.connect({ clientId: 'mute', properties });
        const other = world.connect({ clientId: 'other' });
        mute.subscribe('a');
        other.subscribe('a');
        const publisher = world.connect({ clientId: 'p' });
        for (let packetId = 1; packetId <= 50; packetId++)
          publisher.publish('a', String(packetId), { qos: 1, packetId });
        expect(other.publishes()).toHaveLength(50);
        expect(world.broker.counters.publishDropped).toBe(50 - expected);
        const got: number[] = [];
        for (let round = 0; round < 60; round++) {
          for (const packet of mute.publishes()) {
            got.push(Number(textOf(packet)));
            mute.puback(packet.packetId ?? 0);
          }
        }
        expect(got).toEqual(Array.from({ length: expected }, (_, i) => i + 1));
      },
      { limits: { maximumQueuedMessages: 10 } },
    )(),
);

test.each<[string, Partial<BrokerLimits>]>([
  ['receiveMaximum', { receiveMaximum: 0 }],
  ['receiveMaximum', { receiveMaximum: 65_536 }],
  ['maximumQoS', { maximumQoS: 3 as 2 }],
  ['maximumPacketSize', { maximumPacketSize: 2 }],
  ['connectTimeout', { connectTimeout: Number.NaN }],
  ['maximumSessions', { maximumSessions: 1.5 }],
  ['maximumTopicLevels', { maximumTopicLevels: -1 }],
  ['typo', { typo: 1 } as object],
])('S9: a limit out of range is refused by name: %s', async (name, limits) => {
  await expect(createBroker({ limits, host: new SimulatedHost() })).rejects.toThrow(name);
});

test.each<[string, Partial<BrokerLimits>]>([
  [
    'everything at its lowest',
    {
      receiveMaximum: 1,
      maximumInflight: 1,
      topicAliasMaximum: 0,
      maximumOutboundTopicAliases: 0,
      maximumQoS: 0,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
      maximumKeepAlive: 1,
      maximumSessionExpiryInterval: 0,
      legacySessionExpiryInterval: 1,
      maximumQueuedMessages: 1,
      maximumQueuedBytes: 1,
      maximumPendingBytes: 1,
      maximumRetainedMessages: 0,
      maximumRetainedBytes: 0,
      deliveriesPerTurn: 1,
      stalledTimeout: 1,
    },
  ],
  ['one delivery a turn', { deliveriesPerTurn: 1 }],
])('S9: a broker with %s still serves', async (_name, limits) =>
  inWorld(
    (world) => {
      const clients = [3, 4, 5].map((protocolVersion) => {
        const client = world.connect({
          clientId: `c${protocolVersion}`,
          protocolVersion: protocolVersion as 3 | 4 | 5,
        });
        client.subscribe('a');
        return client;
      });
      for (let i = 0; i < 5; i++) clients[2]?.publish('a', String(i));
      const expected = ['a=0 q0', 'a=1 q0', 'a=2 q0', 'a=3 q0', 'a=4 q0'];
      expect(clients.map((client) => client.messages())).toEqual([expected, expected, expected]);
    },
    { limits },
  )(),
);

test(
  'S23: a half-closed connection is closed, and costs no further turn',
  inWorld((world) => {
    const client = world.connect();
    client.connection.close();
    world.settle();
    expect(client.isClosed).toBe(true);
    expect(world.host.turn()).toBe(false);
    expect(world.broker.counters.connections).toBe(0);
  }),
);

test(
  'an idle broker does nothing between its ticks',
  inWorld((world) => {
    for (let i = 0; i < 10; i++) world.connect({ clientId: `c${i}` });
    expect([world.host.turn(), world.network.pump(), world.host.timers]).toEqual([false, 0, 1]);
  }),
);

test(
  'one publisher’s flood is served in shares: others are read meanwhile',
  inWorld(
    (world) => {
      const reader = world.connect({ clientId: 'reader' });
      reader.subscribe('#');
      const flood = world.connect({ clientId: 'flood' });
      const other = world.connect({ clientId: 'other' });
      flood.connection.write(encodeMany(200));
      other.connection.write(encodeMany(1, 'other'));
      world.settle();
      const order = reader.publishes().map(({ topicName }) => topicName);
      expect(order).toHaveLength(201);
      expect(order.indexOf('other')).toBeLessThan(60);
    },
    { limits: { deliveriesPerTurn: 20 } },
  ),
);

function encodeMany(count: number, topicName = 'flood'): Uint8Array {
  const one = encode(publishPacket(topicName, 'x'), 5);
  const all = new Uint8Array(one.length * count);
  for (let i = 0; i < count; i++) all.set(one, i * one.length);
  return all;
}

test(
  'a message for more receivers than one turn serves reaches all of them once, in order, and is acknowledged then',
  inWorld(
    (world) => {
      const readers = Array.from({ length: 25 }, (_, i) => {
        const client = world.resume(`r${i}`);
        client.subscribe('a');
        return client;
      });
      readers[3]?.vanish();
      const publisher = world.connect({ clientId: 'p' });
      publisher.send(
        publishPacket('a', 'one', { qos: 1, packetId: 1 }),
        publishPacket('a', 'two', { qos: 2, packetId: 2 }),
        publishPacket('a', 'three'),
      );
      expect(publisher.messages()).toEqual(['PUBACK #1', 'PUBREC #2']);
      for (const [i, reader] of readers.entries()) {
        if (i !== 3)
          expect(reader.messages()).toEqual(['a=one q1 #1', 'a=two q2 #2', 'a=three q0']);
      }
      expect(world.resume('r3').messages()).toEqual(['a=one q1 #1', 'a=two q2 #2']);
    },
    { limits: { deliveriesPerTurn: 10 } },
  ),
);

test(
  'S1: transports with messages of their own hold little before CONNECT, and not much more than a packet after it',
  inWorld(
    (world) => {
      const [client, server] = memoryPair({ network: world.network });
      const expected: number[] = [];
      world.broker.handle(Object.assign(server, { expect: (size: number) => expected.push(size) }));
      client.start({ data: () => undefined, drain: () => undefined, closed: () => undefined });
      world.settle();
      expect(expected).toEqual([1_000 + 65_536]);
      client.write(
        encode({ type: 1, protocolVersion: 5, clientId: 'c', cleanStart: true, keepAlive: 0 }, 5),
      );
      world.settle();
      expect(expected).toEqual([1_000 + 65_536, 100_000 + 65_536]);
    },
    { limits: { maximumConnectSize: 1_000, maximumPacketSize: 100_000 } },
  ),
);
