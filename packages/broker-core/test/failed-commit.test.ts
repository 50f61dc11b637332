import { encode } from '@wellhead/codec';
import { type SessionChange, StoreError } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { KeptStore, LaterStore } from './later-store.ts';
import { type Client, World, publishPacket } from './support.ts';

// What a failed commit was to keep has not happened: not to the publisher, and not to those it was for.

const FULL = new StoreError('STORE_FULL', 'the disk is full');

interface Scene {
  readonly world: World;
  readonly store: LaterStore;
  readonly publisher: Client;
  /** Connected, with a session that is stored, and subscribed to `a` at QoS 2. */
  readonly durable: Client;
}

function inScene(
  run: (scene: Scene) => Promise<void>,
  durableProperties: { receiveMaximum?: number; topicAliasMaximum?: number } = {},
): () => Promise<void> {
  return async () => {
    const store = new LaterStore();
    await using world = await World.create({ store });
    const durable = world.resume('durable', 1000, { properties: durableProperties });
    durable.subscribe('a');
    const publisher = world.connect({ clientId: 'publisher' });
    await world.settleAsync();
    durable.take();
    publisher.take();
    store.isHeld = true;
    await run({ world, store, publisher, durable });
    store.release();
  };
}

/** All that was handed over fails, and the store works from then on. */
async function failOnce({ store, world }: Scene): Promise<void> {
  store.fail(FULL);
  store.isHeld = false;
  await world.settleAsync();
  store.settleAll();
  await world.settleAsync();
}

test(
  '[MQTT-4.3.3-2] a QoS 2 message of a failed commit, sent again by its publisher, is delivered once',
  inScene(async (scene) => {
    const { durable, publisher, world } = scene;
    publisher.publish('a', 'x', { qos: 2, packetId: 5 });
    await failOnce(scene);
    expect([durable.messages(), publisher.messages()]).toEqual([[], ['PUBREC #5 97']]);
    publisher.publish('a', 'x', { qos: 2, packetId: 6 });
    await world.settleAsync();
    // the Packet Identifier of what never left is as good as new
    expect(durable.publishes()).toMatchObject([{ qos: 2, dup: false }]);
    expect(publisher.messages()).toEqual(['PUBREC #6']);
    durable.vanish();
    const again = world.resume('durable', 1000);
    await world.settleAsync();
    expect(again.publishes()).toHaveLength(1);
  }),
);

test(
  '[MQTT-4.4.0-1] a publisher of MQTT 3.1.1 that was told nothing sends it again on its next connection',
  inScene(async (scene) => {
    const { durable, store, world } = scene;
    const options = { clientId: 'old', protocolVersion: 4, cleanStart: false } as const;
    store.isHeld = false;
    const old = world.connect(options);
    await world.settleAsync();
    old.take();
    store.isHeld = true;
    old.publish('a', 'x', { qos: 2, packetId: 5 });
    await failOnce(scene);
    expect([durable.messages(), old.messages()]).toEqual([[], []]);
    old.vanish();
    const again = world.connect(options);
    await world.settleAsync();
    again.take();
    again.publish('a', 'x', { qos: 2, packetId: 5, dup: true });
    await world.settleAsync();
    expect(durable.publishes()).toHaveLength(1);
    expect(again.messages()).toEqual(['PUBREC #5']);
  }),
);

test(
  '[MQTT-4.6.0-6] what was in flight behind the failed commit fails with it, and order is kept',
  inScene(async (scene) => {
    const { durable, publisher, world } = scene;
    for (let packetId = 1; packetId <= 3; packetId++) {
      publisher.publish('a', `m${packetId}`, { qos: 1, packetId });
      await world.settleAsync();
    }
    await failOnce(scene);
    expect(durable.messages()).toEqual([]);
    expect(publisher.messages()).toEqual(['PUBACK #1 97', 'PUBACK #2 97', 'PUBACK #3 97']);
    publisher.publish('a', 'm4', { qos: 1, packetId: 4 });
    await world.settleAsync();
    expect(durable.messages()).toHaveLength(1);
  }),
);

test(
  'QoS 0 messages and answers in the same output leave, and so does what others get of QoS 0 and 1',
  inScene(async (scene) => {
    const { durable, publisher, store, world } = scene;
    store.isHeld = false;
    const passing = world.connect({ clientId: 'passing' });
    passing.subscribe('a');
    await world.settleAsync();
    store.isHeld = true;
    publisher.send(
      { type: 3, topicName: 'a', payload: Uint8Array.of(48), qos: 0, dup: false, retain: false },
      {
        type: 3,
        topicName: 'a',
        payload: Uint8Array.of(49),
        qos: 1,
        dup: false,
        retain: false,
        packetId: 1,
      },
      { type: 3, topicName: 'a', payload: Uint8Array.of(50), qos: 0, dup: false, retain: false },
    );
    expect(passing.messages()).toEqual(['a=0 q0', 'a=1 q1 #1', 'a=2 q0']);
    await failOnce(scene);
    expect(durable.messages()).toEqual(['a=0 q0', 'a=2 q0']);
  }),
);

