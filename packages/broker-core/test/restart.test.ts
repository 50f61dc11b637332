import type { Will } from '@wellhead/codec';
import { expect, test } from 'vitest';
import type { BrokerOptions } from '../src/index.ts';
import { KeptStore, LaterStore } from './later-store.ts';
import { type Client, type ConnectOptions, SimulatedHost, World } from './support.ts';

type Ending = 'closed' | 'killed';

/** Two processes on one store, the second of which begins where the first has ended. */
async function acrossRestart(
  ending: Ending,
  before: (world: World) => void | Promise<void>,
  after: (world: World) => void | Promise<void>,
  options: BrokerOptions & { secondsBetween?: number; readsLater?: boolean } = {},
): Promise<void> {
  const { secondsBetween = 0, readsLater = false, ...brokerOptions } = options;
  const kept = new KeptStore();
  const store = readsLater ? new LaterStore(kept) : kept;
  const host = new SimulatedHost();
  const first = await World.create({ ...brokerOptions, store, host });
  await before(first);
  await first.settleAsync();
  // a process that is killed commits nothing more, and its clock stands still
  if (ending === 'closed') await first[Symbol.asyncDispose]();
  const second = new SimulatedHost();
  second.jump(host.now() - second.now() + secondsBetween * 1000);
  await using world = await World.create({ ...brokerOptions, store, host: second });
  await after(world);
}

const ENDINGS: readonly Ending[] = ['closed', 'killed'];
const will = (fields: Partial<Will> = {}): Will => ({
  topicName: 'will',
  payload: new TextEncoder().encode('gone'),
  qos: 1,
  retain: false,
  ...fields,
});

async function back(world: World, clientId = 's', options = {}): Promise<Client> {
  const client = world.resume(clientId, 1000, options);
  await world.settleAsync();
  return client;
}

test.each(ENDINGS)(
  'sessions and their subscriptions with all options survive: broker %s',
  async (ending) =>
    acrossRestart(
      ending,
      (world) => {
        const client = world.resume('s', 1000);
        client.subscribe('a', { qos: 1, id: 7, retainAsPublished: true });
        client.subscribe('own', { noLocal: true });
        client.subscribe('gone');
        client.unsubscribe('gone');
        world.connect({ clientId: 'old', protocolVersion: 4, cleanStart: false }).subscribe('a');
        world.connect({ clientId: 'passing' }).subscribe('a');
      },
      async (world) => {
        expect(world.broker.counters).toMatchObject({ sessions: 2, subscriptions: 3 });
        const client = await back(world);
        expect(client.connack?.sessionPresent).toBe(true);
        client.publish('own', 'x').publish('gone', 'x');
        world.connect({ clientId: 'p' }).publish('a', 'x', { qos: 2, packetId: 1, retain: true });
        expect(client.publishes()).toMatchObject([
          { topicName: 'a', qos: 1, retain: true, properties: { subscriptionIdentifiers: [7] } },
        ]);
        const old = world.connect({ clientId: 'old', protocolVersion: 4, cleanStart: false });
        expect(old.connack?.sessionPresent).toBe(true);
      },
    ),
);

test.each(ENDINGS)(
  'a queue survives, in order, and new messages come after it: broker %s',
  async (ending) =>
    acrossRestart(
      ending,
      (world) => {
        world.resume('s', 1000).subscribe('a');
        world.resume('s', 1000).vanish();
        const publisher = world.connect({ clientId: 'p' });
        for (let packetId = 1; packetId <= 5; packetId++) {
          publisher.publish('a', `m${packetId}`, {
            qos: packetId % 2 === 0 ? 2 : 1,
            packetId,
          });
        }
      },
      async (world) => {
        const publisher = world.connect({ clientId: 'p' });
        publisher.publish('a', 'm6', { qos: 1, packetId: 6 });
        const client = await back(world);
        publisher.publish('a', 'm7', { qos: 1, packetId: 7 });
        await world.settleAsync();
        expect(client.messages()).toEqual([
          'a=m1 q1 #1',
          'a=m2 q2 #2',
          'a=m3 q1 #3',
          'a=m4 q2 #4',
          'a=m5 q1 #5',
          'a=m6 q1 #6',
          'a=m7 q1 #7',
        ]);
      },
    ),
);

