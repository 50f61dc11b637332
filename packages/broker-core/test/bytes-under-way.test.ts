import { type QoS, encode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { inspect } from '../src/driver/broker.ts';
import { type Client, type World, inWorld, publishPacket } from './support.ts';

// What all connections together have under way: parts of packets, and output that nobody takes.

const limits = { maximumTotalPendingBytes: 100_000 };
const bytesOf = (world: World): number => inspect(world.broker).context.underWay.bytes;

/** A client that has sent so many bytes of a packet twice as long. */
function sendPart(world: World, clientId: string, bytes: number): Client {
  const client = world.connect({ clientId });
  const packet = encode(publishPacket('t', 'x'.repeat(2 * bytes)), 5);
  client.connection.write(packet.subarray(0, bytes));
  world.settle();
  return client;
}

function stalledReader(world: World, clientId: string, qos: QoS = 0): Client {
  const client = world.connect({ clientId, wire: { highWaterMark: 1_000 } });
  client.subscribe('a', { qos });
  client.connection.pause();
  return client;
}

function publish(world: World, messages: number, size: number): void {
  const publisher = world.connect({ clientId: 'p' });
  for (let i = 0; i < messages; i++) publisher.send(publishPacket('a', 'x'.repeat(size)));
  publisher.disconnect();
  world.settle();
}

test(
  'of packets that arrive too slowly for all together, those that began first end with 0x97',
  inWorld(
    (world) => {
      // each takes a block of 65,536 bytes
      const [first, second, third] = ['1', '2', '3'].map((id) => sendPart(world, id, 30_000));
      expect(bytesOf(world)).toBe(3 * 65_536);
      const fourth = sendPart(world, '4', 30_000);
      expect(first?.take()).toMatchObject([{ type: 14, reasonCode: 0x97 }]);
      for (const client of [second, third, fourth]) expect(client?.isClosed).toBe(false);
      expect(bytesOf(world)).toBe(3 * 65_536);
    },
    { limits: { maximumTotalPendingBytes: 200_000 } },
  ),
);

test(
  'small parts count for nobody, and what is complete counts no more',
  inWorld(
    (world) => {
      const clients = Array.from({ length: 20 }, (_, i) => sendPart(world, `${i}`, 8_000));
      expect(bytesOf(world)).toBe(0);
      const packet = encode(publishPacket('t', 'x'.repeat(80_000)), 5);
      const whole = world.connect({ clientId: 'whole', wire: { split: 10_000 } });
      for (let i = 0; i < 10; i++) whole.connection.write(packet);
      world.settle();
      expect(bytesOf(world)).toBe(0);
      for (const client of [whole, ...clients]) expect(client.isClosed).toBe(false);
    },
    { limits },
  ),
);

test(
  'memory is what counts, of which a packet takes more than has come of it',
  inWorld(
    (world) => {
      const packet = encode(publishPacket('t', 'x'.repeat(900_000)), 5);
      const clients = Array.from({ length: 20 }, (_, i) => {
        const client = world.connect({ clientId: `${i}` });
        client.connection.write(packet.subarray(0, 10_000));
        world.settle();
        return client;
      });
      expect(clients.filter(({ isClosed }) => isClosed).length).toBeGreaterThan(10);
      expect(bytesOf(world)).toBeLessThanOrEqual(1_000_000);
    },
    { limits: { maximumTotalPendingBytes: 1_000_000 } },
  ),
);

test.each([
  [4, 50, 5_000],
  [20, 8, 1_500],
])(
  'slow readers do not end those who publish: %i of them and %i messages of %i bytes',
  async (readers, messages, size) =>
    inWorld(
      (world) => {
        for (let i = 0; i < readers; i++) stalledReader(world, `slow${i}`);
        publish(world, messages, size);
        const honest = world.connect({ clientId: 'honest' });
        const packet = encode(publishPacket('t', 'x'.repeat(40_000), { qos: 1, packetId: 7 }), 5);
        honest.connection.write(packet.subarray(0, 20_000));
        world.settle();
        honest.connection.write(packet.subarray(20_000));
        world.settle();
        expect(honest.messages()).toEqual(['PUBACK #7 10']);
      },
      { limits: { maximumTotalPendingBytes: 100_000, maximumPendingBytes: 50_000 } },
    )(),
);

test(
  'slow readers together get no more QoS 0 than there is room for, and the others all',
  inWorld(
    (world) => {
      const slow = Array.from({ length: 10 }, (_, i) => stalledReader(world, `slow${i}`));
      const fast = world.connect({ clientId: 'fast' });
      fast.subscribe('a');
      publish(world, 50, 5_000);
      expect(fast.publishes()).toHaveLength(50);
      expect(bytesOf(world)).toBeLessThan(100_000 + 10 * 2 * 5_100 + 10 * 16_384);
      for (const client of slow) client.connection.resume();
      world.settle();
      expect(bytesOf(world)).toBe(0);
      for (const client of slow) expect(client.publishes().length).toBeLessThan(50);
      publish(world, 1, 10);
      for (const client of slow) expect(client.publishes()).toHaveLength(1);
    },
    { limits },
  ),
);

test(
  'slow readers together get little at QoS 1 beyond what there is room for, and all of it in the end',
  inWorld(
    (world) => {
      const readers = 30;
      const messages = 100;
      // while they read nothing, each takes what one turn brings
      const slow = Array.from({ length: readers }, (_, i) => stalledReader(world, `slow${i}`, 1));
      const publisher = world.connect({ clientId: 'p' });
      for (let i = 0; i < messages; i++) {
        publisher.send(publishPacket('a', 'x'.repeat(1_000), { qos: 1, packetId: i + 1 }));
      }
      world.settle();
      expect(bytesOf(world)).toBeLessThan(100_000 + readers * (16_384 + 1_100));
      for (const client of slow) client.connection.resume();
      world.settle();
      for (const client of slow) expect(client.publishes()).toHaveLength(messages);
      expect(bytesOf(world)).toBe(0);
    },
    { limits },
  ),
);

test(
  'those who ask and never read are heard no more when all together have been given much',
  inWorld(
    (world) => {
      const askers = Array.from({ length: 30 }, (_, i) => stalledReader(world, `asker${i}`));
      const pings = new Uint8Array(20_000).map((_, i) => (i % 2 === 0 ? 0xc0 : 0));
      for (let round = 0; round < 10; round++) {
        for (const client of askers) client.connection.write(pings);
        world.settle();
      }
      expect(bytesOf(world)).toBeLessThan(100_000 + askers.length * (16_384 + 20_000));
      for (const client of askers) client.connection.resume();
      world.settle();
      expect(bytesOf(world)).toBe(0);
      for (const client of askers) expect(client.messages()).toHaveLength(100_000);
    },
    { limits },
  ),
);

test(
  'who has gone has nothing under way',
  inWorld(
    (world) => {
      const slow = stalledReader(world, 'slow');
      publish(world, 30, 5_000);
      const part = sendPart(world, 'part', 30_000);
      expect(bytesOf(world)).toBeGreaterThan(100_000);
      slow.vanish();
      part.vanish();
      expect(bytesOf(world)).toBe(0);
    },
    { limits: { maximumTotalPendingBytes: 1_000_000 } },
  ),
);
