import { encode } from '@wellhead/codec';
import { StoreError } from '@wellhead/session-store';
import { describe, expect, test } from 'vitest';
import { LaterStore } from './later-store.ts';
import { type Client, World } from './support.ts';

// Messages of a failed commit that no publisher would send again: they must not be lost, nor come twice.

const FULL = new StoreError('STORE_FULL', 'the disk is full');

/** Once: the retry succeeds. Four times: so do not the first retries, and something else must bring it. */
const FAILURES = [1, 2, 4];

/** Fails what is handed over, so many times in a row; then the store works again. */
async function fail(world: World, store: LaterStore, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    store.fail(FULL);
    await world.settleAsync();
    if (store.pending.length === 0) world.advance(600);
    await world.settleAsync();
  }
  store.release();
  await world.settleAsync();
  world.advance(1_200);
  await world.settleAsync();
}

async function subscriberOf(world: World, clientId: string, topicFilter: string): Promise<Client> {
  const client = world.resume(clientId, 1000);
  await world.settleAsync();
  client.subscribe(topicFilter);
  await world.settleAsync();
  client.take();
  return client;
}

/** What a client has got, and gets again on its next connection: nothing is new there. */
async function payloadsOf(world: World, client: Client, clientId: string): Promise<string[]> {
  const got = client.publishes().map(({ payload }) => new TextDecoder().decode(payload));
  client.vanish();
  const again = world.resume(clientId, 1000);
  await world.settleAsync();
  const repeated = again.publishes();
  expect(repeated.every(({ dup }) => dup)).toBe(true);
  expect(repeated).toHaveLength(got.length);
  return got;
}

/** A client vanishes, and what its Will changes cannot be committed, so many times in a row. */
async function failWill(
  world: World,
  store: LaterStore,
  times: number,
  how: { readonly qos: 1 | 2; readonly retain: boolean },
): Promise<void> {
  const will = { topicName: 'will', payload: Uint8Array.of(87), ...how };
  const client = world.resume('c', 1000, { will });
  await world.settleAsync();
  store.isHeld = true;
  client.vanish();
  await world.settleAsync();
  await fail(world, store, times);
}

test.each(FAILURES)(
  '[MQTT-3.1.2-8] a Will whose commit fails %i times is published',
  async (times) => {
    const store = new LaterStore();
    await using world = await World.create({ store });
    const subscriber = await subscriberOf(world, 's', 'will');
    await failWill(world, store, times, { qos: 2, retain: false });
    expect(await payloadsOf(world, subscriber, 's')).toEqual(['W']);
  },
);

test.each(FAILURES)('a retained Will whose commit fails %i times is retained', async (times) => {
  const store = new LaterStore();
  await using world = await World.create({ store });
  await failWill(world, store, times, { qos: 1, retain: true });
  const subscriber = world.connect({ clientId: 's' });
  subscriber.subscribe('will');
  await world.settleAsync();
  expect(subscriber.messages()).toContain('will=W q1 retain #1');
});

test.each(FAILURES)(
  '[MQTT-4.8.2-5] what goes back to a group in a commit that fails %i times is delivered',
  async (times) => {
    const store = new LaterStore();
    await using world = await World.create({ store });
    const leaving = world.resume('leaving', 1000, { properties: { receiveMaximum: 1 } });
    await world.settleAsync();
    leaving.subscribe('$share/g/t');
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('t', 'first', { qos: 1, packetId: 1 });
    publisher.publish('t', 'm', { qos: 1, packetId: 2 });
    await world.settleAsync();
    expect(publisher.messages()).toContain('PUBACK #2');
    const staying = await subscriberOf(world, 'staying', '$share/g/t');
    store.isHeld = true;
    leaving.unsubscribe('$share/g/t');
    await world.settleAsync();
    await fail(world, store, times);
    expect(await payloadsOf(world, staying, 'staying')).toEqual(['m']);
  },
);

test.each(FAILURES)(
  'a retained message for a new subscription whose commit fails %i times comes',
  async (times) => {
    const store = new LaterStore();
    await using world = await World.create({ store });
    world.connect({ clientId: 'p' }).publish('r', 'kept', { qos: 1, packetId: 1, retain: true });
    const subscriber = world.resume('s', 1000);
    await world.settleAsync();
    store.isHeld = true;
    subscriber.subscribe('r');
    await world.settleAsync();
    await fail(world, store, times);
    expect(await payloadsOf(world, subscriber, 's')).toEqual(['kept']);
  },
);

interface FanOut {
  readonly world: World;
  readonly store: LaterStore;
  readonly publisher: Client;
  readonly subscribers: readonly Client[];
}

/** Five stored sessions, two of which get the message in one turn; the first of its commits is pending. */
async function inFanOut(run: (fanOut: FanOut) => Promise<void>): Promise<void> {
  const store = new LaterStore();
  await using world = await World.create({ store, limits: { deliveriesPerTurn: 2 } });
  const subscribers: Client[] = [];
  for (let i = 0; i < 5; i++) subscribers.push(await subscriberOf(world, `s${i}`, 'news'));
  const publisher = world.resume('p', 1000);
  await world.settleAsync();
  publisher.take();
  store.isHeld = true;
  publisher.publish('news', 'x', { qos: 2, packetId: 1 });
  await world.settleAsync();
  expect(store.pending).toHaveLength(1);
  await run({ world, store, publisher, subscribers });
  store.release();
}

/** The last part is pending. */
const isLast = ({ pending }: LaterStore): boolean =>
  pending.some(({ changes }) => changes.some(({ type }) => type === 'fan-out-cleared'));

