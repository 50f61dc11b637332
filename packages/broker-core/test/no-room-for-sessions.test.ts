import { type SessionChange, StoreError } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { KeptStore, LaterStore } from './later-store.ts';
import { type Client, type ConnectOptions, World } from './support.ts';

// A store without room for one more session refuses that one, and keeps nobody from making room.

/** Has room for nothing that grows: no session, no Will. */
class FullStore extends LaterStore {
  isFull = false;
  refused = 0;

  override commit(changes: readonly SessionChange[]): Promise<void> | undefined {
    const grows = changes.some(
      (change) =>
        (change.type === 'session-opened' && change.epoch === 1) || change.type === 'will-set',
    );
    if (!this.isFull || !grows) return super.commit(changes);
    this.refused++;
    return Promise.reject(new StoreError('STORE_FULL', 'the disk is full'));
  }
}

interface Scene {
  readonly world: World;
  readonly store: FullStore;
  /** Three messages wait for it, and it takes one at a time. */
  readonly comesBack: (options?: ConnectOptions) => Client;
}

async function inFullStore(
  run: (scene: Scene) => Promise<void>,
  kept = new KeptStore(),
): Promise<void> {
  const store = new FullStore(kept);
  await using world = await World.create({ store });
  const comesBack = (options: ConnectOptions = {}): Client =>
    world.resume('old', 1000, { ...options, properties: { receiveMaximum: 1 } });
  const old = comesBack();
  old.subscribe('a');
  old.vanish();
  const publisher = world.connect({ clientId: 'publisher' });
  for (let packetId = 1; packetId <= 3; packetId++)
    publisher.publish('a', `${packetId}`, { qos: 1, packetId });
  publisher.vanish();
  await world.settleAsync();
  store.isFull = true;
  await run({ world, store, comesBack });
}

const will = { topicName: 'w', payload: Uint8Array.of(87), qos: 0, retain: false } as const;

test.each<[string, ConnectOptions, string]>([
  ['MQTT 5', {}, 'CONNACK 97 closed'],
  ['MQTT 5 with a Will', { will }, 'CONNACK 97 closed'],
  ['MQTT 3.1.1', { protocolVersion: 4 }, 'CONNACK 03 closed'],
  ['MQTT 3.1', { protocolVersion: 3 }, 'CONNACK 03 closed'],
])(
  'a new session that there is no room for is refused, and others go on meanwhile: %s',
  async (_version, options, said) =>
    inFullStore(async ({ world, store, comesBack }) => {
      const watcher = world.connect({ clientId: 'watcher' });
      watcher.subscribe('w');
      watcher.take();
      const { protocolVersion } = options;
      const properties = protocolVersion === undefined ? { sessionExpiryInterval: 100 } : undefined;
      const newcomer = world.connect({
        clientId: 'new',
        cleanStart: false,
        ...options,
        ...(properties && { properties }),
      });
      const old = comesBack();
      await world.settleAsync();
      expect(newcomer.outcome()).toBe(said);
      for (let packetId = 1; packetId <= 3; packetId++) {
        expect(old.publishes()).toMatchObject([{ packetId }]);
        old.puback(packetId);
        await world.settleAsync();
      }
      expect(store.sizes()).toMatchObject({ deliveries: 0, sessions: 1 });
      const { refused } = store;
      world.advance(10_000);
      await world.settleAsync();
      expect(store.refused).toBe(refused);
      // it was never let in
      expect(watcher.messages()).toEqual([]);
      expect(world.broker.counters.sessions).toBe(2);
    }),
);

test('it begins a session when there is room again', async () =>
  inFullStore(async ({ world, store }) => {
    const refused = world.resume('new', 1000);
    await world.settleAsync();
    expect(refused.outcome()).toBe('CONNACK 97 closed');
    store.isFull = false;
    const taken = world.resume('new', 1000);
    await world.settleAsync();
    expect([taken.connack?.sessionPresent, taken.outcome()]).toEqual([false, 'open']);
    taken.subscribe('b');
    taken.vanish();
    await world.settleAsync();
    expect(world.resume('new', 1000).connack).toMatchObject({ sessionPresent: true });
    expect(store.sizes().sessions).toBe(2);
  }));

test('one that says more before it is refused leaves nothing of it behind', async () =>
  inFullStore(async ({ world, store, comesBack }) => {
    store.isHeld = true;
    const newcomer = world.resume('new', 1000);
    await world.settleAsync();
    newcomer.subscribe('b');
    newcomer.publish('a', 'x', { qos: 2, packetId: 1 });
    await world.settleAsync();
    const again = world.resume('new', 1000);
    store.release();
    await world.settleAsync();
    world.advance(2_000);
    await world.settleAsync();
    expect([newcomer.isClosed, again.isClosed]).toEqual([true, true]);
    const old = comesBack();
    await world.settleAsync();
    expect(old.publishes()).toMatchObject([{ packetId: 1 }]);
    expect(store.sizes().sessions).toBe(1);
    expect(world.broker.counters.subscriptions).toBe(1);
  }));

test('a client whose session needs no store is let in, though its Will has no room there', async () =>
  inFullStore(async ({ world, store, comesBack }) => {
    const passing = world.connect({ clientId: 'passing', will });
    const old = comesBack();
    await world.settleAsync();
    expect(passing.messages()).toEqual(['CONNACK']);
    expect(old.publishes()).toMatchObject([{ packetId: 1 }]);
    const watcher = world.connect({ clientId: 'watcher' });
    watcher.subscribe('w');
    watcher.take();
    passing.vanish();
    await world.settleAsync();
    expect(watcher.messages()).toEqual(['w=W q0']);
    expect(store.sizes().sessions).toBe(1);
  }));

test('a session that is there keeps nobody waiting for the Will that it comes with', async () =>
  inFullStore(async ({ world, store, comesBack }) => {
    const refused = comesBack({ will });
    await world.settleAsync();
    expect(refused.outcome()).toBe('CONNACK 97 closed');
    const old = comesBack();
    await world.settleAsync();
    expect(old.publishes()).toMatchObject([{ packetId: 1 }]);
    expect(store.sizes().deliveries).toBe(3);
  }));

test.each(['durable', 'with a Will'])(
  'the end of a session is stored though the next one of its client (%s) is refused meanwhile',
  async (kind) => {
    const store = new LaterStore();
    await using world = await World.create({ store });
    const old = world.resume('x', 10);
    await world.settleAsync();
    old.subscribe('a', { qos: 1 });
    old.vanish();
    await world.settleAsync();
    const again = world.resume('x', 10);
    await world.settleAsync();
    again.vanish();
    await world.settleAsync();

    store.isHeld = true;
    world.advance(11_000);
    if (kind === 'durable') world.resume('x', 10);
    else world.connect({ clientId: 'x', will });
    await world.settleAsync();
    expect(store.pending.map(({ changes }) => changes[0]?.type)).toEqual([
      'session-removed',
      'session-opened',
    ]);
    for (let attempt = 0; attempt < 2; attempt++) {
      store.fail(new StoreError('STORE_FAILED', 'as told'));
      await world.settleAsync();
    }
    store.release();
    await world.settleAsync();
    world.advance(1_000);
    await world.settleAsync();
    expect(store.kept.sizes().sessions).toBe(0);
    const next = world.resume('x', 10);
    await world.settleAsync();
    expect(next.connack ?? next.inbox[0]).toMatchObject({ reasonCode: 0, sessionPresent: false });
    expect(next.isClosed).toBe(false);
  },
);
