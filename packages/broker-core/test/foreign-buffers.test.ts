import { Duplex } from 'node:stream';
import { encode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { PayloadPool } from '../src/payload-pool.ts';
import { inWorld, publishPacket, textOf } from './support.ts';

// `slice` of Node's Buffer makes a view: what is kept must be a copy of buffers that others use again.

test(
  'what the host program does to a Buffer after it was published changes no message',
  inWorld(async (world) => {
    const client = world.connect();
    client.subscribe('a');
    const payload = Buffer.from('as it was');
    const published = world.broker.publish({ topicName: 'a', payload });
    payload.fill('!');
    await world.settleAsync();
    await published;
    expect(client.publishes().map(textOf)).toEqual(['as it was']);
  }),
);

test.each([1_000, 1_500, 70_000])(
  'what a stream does to a Buffer after it was read changes no retained message of %i bytes',
  async (length) =>
    inWorld(async (world) => {
      const stream = new Duplex({
        read: () => undefined,
        write: (_chunk, _encoding, done) => done(),
      });
      world.broker.handle(stream, { loopback: true });
      const connect = { type: 1, protocolVersion: 5, clientId: 'c', keepAlive: 0 } as const;
      const payload = 'x'.repeat(length);
      const chunk = Buffer.concat([
        encode({ ...connect, cleanStart: true }, 5),
        encode(publishPacket('a', payload, { retain: true }), 5),
      ]);
      stream.push(chunk);
      await world.settleAsync();
      chunk.fill('!');
      const client = world.connect({ clientId: 'other' });
      client.subscribe('a');
      expect(client.publishes().map((packet) => textOf(packet) === payload)).toEqual([true]);
    })(),
);

test('a payload that was read with others does not keep their memory', () => {
  const pool = new PayloadPool();
  pool.keep(Buffer.alloc(65_536), 100, 2_100);
  expect(pool.block.buffer.byteLength).toBe(2_000);
});
