import type { QoS } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { LaterStore } from './later-store.ts';
import { type Client, World, inWorld, publishPacket } from './support.ts';

function subscriberWith(world: World, receiveMaximum: number, granted: QoS = 2): Client {
  const client = world.resume('s', 100, { properties: { receiveMaximum } });
  client.subscribe('a', { qos: granted });
  return client;
}

function publishMany(world: World, count: number, qosOf: (i: number) => QoS): Client {
  const publisher = world.connect({ clientId: 'p' });
  publisher.send(
    ...Array.from({ length: count }, (_, i) => {
      const qos = qosOf(i);
      return publishPacket('a', String(i), { qos, ...(qos > 0 ? { packetId: i + 1 } : {}) });
    }),
  );
  return publisher;
}

const ids = (client: Client): (number | undefined)[] =>
  client.publishes().map(({ packetId }) => packetId);

test(
  '[MQTT-3.3.4-9] [MQTT-4.9.0-2] one quota for QoS 1 and 2 together',
  inWorld((world) => {
    const subscriber = subscriberWith(world, 3);
    publishMany(world, 10, (i) => (i % 2 === 0 ? 1 : 2));
    expect(subscriber.messages()).toEqual(['a=0 q1 #1', 'a=1 q2 #2', 'a=2 q1 #3']);
  }),
);

test.each<[string, (client: Client) => void, boolean]>([
  ['PUBACK', (client) => client.puback(1), true],
  ['PUBACK with a failure', (client) => client.puback(1, 0x80), true],
  ['PUBREC', (client) => client.pubrec(2), false],
  ['PUBREC with a failure', (client) => client.pubrec(2, 0x80), true],
  ['PUBCOMP', (client) => client.pubrec(2).pubcomp(2), true],
  ['PUBACK for an unknown identifier', (client) => client.puback(9), false],
])('[MQTT-4.9.0-2] what gives the quota back: %s', async (_name, run, givesBack) =>
  inWorld((world) => {
    const subscriber = subscriberWith(world, 2);
    publishMany(world, 4, (i) => (i % 2 === 0 ? 1 : 2));
    expect(ids(subscriber)).toEqual([1, 2]);
    run(subscriber);
    expect(subscriber.publishes()).toHaveLength(givesBack ? 1 : 0);
  })(),
);

test(
  '[MQTT-4.9.0-3] [MQTT-3.3.4-10] with quota 0 every other packet still flows',
  inWorld((world) => {
    const subscriber = subscriberWith(world, 1);
    publishMany(world, 3, () => 2);
    subscriber.take();
    subscriber.send({ type: 12 });
    subscriber.pubrec(1);
    subscriber.publish('other', 'x', { qos: 2, packetId: 7 }).pubrel(7);
    expect(subscriber.subscribe('b')).toEqual([2]);
    expect(subscriber.unsubscribe('b')).toEqual([0]);
    expect(subscriber.messages()).toEqual(['PINGRESP', 'PUBREL #1', 'PUBREC #7 10', 'PUBCOMP #7']);
  }),
);

test(
  'a quota that a late PUBCOMP would lift above its initial value stays there',
  inWorld((world) => {
    const subscriber = subscriberWith(world, 2);
    publishMany(world, 6, () => 2);
    subscriber.pubrec(1).pubrec(2).take();
    subscriber.vanish();
    const again = world.resume('s', 100, { properties: { receiveMaximum: 2 } });
    expect(again.messages()).toEqual(['PUBREL #1', 'PUBREL #2', 'a=2 q2 #3', 'a=3 q2 #4']);
    again.pubcomp(1).pubcomp(2);
    expect(again.messages()).toEqual([]);
  }),
);

test(
  '[MQTT-4.9.0-1] a smaller Receive Maximum on the next connection holds back re-sending, in order',
  inWorld((world) => {
    const subscriber = subscriberWith(world, 5);
    publishMany(world, 6, () => 1);
    expect(ids(subscriber)).toEqual([1, 2, 3, 4, 5]);
    subscriber.vanish();
    const again = world.resume('s', 100, { properties: { receiveMaximum: 2 } });
    expect(again.messages()).toEqual(['a=0 q1 dup #1', 'a=1 q1 dup #2']);
    again.puback(1);
    expect(again.messages()).toEqual(['a=2 q1 dup #3']);
    again.puback(2).puback(3).puback(4).puback(5);
    expect(again.messages()).toEqual(['a=3 q1 dup #4', 'a=4 q1 dup #5', 'a=5 q1 #6']);
  }),
);

