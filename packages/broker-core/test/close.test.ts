import { MemorySessionStore } from '@wellhead/session-store/memory';
import { expect, test } from 'vitest';
import { BrokerError, createBroker } from '../src/index.ts';
import { SimulatedHost, World, inWorld } from './support.ts';

async function close(world: World): Promise<void> {
  const closed = world.broker.close();
  await world.settleAsync();
  await closed;
}

test.each<[string, 3 | 4 | 5, string]>([
  ['MQTT 5.0 is told 0x8B', 5, 'DISCONNECT 8b closed'],
  ['MQTT 3.1.1 is closed', 4, 'closed'],
  ['MQTT 3.1 is closed', 3, 'closed'],
])('close(): %s, and nothing is left', async (_name, protocolVersion, expected) =>
  inWorld(async (world) => {
    const client = world.connect({ protocolVersion });
    const silent = world.dial();
    await close(world);
    expect(client.outcome()).toBe(expected);
    expect(silent.outcome()).toBe('closed'); // [MQTT-3.14.0-1]
    expect(world.broker.counters).toMatchObject({ connections: 0, clientsConnected: 0 });
    expect([world.host.timers, world.host.turn(), world.network.pump()]).toEqual([0, false, 0]);
  })(),
);

test(
  'close() delivers what was accepted before it',
  inWorld(async (world) => {
    const client = world.connect();
    client.subscribe('a');
    const published = world.broker.publish({ topicName: 'a', payload: 'last', qos: 1 });
    await close(world);
    await published;
    expect(client.messages()).toEqual(['a=last q1 #1', 'DISCONNECT 8b']);
  }),
);

test(
  'close() is idempotent: all calls are one, and later ones resolve',
  inWorld(async (world) => {
    const [one, two] = [world.broker.close(), world.broker.close()];
    expect(one).toBe(two);
    await world.settleAsync();
    await Promise.all([one, two]);
    await world.broker.close();
    await world.broker[Symbol.asyncDispose]();
  }),
);

test(
  'a closed broker refuses: listen, publish, subscribe, connections',
  inWorld(async (world) => {
    await close(world);
    await expect(world.broker.publish({ topicName: 'a' })).rejects.toMatchObject({
      code: 'BROKER_CLOSED',
    });
    await expect(world.broker.listen(world.listener)).rejects.toBeInstanceOf(BrokerError);
    expect(() => world.broker.subscribe('a')).toThrow(BrokerError);
    expect(() => world.dial()).toThrow('listener is closed');
  }),
);

test(
  'a broker that is closing takes no new connection and no new CONNECT',
  inWorld(async (world) => {
    const waiting = world.dial();
    const closed = world.broker.close();
    waiting.connect();
    await world.settleAsync();
    await closed;
    expect(waiting.connack?.reasonCode ?? 0x88).toBe(0x88);
    expect(waiting.isClosed).toBe(true);
  }),
);

test(
  'a client that reads nothing delays close() by seconds, not for ever',
  inWorld(async (world) => {
    const client = world.connect({ wire: { highWaterMark: 10 } });
    client.subscribe('a');
    client.connection.pause();
    world.connect({ clientId: 'p' }).publish('a', 'x'.repeat(1_000));
    let isClosed = false;
    const closed = world.broker.close().then(() => (isClosed = true));
    await world.settleAsync();
    expect(isClosed).toBe(false);
    world.advance(2_000);
    await world.settleAsync();
    await closed;
    expect(world.broker.counters.connections).toBe(0);
    expect(world.host.timers).toBe(0);
  }),
);

test(
  'the loops of the host program end with the broker',
  inWorld(async (world) => {
    const subscription = world.broker.subscribe('a');
    const loop = (async () => {
      const got: string[] = [];
      for await (const { topicName } of subscription) got.push(topicName);
      return got;
    })();
    await world.settleAsync();
    world.connect({ clientId: 'p' }).publish('a', 'x');
    await world.settleAsync();
    await close(world);
    expect(await loop).toEqual(['a']);
  }),
);

test(
  'Wills of connected clients are published when the broker ends their connections',
  inWorld(async (world) => {
    const watcher = world.resume('watcher');
    watcher.subscribe('will');
    const will = {
      topicName: 'will',
      payload: new Uint8Array([120]),
      qos: 0,
      retain: true,
    } as const;
    world.connect({ clientId: 'c', will });
    await close(world);
    expect(watcher.outcome()).toBe('DISCONNECT 8b closed');
    expect(world.broker.counters.retainedMessages).toBe(1);
  }),
);

test(
  'connections that come and go leave nothing behind: no session, no deadline, no timer but the broker’s tick',
  inWorld((world) => {
    for (let i = 0; i < 300; i++) {
      const client = world.connect({
        clientId: `c${i % 7}`,
        keepAlive: 10,
        cleanStart: i % 2 === 0,
      });
      client.subscribe(`a/${i}`);
      client.publish('a/1', 'x', { qos: 2, packetId: 1 });
      if (i % 3 === 0) client.disconnect();
      else if (i % 3 === 1) client.vanish();
      else client.sendBytes(0xff, 0xff);
    }
    world.sleep(100_000);
    expect(world.broker.counters).toMatchObject({
      sessions: 0,
      subscriptions: 0,
      connections: 0,
      clientsConnected: 0,
    });
    expect(world.host.timers).toBe(1);
  }),
);

test('two brokers in one process know nothing of each other', async () => {
  await using one = await World.create();
  await using two = await World.create();
  const here = one.connect();
  const there = two.connect();
  here.subscribe('a');
  there.publish('a', 'x', { retain: true });
  expect(here.messages()).toEqual([]);
  expect(one.broker.counters.retainedMessages).toBe(0);
});

test('a listener that comes up while the broker closes is closed as well', async () => {
  await using world = await World.create();
  const calls: string[] = [];
  let isUp = (): void => {};
  const listening = world.broker.listen({
    name: 'slow',
    listen: async () => {
      await new Promise<void>((resolve) => (isUp = resolve));
      return { host: '', port: 0, url: 'slow:' };
    },
    close: async () => void calls.push('close'),
  });
  const told = listening.catch((error: unknown) => error);
  await close(world);
  isUp();
  expect(await told).toMatchObject({ code: 'BROKER_CLOSED' });
  expect(calls).toEqual(['close']);
});

test('a store that cannot be read leaves no timer behind', async () => {
  const host = new SimulatedHost();
  const store = new MemorySessionStore();
  store.load = () => {
    throw new Error('planted');
  };
  await expect(createBroker({ host, store })).rejects.toThrow('planted');
  expect(host.timers).toBe(0);
});
