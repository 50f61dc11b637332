import { expect, test } from 'vitest';
import { slotOf } from '../src/audience.ts';
import { StoreError } from '@wellhead/session-store';
import { KeptStore, LaterStore } from './later-store.ts';
import { type Client, SimulatedHost, World } from './support.ts';

// What a client or the host program publishes to very many keeps its order, whatever the store does.

const limits = { deliveriesPerTurn: 2 };
const FULL = new StoreError('STORE_FULL', 'the disk is full');
const SESSIONS = ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6'];
const will = { topicName: 'news', payload: Uint8Array.of(0x77), qos: 1, retain: false } as const;

interface Scene {
  readonly world: World;
  readonly store: LaterStore;
  /** Seven stored sessions, subscribed to `news`. */
  readonly clients: readonly Client[];
}

/** From here on the store answers when it is told to. */
async function inScene(run: (scene: Scene) => Promise<void>, qos: 0 | 2 = 2): Promise<void> {
  const store = new LaterStore();
  await using world = await World.create({ store, limits });
  const clients: Client[] = [];
  for (const clientId of SESSIONS) {
    const client = world.resume(clientId, 1000);
    await world.settleAsync();
    client.subscribe('news', { qos });
    await world.settleAsync();
    client.take();
    clients.push(client);
  }
  await run({ world, store, clients });
}

async function connected(world: World, options: Parameters<World['connect']>[0]): Promise<Client> {
  const client = world.connect(options);
  await world.settleAsync();
  client.take();
  return client;
}

/** What follows has a shorter way than what came before. */
async function unsubscribeMost({ world, clients }: Scene): Promise<void> {
  for (const client of clients.slice(0, 5))
    client.send({ type: 10, packetId: 5, topicFilters: ['news'] });
  await world.settleAsync();
}

/** The first part is stored, the second refused twice: it is made anew later. */
async function refuseSecondPart({ world, store }: Scene): Promise<void> {
  store.settle();
  await world.settleAsync();
  store.fail(FULL);
  await world.settleAsync();
  store.fail(FULL);
  await world.settleAsync();
  store.release();
}

async function goOn({ world, store }: Scene): Promise<void> {
  store.release();
  await world.settleAsync();
  world.advance(2_000);
  await world.settleAsync();
}

/** First letters of what each client got. */
const received = (clients: readonly Client[]): string[] =>
  clients.map((client) =>
    client
      .publishes()
      .map(({ payload }) => String.fromCharCode(payload[0] ?? 0))
      .join(''),
  );

const publishLocally = ({ world }: Scene, payload: string): void =>
  void world.broker.publish({ topicName: 'news', payload, qos: 1 });

test('messages of the host program, while the store is slow', async () =>
  inScene(async (scene) => {
    scene.store.isHeld = true;
    publishLocally(scene, 'x');
    await scene.world.settleAsync();
    await unsubscribeMost(scene);
    publishLocally(scene, 'y');
    await goOn(scene);
    expect(received(scene.clients.slice(5))).toEqual(['xy', 'xy']);
  }));

test('messages of the host program, when a part is refused twice', async () =>
  inScene(async (scene) => {
    scene.store.isHeld = true;
    publishLocally(scene, 'x');
    await scene.world.settleAsync();
    scene.store.settle();
    await scene.world.settleAsync();
    await refuseSecondPart(scene);
    publishLocally(scene, 'y');
    await goOn(scene);
    expect(received(scene.clients)).toEqual(SESSIONS.map(() => 'xy'));
  }));

test('a Will, behind what its client has published, while the store is slow', async () =>
  inScene(async (scene) => {
    const publisher = await connected(scene.world, { clientId: 'p', will });
    scene.store.isHeld = true;
    publisher.publish('news', 'x', { qos: 1, packetId: 1 });
    await scene.world.settleAsync();
    await unsubscribeMost(scene);
    publisher.vanish();
    await goOn(scene);
    expect(received(scene.clients.slice(5))).toEqual(['xw', 'xw']);
  }));

test('a Will, behind what its client has published, when a part is refused twice', async () =>
  inScene(async (scene) => {
    const publisher = await connected(scene.world, { clientId: 'p', will });
    scene.store.isHeld = true;
    publisher.publish('news', 'x', { qos: 1, packetId: 1 });
    await scene.world.settleAsync();
    await refuseSecondPart(scene);
    publisher.vanish();
    await goOn(scene);
    expect(received(scene.clients)).toEqual(SESSIONS.map(() => 'xw'));
  }));

