import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectSecurely } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { Connection } from '@wellhead/transport';
import { connectionFromDuplex, tcpListener, tlsListener } from '@wellhead/transport-node';
import { Log } from './log.ts';
import { Accepted, connectTcp, fixture, serverCertificate } from './pairs.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a connection over a stream', () => {
  test('gives all pieces of a writev() to the stream at once', () => {
    const calls: string[][] = [];
    const stream = new Duplex({
      read() {},
      writev(chunks, done) {
        calls.push(chunks.map(({ chunk }) => String(chunk)));
        done();
      },
    });
    const connection = connectionFromDuplex(stream);
    connection.writev([bytes('a'), bytes('b'), bytes('c')]);
    expect(calls).toEqual([['a', 'b', 'c']]);
    expect(connection.pendingBytes).toBe(0);
    connection.destroy();
  });

  test('that does not take the last bytes is cut off', async () => {
    const stream = new Duplex({ read() {}, write() {} });
    const connection = connectionFromDuplex(stream, {}, { closeTimeout: 1 });
    const log = new Log(connection);
    connection.write(bytes('never taken'));
    connection.close();
    expect(await log.ended).toBe('TRANSPORT_CLOSE_TIMEOUT');
    expect(stream.destroyed).toBe(true);
  });

  test('that has taken all, and does not end itself, ends in order', async () => {
    const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const connection = connectionFromDuplex(stream, {}, { closeTimeout: 1 });
    const log = new Log(connection);
    connection.write(bytes('taken'));
    connection.close();
    expect(await log.ended).toBe('in order');
  });

  test('says what went wrong with the stream', async () => {
    const stream = new Duplex({ read() {} });
    const log = new Log(connectionFromDuplex(stream));
    stream.destroy(new Error('out of wire'));
    expect(await log.ended).toBe('TRANSPORT_CONNECTION_LOST');
  });

  test('that was destroyed before ends at once', async () => {
    const stream = new Duplex({ read() {} }).destroy();
    await new Promise((resolve) => stream.once('close', resolve));
    expect(await new Log(connectionFromDuplex(stream)).ended).toBe('in order');
  });

  test('takes text for its UTF-8', async () => {
    const stream = new Duplex({ read() {}, encoding: 'utf8' });
    const log = new Log(connectionFromDuplex(stream));
    stream.push('é');
    await log.received(1);
    expect(log.text).toBe('é');
    stream.destroy();
  });

  test('says that it is not from this machine, unless it is told otherwise', () => {
    const remote = (given: object): Connection['remote'] =>
      connectionFromDuplex(new Duplex({ read() {} }), given).remote;
    expect(remote({})).toMatchObject({ address: 'stream', loopback: false, secure: false });
    expect(remote({ loopback: true })).toMatchObject({ address: 'stream', loopback: true });
  });
});

describe('an accepted socket', () => {
  const readings = [
    ['through the shared buffer', true],
    ["by 'data' events", false],
  ] as const;

  test.each(readings)(
    'read %s, that is reset ends with an error',
    async (_name, sharedReadBuffer) => {
      const accepted = new Accepted();
      const listener = tcpListener({ port: 0, sharedReadBuffer });
      const { host, port } = await listener.listen(accepted);
      const socket = connect({ host, port });
      const log = new Log(await accepted.next());
      socket.resetAndDestroy();
      expect(await log.ended).toBe('TRANSPORT_CONNECTION_LOST');
      await listener.close();
    },
  );

  test.each(readings)(
    'read %s, ends when the other end is half closed',
    async (_name, sharedReadBuffer) => {
      const accepted = new Accepted();
      const listener = tcpListener({ port: 0, sharedReadBuffer });
      const { host, port } = await listener.listen(accepted);
      const socket = connect({ host, port, allowHalfOpen: true });
      socket.end('last words');
      const log = new Log(await accepted.next());
      expect(await log.ended).toBe('in order');
      expect(log.text).toBe('last words');
      socket.destroy();
      await listener.close();
    },
  );

  test.each(readings)(
    'over TLS, read %s, shows what came before the end, though it paused',
    async (_name, sharedReadBuffer) => {
      const accepted = new Accepted();
      const listener = tlsListener({ port: 0, sharedReadBuffer, ...(await serverCertificate()) });
      const { host, port } = await listener.listen(accepted);
      const ca = await fixture('server-cert.pem');
      const socket = connectSecurely({ host, port, ca, servername: 'localhost' });
      socket.write('1');
      const connection = await accepted.next();
      const log = new Log(connection);
      await log.received(1);
      log.onData = () => {
        log.onData = () => {};
        connection.pause();
        setImmediate(() => connection.resume());
      };
      socket.end(Buffer.alloc(100_000, '2'));
      await log.ended;
      expect(log.text.length).toBe(100_001);
      await listener.close();
    },
  );

  test('is known by address and port', async () => {
    const accepted = new Accepted();
    const listener = tcpListener({ port: 0 });
    const address = await listener.listen(accepted);
    const client = await connectTcp(address);
    const { remote } = await accepted.next();
    expect(remote).toMatchObject({
      address: '127.0.0.1',
      loopback: true,
      secure: false,
      transport: 'tcp',
    });
    client.destroy();
    await listener.close();
  });
});
