import { type Packet, encode } from '@wellhead/codec';
import { describe, expect, test } from 'vitest';
import { inspect } from '../src/driver/broker.ts';
import { LaterStore } from './later-store.ts';
import { type Client, World, publishPacket } from './support.ts';

const limits = { deliveriesPerTurn: 10 };

test('a message for more subscribers than a turn may serve reaches each of them once, in order', async () => {
  await using world = await World.create({ limits });
  const subscribers = Array.from({ length: 35 }, (_, index) => {
    const subscriber = world.connect({ clientId: `s${index}` });
    subscriber.subscribe('news', { qos: 1 });
    return subscriber;
  });
  const publisher = world.connect({ clientId: 'p' });
  publisher
    .publish('news', 'one', { qos: 1, packetId: 1 })
    .publish('news', 'two', { qos: 1, packetId: 2 });
  expect(publisher.take()).toMatchObject([
    { type: 4, packetId: 1, reasonCode: 0 },
    { type: 4, packetId: 2, reasonCode: 0 },
  ]);
  for (const subscriber of subscribers) {
    expect(subscriber.messages()).toEqual(['news=one q1 #1', 'news=two q1 #2']);
  }
});

test('its publisher waits for its acknowledgement and sends nothing past it, others go on', async () => {
  await using world = await World.create({ limits });
  const subscribers = Array.from({ length: 30 }, (_, index) => {
    const subscriber = world.connect({ clientId: `s${index}` });
    subscriber.subscribe('news');
    return subscriber;
  });
  const other = world.connect({ clientId: 'other' });
  other.subscribe('quiet');
  const publisher = world.connect({ clientId: 'p' });
  publisher.send(
    {
      type: 3,
      topicName: 'news',
      payload: Uint8Array.of(49),
      qos: 2,
      dup: false,
      retain: false,
      packetId: 9,
    },
    { type: 3, topicName: 'quiet', payload: Uint8Array.of(50), qos: 0, dup: false, retain: false },
    { type: 12 },
  );
  expect(publisher.take()).toMatchObject([{ type: 5, packetId: 9 }, { type: 13 }]);
  expect(other.messages()).toEqual(['quiet=2 q0']);
  for (const subscriber of subscribers) expect(subscriber.messages()).toEqual(['news=1 q2 #1']);
});

test('who unsubscribes or leaves while it is under way gets nothing more of it', async () => {
  await using world = await World.create({ limits: { deliveriesPerTurn: 1 } });
  const first = world.connect({ clientId: 'first' });
  first.subscribe('news', { qos: 0 });
  const leaving = world.connect({ clientId: 'leaving' });
  leaving.subscribe('news', { qos: 0 });
  leaving.vanish();
  const publisher = world.connect({ clientId: 'p' });
  publisher.publish('news', 'x', { qos: 1, packetId: 1 });
  expect(first.messages()).toEqual(['news=x q0']);
  expect(publisher.take()).toMatchObject([{ type: 4, packetId: 1 }]);
});

test('shared groups and durable sessions take part in it', async () => {
  await using world = await World.create({ limits: { deliveriesPerTurn: 2 } });
  for (let index = 0; index < 5; index++) {
    const durable = world.connect({
      clientId: `d${index}`,
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
    });
    durable.subscribe('news', { qos: 1 });
    durable.vanish();
  }
  const member = world.connect({ clientId: 'member' });
  member.subscribe('$share/g/news', { qos: 1 });
  world.connect({ clientId: 'p' }).publish('news', 'x', { qos: 1, packetId: 1 });
  expect(member.messages()).toEqual(['news=x q1 #1']);
  for (let index = 0; index < 5; index++) {
    const back = world.connect({
      clientId: `d${index}`,
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
    });
    expect(back.messages()).toEqual(['news=x q1 #1']);
  }
});

test('very many shared groups are served in turns as well, each by one member', async () => {
  await using world = await World.create({ limits: { deliveriesPerTurn: 4 } });
  const members = ['one', 'two'].map((clientId) => world.connect({ clientId }));
  for (let group = 0; group < 15; group++)
    for (const member of members) member.subscribe(`$share/g${group}/news`);
  const plain = world.connect({ clientId: 'plain' });
  plain.subscribe('news');
  const publisher = world.connect({ clientId: 'p' });
  publisher.connection.write(encode(publishPacket('news', 'x', { qos: 1, packetId: 1 }), 5));
  world.network.pump();
  let turns = 0;
  while (world.host.turn()) turns++;
  // sixteen receivers, four in a turn
  expect(turns).toBeGreaterThanOrEqual(4);
  world.settle();
  expect(plain.publishes()).toHaveLength(1);
  expect(members.flatMap((member) => member.publishes())).toHaveLength(15);
  expect(publisher.messages()).toEqual(['PUBACK #1']);
});