test.each(ENDINGS)(
  '[MQTT-4.4.0-1] what is in flight survives under its identifiers, in order, with DUP; PUBREL after PUBREC: broker %s',
  async (ending) =>
    acrossRestart(
      ending,
      (world) => {
        const client = world.resume('s', 1000);
        client.subscribe('a');
        const publisher = world.connect({ clientId: 'p' });
        for (let packetId = 1; packetId <= 6; packetId++) {
          publisher.publish('a', `m${packetId}`, {
            qos: packetId % 2 === 0 ? 2 : 1,
            packetId,
          });
        }
        client.puback(3).pubrec(4).pubrec(2).pubcomp(2);
      },
      async (world) => {
        const client = await back(world);
        expect(client.messages()).toEqual([
          'a=m1 q1 dup #1',
          'PUBREL #4',
          'a=m5 q1 dup #5',
          'a=m6 q2 dup #6',
        ]);
        client.pubcomp(4).puback(1).puback(5).pubrec(6).pubcomp(6);
        expect(client.messages()).toEqual(['PUBREL #6']);
        client.vanish();
        expect((await back(world)).messages()).toEqual([]);
      },
    ),
);

test.each(ENDINGS)(
  '[MQTT-2.2.1-4] identifiers in flight before a restart are not given to new messages after it: broker %s',
  async (ending) =>
    acrossRestart(
      ending,
      (world) => {
        const client = world.resume('s', 1000);
        client.subscribe('a');
        const publisher = world.connect({ clientId: 'p' });
        for (let packetId = 1; packetId <= 3; packetId++)
          publisher.publish('a', `m${packetId}`, { qos: 1, packetId });
        client.puback(2);
      },
      async (world) => {
        const client = await back(world);
        const publisher = world.connect({ clientId: 'p' });
        for (let packetId = 1; packetId <= 3; packetId++)
          publisher.publish('a', `n${packetId}`, { qos: 1, packetId });
        await world.settleAsync();
        const ids = client.publishes().map(({ packetId }) => packetId);
        expect(ids).toHaveLength(5);
        expect(new Set(ids).size).toBe(5);
      },
    ),
);

test.each(ENDINGS)(
  '[MQTT-4.3.3-10] QoS 2 identifiers received before a restart are not passed on again after it: broker %s',
  async (ending) =>
    acrossRestart(
      ending,
      (world) => {
        world.resume('watcher', 1000).subscribe('a');
        world.resume('watcher', 1000).vanish();
        const publisher = world.resume('p', 1000);
        publisher.publish('a', 'one', { qos: 2, packetId: 1 });
        publisher.publish('a', 'two', { qos: 2, packetId: 2 }).pubrel(2);
      },
      async (world) => {
        const publisher = await back(world, 'p');
        publisher.publish('a', 'one', { qos: 2, packetId: 1, dup: true }).pubrel(1);
        publisher.publish('a', 'new', { qos: 2, packetId: 2 }).pubrel(2).pubrel(3);
        await world.settleAsync();
        expect(publisher.messages()).toEqual([
          'PUBREC #1',
          'PUBCOMP #1',
          'PUBREC #2',
          'PUBCOMP #2',
          'PUBCOMP #3 92',
        ]);
        const watcher = await back(world, 'watcher');
        expect(watcher.publishes().map(({ payload }) => new TextDecoder().decode(payload))).toEqual(
          ['one', 'two', 'new'],
        );
      },
    ),
);

test.each(ENDINGS)(
  'retained messages survive, set, replaced and removed: broker %s',
  async (ending) =>
    acrossRestart(
      ending,
      (world) => {
        const publisher = world.connect({ clientId: 'p' });
        publisher.publish('r/1', 'one', {
          retain: true,
          qos: 1,
          packetId: 1,
          properties: { contentType: 'c' },
        });
        publisher.publish('r/2', 'two', { retain: true }).publish('r/2', 'three', { retain: true });
        publisher.publish('r/3', 'four', { retain: true }).publish('r/3', '', { retain: true });
      },
      async (world) => {
        expect(world.broker.counters.retainedMessages).toBe(2);
        const client = await back(world);
        client.subscribe('r/#');
        await world.settleAsync();
        expect(client.messages().toSorted()).toEqual([
          'r/1=one q1 retain #1',
          'r/2=three q0 retain',
        ]);
        world.connect({ clientId: 'p' }).publish('r/1', '', { retain: true });
        expect(world.broker.counters.retainedMessages).toBe(1);
      },
    ),
);

