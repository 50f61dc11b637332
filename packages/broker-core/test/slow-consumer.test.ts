import { encode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import type { DropReason } from '../src/index.ts';
import { type Client, type World, inWorld, publishPacket } from './support.ts';

/** A client whose socket takes little and that reads nothing until it is told to. */
function stalled(world: World, resume = false, highWaterMark = 1_000): Client {
  const wire = { highWaterMark };
  const client = resume
    ? world.resume('slow', 100, { wire })
    : world.connect({ clientId: 'slow', wire });
  client.subscribe('a');
  client.connection.pause();
  return client;
}

function flood(world: World, count: number, qos: 0 | 1 | 2, size = 1_000): Client {
  const publisher = world.connect({ clientId: 'p' });
  for (let i = 1; i <= count; i++) {
    publisher.send(
      publishPacket('a', `${i}`.padEnd(size), { qos, ...(qos === 0 ? {} : { packetId: i }) }),
    );
  }
  return publisher;
}

const numbers = (client: Client): number[] =>
  client.publishes().map(({ payload }) => Number(new TextDecoder().decode(payload).trim()));

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test.each([0, 1, 2] as const)(
  'a client that reads nothing holds up nobody, at QoS %i',
  async (qos) =>
    inWorld((world) => {
      stalled(world);
      const fast = world.connect({ clientId: 'fast' });
      fast.subscribe('a');
      const publisher = flood(world, 500, qos);
      expect(numbers(fast)).toEqual(upTo(500));
      expect(publisher.take()).toHaveLength(qos === 0 ? 0 : 500);
    })(),
);

test.each([
  [0, 1_000],
  [1, 1_000],
  [0, 1_000_000],
  [1, 1_000_000],
] as const)(
  'large messages in pieces reach those who read and those who read later, at QoS %i, with a mark of %i',
  async (qos, highWaterMark) =>
    inWorld((world) => {
      const slow = stalled(world, false, highWaterMark);
      const fast = world.connect({ clientId: 'fast' });
      fast.subscribe('a');
      const publishers = [1, 2].map((n) =>
        world.connect({ clientId: `p${n}`, wire: { split: 7_000 } }),
      );
      // memory of a message that has left serves the next one
      for (let i = 1; i <= 6; i++) {
        for (const publisher of publishers) {
          publisher.send(
            publishPacket('a', `${i}`.padEnd(20_000), {
              qos,
              ...(qos === 0 ? {} : { packetId: i }),
            }),
          );
        }
      }
      const expected = upTo(6).flatMap((i) => [i, i]);
      expect(numbers(fast)).toEqual(expected);
      slow.connection.resume();
      world.settle();
      expect(numbers(slow)).toEqual(expected);
    })(),
);

test('a large message that waited in the outbox is not overwritten by the next one', async () =>
  inWorld((world) => {
    const slow = stalled(world);
    const publisher = world.connect({ clientId: 'p', wire: { split: 7_000 } });
    const send = (i: number): Client => publisher.send(publishPacket('a', `${i}`.padEnd(20_000)));
    send(1);
    send(2);
    // the first is read, which makes room for the second, and that stays with the transport
    slow.connection.resume();
    world.network.pump();
    slow.connection.pause();
    world.settle();
    send(3);
    slow.connection.resume();
    world.settle();
    expect(numbers(slow)).toEqual([1, 2, 3]);
  })());

test('QoS 0 above maximumPendingBytes is dropped for it alone, counted and reported; what was kept comes when it reads', async () => {
  const dropped: [string, DropReason][] = [];
  await inWorld(
    (world) => {
      const slow = stalled(world);
      const fast = world.connect({ clientId: 'fast' });
      fast.subscribe('a');
      flood(world, 200, 0);
      expect(world.broker.counters.publishDropped).toBe(dropped.length);
      expect(dropped.length).toBeGreaterThan(100);
      expect(
        dropped.every(([clientId, reason]) => clientId === 'slow' && reason === 'slow-consumer'),
      ).toBe(true);
      expect(numbers(fast)).toEqual(upTo(200));
      slow.connection.resume();
      world.settle();
      expect(numbers(slow)).toEqual(upTo(200 - dropped.length));
      flood(world, 1, 0);
      expect(numbers(slow)).toEqual([1]);
    },
    {
      limits: { maximumPendingBytes: 50_000 },
      observer: {
        dropped: (clientId, _topicName, reason) => void dropped.push([clientId, reason]),
      },
    },
  )();
});

test.each([
  ['a session that ends with its connection', false],
  ['a durable session', true],
])(
  'QoS 1 stays in the queue of %s, and arrives whole and in order when it reads again',
  async (_name, resume) =>
    inWorld((world) => {
      const slow = stalled(world, resume);
      flood(world, 800, 1);
      slow.connection.resume();
      const got: number[] = [];
      for (let round = 0; round < 50 && got.length < 800; round++) {
        world.settle();
        for (const packet of slow.publishes()) {
          got.push(Number(new TextDecoder().decode(packet.payload).trim()));
          slow.puback(packet.packetId ?? 0);
        }
      }
      expect(got).toEqual(upTo(800));
    })(),
);

test(
  'a client that reads nothing for stalledTimeout is closed; its session keeps what it missed',
  inWorld((world) => {
    const slow = stalled(world, true);
    flood(world, 20, 1);
    world.advance(61_000);
    slow.connection.resume();
    world.settle();
    expect(slow.isClosed).toBe(true);
    expect(numbers(world.resume('slow'))).toEqual(upTo(20));
  }),
);

test(
  'a client that reads slowly, but reads, is not closed',
  inWorld((world) => {
    const slow = stalled(world);
    flood(world, 20, 0);
    for (let round = 0; round < 10; round++) {
      world.advance(40_000);
      slow.connection.resume();
      world.settle();
      slow.connection.pause();
      flood(world, 20, 0);
    }
    slow.connection.resume();
    world.settle();
    expect(slow.isClosed).toBe(false);
    expect(numbers(slow)).toHaveLength(220);
  }),
);

test(
  'a client that asks and never reads the answers is not read any more, and then closed',
  inWorld(
    (world) => {
      const greedy = world.connect({ clientId: 'greedy', wire: { highWaterMark: 1_000 } });
      greedy.connection.pause();
      for (let i = 0; i < 2_000; i++)
        greedy.send(...Array.from({ length: 10 }, () => ({ type: 12 }) as const));
      expect(greedy.connection.pendingBytes).toBeGreaterThan(0);
      world.advance(61_000);
      greedy.connection.resume();
      world.settle();
      expect(greedy.isClosed).toBe(true);
    },
    { limits: { maximumPendingBytes: 10_000 } },
  ),
);

test(
  'retained messages wait for a client that does not read',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    for (let i = 0; i < 100; i++)
      publisher.publish(`r/${i}`, 'x'.repeat(100_000), { retain: true });
    const slow = world.connect({ clientId: 'slow', wire: { highWaterMark: 1_000 } });
    slow.connection.pause();
    slow.send({
      type: 8,
      packetId: 1,
      subscriptions: [
        { topicFilter: 'r/#', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
    });
    expect(world.broker.counters.publishSent).toBeLessThan(100);
    slow.connection.resume();
    for (let round = 0; round < 20; round++) world.settle();
    expect(slow.publishes()).toHaveLength(100);
  }),
);

test('what waits for clients that read nothing takes no room in a turn from others', async () =>
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'single' });
    const turnsOf = (): number => {
      publisher.connection.write(encode(publishPacket('a', 'x'), 5));
      world.network.pump();
      let turns = 0;
      while (world.host.turn()) turns++;
      world.settle();
      return turns;
    };
    const fast = world.connect({ clientId: 'fast' });
    fast.subscribe('a');
    const before = turnsOf();
    const slow = ['1', '2', '3', '4'].map((clientId) => {
      const client = world.connect({ clientId, wire: { highWaterMark: 1_000 } });
      client.subscribe('a');
      client.connection.pause();
      return client;
    });
    // more for each than a turn writes
    flood(world, 10, 0, 1_000_000);
    expect(fast.publishes()).toHaveLength(11);
    expect(turnsOf()).toBe(before);
    expect(fast.publishes()).toHaveLength(1);
    for (const client of slow) client.connection.resume();
    world.settle();
    for (const client of slow) expect(client.publishes()).toHaveLength(11);
  })());
