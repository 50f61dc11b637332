import type { Socket } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '@wellhead/transport';
import { tcpListener } from '@wellhead/transport-node';
import { canShareReads, readInto } from '@wellhead/transport/duplex';
import { Log } from './log.ts';
import { Accepted, acceptedSocket, connectTcp } from './pairs.ts';

describe.skipIf(process.platform === 'win32')('one buffer for all reads', () => {
  const accepted = new Accepted();
  const listener = tcpListener({ port: 0 });
  let connections: Connection[] = [];

  beforeAll(async () => {
    const address = await listener.listen(accepted);
    const clients = await Promise.all([connectTcp(address), connectTcp(address)]);
    for (const client of clients) client.write(Buffer.from('hello'));
    connections = [...clients, await accepted.next(), await accepted.next()];
  });

  afterAll(async () => {
    for (const connection of connections) connection.destroy();
    await listener.close();
  });

  test('is used by every connection of a listener on this Node', async () => {
    const buffers = new Set<ArrayBufferLike>();
    for (const connection of connections.slice(2)) {
      expect(connection.stableChunks).toBe(false);
      const log = new Log(connection);
      log.onData = (chunk) => buffers.add(chunk.buffer);
      await log.received(5);
      expect(log.text).toBe('hello');
    }
    // What was read before start() may have come otherwise; what follows may not.
    buffers.clear();
    for (const client of connections.slice(0, 2)) client.write(Buffer.from('again'));
    await until(() => buffers.size > 0);
    expect([...buffers].map((buffer) => buffer.byteLength)).toEqual([131_072]);
  });
});

describe('where the machinery is not as expected', () => {
  test('a stream that is no socket is left alone', () => {
    const stream = new PassThrough();
    expect(canShareReads(stream)).toBe(false);
    expect(readInto(stream, new Uint8Array(10), () => {})).toBe(false);
  });

  test.each<[string, (socket: Socket) => void]>([
    [
      'has no handle that takes a buffer',
      (socket) => Reflect.set(socket, '_handle', { close() {} }),
    ],
    [
      'has its slots in use',
      (socket) => slots(socket).forEach((slot) => Reflect.set(socket, slot, 1)),
    ],
  ])('a socket that %s is left alone', async (_name, change) => {
    const socket = await acceptedSocket();
    const handle: unknown = Reflect.get(socket, '_handle');
    expect(canShareReads(socket)).toBe(process.platform !== 'win32');
    change(socket);
    expect(canShareReads(socket)).toBe(false);
    for (const slot of slots(socket)) Reflect.set(socket, slot, null);
    Reflect.set(socket, '_handle', handle);
    socket.destroy();
  });

  test('a stream that only looks like a socket is left alone', () => {
    const stream = Object.assign(new Duplex({ read() {} }), { _handle: { useUserBuffer() {} } });
    expect(canShareReads(stream)).toBe(false);
  });
});

function slots(socket: Socket): symbol[] {
  return Object.getOwnPropertySymbols(socket).filter(({ description }) =>
    description?.startsWith('kBuffer'),
  );
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