test.each<[string, number, number, boolean]>([
  ['[MQTT-3.1.2-23] within its expiry', 100, 80, true],
  ['[MQTT-4.1.0-2] after its expiry', 100, 101, false],
  ['that never expires', 0xffff_ffff, 1_000_000, true],
])(
  'a session and the time while no broker ran: %s',
  async (_name, sessionExpiryInterval, secondsBetween, isPresent) => {
    for (const ending of ENDINGS) {
      await acrossRestart(
        ending,
        (world) => void world.resume('s', sessionExpiryInterval).subscribe('a'),
        (world) => {
          world.advance(200);
          expect(world.resume('s', sessionExpiryInterval).connack?.sessionPresent).toBe(
            ending === 'killed' || isPresent,
          );
        },
        { secondsBetween },
      );
    }
  },
);

test('a session that was absent when the broker was killed goes on expiring', async () =>
  acrossRestart(
    'killed',
    (world) => {
      world.resume('s', 100).vanish();
      world.resume('t', 100).disconnect(0, { sessionExpiryInterval: 10 });
    },
    (world) => {
      world.advance(200);
      expect(world.broker.counters.sessions).toBe(1);
      world.advance(50_000);
      expect(world.broker.counters.sessions).toBe(0);
    },
    { secondsBetween: 60 },
  ));

test('[MQTT-3.3.2-6] the Message Expiry Interval counts while no broker runs', async () =>
  acrossRestart(
    'killed',
    (world) => {
      world.resume('s', 1000).subscribe('a');
      world.resume('s', 1000).vanish();
      const publisher = world.connect({ clientId: 'p' });
      const expires = (messageExpiryInterval: number) => ({
        properties: { messageExpiryInterval },
      });
      publisher.publish('a', 'short', { qos: 1, packetId: 1, ...expires(20) });
      publisher.publish('a', 'long', { qos: 1, packetId: 2, ...expires(90) });
      publisher.publish('r/short', 'x', { retain: true, ...expires(20) });
      publisher.publish('r/long', 'x', { retain: true, ...expires(90) });
    },
    async (world) => {
      const client = await back(world);
      expect(client.publishes()).toMatchObject([{ properties: { messageExpiryInterval: 60 } }]);
      client.subscribe('r/#');
      await world.settleAsync();
      expect(client.publishes()).toMatchObject([
        { topicName: 'r/long', properties: { messageExpiryInterval: 60 } },
      ]);
    },
    { secondsBetween: 30 },
  ));

test.each(['before', 'after'] as const)(
  '[MQTT-3.1.2-8] the Will of a client that was connected when the broker was killed is published, to a session opened %s it',
  async (order) =>
    acrossRestart(
      'killed',
      (world) => {
        if (order === 'before') world.resume('s', 1000).subscribe('will');
        world.resume('c', 1000, { will: will() });
        if (order === 'after') world.resume('s', 1000).subscribe('will');
      },
      async (world) => {
        world.advance(200);
        await world.settleAsync();
        expect((await back(world)).messages()).toEqual(['will=gone q1 #1']);
      },
    ),
);

test.each<[string, number, number, string[]]>([
  ['not yet over', 100, 10, []],
  ['over meanwhile', 100, 101, ['will=gone q1 #1']],
])(
  '[MQTT-3.1.2-8] a Will with a delay that is %s',
  async (_name, willDelayInterval, secondsBetween, expected) =>
    acrossRestart(
      'killed',
      (world) => {
        world.resume('s', 1000).subscribe('will');
        world
          .resume('c', 1000, {
            will: will({ properties: { willDelayInterval, contentType: 'c' } }),
          })
          .vanish();
      },
      async (world) => {
        world.advance(200);
        const client = await back(world);
        expect(client.messages()).toEqual(expected);
        world.advance(100_000);
        await world.settleAsync();
        expect(client.messages()).toEqual(expected.length === 0 ? ['will=gone q1 #1'] : []);
      },
      { secondsBetween },
    ),
);

test('[MQTT-3.1.3-9] a client that comes back after the restart, but in time, cancels its Will', async () =>
  acrossRestart(
    'killed',
    (world) => {
      world.resume('s', 1000).subscribe('will');
      world.resume('c', 1000, { will: will({ properties: { willDelayInterval: 100 } }) });
    },
    async (world) => {
      const watcher = await back(world);
      world.resume('c', 1000);
      world.advance(200_000);
      await world.settleAsync();
      expect(watcher.messages()).toEqual([]);
    },
  ));