/** The publisher connects again, and repeats what was not acknowledged. */
async function comeBack(world: World): Promise<Client> {
  const again = world.resume('p', 1000);
  again.publish('news', 'x', { qos: 2, packetId: 1, dup: true });
  await world.settleAsync();
  return again;
}

const countsOf = (subscribers: readonly Client[]): number[] =>
  subscribers.map((subscriber) => subscriber.publishes().length);

test('[MQTT-4.3.3-2] a long fan-out whose first part fails is refused as a whole, and can be sent again', async () =>
  inFanOut(async ({ world, store, publisher, subscribers }) => {
    store.fail(FULL);
    await world.settleAsync();
    store.release();
    await world.settleAsync();
    expect(countsOf(subscribers)).toEqual([0, 0, 0, 0, 0]);
    expect(publisher.messages()).toEqual(['PUBREC #1 97']);
    publisher.publish('news', 'x', { qos: 2, packetId: 2 });
    await world.settleAsync();
    expect(countsOf(subscribers)).toEqual([1, 1, 1, 1, 1]);
    expect(publisher.messages()).toEqual(['PUBREC #2']);
  }));

test('a long fan-out that fails before its end was reached is not gone on with', async () => {
  const store = new LaterStore();
  await using world = await World.create({ store, limits: { deliveriesPerTurn: 1 } });
  const subscribers: Client[] = [];
  for (let i = 0; i < 5; i++) subscribers.push(await subscriberOf(world, `s${i}`, 'news'));
  const publisher = world.connect({ clientId: 'p', protocolVersion: 4 });
  await world.settleAsync();
  publisher.take();
  store.isHeld = true;
  const packet = {
    type: 3,
    topicName: 'news',
    payload: Uint8Array.of(49),
    qos: 1,
    dup: false,
  } as const;
  publisher.connection.write(encode({ ...packet, retain: false, packetId: 1 }, 4));
  world.network.pump();
  while (store.pending.length === 0) world.host.turn();
  store.fail(FULL);
  await world.settleAsync();
  store.release();
  await world.settleAsync();
  expect(countsOf(subscribers)).toEqual([0, 0, 0, 0, 0]);
  expect(publisher.messages()).toEqual([]);
});

test('[MQTT-4.3.3-2] a long fan-out that has begun is brought to its end, and acknowledged then', async () =>
  inFanOut(async ({ world, store, publisher, subscribers }) => {
    store.settle();
    await world.settleAsync();
    store.fail(FULL);
    await world.settleAsync();
    expect(publisher.messages()).toEqual([]);
    store.release();
    await world.settleAsync();
    expect(publisher.messages()).toEqual(['PUBREC #1']);
    expect(countsOf(subscribers)).toEqual([1, 1, 1, 1, 1]);
    expect(store.sizes().deliveries).toBe(5);
  }));

test.each(FAILURES)(
  '[MQTT-4.3.3-2] a long fan-out whose second part fails %i times comes to its end, and is acknowledged then',
  async (times) =>
    inFanOut(async ({ world, store, publisher, subscribers }) => {
      store.settle();
      await world.settleAsync();
      await fail(world, store, times);
      expect(publisher.messages()).toEqual(['PUBREC #1']);
      expect(countsOf(subscribers)).toEqual([1, 1, 1, 1, 1]);
      expect(store.sizes().deliveries).toBe(5);
    }),
);

test('a long fan-out is not acknowledged while the store refuses a part of it', async () =>
  inFanOut(async ({ world, store, publisher }) => {
    store.settle();
    await world.settleAsync();
    for (let i = 0; i < 5; i++) {
      store.fail(FULL);
      await world.settleAsync();
      world.advance(600);
      await world.settleAsync();
      expect(publisher.messages()).toEqual([]);
    }
  }));

test.each(FAILURES)(
  'a long fan-out whose last part fails %i times comes to its end, and its receipt is there',
  async (times) =>
    inFanOut(async ({ world, store, publisher, subscribers }) => {
      while (!isLast(store)) {
        store.settle();
        await world.settleAsync();
      }
      await fail(world, store, times);
      expect(publisher.messages()).toEqual(['PUBREC #1']);
      expect(countsOf(subscribers)).toEqual([1, 1, 1, 1, 1]);
      publisher.vanish();
      const again = await comeBack(world);
      expect(again.messages()).toEqual(['PUBREC #1']);
      expect(countsOf(subscribers)).toEqual([0, 0, 0, 0, 0]);
    }),
);

describe('[MQTT-4.3.3-10] a publisher that comes back in the middle of a long fan-out', () => {
  test('is told when it is at its end, and sends nothing twice', async () =>
    inFanOut(async ({ world, store, publisher, subscribers }) => {
      const again = await comeBack(world);
      expect(publisher.isClosed).toBe(true);
      expect(again.messages()).toEqual([]);
      store.release();
      await world.settleAsync();
      expect(again.messages()).toEqual(['CONNACK', 'PUBREC #1']);
      expect(countsOf(subscribers)).toEqual([1, 1, 1, 1, 1]);
    }));

  test('sends it anew if the store has refused it', async () =>
    inFanOut(async ({ world, store, subscribers }) => {
      const again = await comeBack(world);
      store.fail(FULL);
      await world.settleAsync();
      store.release();
      await world.settleAsync();
      expect(again.messages()).toEqual(['CONNACK', 'PUBREC #1']);
      expect(countsOf(subscribers)).toEqual([1, 1, 1, 1, 1]);
    }));

  test('after it: its receipt is stored', async () =>
    inFanOut(async ({ world, store, publisher, subscribers }) => {
      publisher.vanish();
      store.release();
      await world.settleAsync();
      const again = await comeBack(world);
      expect(again.messages()).toEqual(['PUBREC #1']);
      expect(countsOf(subscribers)).toEqual([1, 1, 1, 1, 1]);
    }));
});
