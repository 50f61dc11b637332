import { type Packet, encode } from '@wellhead/codec';
import type { SessionChange } from '@wellhead/session-store';
import { MemorySessionStore } from '@wellhead/session-store/memory';
import { expect, test } from 'vitest';
import type { Counters } from '../src/counters.ts';
import { LaterStore } from './later-store.ts';
import { type Client, World, publishPacket } from './support.ts';

/** What one connection may do in a turn, in deliveries. */
const SHARE = 1_000;
const limits = { deliveriesPerTurn: SHARE };

const subscribe = (packetId: number, topicFilters: readonly string[]): Packet => ({
  type: 8,
  packetId,
  subscriptions: topicFilters.map((topicFilter) => ({
    topicFilter,
    qos: 0,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
  })),
});
const unsubscribe = (packetId: number, topicFilters: readonly string[]): Packet => ({
  type: 10,
  packetId,
  topicFilters,
});
const CONNECT: Packet = {
  type: 1,
  protocolVersion: 5,
  clientId: 'many',
  cleanStart: true,
  keepAlive: 0,
};
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `t/${i}`);

test.each<[string, (i: number) => Packet]>([
  ['PINGREQ', () => ({ type: 12 })],
  ['PUBLISH that nobody gets', () => publishPacket('n', 'x')],
  ['PUBLISH to topics that are new', (i) => publishPacket(`n/${i}`, 'x')],
  ['PUBLISH at QoS 1', () => publishPacket('n', 'x', { qos: 1, packetId: 1 })],
  ['retained PUBLISH', (i) => publishPacket(`n/${i}`, 'x', { retain: true })],
  ['PUBREL for nothing', () => ({ type: 6, packetId: 1, reasonCode: 0 })],
  ['SUBSCRIBE', (i) => subscribe(1, [`n/${i}`])],
  ['SUBSCRIBE and UNSUBSCRIBE', (i) => (i % 2 ? unsubscribe(2, ['n']) : subscribe(1, ['n']))],
  ['SUBSCRIBE to nothing that is retained', () => subscribe(1, ['+/no'])],
])('a flood of packets is read in shares: %s', async (_name, packet) => {
  await using world = await World.create({ limits });
  const other = world.connect({ clientId: 'other' });
  for (let i = 0; i < 100; i++) other.publish(`r/${i}`, 'x', { retain: true });
  const client = world.connect();
  const packets = Array.from({ length: 2_000 }, (_, i) => packet(i));
  client.connection.write(Buffer.concat(packets.map((one) => encode(one, 5))));
  const most = mostInOneTurn(world, (counters) => counters.packetsReceived);
  expect(most).toBeLessThanOrEqual(SHARE / 2);
  expect(client.send({ type: 12 }).outcome()).toBe('open');
  expect(client.world.broker.counters.packetsReceived).toBe(2_000 + 100 + 3);
});

test('a long SUBSCRIBE and UNSUBSCRIBE take several turns, in which others are served, and have one answer', async () => {
  await using world = await World.create({ limits });
  const filters = names(500);
  const [client, other] = [world.connect({ clientId: 'long' }), world.connect({ clientId: 'o' })];
  const subscriptions = (counters: Readonly<Counters>): number => counters.subscriptions;

  client.connection.write(encode(subscribe(7, filters), 5));
  let order = orderOfAnswers({ long: client, other });
  other.connection.write(encode({ type: 12 }, 5));
  client.connection.write(encode({ type: 12 }, 5));
  expect(mostInOneTurn(world, subscriptions)).toBeLessThanOrEqual(SHARE / 20);
  expect(order()).toEqual(['other 13', 'long 9', 'long 13']);
  expect(client.take()[0]).toMatchObject({ packetId: 7, reasonCodes: filters.map(() => 0) });

  order = orderOfAnswers({ long: client, other });
  client.connection.write(encode(unsubscribe(8, [...filters, 'none', 'a#']), 5));
  other.connection.write(encode({ type: 12 }, 5));
  expect(mostInOneTurn(world, (counters) => -subscriptions(counters))).toBeLessThanOrEqual(50);
  expect(order()).toEqual(['other 13', 'long 11']);
  const codes = [...filters.map(() => 0), 0x11, 0x8f];
  expect(client.take()[0]).toMatchObject({ packetId: 8, reasonCodes: codes });
  expect(world.broker.counters.subscriptions).toBe(0);
});

