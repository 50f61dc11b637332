import { describe, expect, test } from 'vitest';
import type { SessionStore } from '@wellhead/session-store';
import type { BrokerOptions } from '../src/index.ts';
import { KeptStore, LaterStore } from './later-store.ts';
import { type Client, SimulatedHost, World } from './support.ts';

// A message for more sessions than a turn serves, and the process is killed before all have it.

const limits = { deliveriesPerTurn: 2 };
const DURABLE = ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6'];
/** So many commits had settled when the process was killed, up to more than it takes. */
const SETTLED = [0, 1, 2, 3, 4, 5, 6, 7];

interface Life {
  readonly world: World;
  readonly store: LaterStore;
}

/** One process with sessions that wait for `news`, and another on what it has left behind. */
async function killedBetween(
  before: (life: Life) => Promise<void>,
  after: (life: Life) => Promise<void>,
  secondsBetween = 0,
  options: BrokerOptions = { limits },
): Promise<void> {
  const kept = new KeptStore();
  const host = new SimulatedHost();
  const first = new LaterStore(kept);
  const killed = await World.create({ ...options, store: first, host });
  for (const clientId of DURABLE) {
    const client = killed.resume(clientId, 1000);
    await killed.settleAsync();
    client.subscribe('news');
    client.vanish();
    await killed.settleAsync();
  }
  await before({ world: killed, store: first });
  const later = new SimulatedHost();
  later.jump(host.now() - later.now() + secondsBetween * 1000);
  const store = new LaterStore(kept);
  await using world = await World.create({ ...options, store, host: later });
  await world.settleAsync();
  await after({ world, store });
}

/** What happens in `act` is committed in as many commits as are let through. */
async function settleSome({ world, store }: Life, commits: number, act: () => void): Promise<void> {
  store.isHeld = true;
  act();
  await world.settleAsync();
  for (let i = 0; i < commits && store.pending.length > 0; i++) {
    store.settle();
    await world.settleAsync();
  }
}

/** How often each session got the message, by the number of times. */
async function timesReceived(world: World): Promise<number[]> {
  const counts: number[] = [];
  for (const clientId of DURABLE) {
    const client = world.resume(clientId, 1000);
    await world.settleAsync();
    counts.push(client.publishes().length);
  }
  return counts;
}

async function fanOutsOf(store: SessionStore): Promise<number[]> {
  const found: number[] = [];
  for await (const { next } of store.loadFanOuts()) found.push(next);
  return found;
}

async function publisherOf(world: World): Promise<Client> {
  const publisher = world.resume('p', 1000);
  await world.settleAsync();
  publisher.take();
  return publisher;
}

const will = { topicName: 'news', payload: Uint8Array.of(87), qos: 1, retain: false } as const;
const once = DURABLE.map(() => 1);

test.each(SETTLED)(
  '[MQTT-4.3.3-10] a QoS 2 message whose broker was killed after %i commits reaches each session once, sent again',
  async (commits) =>
    killedBetween(
      async (life) => {
        const publisher = await publisherOf(life.world);
        await settleSome(life, commits, () =>
          publisher.publish('news', 'x', { qos: 2, packetId: 1 }),
        );
      },
      async ({ world, store }) => {
        const again = await publisherOf(world);
        again.publish('news', 'x', { qos: 2, packetId: 1, dup: true });
        await world.settleAsync();
        expect(again.messages()).toEqual(['PUBREC #1']);
        expect(await timesReceived(world)).toEqual(once);
        expect(await fanOutsOf(store)).toEqual([]);
      },
    ),
);

test.each(SETTLED.slice(1))(
  'a message that nobody sends again goes on where its broker was killed, after %i commits',
  async (commits) =>
    killedBetween(
      async (life) => {
        const publisher = life.world.connect({ clientId: 'p' });
        await life.world.settleAsync();
        await settleSome(life, commits, () =>
          publisher.publish('news', 'x', { qos: 1, packetId: 1 }),
        );
      },
      async ({ world, store }) => {
        expect(await timesReceived(world)).toEqual(once);
        expect(await fanOutsOf(store)).toEqual([]);
      },
    ),
);

test.each(SETTLED)(
  '[MQTT-3.1.2-8] a Will for very many reaches each session once: killed after %i commits',
  async (commits) =>
    killedBetween(
      async (life) => {
        const owner = life.world.resume('w', 1000, { will });
        await life.world.settleAsync();
        await settleSome(life, commits, () => owner.vanish());
      },
      async ({ world }) => {
        world.advance(1000);
        await world.settleAsync();
        expect(await timesReceived(world)).toEqual(once);
      },
    ),
);