test(
  'the limit of the broker holds for clients that announce none',
  inWorld(
    (world) => {
      const clients = [4, 5].map((protocolVersion) => {
        const client = world.connect({
          clientId: `v${protocolVersion}`,
          protocolVersion: protocolVersion as 4 | 5,
        });
        client.subscribe('a');
        return client;
      });
      publishMany(world, 50, () => 1);
      expect(clients.map((client) => client.publishes().length)).toEqual([10, 10]);
    },
    { limits: { maximumInflight: 10 } },
  ),
);

test(
  'a backlog is drained in order as acknowledgements come, whatever its size',
  inWorld((world) => {
    const subscriber = subscriberWith(world, 10);
    subscriber.vanish();
    publishMany(world, 1_000, () => 1);
    world.connect({ clientId: 'q' });
    const again = world.resume('s', 100, { properties: { receiveMaximum: 10 } });
    const got: string[] = [];
    for (let round = 0; round < 110; round++) {
      for (const packet of again.publishes()) {
        got.push(new TextDecoder().decode(packet.payload));
        again.puback(packet.packetId ?? 0);
      }
    }
    expect(got).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)));
  }),
);

test.each([1, 2] as const)(
  '[MQTT-3.3.4-7] one more of QoS %i while QoS 2 in flight fills our Receive Maximum: 0x93',
  async (qos) =>
    inWorld(
      (world) => {
        const client = world.connect();
        for (let packetId = 1; packetId <= 3; packetId++)
          client.publish('a', 'x', { qos: 2, packetId });
        expect(client.outcome()).toBe('open');
        client.publish('a', 'x', { qos, packetId: 4 });
        expect(client.outcome()).toBe('DISCONNECT 93 closed');
      },
      { limits: { receiveMaximum: 3 } },
    )(),
);

test.each<[string, (client: Client) => void]>([
  [
    'a repeat of a known identifier',
    (client) => client.publish('a', 'x', { qos: 2, packetId: 2, dup: true }),
  ],
  ['QoS 0', (client) => client.publish('a', 'x')],
  [
    'QoS 1, which is acknowledged at once',
    (client) => client.pubrel(1).publish('a', 'x', { qos: 1, packetId: 9 }),
  ],
  ['after PUBREL', (client) => client.pubrel(1).publish('a', 'x', { qos: 2, packetId: 1 })],
])('[MQTT-3.3.4-7] what does not count as one more: %s', async (_name, run) =>
  inWorld(
    (world) => {
      const client = world.connect();
      for (let packetId = 1; packetId <= 3; packetId++)
        client.publish('a', 'x', { qos: 2, packetId });
      run(client);
      expect(client.outcome()).toBe('open');
    },
    { limits: { receiveMaximum: 3 } },
  )(),
);

test('[MQTT-3.3.4-7] QoS 2 is one more as well while PUBACKs that wait for the store fill it: 0x93', async () => {
  const store = new LaterStore();
  await using world = await World.create({ store, limits: { receiveMaximum: 3 } });
  const subscriber = world.resume('s');
  await world.settleAsync();
  subscriber.subscribe('a');
  const client = world.connect();
  await world.settleAsync();
  client.take();
  store.isHeld = true;
  for (let packetId = 1; packetId <= 3; packetId++) client.publish('a', 'x', { qos: 1, packetId });
  expect(client.outcome()).toBe('open');
  client.publish('a', 'x', { qos: 2, packetId: 4 });
  store.release();
  await world.settleAsync();
  expect(client.outcome()).toContain('DISCONNECT 93 closed');
});

test(
  'a PUBREC that refuses gives our quota back',
  inWorld(
    (world) => {
      const client = world.connect();
      for (let packetId = 1; packetId <= 20; packetId++)
        client.publish('$SYS/x', 'x', { qos: 2, packetId });
      expect(client.outcome()).toBe('open');
    },
    { limits: { receiveMaximum: 3 } },
  ),
);

test(
  'our quota starts afresh with each connection; identifiers of before count once they come again',
  inWorld(
    (world) => {
      const client = world.resume('c');
      for (let packetId = 1; packetId <= 3; packetId++)
        client.publish('a', 'x', { qos: 2, packetId });
      client.vanish();
      const again = world.resume('c');
      for (let packetId = 4; packetId <= 6; packetId++)
        again.publish('a', 'x', { qos: 2, packetId });
      expect(again.outcome()).toBe('open');
      again.publish('a', 'x', { qos: 2, packetId: 1, dup: true });
      expect(again.outcome()).toBe('DISCONNECT 93 closed');
    },
    { limits: { receiveMaximum: 3 } },
  ),
);