test('the subscriptions of a session that ends go in shares, and nothing is delivered by them', async () => {
  await using world = await World.create({ limits: { deliveriesPerTurn: 9_000 } });
  const client = world.connect({ clientId: 'many' });
  client.send(subscribe(7, [...names(9_000), '+/8999', '$share/g/t/1']));
  const publisher = world.connect({ clientId: 'p' });
  publisher.publish('t/8999', 'x', { qos: 1, packetId: 1 });
  expect(publisher.messages()).toEqual(['PUBACK #1']);
  client.connection.destroy();
  world.network.pump();
  expect(world.broker.counters.subscriptions).toBeGreaterThan(5_000);
  publisher.connection.write(encode(publishPacket('t/1', 'x', { qos: 1, packetId: 2 }), 5));
  world.network.pump();
  // the same client comes back meanwhile, with one of the filters
  const back = world.dial();
  back.connection.write(encode(CONNECT, 5));
  back.connection.write(encode(subscribe(1, ['t/8999']), 5));
  world.network.pump();
  expect(world.broker.counters.subscriptions).toBeGreaterThan(3_000);
  publisher.connection.write(encode(publishPacket('t/8999', 'y', { qos: 0 }), 5));
  expect(mostInOneTurn(world, ({ subscriptions }) => -subscriptions)).toBeLessThanOrEqual(2_000);
  expect(world.broker.counters.subscriptions).toBe(1);
  expect(world.broker.counters.sharedSubscriptions).toBe(0);
  expect(back.publishes()).toHaveLength(1);
  expect(publisher.messages()).toEqual(['PUBACK #2 10']);
});

/** Filters of eight levels and one more, each `a` or `+`: all of them match. */
const COMBINATIONS = Array.from({ length: 256 }, (_, bits) =>
  Array.from({ length: 8 }, (_level, at) => ((bits >> at) & 1 ? '+' : 'a'))
    .join('/')
    .concat('/+'),
);

test.each<[string, boolean, (i: number) => string]>([
  ['to topics that are new', false, (i) => `a/a/a/a/a/a/a/a/${i}`],
  [
    'with No Local, whose own subscriptions are searched each time',
    true,
    () => 'a/a/a/a/a/a/a/a/a',
  ],
])('what is found for a PUBLISH counts in its share: %s', async (_name, noLocal, topicName) => {
  await using world = await World.create({ limits });
  const client = world.connect();
  const request = { qos: 0, noLocal, retainAsPublished: false, retainHandling: 0 } as const;
  const subscriptions = COMBINATIONS.map((topicFilter) => ({ topicFilter, ...request }));
  client.send({ type: 8, packetId: 1, subscriptions });
  const packets = Array.from({ length: 50 }, (_, i) => publishPacket(topicName(i), 'x'));
  client.connection.write(Buffer.concat(packets.map((one) => encode(one, 5))));
  const most = mostInOneTurn(world, (counters) => counters.publishReceived);
  expect(most).toBeLessThanOrEqual(SHARE / 256);
  expect(world.broker.counters.publishReceived).toBe(50);
});

test('looking for a member of a group counts in the share of the publisher', async () => {
  await using world = await World.create({ limits });
  for (let i = 0; i < 400; i++)
    world
      .resume(`absent${i}`)
      .send(subscribe(1, ['$share/g/a']))
      .connection.destroy();
  world.settle();
  const client = world.connect();
  const packets = Array.from({ length: 100 }, () => publishPacket('a', 'x'));
  client.connection.write(Buffer.concat(packets.map((one) => encode(one, 5))));
  const most = mostInOneTurn(world, (counters) => counters.publishReceived);
  expect(most).toBeLessThanOrEqual(SHARE / (400 / 8));
  expect(world.broker.counters.publishReceived).toBe(100);
});