test('[MQTT-3.3.2-5] what has expired meanwhile goes no further', async () =>
  killedBetween(
    async (life) => {
      const publisher = await publisherOf(life.world);
      await settleSome(life, 2, () =>
        publisher.publish('news', 'x', {
          qos: 1,
          packetId: 1,
          properties: { messageExpiryInterval: 10 },
        }),
      );
    },
    async ({ world, store }) => {
      expect(await timesReceived(world)).toEqual(DURABLE.map(() => 0));
      expect(await fanOutsOf(store)).toEqual([]);
      expect(store.sizes().deliveries).toBe(0);
    },
    60,
  ));

test('its publisher sends nothing past it after the restart either', async () =>
  killedBetween(
    async (life) => {
      const publisher = await publisherOf(life.world);
      await settleSome(life, 1, () => publisher.publish('news', 'x', { qos: 2, packetId: 1 }));
    },
    async ({ world, store }) => {
      const first = world.resume('d0', 1000);
      await world.settleAsync();
      const publisher = await publisherOf(world);
      publisher.publish('news', 'y', { qos: 1, packetId: 2 });
      await world.settleAsync();
      expect(publisher.messages()).toEqual(['PUBACK #2']);
      expect(first.messages().filter((message) => message.startsWith('news'))).toEqual([
        'news=x q2 #1',
        'news=y q1 #2',
      ]);
      expect(await fanOutsOf(store)).toEqual([]);
    },
  ));

test('a broker that is closed in the middle of it serves the rest first', async () => {
  const kept = new KeptStore();
  const store = new LaterStore(kept);
  const world = await World.create({ store, limits });
  for (const clientId of DURABLE) {
    const client = world.resume(clientId, 1000);
    await world.settleAsync();
    client.subscribe('news');
    client.vanish();
  }
  const publisher = await publisherOf(world);
  store.isHeld = true;
  publisher.publish('news', 'x', { qos: 1, packetId: 1 });
  await world.settleAsync();
  const closed = world.broker.close();
  for (let i = 0; i < 20; i++) {
    if (store.pending.length > 0) store.settle();
    await world.settleAsync();
  }
  world.advance(10_000);
  await closed;
  expect(store.sizes().deliveries).toBe(DURABLE.length);
  expect(await fanOutsOf(store)).toEqual([]);
});

describe('durable sessions among others', () => {
  test('if one turn may serve them, they get it in one commit, with its receipt', async () => {
    const store = new LaterStore();
    await using world = await World.create({ store, limits: { deliveriesPerTurn: 160 } });
    for (let i = 0; i < 9; i++) {
      const client =
        i % 3 === 0 ? world.resume(`s${i}`, 1000) : world.connect({ clientId: `s${i}` });
      await world.settleAsync();
      client.subscribe('news');
    }
    const publisher = await publisherOf(world);
    store.isHeld = true;
    publisher.publish('news', 'x', { qos: 2, packetId: 1 });
    await world.settleAsync();
    const [commit, ...others] = store.pending;
    expect(others).toEqual([]);
    expect(commit?.changes.map(({ type }) => type)).toEqual(['enqueued', 'received']);
    store.release();
    await world.settleAsync();
    expect(publisher.messages()).toEqual(['PUBREC #1']);
  });

  test('if the store refuses the message, nobody has got it', async () => {
    const store = new LaterStore();
    await using world = await World.create({ store, limits });
    const live = ['l0', 'l1', 'l2'].map((clientId) => world.connect({ clientId }));
    for (const client of live) client.subscribe('news');
    const durable = world.resume('d', 1000);
    await world.settleAsync();
    durable.subscribe('news');
    const publisher = world.connect({ clientId: 'p' });
    await world.settleAsync();
    for (const client of [...live, durable, publisher]) client.take();
    store.isHeld = true;
    publisher.publish('news', 'x', { qos: 1, packetId: 1 });
    await world.settleAsync();
    store.fail(new Error('the disk is full'));
    await world.settleAsync();
    store.release();
    await world.settleAsync();
    expect(publisher.messages()).toEqual(['PUBACK #1 97']);
    for (const client of [...live, durable]) expect(client.publishes()).toEqual([]);
  });
});

test.each([2, 100])(
  '[MQTT-3.1.2-8] a Will whose commit failed twice is not lost by a kill, others having committed: %i in a turn',
  async (deliveriesPerTurn) =>
    killedBetween(
      async ({ world, store }) => {
        const owner = world.resume('w', 1000, { will });
        const other = world.connect({ clientId: 'o' });
        await world.settleAsync();
        store.isHeld = true;
        owner.vanish();
        await world.settleAsync();
        for (let i = 0; i < 2; i++) {
          store.fail(new Error('the disk is full'));
          await world.settleAsync();
        }
        store.release();
        other.publish('other', 'x', { qos: 1, packetId: 1, retain: true });
        await world.settleAsync();
      },
      async ({ world }) => {
        world.advance(2000);
        await world.settleAsync();
        expect(await timesReceived(world)).toEqual(once);
      },
      1,
      { limits: { deliveriesPerTurn } },
    ),
);
