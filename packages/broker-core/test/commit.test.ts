import { encode } from '@wellhead/codec';
import { type SessionChange, StoreError } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { LaterStore } from './later-store.ts';
import { type Client, World, publishPacket } from './support.ts';

const session = (sessionExpiryInterval = 1000) => ({
  cleanStart: false,
  properties: { sessionExpiryInterval },
});

interface Scene {
  readonly world: World;
  readonly store: LaterStore;
  /** A connected client with a durable session that has subscribed to `a`. */
  readonly durable: Client;
  /** A client without a durable session. */
  readonly passing: Client;
}

async function inScene(run: (scene: Scene) => Promise<void>): Promise<void> {
  const store = new LaterStore();
  await using world = await World.create({ store });
  const durable = world.connect({ clientId: 'durable', ...session() });
  durable.subscribe('a');
  const passing = world.connect({ clientId: 'passing' });
  await world.settleAsync();
  durable.take();
  store.isHeld = true;
  try {
    await run({ world, store, durable, passing });
  } finally {
    store.isHeld = false;
    store.settleAll();
    await world.settleAsync();
  }
}

type Act = (scene: Scene) => Client;
type Row = [
  name: string,
  prepare: ((scene: Scene) => void) | undefined,
  act: Act,
  expected: string[],
];