test(
  '[MQTT-3.3.2-7] an alias that a withdrawn PUBLISH was to set is set by the next with its topic',
  inScene(
    async (scene) => {
      const { durable, publisher, world } = scene;
      const publish = { type: 3, topicName: 'a', dup: false, retain: false } as const;
      publisher.send(
        { ...publish, payload: Uint8Array.of(49), qos: 2, packetId: 1 },
        { ...publish, payload: Uint8Array.of(50), qos: 0 },
        { ...publish, payload: Uint8Array.of(51), qos: 0 },
      );
      await failOnce(scene);
      const got = durable.publishes();
      expect(got.map(({ topicName, properties }) => [topicName, properties?.topicAlias])).toEqual([
        ['a', 1],
        ['', 1],
      ]);
      publisher.publish('a', 'x', { qos: 1, packetId: 2 });
      await world.settleAsync();
      expect(durable.publishes()).toMatchObject([{ topicName: '', properties: { topicAlias: 1 } }]);
    },
    { topicAliasMaximum: 4 },
  ),
);

test(
  'an alias that nothing else uses is set again by the next message',
  inScene(
    async (scene) => {
      const { durable, publisher, world } = scene;
      publisher.publish('a', 'x', { qos: 2, packetId: 1 });
      await failOnce(scene);
      publisher.publish('a', 'y', { qos: 1, packetId: 2 });
      await world.settleAsync();
      expect(durable.publishes()).toMatchObject([{ topicName: 'a' }]);
    },
    { topicAliasMaximum: 4 },
  ),
);

test(
  'a message that waited for room in the window is withdrawn, and the window is whole',
  inScene(
    async (scene) => {
      const { durable, publisher, store, world } = scene;
      store.isHeld = false;
      publisher.publish('a', 'first', { qos: 1, packetId: 1 });
      await world.settleAsync();
      expect(durable.messages()).toEqual(['a=first q1 #1']);
      store.isHeld = true;
      publisher.publish('a', 'lost', { qos: 1, packetId: 2 });
      await failOnce(scene);
      publisher.publish('a', 'next', { qos: 1, packetId: 3 });
      durable.puback(1);
      await world.settleAsync();
      expect(durable.messages()).toEqual(['a=next q1 #2']);
      durable.puback(2);
      await world.settleAsync();
      expect(store.sizes().deliveries).toBe(0);
    },
    { receiveMaximum: 1 },
  ),
);

test(
  '[MQTT-2.2.1-4] a waiting message whose sending could not be noted leaves after it was, by a free identifier',
  inScene(
    async (scene) => {
      const { durable, publisher, store, world } = scene;
      store.isHeld = false;
      publisher.publish('a', 'one', { qos: 2, packetId: 1 });
      publisher.publish('a', 'two', { qos: 2, packetId: 2 });
      await world.settleAsync();
      expect(durable.messages()).toEqual(['a=one q2 #1']);
      durable.pubrec(1);
      await world.settleAsync();
      store.isHeld = true;
      durable.take();
      durable.pubcomp(1);
      await world.settleAsync();
      store.fail(FULL);
      await world.settleAsync();
      store.fail(FULL);
      await world.settleAsync();
      expect(durable.messages()).toEqual([]);
      store.release();
      world.advance(1_000);
      await world.settleAsync();
      expect(durable.messages()).toEqual(['a=two q2 #2']);
      durable.vanish();
      const again = world.resume('durable', 1000);
      await world.settleAsync();
      expect(again.messages()).toEqual(['a=two q2 dup #2']);
    },
    { receiveMaximum: 1 },
  ),
);

test('[MQTT-4.3.3-10] a repeat that came while its first PUBLISH was failing is not taken for stored', async () => {
  const store = new LaterStore();
  await using world = await World.create({ store });
  const durable = world.resume('durable', 1000);
  durable.subscribe('a');
  const first = world.resume('publisher', 1000);
  await world.settleAsync();
  durable.take();
  store.isHeld = true;
  first.publish('a', 'x', { qos: 2, packetId: 5 });
  await world.settleAsync();
  const again = world.resume('publisher', 1000);
  again.publish('a', 'x', { qos: 2, packetId: 5, dup: true });
  await world.settleAsync();
  store.fail(FULL);
  store.isHeld = false;
  await world.settleAsync();
  expect(durable.messages()).toEqual([]);
  expect(again.messages()).not.toContain('PUBREC #5');
});