test('[MQTT-3.1.2-8] a Will without a delay is published when its client is back at once after the restart', async () =>
  acrossRestart(
    'killed',
    (world) => {
      world.resume('s', 1000).subscribe('will');
      world.resume('c', 1000, { will: will() });
    },
    async (world) => {
      world.resume('c', 1000);
      const watcher = await back(world);
      world.advance(1_000);
      await world.settleAsync();
      expect(watcher.messages()).toEqual(['will=gone q1 #1']);
    },
  ));

test.each<[string, ConnectOptions]>([
  ['MQTT 5', {}],
  [
    'MQTT 5, with a delay that the end of the session cuts short',
    { will: will({ properties: { willDelayInterval: 50 } }) },
  ],
  ['MQTT 3.1.1', { protocolVersion: 4 }],
])(
  '[MQTT-3.1.2-8] the Will of a client whose session ends with its connection is published after a kill, and its session is no more: %s',
  async (_name, options) =>
    acrossRestart(
      'killed',
      (world) => {
        world.resume('s', 1000).subscribe('will');
        world.connect({ clientId: 'c', will: will(), ...options }).subscribe('a');
      },
      async (world) => {
        world.advance(200);
        expect((await back(world)).messages()).toEqual(['will=gone q1 #1']);
        expect((await back(world, 'c')).connack?.sessionPresent).toBe(false);
      },
      { readsLater: true },
    ),
);

test.each<[string, (client: Client) => void, string[]]>([
  ['a goodbye', (client) => client.disconnect(), []],
  ['a connection that was lost', (client) => client.vanish(), ['will=gone q1 dup #1']],
])(
  '[MQTT-3.1.2-10] after %s the store forgets the Will of a session that ends with its connection',
  async (_name, leave, expected) =>
    acrossRestart(
      'killed',
      async (world) => {
        world.resume('s', 1000).subscribe('will');
        const client = world.connect({ clientId: 'c', will: will() });
        await world.settleAsync();
        leave(client);
      },
      async (world) => {
        world.advance(200);
        await world.settleAsync();
        expect((await back(world)).messages()).toEqual(expected);
        expect(world.broker.counters.sessions).toBe(1);
      },
      { readsLater: true },
    ),
);

test('a client without a Will whose session ends with its connection costs the store nothing', async () => {
  const store = new LaterStore();
  await using world = await World.create({ store });
  const client = world.connect({ clientId: 'c' });
  client.subscribe('a');
  client.publish('a', 'x', { qos: 1, packetId: 1 });
  client.disconnect();
  await world.settleAsync();
  expect(store.commits).toBe(0);
});

test('[MQTT-3.1.2-10] a Will that was published or discarded before the restart is not published after it', async () =>
  acrossRestart(
    'closed',
    (world) => {
      world.resume('s', 1000).subscribe('will');
      world.resume('published', 1000, { will: will() }).vanish();
      world.resume('discarded', 1000, { will: will() }).disconnect();
      world.resume('s', 1000).puback(1);
    },
    async (world) => {
      const watcher = await back(world);
      world.advance(1_000);
      await world.settleAsync();
      expect(watcher.messages()).toEqual([]);
    },
  ));

test('S12: a restored Will is authorised when it is published', async () => {
  let isAllowed = true;
  await acrossRestart(
    'killed',
    (world) => {
      world.resume('s', 1000).subscribe('will');
      world.resume('c', 1000, { will: will({ properties: { willDelayInterval: 10 } }) }).vanish();
    },
    async (world) => {
      isAllowed = false;
      world.advance(20_000);
      await world.settleAsync();
      expect((await back(world)).messages()).toEqual([]);
    },
    { authorizer: { publish: () => isAllowed } },
  );
});

test('S17: a restored session still belongs to its user', async () =>
  acrossRestart(
    'killed',
    (world) => void world.resume('s', 1000, { userName: 'alice' }).subscribe('a'),
    async (world) => {
      expect(world.resume('s', 1000, { userName: 'mallory' }).outcome()).toBe('CONNACK 87 closed');
      expect((await back(world, 's', { userName: 'alice' })).connack?.sessionPresent).toBe(true);
    },
  ));

