import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Connection, Listener, ListeningAddress } from '@wellhead/transport';
import { webSocketListener } from '@wellhead/transport-node';
import { Log } from './log.ts';
import { Accepted } from './pairs.ts';

describe('what a WebSocket may hold back', () => {
  let accepted: Accepted;
  let listener: Listener;
  let address: ListeningAddress;

  beforeEach(async () => {
    accepted = new Accepted();
    listener = webSocketListener({ port: 0, closeTimeout: 100 });
    address = await listener.listen(accepted);
  });

  afterEach(() => listener.close());

  test('a frame grows no larger than what its receiver has use for', async () => {
    const [socket, connection] = await upgraded(address, accepted);
    const log = new Log(connection);
    connection.expect?.(1000);
    socket.write(frameHeader(0x82, 1_000_000));
    socket.write(Buffer.alloc(70_000));
    expect(await log.ended).toBe('TRANSPORT_FRAME_REFUSED');
    expect(log.chunks).toEqual([]);
  });

  test('nor do the fragments of a message', async () => {
    const [socket, connection] = await upgraded(address, accepted);
    const log = new Log(connection);
    connection.expect?.(1000);
    socket.write(Buffer.concat([frame(0x02, Buffer.alloc(600)), frame(0x00, Buffer.alloc(900))]));
    socket.write(frame(0x00, Buffer.alloc(900)));
    expect(await log.ended).toBe('TRANSPORT_FRAME_REFUSED');
    expect(log.chunks).toEqual([]);
  });

  test('nor do the messages of all connections together', async () => {
    const small = webSocketListener({
      port: 0,
      closeTimeout: 100,
      maximumUnfinishedBytes: 100_000,
    });
    const receiver = new Accepted();
    const where = await small.listen(receiver);
    const all: { socket: Socket; log: Log }[] = [];
    for (let i = 0; i < 3; i++) {
      const [socket, connection] = await upgraded(where, receiver);
      socket.on('error', () => {});
      socket.write(Buffer.concat([frameHeader(0x82, 60_000), Buffer.alloc(40_000)]));
      all.push({ socket, log: new Log(connection) });
    }
    expect(await Promise.race(all.map(({ log }) => log.ended))).toBe('TRANSPORT_FRAME_REFUSED');
    for (const { socket } of all) socket.write(Buffer.alloc(20_000));
    const whole = all.map(({ log }) => log.received(60_000).then(() => 'whole'));
    const ends = await Promise.all(
      all.map(({ log }, i) => Promise.race([log.ended, whole[i] ?? ''])),
    );
    expect(ends.toSorted()).toEqual(['TRANSPORT_FRAME_REFUSED', 'whole', 'whole']);
    await small.close();
  });

  test('messages and control frames that are whole are not held, however many there are', async () => {
    const [socket, connection] = await upgraded(address, accepted);
    const log = new Log(connection);
    connection.expect?.(1000);
    for (let i = 0; i < 40; i++) {
      const hello = [frame(0x02, Buffer.from('hel')), frame(0x80, Buffer.from('lo'))];
      const control = [frame(0x89, Buffer.alloc(125)), frame(0x8a, Buffer.alloc(125))];
      socket.write(Buffer.concat([...hello, ...control, ...control]));
    }
    await log.received(200);
    expect(log.text).toBe('hello'.repeat(40));
    socket.destroy();
    expect(await log.ended).toBe('TRANSPORT_CONNECTION_LOST');
  });

  test('what is expected later may be larger', async () => {
    const [socket, connection] = await upgraded(address, accepted);
    const log = new Log(connection);
    connection.expect?.(10);
    connection.expect?.(10_000);
    socket.write(frame(0x82, Buffer.alloc(10_000)));
    await log.received(10_000);
    socket.destroy();
  });

  test('pings that come together are answered by one pong, to the last of them', async () => {
    const [socket, connection] = await upgraded(address, accepted);
    const log = new Log(connection);
    let answers = Buffer.alloc(0);
    const last = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        answers = Buffer.concat([answers, chunk]);
        if (answers.toString('latin1').endsWith('1999')) resolve();
      });
    });
    const pings = Array.from({ length: 1000 }, (_, i) => frame(0x89, Buffer.from(`${1000 + i}`)));
    socket.write(Buffer.concat(pings));
    await last;
    // each read, of a piece of what was written, has one at most
    expect(answers.length / 6).toBeLessThan(100);
    expect(log.chunks).toEqual([]);
    socket.destroy();
  });

  test.each([
    ['pings', frame(0x89, Buffer.alloc(0))],
    ['pongs', frame(0x8a, Buffer.alloc(0))],
    ['empty messages', frame(0x82, Buffer.alloc(0))],
  ])('thousands of %s in one read end the connection', async (_name, one) => {
    const [socket, connection] = await upgraded(address, accepted);
    const log = new Log(connection);
    socket.write(Buffer.concat(Array.from({ length: 100_000 }, () => one)));
    expect(await log.ended).toBe('TRANSPORT_FRAME_REFUSED');
  });
});

describe('a message that does not become whole', () => {
  test.each([
    ['a frame', [frameHeader(0x82, 10), Buffer.from('abc')]],
    ['a message in fragments', [frame(0x02, Buffer.from('abc'))]],
    ['a frame header', [Buffer.from([0x82])]],
  ])('%s ends its connection in time', async (_name, bytes) => {
    const accepted = new Accepted();
    const listener = webSocketListener({ port: 0, messageTimeout: 20 });
    const [socket, connection] = await upgraded(await listener.listen(accepted), accepted);
    const log = new Log(connection);
    socket.write(Buffer.concat(bytes));
    expect(await log.ended).toBe('TRANSPORT_FRAME_REFUSED');
    await listener.close();
  });

  test('a connection without one may be quiet', async () => {
    const accepted = new Accepted();
    const listener = webSocketListener({ port: 0, messageTimeout: 1 });
    const [socket, connection] = await upgraded(await listener.listen(accepted), accepted);
    const log = new Log(connection);
    for (const text of ['abc', 'def']) {
      socket.write(Buffer.concat([frame(0x82, Buffer.from(text)), frame(0x89, Buffer.from('?'))]));
      await log.received(log.text.length + 3);
      await new Promise((resolve) => setTimeout(resolve, 5)); // longer than a message may take
    }
    expect(log.text).toBe('abcdef');
    socket.destroy();
    await listener.close();
  });
});

/** A client that has done the opening handshake, and sends what it likes. */
async function upgraded(
  { host, port }: ListeningAddress,
  accepted: Accepted,
): Promise<[Socket, Connection]> {
  const socket = connect({ host, port, noDelay: true });
  const response = new Promise((resolve) => socket.once('data', resolve));
  socket.on('error', () => {});
  socket.write(
    'GET /mqtt HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n' +
      'Sec-WebSocket-Protocol: mqtt\r\n\r\n',
  );
  const [connection] = await Promise.all([accepted.next(), response]);
  return [socket, connection];
}

/** A masked frame; a mask of zeros leaves the payload as it is. */
function frame(firstByte: number, payload: Buffer): Buffer {
  return Buffer.concat([frameHeader(firstByte, payload.length), payload]);
}

function frameHeader(firstByte: number, length: number): Buffer {
  const mask = [0, 0, 0, 0];
  if (length < 126) return Buffer.from([firstByte, 0x80 | length, ...mask]);
  const header = Buffer.alloc(14);
  header[0] = firstByte;
  header[1] = 0x80 | 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