test('a process that dies after a failed commit leaves nothing of it behind', async () => {
  const kept = new KeptStore();
  const store = new LaterStore(kept);
  const world = await World.create({ store });
  const durable = world.resume('durable', 1000);
  durable.subscribe('a');
  const publisher = world.connect({ clientId: 'publisher' });
  await world.settleAsync();
  durable.take();
  store.isHeld = true;
  publisher.publish('a', 'x', { qos: 2, packetId: 5 });
  store.fail(FULL);
  await world.settleAsync();
  expect(durable.messages()).toEqual([]);
  store.release();
  await world[Symbol.asyncDispose]();
  await using next = await World.create({ store: new LaterStore(kept) });
  const back = next.resume('durable', 1000);
  await next.settleAsync();
  expect(back.publishes()).toEqual([]);
});

test(
  'a client whose queue waits for a store that goes on failing gets its PINGRESP meanwhile, and QoS 0 messages in order',
  inScene(
    async ({ world, store, publisher, durable }) => {
      store.isHeld = false;
      publisher.publish('a', 'one', { qos: 1, packetId: 1 });
      publisher.publish('a', 'two', { qos: 1, packetId: 2 });
      await world.settleAsync();
      const [first] = durable.publishes();
      publisher.take();
      store.isHeld = true;
      // makes room for the second one
      durable.send({ type: 4, packetId: first?.packetId ?? 0, reasonCode: 0 }, { type: 12 });
      for (let i = 0; i < 3; i++) {
        await world.settleAsync();
        store.fail(FULL);
        await world.settleAsync();
        store.fail(FULL);
        await world.settleAsync();
        expect(durable.messages()).toEqual(['PINGRESP']);
        durable.send({ type: 12 });
        publisher.publish('a', 'zero', { qos: 0 });
        await world.settleAsync();
        expect(durable.messages()).toEqual(['PINGRESP']);
        world.advance(600);
        durable.send({ type: 12 });
        await world.settleAsync();
      }
      store.release();
      await world.settleAsync();
      const said = ['a=two q1 #2', 'a=zero q0', 'a=zero q0', 'a=zero q0', 'PINGRESP'];
      expect(durable.messages()).toEqual(said);
    },
    { receiveMaximum: 1 },
  ),
);

test('[MQTT-4.3.3-10] a repetition of what is stored is not refused because another commit fails', async () => {
  const store = new LaterStore();
  await using world = await World.create({ store });
  const subscriber = world.resume('s', 1000);
  await world.settleAsync();
  subscriber.subscribe('t');
  const first = world.resume('p', 1000);
  await world.settleAsync();
  first.publish('t', 'x', { qos: 2, packetId: 1 });
  await world.settleAsync();
  first.vanish();
  const again = world.resume('p', 1000);
  const other = world.connect({ clientId: 'other' });
  await world.settleAsync();
  again.take();
  store.isHeld = true;
  other.publish('t', 'too much', { qos: 1, packetId: 1 });
  await world.settleAsync();
  again.publish('t', 'x', { qos: 2, packetId: 1, dup: true });
  await world.settleAsync();
  store.fail(new StoreError('STORE_FULL', 'the disk is full'));
  await world.settleAsync();
  store.release();
  await world.settleAsync();
  expect(again.messages()).toEqual(['PUBREC #1']);
});

test('[MQTT-4.1.0-1] a queue is not read while what has failed is tried again alone', async () => {
  const full = new StoreError('STORE_FULL', 'the disk is full');
  const store = new LaterStore();
  await using world = await World.create({ store });
  const absent = world.resume('s', 1000);
  await world.settleAsync();
  absent.subscribe('m');
  absent.subscribe('will');
  absent.vanish();
  const will = { topicName: 'will', payload: Uint8Array.of(87), qos: 1, retain: false } as const;
  const dying = world.connect({ clientId: 'dying', will });
  const publisher = world.connect({ clientId: 'p' });
  await world.settleAsync();
  store.isHeld = true;
  publisher.publish('m', 'refused', { qos: 1, packetId: 1 });
  await world.settleAsync();
  const subscriber = world.resume('s', 1000);
  await world.settleAsync();
  store.fail(full); // the message is refused; the session is tried again, alone
  await world.settleAsync();
  dying.vanish(); // the Will is for the queue of `s`
  await world.settleAsync();
  store.settle(); // the session is there; its page is empty, and the next one is asked for
  await world.settleAsync();
  store.fail(full); // the Will is tried again, alone
  await world.settleAsync();
  store.release();
  await world.settleAsync();
  world.advance(5000);
  await world.settleAsync();
  expect(subscriber.messages().filter((one) => one.startsWith('will'))).toEqual(['will=W q1 #1']);
});

