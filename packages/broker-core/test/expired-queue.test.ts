import { expect, test } from 'vitest';
import { LaterStore } from './later-store.ts';
import { type Client, World } from './support.ts';

// What has expired in the queue of a client that is away takes nobody's room.

interface Scene {
  readonly world: World;
  readonly store: LaterStore;
  readonly dropped: string[];
  readonly publish: (payload: string, messageExpiryInterval?: number) => Promise<void>;
  readonly comesBack: () => Client;
}

function inScene(run: (scene: Scene) => Promise<void>): () => Promise<void> {
  return async () => {
    const store = new LaterStore();
    const dropped: string[] = [];
    const observer = {
      dropped: (_client: string, _topic: string, why: string) => void dropped.push(why),
    };
    const limits = { maximumQueuedMessages: 3 };
    await using world = await World.create({ store, observer, limits });
    const comesBack = (): Client =>
      world.resume('away', 1000, { properties: { receiveMaximum: 1 } });
    comesBack().subscribe('a');
    const publisher = world.connect({ clientId: 'publisher' });
    await world.settleAsync();
    let packetId = 0;
    const publish = async (payload: string, messageExpiryInterval?: number): Promise<void> => {
      const properties = messageExpiryInterval === undefined ? {} : { messageExpiryInterval };
      publisher.publish('a', payload, { qos: 1, packetId: ++packetId, properties });
      await world.settleAsync();
    };
    await run({ world, store, dropped, publish, comesBack });
  };
}

function leaves({ world }: Scene): Client {
  return world.resume('away', 1000, { properties: { receiveMaximum: 1 } }).vanish();
}

test(
  '[MQTT-3.3.2-5] a full queue has room again when what is in it has expired',
  inScene(async (scene) => {
    const { world, store, dropped, publish, comesBack } = scene;
    leaves(scene);
    await publish('short', 5);
    await publish('long', 500);
    await publish('for ever');
    await publish('too much');
    expect(dropped).toEqual(['queue-full']);
    world.advance(6_000);
    await publish('tells');
    expect(dropped).toEqual(['queue-full', 'queue-full', 'expired']);
    expect(store.sizes().deliveries).toBe(2);
    await publish('has room');
    const client = comesBack();
    const got: string[] = [];
    for (let i = 0; i < 3; i++) {
      await world.settleAsync();
      for (const { packetId, payload } of client.publishes()) {
        got.push(new TextDecoder().decode(payload));
        client.puback(packetId ?? 0);
      }
    }
    expect(got).toEqual(['long', 'for ever', 'has room']);
    await world.settleAsync();
    expect(store.sizes().deliveries).toBe(0);
    expect(world.broker.counters.queuedBytes).toBe(0);
  }),
);

test(
  '[MQTT-4.3.3-7] what was sent stays, expired or not',
  inScene(async (scene) => {
    const { world, store, publish, comesBack } = scene;
    await publish('sent', 5);
    leaves(scene);
    await publish('short', 5);
    await publish('too short', 5);
    world.advance(6_000);
    await publish('tells');
    expect(store.sizes().deliveries).toBe(1);
    const client = comesBack();
    await world.settleAsync();
    expect(client.messages()).toEqual(['a=sent q1 dup #1']);
  }),
);

test(
  'it is left to a client that comes back while its queue is looked through',
  inScene(async (scene) => {
    const { world, store, publish, comesBack } = scene;
    leaves(scene);
    await publish('short', 5);
    await publish('long', 500);
    await publish('longer', 500);
    world.advance(6_000);
    const readQueue = store.readQueue.bind(store);
    let answer: (() => void) | undefined;
    store.readQueue = async (...page) => {
      const found = await readQueue(...page);
      store.readQueue = readQueue;
      await new Promise<void>((resolve) => (answer = resolve));
      return found;
    };
    await publish('tells');
    const client = comesBack();
    await world.settleAsync();
    answer?.();
    await world.settleAsync();
    expect(client.messages()).toEqual(['a=long q1 #1']);
    client.puback(1);
    await world.settleAsync();
    expect(client.messages()).toEqual(['a=longer q1 #2']);
    client.puback(2);
    await world.settleAsync();
    expect(store.sizes().deliveries).toBe(0);
    expect(world.broker.counters.queuedBytes).toBe(0);
  }),
);