test('a long UNSUBSCRIBE from groups looks through what waits in shares', async () => {
  await using world = await World.create({ limits });
  const slow = world.connect({ clientId: 'slow', properties: { receiveMaximum: 1 } });
  slow.subscribe('a', { qos: 1 });
  const groups = names(50).map((topicFilter) => `$share/g/${topicFilter}`);
  slow.send(subscribe(7, groups)).take();
  const publisher = world.connect({ clientId: 'p' });
  publisher.send(
    ...Array.from({ length: 6_400 }, (_, i) =>
      publishPacket('a', 'x', { qos: 1, packetId: i + 1 }),
    ),
  );
  slow.take();
  slow.connection.write(encode(unsubscribe(8, groups), 5));
  const most = mostInOneTurn(world, ({ sharedSubscriptions }) => -sharedSubscriptions);
  expect(most).toBeLessThanOrEqual(SHARE / (6_400 / 32));
  expect(slow.take()).toMatchObject([{ type: 11, reasonCodes: groups.map(() => 0) }]);
});

test('what has waited for a client is sent in shares', async () => {
  await using world = await World.create({ limits });
  const slow = world.connect({ clientId: 'slow', properties: { receiveMaximum: 1 } });
  slow.subscribe('a', { qos: 1 });
  const publisher = world.connect({ clientId: 'p' });
  publisher.publish('a', 'x', { qos: 1, packetId: 1 }).publish('a', 'y', { qos: 1, packetId: 2 });
  publisher.send(...Array.from({ length: 10_000 }, (_, i) => publishPacket('a', String(i))));
  expect(slow.messages()).toEqual(['a=x q1 #1']);
  slow.connection.write(encode({ type: 4, packetId: 1, reasonCode: 0 }, 5));
  slow.connection.write(encode({ type: 4, packetId: 2, reasonCode: 0 }, 5));
  expect(mostInOneTurn(world, (counters) => counters.publishSent)).toBeLessThan(5_000);
  const got = slow.messages();
  expect(got).toHaveLength(10_001);
  expect(got.slice(1)).toEqual(Array.from({ length: 10_000 }, (_, i) => `a=${i} q0`));
});

test('a long SUBSCRIBE of a client that leaves is forgotten', async () => {
  await using world = await World.create({ limits });
  const client = world.resume('c');
  client.connection.write(encode(subscribe(7, names(500)), 5));
  world.network.pump();
  for (let turn = 0; turn < 15; turn++) world.host.turn();
  const back = world.resume('c');
  expect(client.outcome()).toBe('DISCONNECT 8e closed');
  const count = world.broker.counters.subscriptions;
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(500);
  // the part that was subscribed to is, of a session that goes on
  expect(back.subscribe('t/499')).toEqual([2]);
  expect(world.broker.counters.subscriptions).toBe(count + 1);
});

test('a long SUBSCRIBE whose answer does not fit is stored once, a share in each commit', async () => {
  const stored: number[] = [];
  class CountingStore extends MemorySessionStore {
    override commit(changes: readonly SessionChange[]): Promise<void> | undefined {
      stored.push(changes.filter(({ type }) => type === 'subscribed').length);
      return super.commit(changes);
    }
  }
  await using world = await World.create({ limits, store: new CountingStore() });
  const client = world.resume('c', 100, { properties: { maximumPacketSize: 100 } });
  client.send(subscribe(7, names(300)));
  expect(client.outcome()).toBe('DISCONNECT 95 closed');
  expect(stored.reduce((sum, count) => sum + count)).toBe(300);
  expect(Math.max(...stored)).toBeLessThanOrEqual(SHARE / 20);
});