test.each(['taken over', 'malformed', 'disconnect'])(
  '[MQTT-4.3.3-10] nor on a connection that is ending: %s',
  async (how) => {
    const store = new LaterStore();
    await using world = await World.create({ store });
    const subscriber = world.resume('s', 1000);
    subscriber.subscribe('t');
    const other = world.connect({ clientId: 'other' });
    const first = world.resume('p', 1000);
    await world.settleAsync();
    first.publish('t', 'x', { qos: 2, packetId: 5 });
    await world.settleAsync();
    first.vanish();
    await world.settleAsync();
    const again = world.resume('p', 1000);
    await world.settleAsync();
    again.take();
    store.isHeld = true;
    other.publish('t', 'too much', { qos: 1, packetId: 1 });
    again.publish('t', 'x', { qos: 2, packetId: 5, dup: true });
    await world.settleAsync();
    if (how === 'taken over') world.resume('p', 1000);
    else if (how === 'malformed') again.sendBytes(0xf1, 0, 0, 0);
    else again.disconnect();
    await world.settleAsync();
    store.fail(new StoreError('STORE_FULL', 'the disk is full'));
    store.release();
    await world.settleAsync();
    expect(again.messages()).not.toContain('PUBREC #5 97');
    const last = world.resume('p', 1000);
    await world.settleAsync();
    last.publish('t', 'x', { qos: 2, packetId: 5, dup: true });
    await world.settleAsync();
    expect(last.messages()).toEqual(['PUBREC #5']);
    expect(subscriber.publishes()).toHaveLength(1);
  },
);

test.each([
  ['', { topicName: 'a', payload: 'x', qos: 1 }],
  [' and retained', { topicName: 'a', payload: 'x', qos: 1, retain: true }],
] as const)(
  'the host program is told that its message%s was refused, and may publish it again',
  async (_, message) =>
    inScene(async (scene) => {
      const { durable, world } = scene;
      const told = world.broker.publish(message).catch((error: unknown) => error);
      await world.settleAsync();
      await failOnce(scene);
      expect(await told).toMatchObject({ code: 'BROKER_STORE' });
      expect(durable.messages()).toEqual([]);
      expect(world.broker.counters.retainedMessages).toBe(0);
      const published = world.broker.publish(message);
      await world.settleAsync();
      await published;
      expect(durable.publishes()).toHaveLength(1);
    })(),
);

/** One that knows at once that it is full. */
class FullStore extends KeptStore {
  isFull = false;

  override commit(changes: readonly SessionChange[]): Promise<void> | undefined {
    const grows = changes.some(({ type }) => type === 'enqueued');
    return this.isFull && grows ? Promise.reject(FULL) : super.commit(changes);
  }
}

test.each([
  [1, 'PUBACK #1 97'],
  [2, 'PUBREC #1 97'],
] as const)(
  'nobody is told that a message was taken at QoS %i when its commit has failed, however many publish in one turn',
  async (qos, refusal) => {
    const store = new FullStore();
    await using world = await World.create({ store });
    const absent = world.resume('absent', 1000);
    absent.subscribe('a');
    absent.vanish();
    const publishers = Array.from({ length: 600 }, (_, i) => world.connect({ clientId: `p${i}` }));
    const before = world.broker.counters.queuedBytes;
    store.isFull = true;
    const bytes = encode(publishPacket('a', 'x', { qos, packetId: 1 }), 5);
    for (const { connection } of publishers) connection.write(bytes);
    world.network.pump();
    // the store has answered by the time that the others of these are written to
    while (world.host.turn()) await new Promise((resolve) => setImmediate(resolve));
    await world.settleAsync();
    for (const publisher of publishers) expect(publisher.messages()).toEqual([refusal]);
    expect(world.broker.counters.queuedBytes).toBe(before);
    store.isFull = false;
    for (const { connection } of publishers) connection.write(bytes);
    await world.settleAsync();
    const properties = { receiveMaximum: 65_535 };
    const client = world.resume('absent', 1000, { properties });
    await world.settleAsync();
    expect(client.publishes()).toHaveLength(publishers.length);
  },
);

test('a store that throws when it is asked for what is retained keeps nobody from being told', async () => {
  const store = new FullStore();
  await using world = await World.create({ store });
  const absent = world.resume('absent', 1000);
  absent.subscribe('a');
  absent.vanish();
  const publisher = world.connect({ clientId: 'p' });
  store.isFull = true;
  store.readRetained = () => {
    throw new Error('planted');
  };
  publisher.publish('a', 'x', { qos: 1, packetId: 1, retain: true });
  await world.settleAsync();
  expect(publisher.messages()).toEqual(['PUBACK #1 97']);
});
