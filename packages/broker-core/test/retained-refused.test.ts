import { encode } from '@wellhead/codec';
import { StoreError } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { KeptStore, LaterStore } from './later-store.ts';
import { type Client, World, publishPacket } from './support.ts';

// A retained message that the store refuses leaves in its place what the store has, or what has come since.

const FULL = new StoreError('STORE_FULL', 'the disk is full');

interface Scene {
  readonly world: World;
  readonly store: LaterStore;
  readonly publisher: Client;
  readonly kept: KeptStore;
}

function inScene(run: (scene: Scene) => Promise<void>): () => Promise<void> {
  return async () => {
    const kept = new KeptStore();
    const store = new LaterStore(kept);
    await using world = await World.create({ store });
    const publisher = world.connect({ clientId: 'publisher' });
    await world.settleAsync();
    publisher.take();
    try {
      await run({ world, store, publisher, kept });
    } finally {
      store.release();
    }
  };
}

let packetId = 0;

function retain(publisher: Client, payload: string): void {
  publisher.publish('t', payload, { qos: 1, retain: true, packetId: ++packetId });
}

async function retained({ world }: Scene): Promise<string[]> {
  const subscriber = world.connect({ clientId: 'subscriber' });
  subscriber.subscribe('t');
  await world.settleAsync();
  const got = subscriber.messages();
  subscriber.disconnect();
  return got.filter((message) => message.startsWith('t='));
}

/** The store answers when a message that is not in its commits has come. */
async function failBehind({ publisher, store, world }: Scene, payload: string): Promise<void> {
  publisher.connection.write(
    encode(publishPacket('t', payload, { qos: 1, retain: true, packetId: ++packetId }), 5),
  );
  world.network.pump();
  store.fail(FULL);
  store.isHeld = false;
  // the broker hears of it before its turn ends
  await new Promise((resolve) => setImmediate(resolve));
  await world.settleAsync();
}

test(
  '[MQTT-3.3.1-5] a newer one that comes while it is being refused stays',
  inScene(async (scene) => {
    const { publisher, store, world } = scene;
    store.isHeld = true;
    retain(publisher, 'refused');
    await failBehind(scene, 'newer');
    expect(await retained(scene)).toEqual(['t=newer q1 retain #1']);
    expect(world.broker.counters.retainedMessages).toBe(1);
  }),
);

test(
  '[MQTT-3.3.1-6] it is gone when it was cleared meanwhile, and so is the one before it',
  inScene(async (scene) => {
    const { publisher, store, world, kept } = scene;
    retain(publisher, 'before');
    store.isHeld = true;
    retain(publisher, 'refused');
    await failBehind(scene, '');
    expect(await retained(scene)).toEqual([]);
    expect(world.broker.counters.retainedMessages).toBe(0);
    expect(kept.sizes().retained).toBe(0);
  }),
);

test(
  'the one before it is there again at once, though the store cannot be read',
  inScene(async (scene) => {
    const { publisher, store, world } = scene;
    retain(publisher, 'before');
    await world.settleAsync();
    store.isHeld = true;
    retain(publisher, 'refused');
    store.readRetained = () => Promise.reject(new StoreError('STORE_FAILED', 'for a moment'));
    store.fail(FULL);
    await world.settleAsync();
    store.release();
    await world.settleAsync();
    Reflect.deleteProperty(store, 'readRetained');
    expect(world.broker.counters).toMatchObject({ retainedMessages: 1, retainedBytes: 6 });
    expect(await retained(scene)).toEqual(['t=before q1 retain #1']);
  }),
);

test(
  'the one before it is the one that was stored since it was published',
  inScene(async (scene) => {
    const { publisher, store, world } = scene;
    retain(publisher, 'first');
    await world.settleAsync();
    store.isHeld = true;
    retain(publisher, 'second');
    await world.settleAsync();
    retain(publisher, 'refused');
    await world.settleAsync();
    store.settle();
    store.fail(FULL);
    store.isHeld = false;
    await world.settleAsync();
    expect(await retained(scene)).toEqual(['t=second q1 retain #1']);
    expect(world.broker.counters).toMatchObject({ retainedMessages: 1, retainedBytes: 6 });
  }),
);

test(
  'one that was cleared, set anew and refused is not there, nor is the one before',
  inScene(async (scene) => {
    const { publisher, store, world } = scene;
    retain(publisher, 'before');
    await world.settleAsync();
    store.isHeld = true;
    retain(publisher, 'pending');
    await world.settleAsync();
    retain(publisher, '');
    await world.settleAsync();
    retain(publisher, 'refused');
    await world.settleAsync();
    store.settle();
    store.fail(FULL);
    store.isHeld = false;
    await world.settleAsync();
    expect(await retained(scene)).toEqual([]);
    expect(world.broker.counters.retainedMessages).toBe(0);
    expect(store.sizes().retained).toBe(0);
  }),
);
