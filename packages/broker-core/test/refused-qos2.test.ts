import { StoreError } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { LaterStore } from './later-store.ts';
import { type Client, World, publishPacket } from './support.ts';

// A QoS 2 message that the store refuses has reached nobody, stored or not: its publisher sends it again as a new one.

const FULL = new StoreError('STORE_FULL', 'the disk is full');

interface Scene {
  readonly world: World;
  readonly store: LaterStore;
  readonly publisher: Client;
  /** Its session ends with its connection, and the store knows nothing of it. */
  readonly passing: Client;
}

interface Setting {
  /** What `passing` subscribes to. @default a at QoS 2 */
  readonly topicFilter?: string;
  readonly qos?: 0 | 1 | 2;
  readonly receiveMaximum?: number;
  readonly topicAliasMaximum?: number;
}

function inScene(run: (scene: Scene) => Promise<void>, setting: Setting = {}) {
  return async (): Promise<void> => {
    const { topicFilter = 'a', qos = 2, ...properties } = setting;
    const store = new LaterStore();
    await using world = await World.create({ store });
    world.resume('absent', 1000).subscribe('a');
    await world.settleAsync();
    const passing = world.connect({ clientId: 'passing', properties });
    passing.subscribe(topicFilter, { qos });
    const publisher = world.connect({ clientId: 'publisher' });
    await world.settleAsync();
    passing.take();
    publisher.take();
    store.isHeld = true;
    try {
      await run({ world, store, publisher, passing });
    } finally {
      store.release();
    }
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

test.each([
  ['at QoS 2', { qos: 2 }, 'a=x q2 #2'],
  ['at QoS 1', { qos: 1 }, 'a=x q1 #2'],
  ['at QoS 0', { qos: 0 }, 'a=x q0'],
  ['as a member of a group', { topicFilter: '$share/g/a' }, 'a=x q2 #2'],
] as const)(
  '[MQTT-4.3.3-2] what is refused has not reached a subscriber who needs no store, and reaches it once when it is sent again: %s',
  async (_how, setting, said) =>
    inScene(async (scene) => {
      const { passing, publisher, world } = scene;
      publisher.publish('a', 'x', { qos: 2, packetId: 5 });
      await failOnce(scene);
      expect([publisher.messages(), passing.messages()]).toEqual([['PUBREC #5 97'], []]);
      publisher.publish('a', 'x', { qos: 2, packetId: 6 });
      await world.settleAsync();
      expect([publisher.messages(), passing.messages()]).toEqual([['PUBREC #6'], [said]]);
    }, setting)(),
);

test(
  'what is taken leaves behind its commit, and what follows it keeps its order',
  inScene(async ({ passing, publisher, store, world }) => {
    publisher.publish('a', 'x', { qos: 2, packetId: 5 });
    publisher.publish('a', 'y', { qos: 0 });
    await world.settleAsync();
    expect(passing.messages()).toEqual([]);
    store.settleAll();
    await world.settleAsync();
    expect(passing.messages()).toEqual(['a=x q2 #1', 'a=y q0']);
  }),
);

test(
  'a subscriber waits for no store when its publisher and all others need none',
  inScene(
    async ({ passing, publisher, world }) => {
      // somebody else's commit is under way
      publisher.publish('a', 'stored', { qos: 1, packetId: 1 });
      publisher.publish('b', 'x', { qos: 2, packetId: 5 });
      await world.settleAsync();
      expect(passing.messages()).toEqual(['b=x q2 #1']);
    },
    { topicFilter: 'b' },
  ),
);

test(
  '[MQTT-4.3.3-2] what needs no store is not refused with the commit of another',
  inScene(
    async (scene) => {
      const { passing, publisher } = scene;
      publisher.send(
        publishPacket('a', 'stored', { qos: 2, packetId: 1 }),
        publishPacket('b', 'x', { qos: 2, packetId: 2 }),
        publishPacket('b', 'y', { qos: 1, packetId: 3 }),
      );
      await failOnce(scene);
      expect(publisher.messages()).toEqual(['PUBREC #1 97', 'PUBREC #2', 'PUBACK #3']);
      expect(passing.messages()).toEqual(['b=x q2 #1', 'b=y q1 #2']);
    },
    { topicFilter: 'b' },
  ),
);

test(
  'the receipt of a durable publisher alone may be refused, and the message with it',
  inScene(
    async (scene) => {
      const { passing, store, world } = scene;
      store.isHeld = false;
      const durable = world.resume('durable', 1000);
      await world.settleAsync();
      durable.take();
      store.isHeld = true;
      durable.publish('b', 'x', { qos: 2, packetId: 5 });
      await failOnce(scene);
      expect([durable.messages(), passing.messages()]).toEqual([['PUBREC #5 97'], []]);
    },
    { topicFilter: 'b' },
  ),
);

test(
  'a message that waited for room in the window is withdrawn from there',
  inScene(
    async (scene) => {
      const { passing, publisher, store, world } = scene;
      store.isHeld = false;
      publisher.publish('a', 'first', { qos: 2, packetId: 1 });
      await world.settleAsync();
      passing.take();
      store.isHeld = true;
      publisher.publish('a', 'refused', { qos: 2, packetId: 2 });
      await failOnce(scene);
      publisher.publish('a', 'next', { qos: 2, packetId: 3 });
      passing.pubrec(1).pubcomp(1);
      await world.settleAsync();
      expect(passing.messages()).toEqual(['PUBREL #1', 'a=next q2 #2']);
    },
    { receiveMaximum: 1 },
  ),
);

test(
  'a message that got room in the window while the store had not decided waits for it',
  inScene(
    async (scene) => {
      const { passing, publisher, store, world } = scene;
      store.isHeld = false;
      publisher.publish('a', 'first', { qos: 2, packetId: 1 });
      await world.settleAsync();
      passing.take();
      store.isHeld = true;
      publisher.publish('a', 'refused', { qos: 2, packetId: 2 });
      passing.pubrec(1).pubcomp(1);
      await world.settleAsync();
      expect(passing.messages()).toEqual([]);
      await failOnce(scene);
      publisher.publish('a', 'next', { qos: 1, packetId: 3 });
      await world.settleAsync();
      expect(passing.messages()).toEqual(['PUBREL #1', 'a=next q1 #3']);
    },
    { receiveMaximum: 1 },
  ),
);

test(
  '[MQTT-3.3.2-7] an alias that a withdrawn PUBLISH was to set is set by the next with its topic',
  inScene(
    async (scene) => {
      const { passing, publisher } = scene;
      publisher.send(
        publishPacket('a', 'x', { qos: 2, packetId: 1 }),
        publishPacket('a', 'y'),
        publishPacket('a', 'z'),
      );
      await failOnce(scene);
      const got = passing.publishes();
      expect(got.map(({ topicName, properties }) => [topicName, properties?.topicAlias])).toEqual([
        ['a', 1],
        ['', 1],
      ]);
    },
    { topicAliasMaximum: 4 },
  ),
);

test(
  'a retained message that is refused has not reached who subscribed meanwhile, stored or not',
  inScene(async (scene) => {
    const { publisher, store, world } = scene;
    store.isHeld = false;
    const durable = world.resume('durable', 1000);
    await world.settleAsync();
    durable.take();
    store.isHeld = true;
    publisher.publish('new', 'x', { qos: 2, packetId: 5, retain: true });
    const late = world.connect({ clientId: 'late' });
    late.subscribe('new');
    durable.subscribe('new');
    await world.settleAsync();
    await failOnce(scene);
    expect(publisher.messages()).toEqual(['PUBREC #5 97']);
    expect([late.publishes(), durable.publishes()]).toEqual([[], []]);
  }),
);

test(
  'nor has it reached the host program, which gets the others in their order',
  inScene(async (scene) => {
    const { publisher, world } = scene;
    const got: string[] = [];
    await using stream = world.broker.subscribe('a');
    const reading = (async () => {
      for await (const { payload } of stream) got.push(new TextDecoder().decode(payload));
    })();
    await world.settleAsync();
    publisher.publish('a', 'refused', { qos: 2, packetId: 1 });
    publisher.publish('a', 'zero');
    await failOnce(scene);
    publisher.publish('a', 'taken', { qos: 2, packetId: 2 });
    await world.settleAsync();
    expect(got).toEqual(['zero', 'taken']);
    await stream.close();
    await reading;
  }),
);

test(
  'what the host program publishes, and is told was refused, has reached nobody',
  inScene(async (scene) => {
    const { passing, world } = scene;
    const message = { topicName: 'a', payload: 'x', qos: 2 } as const;
    const told = world.broker.publish(message).catch((error: unknown) => error);
    await world.settleAsync();
    await failOnce(scene);
    expect(await told).toMatchObject({ code: 'BROKER_STORE' });
    expect(passing.messages()).toEqual([]);
    const published = world.broker.publish(message);
    await world.settleAsync();
    await published;
    expect(passing.messages()).toEqual(['a=x q2 #2']);
  }),
);