describe('who subscribes while a retained message is on its way to many', () => {
  test.each([0, 1, 2, 3, 4, 5])(
    'for the first time, after %i turns: gets it as retained',
    async (turns) => {
      await using world = await manySubscribers();
      const late = world.connect({ clientId: 'late' });
      publishSlowly(world, world.connect({ clientId: 'p' }), turns);
      late.subscribe('news');
      expect(late.messages()).toEqual(['news=x q1 retain #1']);
    },
  );

  test.each([0, 1, 2, 3, 4, 5])(
    'again, after %i turns: gets it by the old subscription and as retained',
    async (turns) => {
      await using world = await manySubscribers();
      const late = world.connect({ clientId: 'late' });
      late.subscribe('news');
      publishSlowly(world, world.connect({ clientId: 'p' }), turns);
      late.subscribe('news');
      const kinds = late.publishes().map(({ retain }) => retain);
      expect(kinds.toSorted((a, b) => Number(a) - Number(b))).toEqual([false, true]);
    },
  );

  test('having ended two overlapping subscriptions: gets it as retained only [MQTT-3.10.4-2]', async () => {
    await using world = await manySubscribers();
    const late = world.connect({ clientId: 'late' });
    late.subscribe('news');
    late.subscribe('+');
    publishSlowly(world, world.connect({ clientId: 'p' }), 1);
    enqueue(late, { type: 10, packetId: 5, topicFilters: ['news', '+'] });
    late.subscribe('news');
    expect(late.messages()).toEqual(['UNSUBACK #5', 'news=x q1 retain #1']);
  });

  test('having ended one of two overlapping subscriptions: gets it by the other, as that one wants it', async () => {
    await using world = await manySubscribers();
    const late = world.connect({ clientId: 'late' });
    late.subscribe('news', { id: 1 });
    late.subscribe('+', { id: 2, qos: 0 });
    publishSlowly(world, world.connect({ clientId: 'p' }), 1);
    late.unsubscribe('news');
    expect(late.publishes()).toMatchObject([
      { qos: 0, properties: { subscriptionIdentifiers: [2] } },
    ]);
  });

  test('having published it as a Will, with No Local before [MQTT-3.8.3-3]: gets it as retained only', async () => {
    await using world = await manySubscribers();
    const will = { topicName: 'news', payload: Uint8Array.of(120), qos: 1, retain: true } as const;
    const publisher = world.resume('p', 100, { will });
    publisher.subscribe('news', { noLocal: true });
    publisher.connection.destroy();
    world.network.pump();
    world.host.turn();
    const again = world.dial();
    enqueue(again, {
      type: 1,
      protocolVersion: 5,
      clientId: 'p',
      cleanStart: false,
      keepAlive: 0,
      properties: { sessionExpiryInterval: 100 },
    });
    again.subscribe('+');
    expect(again.messages()).toEqual(['CONNACK', 'news=x q1 retain #1']);
  });
});

async function manySubscribers(): Promise<World> {
  const world = await World.create({ limits: { deliveriesPerTurn: 2 } });
  for (let i = 0; i < 7; i++) world.connect({ clientId: `s${i}` }).subscribe('news');
  return world;
}

/** The broker has the message, and some turns have passed since. */
function publishSlowly(world: World, publisher: Client, turns: number): void {
  enqueue(publisher, publishPacket('news', 'x', { qos: 1, packetId: 1, retain: true }));
  for (let i = 0; i < turns; i++) {
    world.host.turn();
    world.network.pump();
  }
}

/** The broker receives a packet, and no turn passes. */
function enqueue(client: Client, packet: Packet): void {
  client.connection.write(encode(packet, 5));
  client.world.network.pump();
}

test('a step that fails is no acknowledgement, and nothing of the message is left in the store', async () => {
  const faults: unknown[] = [];
  const store = new LaterStore();
  const observer = { fault: (error: unknown) => void faults.push(error) };
  await using world = await World.create({ store, observer, limits: { deliveriesPerTurn: 2 } });
  for (let i = 0; i < 7; i++) {
    const client = world.resume(`d${i}`, 1000);
    await world.settleAsync();
    client.subscribe('news');
    await world.settleAsync();
  }
  const publisher = world.connect({ clientId: 'p' });
  await world.settleAsync();
  const { publication } = inspect(world.broker).context;
  const fromMessage = publication.fromMessage.bind(publication);
  let calls = 0;
  publication.fromMessage = (...args) => {
    if (++calls === 2) throw new Error('a step fails');
    fromMessage(...args);
  };
  publisher.publish('news', 'x', { qos: 1, packetId: 3 });
  publisher.send({ type: 12 });
  await world.settleAsync();
  expect(publisher.messages()).toEqual(['PUBACK #3 97', 'PINGRESP']);
  expect(faults).toHaveLength(1);
  const left: unknown[] = [];
  for await (const fanOut of store.loadFanOuts()) left.push(fanOut);
  expect(left).toEqual([]);
});