test('one answer stands for all parts of a long SUBSCRIBE and UNSUBSCRIBE, also when one has to be stored again', async () => {
  const store = new LaterStore();
  const world = await World.create({ limits, store });
  const client = world.resume('c');
  await world.settleAsync();
  for (const [packet, answer] of [
    [subscribe(7, names(300)), 'SUBACK #7'],
    [unsubscribe(8, names(200)), 'UNSUBACK #8'],
  ] as const) {
    store.isHeld = true;
    client.send(packet);
    expect(store.pending.length).toBeGreaterThan(3);
    store.settle();
    store.fail(new Error('disk'));
    await world.settleAsync();
    while (store.pending.length > 1) {
      store.settle();
      await world.settleAsync();
    }
    expect(client.messages()).toEqual([]);
    store.release();
    await world.settleAsync();
    expect(client.messages()).toEqual([expect.stringContaining(answer)]);
  }
  await world[Symbol.asyncDispose]();
  const restarted = await World.create({ limits, store: store.kept });
  expect(restarted.broker.counters.subscriptions).toBe(100);
  await restarted[Symbol.asyncDispose]();
});

test('what is retained while a long SUBSCRIBE is under way comes once', async () => {
  await using world = await World.create({ limits });
  const client = world.connect({ clientId: 'long' });
  const other = world.connect({ clientId: 'other' });
  other.publish('t/1', 'old', { retain: true });
  client.connection.write(encode(subscribe(7, names(300)), 5));
  world.network.pump();
  for (let turn = 0; turn < 8; turn++) world.host.turn();
  other.publish('t/2', 'new', { retain: true });
  expect(client.messages()).toEqual(['t/2=new q0', 'SUBACK #7', 't/1=old q0 retain']);
});

test('a long SUBSCRIBE asks its authorizer for each filter, and waits for its answers', async () => {
  const asked: string[] = [];
  const authorizer = {
    async subscribe(_client: unknown, { topicFilter }: { topicFilter: string }): Promise<boolean> {
      asked.push(topicFilter);
      return topicFilter !== 't/3';
    },
  };
  await using world = await World.create({ limits, authorizer });
  const client = world.connect();
  client.send(subscribe(7, names(300)));
  await world.settleAsync();
  expect(asked).toEqual(names(300));
  const codes = names(300).map((name) => (name === 't/3' ? 0x87 : 0));
  expect(client.take()).toMatchObject([{ type: 9, packetId: 7, reasonCodes: codes }]);
});

test('a message between two does not wait for one to a thousand, nor that one for many between two', async () => {
  await using world = await World.create();
  const connect = (name: string): Client[] =>
    Array.from({ length: 1_000 }, (_, i) => world.connect({ clientId: `${name}${i}` }));
  const crowd = connect('crowd');
  for (const client of crowd) client.subscribe('all');
  const pairs = connect('pair');
  for (const [i, client] of pairs.entries()) client.subscribe(`pair/${i}`);
  const publisher = world.connect({ clientId: 'p' });
  const publish = (topics: readonly string[]): string[] => {
    const [first, last] = [crowd[0], crowd[999]];
    const [one, other] = [pairs[0], pairs[999]];
    if (!first || !last || !one || !other) throw new Error('there are a thousand of each');
    const order = orderOfAnswers({ first, last, one, other });
    const packets = topics.map((topic) => encode(publishPacket(topic, 'x'), 5));
    publisher.connection.write(Buffer.concat(packets));
    mostInOneTurn(world, ({ packetsSent }) => packetsSent);
    expect(crowd.map((client) => client.take().length)).toEqual(crowd.map(() => 1));
    return order();
  };

  expect(publish(['all', 'pair/0'])).toEqual(['one 3', 'first 3', 'last 3']);
  const all = pairs.map((_, i) => `pair/${i}`);
  expect(publish([...all, 'all'])).toEqual(['one 3', 'first 3', 'other 3', 'last 3']);
});

test('long payloads count in the share of a turn', async () => {
  await using world = await World.create({ limits });
  const readers = Array.from({ length: 10 }, (_, i) => world.connect({ clientId: `s${i}` }));
  for (const reader of readers) reader.subscribe('big');
  const packets = Array.from({ length: 100 }, () => publishPacket('big', 'x'.repeat(5_120)));
  world.connect().connection.write(Buffer.concat(packets.map((one) => encode(one, 5))));
  const most = mostInOneTurn(world, (counters) => counters.packetsReceived);
  expect(most).toBeLessThanOrEqual(10);
  for (const reader of readers) expect(reader.publishes()).toHaveLength(100);
});

