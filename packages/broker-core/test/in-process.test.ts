import { getEventListeners } from 'node:events';
import { Duplex, duplexPair } from 'node:stream';
import { Decoder, type Packet, encode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { type LocalMessage, type ReceivedMessage, createBroker } from '../src/index.ts';
import { SimulatedHost, inWorld, publishPacket, type World } from './support.ts';

const text = (payload: Uint8Array): string => new TextDecoder().decode(payload);

/** Publishes in process and lets the turn end. */
async function publish(world: World, message: LocalMessage): Promise<void> {
  const published = world.broker.publish(message);
  await world.settleAsync();
  await published;
}

async function take(
  subscription: AsyncIterable<ReceivedMessage>,
  count: number,
): Promise<string[]> {
  const got: string[] = [];
  for await (const message of subscription) {
    got.push(`${message.topicName}=${text(message.payload)} q${message.qos}`);
    if (got.length === count) break;
  }
  return got;
}

test.each([0, 1, 2] as const)(
  'a message of the host program reaches subscribers at QoS %i, and resolves',
  async (qos) =>
    inWorld(async (world) => {
      const client = world.connect();
      client.subscribe('a');
      await publish(world, { topicName: 'a', payload: 'text', qos });
      await publish(world, { topicName: 'a', payload: new Uint8Array([0x62]), qos });
      const id = (n: number): string => (qos === 0 ? '' : ` #${n}`);
      expect(client.messages()).toEqual([`a=text q${qos}${id(1)}`, `a=b q${qos}${id(2)}`]);
    })(),
);

test(
  'properties, retain and expiry of the host program’s messages',
  inWorld(async (world) => {
    const properties = {
      contentType: 'c',
      messageExpiryInterval: 10,
      userProperties: [
        ['b', '1'],
        ['a', '2'],
      ],
    } as const;
    await publish(world, { topicName: 'a', payload: 'x', retain: true, properties });
    world.advance(4_000);
    const client = world.connect();
    client.subscribe('a');
    expect(client.publishes()).toMatchObject([
      { retain: true, properties: { ...properties, messageExpiryInterval: 6 } },
    ]);
    await publish(world, { topicName: 'a', retain: true });
    expect(world.broker.counters.retainedMessages).toBe(0);
  }),
);

test(
  'messages of the host program and of clients in one turn are both kept',
  inWorld(async (world) => {
    world.resume('s').subscribe('a');
    world.resume('s').vanish();
    const client = world.connect({ clientId: 'p' });
    const published = world.broker.publish({ topicName: 'a', payload: 'host', qos: 1 });
    client.connection.write(encode(publishPacket('a', 'client', { qos: 1, packetId: 1 }), 5));
    world.network.pump();
    await world.settleAsync();
    await published;
    const got = world.resume('s').publishes();
    expect(got.map(({ payload }) => text(payload)).toSorted()).toEqual(['client', 'host']);
  }),
);

test(
  'the bytes are the caller’s again at once',
  inWorld(async (world) => {
    const client = world.connect();
    client.subscribe('a');
    const payload = new Uint8Array([0x61]);
    const published = world.broker.publish({ topicName: 'a', payload });
    payload[0] = 0x7a;
    await world.settleAsync();
    await published;
    expect(client.messages()).toEqual(['a=a q0']);
  }),
);

test.each<[string, LocalMessage]>([
  ['an empty Topic Name', { topicName: '' }],
  ['a wildcard', { topicName: 'a/#' }],
  ['U+0000', { topicName: 'a\0' }],
  ['S16: a lone surrogate', { topicName: 'a\ud800' }],
  ['S16: more than 65,535 bytes', { topicName: 'x'.repeat(65_536) }],
])('S16: a message that MQTT forbids is a TypeError at once: %s', async (_name, message) =>
  inWorld((world) => {
    expect(() => void world.broker.publish(message)).toThrow(TypeError);
  })(),
);

const isRejected = async (_name: string, message: LocalMessage): Promise<void> =>
  inWorld(async (world) => {
    const client = world.connect();
    client.subscribe('#');
    let outcome = 'hangs';
    const attempt = async (): Promise<void> => world.broker.publish(message);
    void attempt().then(
      () => (outcome = 'resolves'),
      () => (outcome = 'rejects'),
    );
    await world.settleAsync();
    expect(outcome).toBe('rejects');
    expect(client.outcome()).toBe('open');
  })();

test.each<[string, LocalMessage]>([
  [
    'a Content Type of 70,000 bytes',
    { topicName: 'a', properties: { contentType: 'x'.repeat(70_000) } },
  ],
  [
    'a lone surrogate in a User Property',
    { topicName: 'a', properties: { userProperties: [['\ud800', '']] } },
  ],
])(
  'S16: whatever else is wrong with a message ends in an error of its caller, never in a hang or a crash: %s',
  isRejected,
);

test.each<[string, LocalMessage]>([
  ['QoS 3', { topicName: 'a', qos: 3 as 2 }],
  ['a negative expiry', { topicName: 'a', properties: { messageExpiryInterval: -1 } }],
  ['more levels than the broker allows', { topicName: '/'.repeat(200) }],
])(
  'S16: whatever else is wrong with a message ends in an error of its caller, never in a hang or a crash: %s',
  isRejected,
);

test(
  'retained beyond the limits: BROKER_QUOTA',
  inWorld(
    async (world) => {
      const published = world.broker.publish({ topicName: 'a', payload: 'x', retain: true });
      const [outcome] = await Promise.all([Promise.allSettled([published]), world.settleAsync()]);
      expect(outcome).toMatchObject([{ status: 'rejected', reason: { code: 'BROKER_QUOTA' } }]);
    },
    { limits: { maximumRetainedMessages: 0 } },
  ),
);

test(
  'a subscription of the host program iterates in order, until its loop is left',
  inWorld(async (world) => {
    const subscription = world.broker.subscribe('a/+');
    await world.settleAsync();
    const client = world.connect({ clientId: 'p' });
    client.publish('a/1', 'one').publish('b', 'no').publish('a/2', 'two', { qos: 2, packetId: 1 });
    expect(await take(subscription, 2)).toEqual(['a/1=one q0', 'a/2=two q2']);
    await world.settleAsync();
    expect(client.publish('a/3', 'x', { qos: 1, packetId: 2 }).messages()).toContain(
      'PUBACK #2 10',
    );
    expect(world.broker.counters.subscriptions).toBe(0);
  }),
);

test(
  'what a subscriber of the host program sees of a message',
  inWorld(async (world) => {
    await using subscription = world.broker.subscribe('a');
    await world.settleAsync();
    world.connect({ clientId: 'me' }).publish('a', 'x', {
      retain: true,
      properties: { contentType: 'c', userProperties: [['k', 'v']] },
    });
    for await (const message of subscription) {
      expect(message).toMatchObject({
        topicName: 'a',
        qos: 0,
        retain: true,
        publisherId: 'me',
        properties: { contentType: 'c', userProperties: [['k', 'v']] },
      });
      break;
    }
  }),
);

test(
  'a loop that is too slow loses what exceeds its highWaterMark, and is told how much',
  inWorld(async (world) => {
    const subscription = world.broker.subscribe('a', { highWaterMark: 3 });
    await world.settleAsync();
    const client = world.connect({ clientId: 'p' });
    for (let i = 0; i < 10; i++) client.publish('a', String(i));
    expect(subscription.dropped).toBe(7);
    expect(await take(subscription, 3)).toEqual(['a=0 q0', 'a=1 q0', 'a=2 q0']);
  }),
);

test.each<
  [
    string,
    (subscription: { close(): Promise<void> }, abort: AbortController, world: World) => unknown,
  ]
>([
  ['close()', (subscription) => subscription.close()],
  ['its signal', (_subscription, abort) => abort.abort()],
])('a subscription of the host program ends by %s, and its loop with it', async (_name, end) =>
  inWorld(async (world) => {
    const abort = new AbortController();
    const subscription = world.broker.subscribe('a', { signal: abort.signal });
    const loop = take(subscription, Infinity);
    await world.settleAsync();
    world.connect({ clientId: 'p' }).publish('a', 'x');
    await world.settleAsync();
    await end(subscription, abort, world);
    await world.settleAsync();
    expect(await loop).toEqual(['a=x q0']);
    expect(world.broker.counters.subscriptions).toBe(0);
  })(),
);

test(
  'a signal that is aborted already, and a filter that MQTT forbids, throw at once',
  inWorld((world) => {
    expect(() => world.broker.subscribe('a', { signal: AbortSignal.abort() })).toThrow(/abort/);
    expect(() => world.broker.subscribe('a#')).toThrow(TypeError);
  }),
);

test(
  'host program and clients share a Shared Subscription',
  inWorld(async (world) => {
    const subscription = world.broker.subscribe('$share/g/a');
    await world.settleAsync();
    const member = world.connect({ clientId: 'm' });
    member.subscribe('$share/g/a');
    const publisher = world.connect({ clientId: 'p' });
    for (let i = 0; i < 4; i++) publisher.publish('a', String(i));
    expect(member.publishes()).toHaveLength(2);
    expect(await take(subscription, 2)).toHaveLength(2);
    await world.settleAsync();
  }),
);

test('publishing from inside an observer or a loop is served, in a later turn', async () => {
  let onConnected = (): void => undefined;
  await inWorld(
    async (world) => {
      onConnected = () => void world.broker.publish({ topicName: 'hello', payload: 'x' });
      const watcher = world.connect({ clientId: 'watcher' });
      watcher.subscribe('hello');
      world.connect({ clientId: 'other' });
      await world.settleAsync();
      expect(watcher.messages()).toEqual(['hello=x q0']);
    },
    { observer: { connected: () => onConnected() } },
  )();
});

test('handle(duplex) serves any duplex stream of Node, and closes it', async () => {
  const broker = await createBroker({ sysInterval: 0 });
  const [client, server] = duplexPair();
  broker.handle(server, { loopback: true });
  const packets: Packet[] = [];
  const decoder = new Decoder({ role: 'client', protocolVersion: 5 });
  const ended = new Promise<void>((resolve) => {
    client.on('data', (chunk: Uint8Array) => packets.push(...decoder.decode(chunk)));
    client.on('end', resolve);
  });
  client.write(
    encode({ type: 1, protocolVersion: 5, clientId: 'c', cleanStart: true, keepAlive: 0 }, 5),
  );
  client.write(
    encode(
      {
        type: 8,
        packetId: 1,
        subscriptions: [
          { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        ],
      },
      5,
    ),
  );
  await broker.publish({ topicName: 'warm-up' });
  await new Promise((resolve) => setImmediate(resolve));
  await broker.publish({ topicName: 'a', payload: 'x' });
  const closed = broker.close();
  client.on('end', () => client.end());
  await ended;
  await closed;
  expect(packets.map(({ type }) => type)).toEqual([2, 9, 3, 14]);
  expect(broker.counters).toMatchObject({ connections: 0, clientsConnected: 0 });
});

test('handle(duplex): an error of the stream ends its connection alone', async () => {
  const broker = await createBroker({ sysInterval: 0, host: new SimulatedHost() });
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  broker.handle(stream);
  expect(broker.counters.connections).toBe(1);
  stream.destroy(new Error('reset'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(broker.counters.connections).toBe(0);
  await broker.close();
});

test.each<[string, object, string]>([
  ['a/b/c', {}, 'levels'],
  ['#/a', {}, '#/a'],
  ['a', { qos: 3 }, 'qos 3'],
  ['a', { highWaterMark: NaN }, 'highWaterMark NaN'],
  ['a', { highWaterMark: 0 }, 'highWaterMark 0'],
])('subscribe(%j, %j) throws a TypeError', async (topicFilter, options, reason) =>
  inWorld(
    (world) => {
      const subscribe = (): unknown => world.broker.subscribe(topicFilter, options);
      expect(subscribe).toThrow(TypeError);
      expect(subscribe).toThrow(reason);
    },
    { limits: { maximumTopicLevels: 2 } },
  )(),
);

test(
  'a subscription that has ended has let go of its signal',
  inWorld(async (world) => {
    const { signal } = new AbortController();
    const before = getEventListeners(signal, 'abort').length;
    const subscription = world.broker.subscribe('a', { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(before + 1);
    await subscription.close();
    expect(getEventListeners(signal, 'abort')).toHaveLength(before);
  }),
);
