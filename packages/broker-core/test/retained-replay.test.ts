// What is retained for a new subscription, when it has to wait for the client.
import type { Publish } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { KeptStore, LaterStore } from './later-store.ts';
import { type Client, type World, inWorld, textOf } from './support.ts';

/** Two stores: where the broker has the content of what is retained, and where the store alone has it. */
const STORES: readonly (readonly [string, () => KeptStore])[] = [
  ['in memory', () => new KeptStore()],
  ['in the store', () => new DurableStore()],
];

class DurableStore extends KeptStore {
  override readonly supports = { durable: true, shared: false };
}

function retain(world: World, count: number, qos: 0 | 1 | 2 = 1): Client {
  const publisher = world.connect({ clientId: 'p' });
  for (let i = 0; i < count; i++)
    publisher.publish(`r/${i}`, 'old', { retain: true, qos, packetId: 1 }).pubrel(1);
  publisher.take();
  return publisher;
}

/** Takes what comes and acknowledges it, until nothing comes any more. */
function takeAll(client: Client): Publish[] {
  const all: Publish[] = [];
  for (let got = client.publishes(); got.length > 0; got = client.publishes()) {
    all.push(...got);
    for (const { packetId = 0, qos } of got) {
      if (qos === 1) client.puback(packetId);
      else if (qos === 2) client.pubrec(packetId).pubcomp(packetId);
    }
  }
  return all;
}

const told = ({ topicName, retain: isRetained, ...packet }: Publish): string =>
  `${topicName}=${textOf(packet)}${isRetained ? ' retain' : ''}`;
const of = (topic: string, all: readonly Publish[]): string[] =>
  all.filter(({ topicName }) => topicName === topic).map(told);

test.each(STORES.flatMap((store) => ([0, 1, 2] as const).map((qos) => [...store, qos] as const)))(
  '[MQTT-4.6.0-6] what is published behind a subscription comes behind what was retained before, %s: QoS $2',
  async (_where, store, qos) =>
    inWorld(
      (world) => {
        const publisher = retain(world, 200);
        const client = world.connect({ clientId: 's', properties: { receiveMaximum: 2 } });
        client.subscribe('r/#', { qos: 1 });
        for (const payload of ['live', 'later'])
          publisher
            .publish('r/98', payload, { qos, ...(qos > 0 ? { packetId: 2 } : {}) })
            .pubrel(2);
        const all = takeAll(client);
        expect(of('r/98', all)).toEqual(['r/98=old retain', 'r/98=live', 'r/98=later']);
        expect(all).toHaveLength(202);
      },
      { store: store() },
    )(),
);

test(
  '[MQTT-4.6.0-6] also by overlapping subscriptions, each of which gets what is retained',
  inWorld((world) => {
    const publisher = retain(world, 200);
    const client = world.connect({ clientId: 's', properties: { receiveMaximum: 2 } });
    client.subscribe('r/#', { qos: 1 });
    client.subscribe('r/+', { qos: 1 });
    publisher.publish('r/98', 'live', { qos: 1, packetId: 2 });
    const all = takeAll(client);
    expect(of('r/98', all)).toEqual(['r/98=old retain', 'r/98=old retain', 'r/98=live']);
    expect(all).toHaveLength(401);
  }),
);

test(
  'what is published with RETAIN takes the place of what was to be sent',
  inWorld((world) => {
    const publisher = retain(world, 200);
    const client = world.connect({ clientId: 's', properties: { receiveMaximum: 2 } });
    client.subscribe('r/#', { qos: 1 });
    publisher.publish('r/98', 'new', { qos: 1, packetId: 2, retain: true });
    publisher.publish('r/99', '', { qos: 1, packetId: 3, retain: true });
    const all = takeAll(client);
    expect(of('r/98', all)).toEqual(['r/98=new']);
    expect(of('r/99', all)).toEqual(['r/99=']);
    expect(all).toHaveLength(200);
  }),
);

test.each(STORES)(
  'a client that comes back gets the rest of what is retained, each once, %s',
  async (_where, store) =>
    inWorld(
      (world) => {
        const publisher = retain(world, 200);
        const options = { properties: { receiveMaximum: 3 } };
        const first = world.resume('s', 100, options);
        first.subscribe('r/#', { qos: 1 });
        const got = first.publishes().map(told);
        expect(got).toHaveLength(3);
        for (const packetId of [1, 2, 3]) first.puback(packetId);
        first.vanish();
        publisher.publish('r/98', 'live', { qos: 1, packetId: 2 });
        publisher.publish('r/99', 'new', { qos: 1, packetId: 3, retain: true });
        const all = takeAll(world.resume('s', 100, options));
        expect(new Set([...got, ...all.map(told)]).size).toBe(201);
        expect(of('r/98', all)).toEqual(['r/98=old retain', 'r/98=live']);
        expect(of('r/99', all)).toEqual(['r/99=new']);
      },
      { store: store() },
    )(),
);

test(
  'a client that comes back and subscribes again gets what is retained, and what was queued of it',
  inWorld((world) => {
    retain(world, 200);
    const options = { properties: { receiveMaximum: 3 } };
    const first = world.resume('s', 100, options);
    first.subscribe('r/#', { qos: 1 });
    first.vanish();
    const second = world.resume('s', 100, options);
    second.subscribe('r/#', { qos: 1 });
    const all = takeAll(second);
    const queued = 64;
    expect(all).toHaveLength(queued + 200);
    expect(new Set(all.map(({ topicName }) => topicName)).size).toBe(200);
  }),
);

test(
  'what is retained waits for nobody whose session has ended',
  inWorld((world) => {
    retain(world, 200);
    const options = { properties: { receiveMaximum: 3 } };
    const first = world.resume('s', 100, options);
    first.subscribe('r/#', { qos: 1 });
    first.disconnect(0, { sessionExpiryInterval: 0 });
    expect(takeAll(world.resume('s', 100, options))).toEqual([]);
    const second = world.resume('s', 100, options);
    second.subscribe('r/#', { qos: 1 });
    second.vanish();
    expect(takeAll(world.connect({ clientId: 's', ...options }))).toEqual([]);
  }),
);

test(
  'what was being fetched as the connection ended comes by the next one',
  inWorld(
    async (world) => {
      retain(world, 200);
      const first = world.resume('s', 100);
      await world.settleAsync();
      first.subscribe('r/#', { qos: 1 });
      first.vanish();
      const second = world.resume('s', 100);
      await world.settleAsync();
      const all: Publish[] = [];
      for (let got = takeAll(second); got.length > 0; got = takeAll(second)) {
        all.push(...got);
        await world.settleAsync();
      }
      expect(all).toHaveLength(200);
      expect(new Set(all.map(told)).size).toBe(200);
    },
    { store: new LaterStore() },
  ),
);