test('what many clients ask for at once is done in shares as well, one after the other', async () => {
  await using world = await World.create({ limits });
  const clients = Array.from({ length: 40 }, (_, i) => world.connect({ clientId: `c${i}` }));
  const flood = Buffer.concat(Array.from({ length: 2_000 }, () => encode({ type: 12 }, 5)));
  for (const { connection } of clients) connection.write(flood);
  const most = mostInOneTurn(world, (counters) => counters.packetsReceived);
  expect(most).toBeLessThanOrEqual(2 * SHARE);
  for (const client of clients) expect(client.take()).toHaveLength(2_000);
});

test('nobody is kept from going on by others who do', async () => {
  await using world = await World.create({ limits });
  const clients = Array.from({ length: 40 }, (_, i) => world.connect({ clientId: `c${i}` }));
  const flood = Buffer.concat(Array.from({ length: 20_000 }, () => encode({ type: 12 }, 5)));
  for (const { connection } of clients) connection.write(flood);
  for (let turns = 0; turns < 60; turns++) {
    world.network.pump();
    world.host.turn();
  }
  world.network.pump();
  for (const client of clients) expect(client.take().length).toBeGreaterThan(SHARE / 8);
});

test.each<[string, number, (world: World, clients: readonly Client[]) => void]>([
  [
    'that vanish',
    0,
    (_world, clients) => clients.forEach(({ connection }) => connection.destroy()),
  ],
  ['whose sessions are over', 50, (world) => world.host.jump(55_000)],
])(
  'many clients %s at once do so in shares, with their subscriptions',
  async (_how, expiry, leave) => {
    await using world = await World.create({ limits });
    const other = world.connect({ clientId: 'other' });
    const clients = Array.from({ length: 300 }, (_, i) => {
      const client = world.resume(`c${i}`, expiry);
      client.send(subscribe(1, names(10)));
      return client;
    });
    if (expiry > 0) for (const client of clients) client.vanish();
    leave(world, clients);
    if (expiry > 0) world.host.step(world.host.now() + 100);
    const order = orderOfAnswers({ other });
    other.connection.write(encode({ type: 12 }, 5));
    const most = mostInOneTurn(world, ({ sessions, subscriptions }) => -sessions - subscriptions);
    // a share while they are read, and one at the end of the turn
    expect(most).toBeLessThanOrEqual((2 * SHARE) / 6);
    expect(world.broker.counters).toMatchObject({ sessions: 1, subscriptions: 0 });
    expect(order()).toEqual(['other 13']);
  },
);

test('a share is over when it has taken too long, however little work it counts for', async () => {
  const authorizer = {
    publish(): boolean {
      world.host.jump(1);
      return true;
    },
  };
  await using world = await World.create({ authorizer });
  const [client, other] = [world.connect({ clientId: 'slow' }), world.connect({ clientId: 'o' })];
  const packets = Array.from({ length: 1_000 }, () => publishPacket('n', 'x'));
  client.connection.write(Buffer.concat(packets.map((one) => encode(one, 5))));
  client.connection.write(encode({ type: 12 }, 5));
  other.connection.write(encode({ type: 12 }, 5));
  const order = orderOfAnswers({ slow: client, other });
  const most = mostInOneTurn(world, ({ publishReceived }) => publishReceived);
  expect(most).toBeLessThan(150);
  expect(order()).toEqual(['other 13', 'slow 13']);
});

test('queues of many clients that come back at once are read in shares', async () => {
  const store = new LaterStore();
  await using world = await World.create({ limits: { deliveriesPerTurn: 3_000 }, store });
  const ids = Array.from({ length: 40 }, (_, i) => `c${i}`);
  for (const id of ids) {
    const client = world.resume(id);
    await world.settleAsync();
    client.subscribe('t');
    await world.settleAsync();
    client.vanish();
  }
  const publisher = world.connect({ clientId: 'p' });
  for (let i = 1; i <= 50; i++) publisher.publish('t', 'x', { qos: 1, packetId: i });
  await world.settleAsync();
  const clients = ids.map((clientId) => {
    const client = world.dial();
    client.connection.write(encode({ ...CONNECT, clientId, cleanStart: false }, 5));
    return client;
  });
  let most = 0;
  for (let last = 0, quiet = 0; quiet < 5; quiet++) {
    const moved = world.network.pump() + (world.host.turn() ? 1 : 0);
    const { publishSent } = world.broker.counters;
    most = Math.max(most, publishSent - last);
    last = publishSent;
    if (moved > 0) quiet = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const client of clients) expect(client.publishes()).toHaveLength(50);
  expect(most).toBeLessThan(40 * 50);
});

