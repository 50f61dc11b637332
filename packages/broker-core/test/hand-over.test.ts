import { encode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { KeptStore, LaterStore } from './later-store.ts';
import { type Client, World, publishPacket, textOf } from './support.ts';

/** Messages that change hands in a turn. */
const SHARE = 16;
const limits = { deliveriesPerTurn: 300, maximumInflight: 2_000 };
const COUNT = 1_000;
const all = Array.from({ length: COUNT }, (_, i) => String(i));

test.each<[string, (world: World) => Client, (world: World, member: Client) => unknown, number]>([
  ['a member whose session ends', connected, (_world, { connection }) => connection.destroy(), 0],
  ['a member that unsubscribes', connected, unsubscribe, 1],
  ['a durable member that unsubscribes', durable, unsubscribe, 1],
  ['an absent member whose session expires', absent, expire, 0],
  ['an absent member whose client starts clean', absent, startClean, 0],
  ['a durable member that is taken over by a clean start', durable, startClean, 0],
])('what %s leaves goes to the others in shares, in order', async (_name, join, leave, kept) => {
  await using world = await World.create({ limits });
  const member = join(world);
  const other = fill(world);

  leave(world, member);
  // a share before the end of the turn, and one at its end
  expect(mostSentInOneTurn(world)).toBeLessThanOrEqual(2 * SHARE);
  expect(texts(other)).toEqual(all.slice(kept));
  expect(world.broker.counters.queuedBytes).toBe(all.join('').length);
});

test('the same of a store that takes its time, and more of its messages than one page', async () => {
  const store = new LaterStore();
  await using world = await World.create({ limits, store });
  absent(world);
  const other = fill(world);
  expire(world);
  await world.settleAsync();
  expect(texts(other)).toEqual(all);
  expect(world.broker.counters).toMatchObject({ sessions: 1, sessionsExpired: 1 });
});

test('a broker that is killed between two shares loses nothing, and brings nothing twice', async () => {
  const store = new KeptStore();
  await using world = await World.create({ limits, store });
  absent(world);
  fill(world).vanish();
  const stored = (): string[] =>
    ['m', 'other'].flatMap((clientId) =>
      store.readQueue(clientId, 0, 2 * COUNT).map(({ message }) => textOf(message)),
    );
  expire(world);
  let shares = 0;
  for (let moves = true; moves; shares++) {
    expect(stored().toSorted(byNumber)).toEqual(all);
    moves = world.host.turn();
  }
  expect(shares).toBeGreaterThan(COUNT / SHARE);
  expect(store.readQueue('m', 0, 1)).toEqual([]);
  expect(store.sizes().sessions).toBe(1);

  await using again = await World.create({ limits, store });
  expect(texts(again.resume('other', 1_000))).toEqual(all);
});

test.each([
  ['in the middle', 4],
  ['before it begins', 0],
])(
  'a client that comes back %s is to come again, and others have the messages',
  async (_name, turns) => {
    await using world = await World.create({ limits });
    absent(world);
    const other = fill(world);
    if (turns === 0) world.host.jump(10_001);
    else expire(world);
    for (let turn = 0; turn < turns; turn++) world.host.turn();
    expect(world.resume('m').outcome()).toBe('CONNACK 89 closed');
    expect(texts(other)).toEqual(all);
    const back = world.resume('m');
    expect(back.connack?.sessionPresent).toBe(false);
    expect(texts(back)).toEqual([]);
    expect(world.broker.counters).toMatchObject({ sessions: 2, sharedSubscriptions: 1 });
  },
);

test.each([
  ['whose session ends', connected],
  ['whose session goes on', durable],
])(
  'a member %s leaves while its messages are given back: each goes to one, once',
  async (_name, join) => {
    await using world = await World.create({ limits });
    const member = join(world);
    const other = fill(world);
    unsubscribe(world, member);
    for (let turn = 0; turn < 4; turn++) {
      world.network.pump();
      world.host.turn();
    }
    const before = texts(other);
    expect(before.length).toBeLessThan(COUNT - 1);
    member.vanish();
    const back = world.resume('m');
    expect([...before, ...texts(other), ...texts(back)].toSorted(byNumber)).toEqual(all);
  },
);

test.each([
  ['absent', absent],
  ['connected', durable],
])(
  'a clean start of a member that is %s waits until the others have its messages',
  async (_name, join) => {
    const store = new LaterStore();
    await using world = await World.create({ limits, store });
    const member = join(world);
    const other = fill(world);
    const anew = startClean(world);
    for (let turn = 0; turn < 4; turn++) {
      world.network.pump();
      world.host.turn();
    }
    expect(anew.take()).toEqual([]);
    expect(member.outcome()).toBe(join === absent ? 'closed' : 'DISCONNECT 8e closed');
    await world.settleAsync();
    expect(texts(other)).toEqual(all);
    expect(anew.take()).toMatchObject([{ type: 2, reasonCode: 0, sessionPresent: false }]);
    expect(world.broker.counters).toMatchObject({ sessions: 2, sharedSubscriptions: 1 });
    expect(anew.subscribe(GROUP, { qos: 1 })).toEqual([1]);
    world.connect({ clientId: 'p' }).publish('a', 'x', { qos: 1, packetId: 1 });
    expect([...texts(anew), ...texts(other)]).toEqual(['x']);
  },
);

test('who starts clean twice, or comes back otherwise meanwhile, has one session in the end', async () => {
  await using world = await World.create({ limits });
  absent(world);
  const other = fill(world);
  const [first, second] = [startClean(world), startClean(world)];
  for (let turn = 0; turn < 4; turn++) {
    world.network.pump();
    world.host.turn();
  }
  expect(world.resume('m').outcome()).toBe('CONNACK 89 closed');
  expect(texts(other)).toEqual(all);
  expect([first.outcome(), second.outcome()]).toEqual(['DISCONNECT 8e closed', 'open']);
  expect(world.broker.counters).toMatchObject({ sessions: 2, clientsConnected: 2 });
});

test('a client that starts clean and leaves before its turn leaves nothing behind', async () => {
  await using world = await World.create({ limits });
  absent(world);
  const other = fill(world);
  const anew = startClean(world);
  world.network.pump();
  world.host.turn();
  anew.vanish();
  expect(texts(other)).toEqual(all);
  expect(world.broker.counters).toMatchObject({ sessions: 1, connections: 1 });
});

test('a broker that is killed while a member starts clean loses nothing', async () => {
  const store = new KeptStore();
  await using world = await World.create({ limits, store });
  absent(world);
  fill(world).vanish();
  startClean(world);
  for (let turn = 0; turn < 4; turn++) {
    world.network.pump();
    world.host.turn();
  }
  const stored = (clientId: string): string[] =>
    store.readQueue(clientId, 0, 2 * COUNT).map(({ message }) => textOf(message));
  expect(stored('m').length).toBeGreaterThan(0);
  expect(stored('other').length).toBeGreaterThan(0);
  expect([...stored('other'), ...stored('m')]).toEqual(all);
});

test('what is in the store alone of a session that ends with its connection goes to the others', async () => {
  const store = new LaterStore();
  await using world = await World.create({ limits, store });
  const long = Array.from({ length: 500 }, (_, i) => String(i).padStart(2_000));
  absent(world);
  const publisher = world.connect({ clientId: 'p' });
  for (const [i, text] of long.entries()) publisher.publish('a', text, { qos: 1, packetId: i + 1 });
  const other = world.resume('other', 1_000);
  other.subscribe(GROUP, { qos: 1 });
  const member = world.resume('m', 10, { properties: { receiveMaximum: 1 } });
  await world.settleAsync();
  member.disconnect(0, { sessionExpiryInterval: 0 });
  await world.settleAsync();
  expect(texts(other)).toEqual(long);
  expect(world.broker.counters).toMatchObject({ sessions: 2, sharedSubscriptions: 1 });
});

/** A member with one message in flight, behind which the others wait. */
function connected(world: World): Client {
  const member = world.connect({ clientId: 'm', properties: { receiveMaximum: 1 } });
  member.subscribe(GROUP, { qos: 1 });
  return member;
}

function durable(world: World): Client {
  const member = world.resume('m', 10, { properties: { receiveMaximum: 1 } });
  member.subscribe(GROUP, { qos: 1 });
  return member;
}

function absent(world: World): Client {
  return durable(world).vanish();
}

/** All messages go to the one member that there is; then another joins. */
function fill(world: World): Client {
  const publisher = world.connect({ clientId: 'p' });
  publisher.send(...all.map((text, i) => publishPacket('a', text, { qos: 1, packetId: i + 1 })));
  const other = world.resume('other', 1_000);
  other.subscribe(GROUP, { qos: 1 });
  publisher.disconnect();
  return other;
}

function unsubscribe(_world: World, { connection }: Client): void {
  connection.write(encode({ type: 10, packetId: 1, topicFilters: [GROUP] }, 5));
}

function startClean(world: World): Client {
  const client = world.dial();
  const connect = {
    type: 1,
    protocolVersion: 5,
    clientId: 'm',
    cleanStart: true,
    keepAlive: 0,
  } as const;
  client.connection.write(encode(connect, 5));
  return client;
}

/** The wheel comes to the sessions that have expired. */
function expire({ host }: World): void {
  host.jump(10_100);
  host.step(host.now() + 100);
}

function mostSentInOneTurn(world: World): number {
  const { counters } = world.broker;
  let most = 0;
  for (let moves = 1, last = counters.publishSent; moves > 0;) {
    moves = world.network.pump() + (world.host.turn() ? 1 : 0);
    most = Math.max(most, counters.publishSent - last);
    last = counters.publishSent;
  }
  return most;
}

function texts(client: Client): string[] {
  return client.publishes().map(textOf);
}

function byNumber(one: string, other: string): number {
  return Number(one) - Number(other);
}

const GROUP = '$share/g/a';

test('who unsubscribes and leaves in one breath leaves its group all that waited', async () => {
  await using world = await World.create({ limits: { deliveriesPerTurn: 20 } });
  const leaving = world.resume('leaving', 100, { properties: { receiveMaximum: 1 } });
  leaving.subscribe('$share/g/t', { qos: 1 });
  const publisher = world.connect({ clientId: 'p' });
  for (let packetId = 1; packetId <= 60; packetId++)
    publisher.publish('t', `m${packetId}`, { qos: 1, packetId });
  expect(leaving.publishes()).toHaveLength(1);
  const staying = world.connect({ clientId: 'staying' });
  staying.subscribe('$share/g/t', { qos: 1 });
  leaving.connection.write(encode({ type: 10, packetId: 7, topicFilters: ['$share/g/t'] }, 5));
  leaving.connection.write(encode({ type: 14, reasonCode: 0 }, 5));
  world.settle();
  expect(staying.publishes()).toHaveLength(59);
});

test('a client that comes back ahead of the wheel takes nothing from what its expired session leaves', async () => {
  const store = new LaterStore();
  await using world = await World.create({ limits, store });
  absent(world);
  const other = fill(world);
  world.host.jump(10_001);
  expect(world.resume('m').outcome()).toBe('CONNACK 89 closed');
  world.advance(1_000); // and now the wheel comes to it
  await world.settleAsync();
  expect(texts(other)).toEqual(all);
  expect(world.resume('m').connack?.sessionPresent).toBe(false);
});