test('a client that comes back without a session', async () =>
  inScene(async (scene) => {
    const { store, world } = scene;
    const publisher = await connected(world, { clientId: 'p' });
    store.isHeld = true;
    publisher.publish('news', 'x', { qos: 1, packetId: 1 });
    await world.settleAsync();
    await unsubscribeMost(scene);
    publisher.vanish();
    const again = await connected(world, { clientId: 'p' });
    again.publish('news', 'y', { qos: 1, packetId: 1 });
    await goOn(scene);
    expect(received(scene.clients.slice(5))).toEqual(['xy', 'xy']);
  }));

test('a client that comes back after a kill, with a message and a Will under way', async () => {
  const kept = new KeptStore();
  const host = new SimulatedHost();
  const store = new LaterStore(kept);
  const killed = await World.create({ store, host, limits: { deliveriesPerTurn: 1 } });
  for (const clientId of SESSIONS) {
    const client = killed.resume(clientId, 1000);
    await killed.settleAsync();
    client.subscribe('news');
    client.vanish();
    await killed.settleAsync();
  }
  const publisher = killed.resume('p', 1000, { will });
  await killed.settleAsync();
  store.isHeld = true;
  publisher.publish('news', 'x', { qos: 1, packetId: 1 });
  await killed.settleAsync();
  publisher.vanish();
  await killed.settleAsync();
  for (let i = 0; i < 2; i++) {
    store.settle();
    await killed.settleAsync();
  }
  const later = new SimulatedHost();
  later.jump(host.now() - later.now());
  const next = new LaterStore(kept);
  await using world = await World.create({ store: next, host: later, limits });
  next.isHeld = true;
  const again = world.resume('p', 1000);
  again.publish('news', 'y', { qos: 1, packetId: 2 });
  await world.settleAsync();
  next.release();
  await world.settleAsync();
  const clients: Client[] = [];
  for (const clientId of SESSIONS) clients.push(world.resume(clientId, 1000));
  await world.settleAsync();
  expect(received(clients)).toEqual(SESSIONS.map(() => 'xwy'));
});

test('a QoS 0 message to very many needs no store', async () =>
  inScene(async ({ clients, store, world }) => {
    const publisher = await connected(world, { clientId: 'p' });
    store.isHeld = true;
    publisher.publish('news', 'x');
    await world.settleAsync();
    const { length } = store.pending;
    store.release();
    expect(received(clients)).toEqual(SESSIONS.map(() => 'x'));
    expect(length).toBe(0);
  }));

test('nor does one of QoS 2 to those who subscribed at QoS 0', async () =>
  inScene(async ({ clients, store, world }) => {
    const publisher = await connected(world, { clientId: 'p' });
    store.isHeld = true;
    publisher.publish('news', 'x', { qos: 2, packetId: 1 });
    await world.settleAsync();
    const { length } = store.pending;
    store.release();
    expect(received(clients)).toEqual(SESSIONS.map(() => 'x'));
    expect(publisher.messages()).toEqual(['PUBREC #1']);
    expect(length).toBe(0);
  }, 0));

test('[MQTT-3.14.4-3] DISCONNECT behind a QoS 0 message to very many is heard: there is no Will', async () =>
  inScene(async ({ store, world }) => {
    const watcher = await connected(world, { clientId: 'watcher' });
    watcher.subscribe('will');
    watcher.take();
    const other = { ...will, topicName: 'will' };
    const publisher = await connected(world, { clientId: 'p', will: other });
    store.isHeld = true;
    publisher.publish('news', 'x');
    publisher.disconnect();
    publisher.vanish();
    await world.settleAsync();
    expect(watcher.messages()).toEqual([]);
    store.release();
  }));

test('a retained message is refused with its first part', async () =>
  inScene(async (scene) => {
    const { store, world } = scene;
    const publisher = await connected(world, { clientId: 'p' });
    store.isHeld = true;
    publisher.publish('news', 'x', { qos: 1, packetId: 1, retain: true });
    await world.settleAsync();
    store.fail(FULL);
    await goOn(scene);
    expect(publisher.messages()).toEqual(['PUBACK #1 97']);
    expect(received(scene.clients)).toEqual(SESSIONS.map(() => ''));
    expect(store.sizes().retained).toBe(0);
  }));

test.each([
  ['meter-7', 1, 1_514],
  ['meter-7', 2, 3_721],
  ['é/🚰', 4_294_967_297, 1_196],
])('%s, message %i, has its slot in every release', (name, messageId, slot) => {
  expect(slotOf(name, messageId)).toBe(slot);
});