test.each([10, 255, 256, 257, 1_000, 3_000])(
  'a backlog of %i messages, in flight and waiting, comes whole, in order, once',
  async (count) => {
    for (const readsLater of [false, true]) {
      await acrossRestart(
        'killed',
        async (world) => {
          const client = world.resume('s', 1000, { properties: { receiveMaximum: 300 } });
          client.subscribe('a');
          await world.settleAsync();
          const publisher = world.connect({ clientId: 'p' });
          await world.settleAsync();
          for (let i = 1; i <= count; i++)
            publisher.publish('a', String(i), { qos: 1, packetId: i });
        },
        async (world) => {
          const client = await back(world, 's', { properties: { receiveMaximum: 300 } });
          const got: string[] = [];
          while (client.inbox.length > 0) {
            const packets = client.publishes();
            got.push(...packets.map(({ payload }) => new TextDecoder().decode(payload)));
            client.send(
              ...packets.map(({ packetId = 0 }) => ({ type: 4, packetId, reasonCode: 0 }) as const),
            );
            await world.settleAsync();
          }
          expect(got).toEqual(Array.from({ length: count }, (_, i) => String(i + 1)));
        },
        { readsLater },
      );
    }
  },
);

test('limits of a queue still hold after a restart, and room is counted right when it drains', async () =>
  acrossRestart(
    'killed',
    (world) => {
      world.resume('s', 1000).subscribe('a');
      world.resume('s', 1000).vanish();
      const publisher = world.connect({ clientId: 'p' });
      for (let i = 1; i <= 5; i++) publisher.publish('a', 'x'.repeat(100), { qos: 1, packetId: i });
    },
    async (world) => {
      const publisher = world.connect({ clientId: 'p' });
      for (let i = 1; i <= 5; i++) publisher.publish('a', 'y'.repeat(100), { qos: 1, packetId: i });
      const client = await back(world);
      const got = client.publishes();
      expect(got).toHaveLength(8);
      client
        .send(...got.map(({ packetId = 0 }) => ({ type: 4, packetId, reasonCode: 0 }) as const))
        .vanish();
      for (let i = 1; i <= 20; i++)
        publisher.publish('a', 'z'.repeat(100), { qos: 1, packetId: i });
      expect((await back(world)).publishes()).toHaveLength(8);
    },
    { limits: { maximumQueuedBytes: 850 } },
  ));

test('a message accepted before a restart and one accepted after it are different messages, whatever was acknowledged between', async () =>
  acrossRestart(
    'killed',
    (world) => {
      const client = world.resume('s', 1000);
      client.subscribe('a');
      const publisher = world.connect({ clientId: 'p' });
      publisher.publish('a', 'one', { qos: 1, packetId: 1 });
      client.puback(1).vanish();
      publisher.publish('a', 'two', { qos: 1, packetId: 2 });
    },
    async (world) => {
      const publisher = world.connect({ clientId: 'p' });
      publisher.publish('a', 'three', { qos: 1, packetId: 3 });
      publisher.publish('a', 'four', { qos: 1, packetId: 4 });
      const client = await back(world);
      expect(client.publishes().map(({ payload }) => new TextDecoder().decode(payload))).toEqual([
        'two',
        'three',
        'four',
      ]);
    },
  ));

test('what was not committed when the process died is not there, and was not acknowledged', async () => {
  const store = new LaterStore();
  const first = await World.create({ store });
  const client = first.resume('s', 1000);
  client.subscribe('a');
  client.vanish();
  const publisher = first.connect({ clientId: 'p' });
  publisher.publish('a', 'kept', { qos: 1, packetId: 1 });
  await first.settleAsync();
  store.isHeld = true;
  publisher.publish('a', 'lost', { qos: 1, packetId: 2 });
  await first.settleAsync();
  expect(publisher.messages()).toEqual(['PUBACK #1']);
  await using world = await World.create({ store: store.kept });
  expect((await back(world)).messages()).toEqual(['a=kept q1 #1']);
});

test('three restarts in a row lose and double nothing', async () => {
  const store = new KeptStore();
  const sent: string[] = [];
  const got: string[] = [];
  for (let run = 0; run < 4; run++) {
    const world = await World.create({ store });
    const client = world.resume('s', 100_000);
    if (run === 0) client.subscribe('a');
    await world.settleAsync();
    const publisher = world.connect({ clientId: 'p' });
    for (let i = 1; i <= 10; i++) {
      sent.push(`${run}.${i}`);
      publisher.publish('a', `${run}.${i}`, { qos: 2, packetId: i }).pubrel(i);
    }
    await world.settleAsync();
    for (const packet of client.take()) {
      if (packet.type === 6) client.pubcomp(packet.packetId);
      if (packet.type !== 3 || packet.packetId === undefined) continue;
      got.push(new TextDecoder().decode(packet.payload));
      client.pubrec(packet.packetId);
      if (packet.packetId % 2 === 0) client.pubcomp(packet.packetId);
    }
  }
  expect(got).toEqual(sent);
});