test('what waited for one commit leaves in several turns when it is for very many', async () => {
  const store = new LaterStore();
  await using world = await World.create({ store });
  const clients = Array.from({ length: 700 }, (_, i) => world.resume(`c${i}`));
  await world.settleAsync();
  for (const client of clients) client.subscribe('t');
  await world.settleAsync();
  const publisher = world.connect({ clientId: 'p' });
  for (const client of clients) client.take();
  store.isHeld = true;
  publisher.publish('t', 'x', { qos: 1, packetId: 1 });
  publisher.publish('t', 'y', { qos: 1, packetId: 2 });
  store.release();
  let most = 0;
  for (let last = world.broker.counters.bytesSent, quiet = 0; quiet < 5; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (world.network.pump() + (world.host.turn() ? 1 : 0) > 0) quiet = 0;
    const { bytesSent } = world.broker.counters;
    most = Math.max(most, bytesSent - last);
    last = bytesSent;
  }
  for (const client of clients) expect(client.publishes()).toHaveLength(2);
  expect(publisher.messages()).toEqual(['PUBACK #1', 'PUBACK #2']);
  // two packets each, for the 256 of a turn and as many who were told as the commit settled
  expect(most).toBeLessThanOrEqual(2 * 256 * 2 * 10);
});

test('clients that go while turns are late are gone all the same, and so are subscriptions; messages to many go on', async () => {
  await using world = await World.create();
  const busy = world.connect({ clientId: 'busy' });
  const readers = Array.from({ length: 1_100 }, (_, i) => world.connect({ clientId: `r${i}` }));
  for (const reader of readers) reader.subscribe('news', { qos: 1 });
  const wide = world.connect({ clientId: 'wide' });
  wide.send(subscribe(1, names(8_000)));
  const publisher = world.connect({ clientId: 'publisher' });
  const clients = Array.from({ length: 600 }, (_, i) => world.connect({ clientId: `c${i}` }));
  const { connections } = world.broker.counters;
  wide.connection.destroy();
  publisher.connection.write(encode(publishPacket('news', 'x', { qos: 1, packetId: 1 }), 5));
  for (let turn = 0; turn < 150; turn++) {
    busy.connection.write(encode({ type: 12 }, 5));
    world.network.pump();
    world.host.jump(5);
    for (const { connection } of clients.splice(0, 4)) connection.destroy();
    world.network.pump();
    world.host.turn();
  }
  expect(world.broker.counters).toMatchObject({
    connections: connections - 601,
    subscriptions: 1_100,
  });
  for (const reader of readers) expect(reader.publishes()).toHaveLength(1);
  expect(publisher.messages()).toEqual(['PUBACK #1']);
});

/** How much a counter grows between two turns at most, until nothing moves any more. */
function mostInOneTurn(world: World, count: (counters: Readonly<Counters>) => number): number {
  let most = 0;
  for (let moves = 1, last = count(world.broker.counters); moves > 0;) {
    moves = world.network.pump() + (world.host.turn() ? 1 : 0);
    const now = count(world.broker.counters);
    most = Math.max(most, now - last);
    last = now;
  }
  return most;
}

/** In which order who gets which type of packet from now on, until what has come is taken. */
function orderOfAnswers(clients: Readonly<Record<string, Client>>): () => string[] {
  const order: string[] = [];
  for (const [name, { inbox }] of Object.entries(clients)) {
    const push = inbox.push.bind(inbox);
    inbox.push = (...packets: Packet[]) => {
      for (const { type } of packets) order.push(`${name} ${type}`);
      return push(...packets);
    };
  }
  return () => order;
}