const PROMISES: Row[] = [
  [
    'CONNACK of a new session',
    undefined,
    ({ world }) => world.connect({ clientId: 'new', ...session() }),
    ['CONNACK'],
  ],
  [
    '[MQTT-3.2.2-3] CONNACK with Session Present',
    ({ durable }) => void durable.vanish(),
    ({ world }) => world.connect({ clientId: 'durable', ...session() }),
    ['CONNACK'],
  ],
  [
    '[MQTT-3.8.4-1] SUBACK',
    undefined,
    ({ durable }) =>
      durable.send({
        type: 8,
        packetId: 9,
        subscriptions: [
          { topicFilter: 'b', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        ],
      }),
    ['SUBACK #9'],
  ],
  [
    '[MQTT-3.10.4-4] UNSUBACK',
    undefined,
    ({ durable }) => durable.send({ type: 10, packetId: 9, topicFilters: ['a'] }),
    ['UNSUBACK #9'],
  ],
  [
    '[MQTT-4.3.2-4] PUBACK for a message that a durable session gets',
    undefined,
    ({ passing }) => passing.publish('a', 'x', { qos: 1, packetId: 5 }),
    ['PUBACK #5'],
  ],
  [
    '[MQTT-4.3.2-4] PUBACK for a message that an absent session gets',
    ({ durable }) => void durable.vanish(),
    ({ passing }) => passing.publish('a', 'x', { qos: 1, packetId: 5 }),
    ['PUBACK #5'],
  ],
  [
    'PUBACK for a retained message',
    undefined,
    ({ passing }) => passing.publish('r', 'x', { qos: 1, packetId: 5, retain: true }),
    ['PUBACK #5 10'],
  ],
  [
    '[MQTT-4.3.3-8] PUBREC for a message that a durable session gets',
    undefined,
    ({ passing }) => passing.publish('a', 'x', { qos: 2, packetId: 5 }),
    ['PUBREC #5'],
  ],
  [
    '[MQTT-4.3.3-8] PUBREC of a durable publisher',
    undefined,
    ({ durable }) => durable.publish('nobody', 'x', { qos: 2, packetId: 5 }),
    ['PUBREC #5 10'],
  ],
  [
    '[MQTT-4.3.3-11] PUBCOMP',
    ({ durable }) => void durable.publish('nobody', 'x', { qos: 2, packetId: 5 }),
    ({ durable }) => durable.pubrel(5),
    ['PUBCOMP #5'],
  ],
  [
    '[MQTT-4.3.3-4] PUBREL',
    ({ passing }) => void passing.publish('a', 'x', { qos: 2, packetId: 5 }),
    ({ durable }) => durable.pubrec(1),
    ['PUBREL #1'],
  ],
  [
    'PUBLISH of QoS 1 to a durable session',
    undefined,
    ({ durable, passing }) => {
      passing.publish('a', 'x', { qos: 1, packetId: 5 });
      return durable;
    },
    ['a=x q1 #1'],
  ],
  [
    'PUBLISH of QoS 2 to a durable session: its identifier is durable before it is sent',
    undefined,
    ({ durable, passing }) => {
      passing.publish('a', 'x', { qos: 2, packetId: 5 });
      return durable;
    },
    ['a=x q2 #1'],
  ],
];

test.each(PROMISES)(
  'nothing is promised before its commit settles: %s',
  async (_name, prepare, act, expected) =>
    inScene(async (scene) => {
      const { world, store } = scene;
      store.isHeld = false;
      prepare?.(scene);
      await world.settleAsync();
      scene.durable.take();
      scene.passing.take();
      store.isHeld = true;
      const client = act(scene);
      world.advance(5_000);
      await world.settleAsync();
      expect(client.messages()).toEqual([]);
      expect(store.pending.length).toBeGreaterThan(0);
      store.settleAll();
      await world.settleAsync();
      store.settleAll();
      await world.settleAsync();
      expect(client.messages()).toEqual(expected);
    }),
);

const isNotPromised = async (
  _name: string,
  prepare: Row[1],
  act: Act,
  expected: readonly string[],
): Promise<void> =>
  inScene(async (scene) => {
    const { world, store } = scene;
    store.isHeld = false;
    prepare?.(scene);
    await world.settleAsync();
    scene.durable.take();
    scene.passing.take();
    store.isHeld = true;
    const client = act(scene);
    store.fail(new StoreError('STORE_FULL', 'the disk is full'));
    await world.settleAsync();
    // what was sent to a subscriber is no acknowledgement; its publisher was told nothing, or a failure
    const isPublish = expected[0]?.startsWith('a=') === true;
    const said = isPublish ? scene.passing.messages() : client.messages();
    for (const packet of said) expect(packet).toMatch(/ 97$|DISCONNECT/);
  });

/** What is tried again is said at once, before the second attempt was committed. */
const isTriedAgain = ([name]: Row): boolean => /SUBACK|PUBCOMP|PUBREL/.test(name);

test.each(PROMISES.filter((row) => !isTriedAgain(row)))(
  'a commit that is rejected promises nothing: %s',
  isNotPromised,
);

test.each(PROMISES.filter(isTriedAgain))(
  'a commit that is rejected promises nothing: %s',
  isNotPromised,
);

test('what frees room or costs none is tried again after a failure, and said then', async () =>
  inScene(async ({ world, store, durable, passing }) => {
    durable.send({
      type: 8,
      packetId: 9,
      subscriptions: [
        { topicFilter: 'b', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
    });
    passing.publish('a', 'x', { qos: 1, packetId: 5 });
    // the commits, and what is left of them
    while (store.pending.length > 0) {
      store.fail(new StoreError('STORE_FULL', 'the disk is full'));
      await world.settleAsync();
    }
    expect(passing.messages()).toEqual(['PUBACK #5 97']);
    store.isHeld = false;
    world.advance(1_000);
    await world.settleAsync();
    expect(durable.messages()).toContain('SUBACK #9');
    passing.publish('b', 'works', { qos: 1, packetId: 6 });
    await world.settleAsync();
    expect(durable.messages()).toContain('b=works q1 #2');
  }));

/** It has room for what frees room, and for sessions that are there: not for messages. */
class FullStore extends LaterStore {
  override commit(changes: readonly SessionChange[]): Promise<void> | undefined {
    if (changes.every(({ type }) => type !== 'enqueued')) return super.commit(changes);
    return Promise.reject(new StoreError('STORE_FULL', 'the disk is full'));
  }
}

test.each<[string, (world: World, durable: Client) => Client, string[]]>([
  [
    '[MQTT-3.2.2-3] CONNACK with Session Present',
    (world) => world.resume('away', 1000),
    ['CONNACK'],
  ],
  ['CONNACK of a clean session', (world) => world.connect({ clientId: 'clean' }), ['CONNACK']],
  [
    '[MQTT-3.10.4-4] UNSUBACK',
    (_world, durable) => durable.send({ type: 10, packetId: 9, topicFilters: ['a'] }),
    ['UNSUBACK #9'],
  ],
])(
  'a store that is full of messages keeps nobody from going on: %s',
  async (_what, act, expected) => {
    const store = new FullStore();
    await using world = await World.create({ store });
    const publisher = world.connect({ clientId: 'publisher' });
    const durable = world.resume('durable', 1000);
    durable.subscribe('a');
    world.resume('away', 1000).vanish();
    await world.settleAsync();
    durable.take();
    publisher.take();
    publisher.publish('a', 'x', { qos: 1, packetId: 1 });
    const client = act(world, durable);
    // the next one comes before what is left of the first commit was tried again
    world.host.turn();
    publisher.publish('a', 'y', { qos: 1, packetId: 2 });
    await world.settleAsync();
    expect(client.messages().filter((packet) => !packet.startsWith('a='))).toEqual(expected);
    expect(publisher.messages()[0]).toBe('PUBACK #1 97');
  },
);

test('a store that fails whatever it is given keeps out nobody who needs none', async () => {
  const store = new LaterStore();
  await using world = await World.create({ store });
  world.resume('durable', 1000).subscribe('a');
  const publisher = world.connect({ clientId: 'publisher' });
  await world.settleAsync();
  publisher.take();
  store.commit = () => Promise.reject(new StoreError('STORE_FAILED', 'an input/output error'));
  publisher.publish('a', 'x', { qos: 1, packetId: 1 });
  world.resume('refused', 1000);
  const clean = world.connect({ clientId: 'clean' });
  await world.settleAsync();
  publisher.publish('a', 'y', { qos: 1, packetId: 2 });
  clean.subscribe('b');
  await world.settleAsync();
  publisher.publish('b', 'z');
  await world.settleAsync();
  expect(clean.messages()).toEqual(['CONNACK', 'SUBACK #999', 'b=z q0']);
  Reflect.deleteProperty(store, 'commit');
});

test('a failed commit that MQTT 3.1.1 cannot be told of: no acknowledgement, and the client may send again', async () =>
  inScene(async ({ world, store }) => {
    const old = world.connect({ clientId: 'old', protocolVersion: 4 });
    await world.settleAsync();
    old.take();
    old.publish('a', 'x', { qos: 1, packetId: 5 });
    store.fail(new StoreError('STORE_FULL', 'the disk is full'));
    await world.settleAsync();
    expect(old.messages()).toEqual([]);
  }));

test('a store that throws, and one that is closed, are reported; the broker goes on', async () => {
  const faults: unknown[] = [];
  const store = new LaterStore();
  await using world = await World.create({
    store,
    observer: { fault: (_error, where) => void faults.push(where) },
  });
  const durable = world.connect({ clientId: 'durable', ...session() });
  await world.settleAsync();
  store.commit = () => {
    throw new Error('a defect');
  };
  durable.publish('r', 'x', { qos: 1, packetId: 1, retain: true });
  await world.settleAsync();
  expect(durable.messages()).not.toContain('PUBACK #1');
  expect(faults).toContain('store');
  Reflect.deleteProperty(store, 'commit');
  durable.publish('r', 'x', { qos: 1, packetId: 2, retain: true });
  await world.settleAsync();
  expect(durable.messages()).toContain('PUBACK #2 10');
});

test('one commit a turn, whatever the number of messages and publishers', async () =>
  inScene(async ({ world, store, durable }) => {
    store.isHeld = false;
    const publishers = Array.from({ length: 20 }, (_, i) => world.connect({ clientId: `p${i}` }));
    await world.settleAsync();
    const before = store.commits;
    for (const publisher of publishers) {
      for (let packetId = 1; packetId <= 10; packetId++) {
        const packet = publishPacket('a', 'x', { qos: 1, packetId });
        publisher.connection.write(encode(packet, 5));
      }
    }
    world.network.pump();
    expect(store.commits).toBe(before);
    world.host.turn();
    expect(store.commits).toBe(before + 1);
    world.settle();
    expect(store.commits).toBe(before + 1);
    expect(durable.publishes()).toHaveLength(200);
  }));

test('nothing is committed for what is not durable', async () =>
  inScene(async ({ world, store, passing }) => {
    const before = store.commits;
    passing.subscribe('x');
    passing.publish('x', 'one', { qos: 1, packetId: 1 });
    passing.publish('x', 'two', { qos: 2, packetId: 2 }).pubrel(2);
    passing.puback(1).pubrec(2).pubcomp(2);
    passing.disconnect();
    await world.settleAsync();
    expect(store.commits).toBe(before);
    expect(passing.messages()).toContain('PUBCOMP #2');
  }));

test('order is kept on each connection through any number of pending commits', async () =>
  inScene(async ({ world, store, durable, passing }) => {
    for (let i = 1; i <= 5; i++) {
      passing.publish('a', `m${i}`, { qos: i % 2 === 0 ? 2 : 1, packetId: i });
      passing.send({ type: 12 });
      await world.settleAsync();
    }
    expect([durable.messages(), store.pending.length]).toEqual([[], 5]);
    store.settle();
    store.settle();
    await world.settleAsync();
    expect(durable.messages()).toEqual(['a=m1 q1 #1', 'a=m2 q2 #2']);
    store.settleAll();
    await world.settleAsync();
    expect(durable.messages()).toEqual(['a=m3 q1 #3', 'a=m4 q2 #4', 'a=m5 q1 #5']);
    const answers = passing.messages().filter((message) => message !== 'PINGRESP');
    expect(answers).toEqual(['PUBACK #1', 'PUBREC #2', 'PUBACK #3', 'PUBREC #4', 'PUBACK #5']);
  }));

test('promises of a store that settle in reverse let nothing leave too early or twice', async () =>
  inScene(async ({ world, store, durable, passing }) => {
    for (let i = 1; i <= 3; i++) {
      passing.publish('a', `m${i}`, { qos: 1, packetId: i });
      await world.settleAsync();
    }
    store.settleInReverse();
    await world.settleAsync();
    expect(durable.messages()).toEqual(['a=m1 q1 #1', 'a=m2 q1 #2', 'a=m3 q1 #3']);
    expect(passing.messages()).toEqual(['PUBACK #1', 'PUBACK #2', 'PUBACK #3']);
  }));

test('a later commit that settles first releases nothing of an earlier one', async () =>
  inScene(async ({ world, store, passing }) => {
    passing.publish('a', 'one', { qos: 1, packetId: 1 });
    await world.settleAsync();
    passing.publish('a', 'two', { qos: 1, packetId: 2 });
    await world.settleAsync();
    const [first] = store.pending.splice(0, 1);
    store.pending[0]?.resolve();
    await world.settleAsync();
    expect(passing.messages()).toEqual([]);
    if (first !== undefined) store.pending.unshift(first);
    store.settleAll();
    await world.settleAsync();
    expect(passing.messages()).toEqual(['PUBACK #1', 'PUBACK #2']);
  }));

test('a pending commit holds up nobody whom it does not concern', async () =>
  inScene(async ({ world, store, passing }) => {
    const reader = world.connect({ clientId: 'reader' });
    const writer = world.connect({ clientId: 'writer' });
    reader.subscribe('q');
    passing.publish('a', 'x', { qos: 1, packetId: 1 });
    writer.publish('q', 'zero');
    writer.send({ type: 12 });
    await world.settleAsync();
    expect(store.pending.length).toBeGreaterThan(0);
    expect(reader.messages()).toContain('q=zero q0');
    expect(writer.messages()).toContain('PINGRESP');
  }));

test('what is said between a commit and its settling is not lost', async () =>
  inScene(async ({ world, store, passing }) => {
    passing.publish('a', 'x', { qos: 1, packetId: 1 });
    await world.settleAsync();
    // PINGREQ is read, its answer waits for the end of the turn, and meanwhile the commit settles
    passing.connection.write(Uint8Array.from([0xc0, 0]));
    world.network.pump();
    store.settleAll();
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    await world.settleAsync();
    expect(passing.messages()).toEqual(['PUBACK #1', 'PINGRESP']);
  }));

test('a client that leaves while its acknowledgement waits: the message is kept all the same', async () =>
  inScene(async ({ world, store, durable, passing }) => {
    durable.vanish();
    await world.settleAsync();
    store.settleAll();
    passing.publish('a', 'x', { qos: 1, packetId: 1 }).vanish();
    await world.settleAsync();
    store.settleAll();
    await world.settleAsync();
    store.isHeld = false;
    const again = world.connect({ clientId: 'durable', ...session() });
    await world.settleAsync();
    expect(again.messages()).toEqual(['a=x q1 #1']);
  }));

test('take-over while commits are pending: the new connection gets everything, once, in order', async () =>
  inScene(async ({ world, store, durable, passing }) => {
    for (let i = 1; i <= 3; i++) passing.publish('a', `m${i}`, { qos: 1, packetId: i });
    const again = world.connect({ clientId: 'durable', ...session() });
    passing.publish('a', 'm4', { qos: 1, packetId: 4 });
    await world.settleAsync();
    for (let round = 0; round < 5; round++) {
      store.settleAll();
      await world.settleAsync();
    }
    const got = again.messages();
    expect(got.shift()).toBe('CONNACK');
    expect(got.map((message) => message.replace(/ q1.*/, ''))).toEqual([
      'a=m1',
      'a=m2',
      'a=m3',
      'a=m4',
    ]);
    expect(durable.isClosed).toBe(true);
  }));

test('a retained message that is not committed yet reaches a subscriber that comes meanwhile', async () =>
  inScene(async ({ world, store, passing }) => {
    passing.publish('r', 'x', { retain: true });
    const late = world.connect({ clientId: 'late' });
    late.subscribe('r');
    for (let round = 0; round < 3; round++) {
      await world.settleAsync();
      store.settleAll();
    }
    await world.settleAsync();
    expect(late.messages().filter((message) => message.startsWith('r='))).toEqual([
      'r=x q0 retain',
    ]);
  }));

test('close() waits for what is under way', async () => {
  const store = new LaterStore();
  const world = await World.create({ store });
  const durable = world.connect({ clientId: 'durable', ...session() });
  durable.subscribe('a');
  await world.settleAsync();
  durable.take();
  store.isHeld = true;
  const passing = world.connect({ clientId: 'passing' });
  passing.publish('a', 'x', { qos: 1, packetId: 1 });
  let isClosed = false;
  const closed = world.broker.close().then(() => (isClosed = true));
  await world.settleAsync();
  expect([isClosed, passing.messages()]).toEqual([false, []]);
  for (let round = 0; round < 5; round++) {
    store.settleAll();
    await world.settleAsync();
  }
  await closed;
  expect(passing.messages()).toEqual(['PUBACK #1', 'DISCONNECT 8b']);
  expect(world.host.timers).toBe(0);
});

/** Six messages of a client that was told five, while the store keeps all acknowledgements waiting. */
async function exceedReceiveMaximum(qos: 1 | 2): Promise<string> {
  const store = new LaterStore();
  await using world = await World.create({ store, limits: { receiveMaximum: 5 } });
  world.resume('s').subscribe('a');
  const publisher = world.connect({ clientId: 'p' });
  await world.settleAsync();
  store.isHeld = true;
  for (let packetId = 1; packetId <= 5; packetId++) publisher.publish('a', 'x', { qos, packetId });
  await world.settleAsync();
  expect(publisher.isClosed).toBe(false);
  publisher.publish('a', 'x', { qos, packetId: 6 });
  store.release();
  await world.settleAsync();
  return publisher.outcome();
}

test('[MQTT-3.3.4-7] more QoS 2 than Receive Maximum await a slow store: 0x93', async () => {
  expect(await exceedReceiveMaximum(2)).toBe('DISCONNECT 93 closed');
});

test('[MQTT-3.3.4-7] more QoS 1 than Receive Maximum await a slow store: 0x93', async () => {
  expect(await exceedReceiveMaximum(1)).toBe('DISCONNECT 93 closed');
});
