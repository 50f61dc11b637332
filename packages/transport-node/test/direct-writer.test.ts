import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { tcpListener } from '@wellhead/transport-node';
import { DirectWriter, StreamConnection } from '@wellhead/transport/duplex';
import { Log } from './log.ts';
import { Accepted, acceptedPair, acceptedSocket, connectTcp } from './pairs.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Node 26 makes its requests another way: there the stream is written to, as the kit proves. */
const isKnown = process.platform !== 'win32' && Number.parseInt(process.versions.node) <= 24;

describe.runIf(isKnown)('writes past the stream', () => {
  test.each([
    ['are made', undefined, 0],
    ['are not made when nobody wants them', false, 3],
  ])('%s', async (_name, directWrites, throughTheStream) => {
    const accepted = new Accepted();
    const listener = tcpListener({ port: 0, ...(directWrites === false && { directWrites }) });
    const log = new Log(await connectTcp(await listener.listen(accepted)));
    const connection = await accepted.next();
    const write = vi.spyOn(Socket.prototype, 'write');
    connection.write(bytes('one, '));
    connection.writev([bytes('two, '), bytes('three')]);
    expect(connection.pendingBytes).toBe(0);
    expect(write).toHaveBeenCalledTimes(throughTheStream);
    write.mockRestore();
    await log.received(15);
    expect(log.text).toBe('one, two, three');
    connection.destroy();
    await listener.close();
  });

  test('that the kernel cannot do at once are under way until the other end reads', async () => {
    const { socket, client } = await acceptedPair();
    const connection = new StreamConnection(socket, REMOTE, { writer: new DirectWriter() });
    const whenDrained = new Promise<void>((resolve) => {
      connection.start({ data() {}, drain: resolve, closed() {} });
    });
    const piece = new Uint8Array(1_000_000);
    while (connection.write(piece));
    // what comes behind waits as well, each with a request of its own
    connection.writev([bytes('last'), bytes(' words')]);
    expect(connection.pendingBytes).toBeGreaterThan(65_536);
    expect(socket.writableLength).toBe(0);
    client.resume();
    await whenDrained;
    expect(connection.pendingBytes).toBe(0);
    connection.destroy();
  });

  test('leave before the end that comes behind them', async () => {
    const { socket, client } = await acceptedPair();
    const connection = new StreamConnection(socket, REMOTE, { writer: new DirectWriter() });
    const log = new Log(connection);
    let sent = 0;
    for (let more = true; more; sent += 1_000_000)
      more = connection.write(new Uint8Array(1_000_000));
    connection.close();
    let received = 0;
    client.on('data', (chunk: Uint8Array) => (received += chunk.length));
    expect(await log.ended).toBe('in order');
    expect(received).toBe(sent);
  });

  test('to a socket that is gone end the connection', async () => {
    const socket = await acceptedSocket();
    const connection = new StreamConnection(socket, REMOTE, { writer: new DirectWriter() });
    const log = new Log(connection);
    const writeBuffer = (): number => -32;
    Object.assign(handleOf(socket), { writeBuffer });
    connection.write(bytes('lost'));
    expect(await log.ended).toBe('TRANSPORT_CONNECTION_LOST');
  });

  test('that are under way when the connection ends are under way no longer', async () => {
    const socket = await acceptedSocket();
    const connection = new StreamConnection(socket, REMOTE, { writer: new DirectWriter() });
    const log = new Log(connection);
    while (connection.write(new Uint8Array(1_000_000)));
    connection.destroy();
    expect(await log.ended).toBe('in order');
    expect(connection.pendingBytes).toBe(0);
  });
});

describe('where the machinery is not as expected', () => {
  test('a stream that is no socket is written to as such', () => {
    expect(new DirectWriter().handleOf(new PassThrough())).toBeUndefined();
  });

  test.each<[string, (socket: Socket) => void]>([
    ['has no handle that writes', (socket) => Reflect.set(socket, '_handle', { close() {} })],
    [
      'writes with requests of another kind',
      (socket) => writeWith(socket, class Other extends Object {}),
    ],
    [
      'writes with requests that do not tell whether they are under way',
      (socket) => writeWith(socket, class WriteWrap extends Object {}),
    ],
    ['can be written to no more', (socket) => socket.end()],
  ])('a socket that %s is written to as a stream', async (_name, change) => {
    const socket = await acceptedSocket();
    const handle: unknown = Reflect.get(socket, '_handle');
    change(socket);
    expect(new DirectWriter().handleOf(socket)).toBeUndefined();
    Reflect.set(socket, '_handle', handle);
    socket.destroy();
  });
});

/** Gives a socket a handle that is asked to write with requests of that class. */
function writeWith(socket: Socket, Request: new () => object): void {
  const handle = new SilentHandle();
  Reflect.set(socket, '_handle', handle);
  vi.spyOn(socket, 'write').mockImplementation(() => handle.writeBuffer(new Request()) === 0);
}

class SilentHandle {
  close(): void {}

  writeBuffer(_request: object): number {
    return 0;
  }

  writev(): number {
    return 0;
  }
}

function handleOf(socket: Socket): object {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) throw new TypeError('no handle');
  return handle;
}

const REMOTE = {
  address: '127.0.0.1',
  port: 1,
  loopback: true,
  secure: false,
  transport: 'tcp',
} as const;
