import { createServer, connect, type Server } from 'node:net';
import { connect as connectSecurely, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { type Listener, type ListeningAddress, TransportError } from '@wellhead/transport';
import {
  tcpListener,
  type TlsListener,
  tlsListener,
  webSocketListener,
} from '@wellhead/transport-node';
import { isLoopback, networkOf } from '@wellhead/transport/duplex';
import { Log } from './log.ts';
import { Accepted, connectTcp, fixture, portOf, serverCertificate } from './pairs.ts';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function listening<T extends Listener>(listener: T): T {
  open.push(listener);
  return listener;
}

describe('listening fails with an error that names the place', () => {
  test('a port that is taken', async () => {
    const { port } = await listening(tcpListener({ port: 0 })).listen(new Accepted());
    const error = await refusal(tcpListener({ port }));
    expect(error.code).toBe('TRANSPORT_ADDRESS_IN_USE');
    expect(error.message).toBe(`Cannot listen on 127.0.0.1:${port}: the address is in use.`);
  });

  test('a port that another program has, for WebSocket', async () => {
    const server: Server = createServer();
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const error = await refusal(webSocketListener({ port: portOf(server) }));
    expect(error.code).toBe('TRANSPORT_ADDRESS_IN_USE');
  });

  test('an address of another machine', async () => {
    const error = await refusal(tcpListener({ host: '192.0.2.1', port: 0 }));
    expect(error.code).toBe('TRANSPORT_ADDRESS_UNAVAILABLE');
    expect(error.message).toContain('192.0.2.1:0');
  });

  test('a name that nobody has', async () => {
    const error = await refusal(tcpListener({ host: 'no.such.host.invalid', port: 0 }));
    expect(error.code).toBe('TRANSPORT_ADDRESS_UNAVAILABLE');
  });

  test('a port that does not exist', async () => {
    const error = await refusal(tcpListener({ port: 70_000 }));
    expect(error.code).toBe('TRANSPORT_LISTEN_FAILED');
    expect(error.message).toContain('127.0.0.1:70000');
  });

  test.each([
    ['no certificate', { cert: 'not PEM' }],
    ['no key', { key: 'not PEM' }],
    ['the key of another certificate', {}],
  ])('%s', async (_name, changes) => {
    const tls = {
      cert: await fixture('server-cert.pem'),
      key: await fixture('other-key.pem'),
      ...changes,
    };
    for (const listener of [
      tlsListener({ port: 0, ...tls }),
      webSocketListener({ port: 0, tls }),
    ]) {
      const error = await refusal(listener);
      expect(error.code).toBe('TRANSPORT_BAD_CERTIFICATE');
      expect(error.message).toContain('127.0.0.1:0');
    }
  });
});

describe('a listener', () => {
  test('says where it listens', async () => {
    const address = await listening(tcpListener({ port: 0 })).listen(new Accepted());
    expect(address).toEqual({
      host: '127.0.0.1',
      port: address.port,
      url: `mqtt://127.0.0.1:${address.port}`,
    });
    expect(address.port).toBeGreaterThan(0);
  });

  test('listens once', async () => {
    const listener = listening(tcpListener({ port: 0 }));
    await listener.listen(new Accepted());
    await expect(listener.listen(new Accepted())).rejects.toThrow(TypeError);
  });

  test('closes any number of times, also before it listens', async () => {
    const listener = tcpListener({ port: 0 });
    await listener.close();
    await listener.listen(new Accepted());
    await listener.close();
    await listener.close();
  });

  test('that closes accepts nobody, and leaves the connections that it handed over', async () => {
    const accepted = new Accepted();
    const listener = tcpListener({ port: 0 });
    const address = await listener.listen(accepted);
    const client = await connectTcp(address);
    const server = new Log(await accepted.next());
    await listener.close();
    expect(await new Log(await connectTcp(address)).ended).toBe('TRANSPORT_CONNECTION_LOST');
    client.write(Buffer.from('still there'));
    await server.received(11);
    client.close();
    expect(await server.ended).toBe('in order');
  });

  test('for TLS that closes ends handshakes that have not come to their end', async () => {
    const listener = tlsListener({ port: 0, ...(await serverCertificate()) });
    const { host, port } = await listener.listen(new Accepted());
    const socket = connect({ host, port });
    await new Promise((resolve) => socket.once('connect', resolve));
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    await turns(10);
    await listener.close();
    await ended;
  });

  test.each<[string, string | Buffer]>([
    ['says nothing', ''],
    ['sends half a ClientHello', Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3])],
  ])('for TLS cuts a client that %s, and serves the others', async (_name, bytes) => {
    const accepted = new Accepted();
    const secure = { ...(await serverCertificate()), handshakeTimeout: 50 };
    const address = await listening(tlsListener({ port: 0, ...secure })).listen(accepted);
    const { host, port } = address;
    const silent = connect({ host, port });
    const ended = new Promise<void>((resolve) => silent.once('close', () => resolve()));
    silent.on('error', () => {});
    silent.write(bytes);
    await ended;
    const client = await secureClient(address);
    expect((await accepted.next()).remote.secure).toBe(true);
    expect(accepted.refusals).toEqual([expect.stringContaining('tls 127.0.0.1 TLS handshake: ')]);
    client.destroy();
  });

  test('for TLS ends the socket of a handshake that fails, and tells of it', async () => {
    const accepted = new Accepted();
    const listener = listening(tlsListener({ port: 0, ...(await serverCertificate()) }));
    const { host, port } = await listener.listen(accepted);
    const plain = connect({ host, port, allowHalfOpen: true });
    const ended = new Promise<void>((resolve) => plain.once('close', () => resolve()));
    plain.on('error', () => {});
    plain.on('end', () => plain.end());
    plain.resume();
    plain.write(Buffer.from([0x10, 12, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 0])); // MQTT without TLS
    await ended;
    expect(accepted.errors).toEqual([]);
    expect(accepted.refusals).toEqual(['tls 127.0.0.1 TLS handshake: wrong version number']);
  });

  test('for TLS that closes leaves connections whose handshake is done', async () => {
    const accepted = new Accepted();
    const listener = tlsListener({ port: 0, ...(await serverCertificate()) });
    const client = await secureClient(await listener.listen(accepted));
    const log = new Log(await accepted.next());
    await listener.close();
    client.end('still there');
    expect(await log.ended).toBe('in order');
    expect(log.text).toBe('still there');
  });
});

describe('certificates', () => {
  test('a client’s is shown when it was asked for and holds', async () => {
    const accepted = new Accepted();
    const address = await listening(await mutualListener()).listen(accepted);
    const mine = { cert: await fixture('client-cert.pem'), key: await fixture('client-key.pem') };
    const client = await secureClient(address, mine);
    const { remote } = await accepted.next();
    expect(remote).toMatchObject({
      transport: 'tls',
      secure: true,
      certificate: { subject: { CN: 'client-one' } },
    });
    client.destroy();
  });

  test('a client without one is refused when one is asked for', async () => {
    const address = await listening(await mutualListener()).listen(new Accepted());
    const client = await secureClient(address);
    const failure = new Promise((resolve) => client.once('error', resolve));
    expect(await failure).toBeInstanceOf(Error);
  });

  test('a listener’s is replaced for the connections that follow', async () => {
    const accepted = new Accepted();
    const listener: TlsListener = listening(
      tlsListener({ port: 0, ...(await serverCertificate()) }),
    );
    const address = await listener.listen(accepted);
    const bad = { cert: 'not PEM', key: 'not PEM' };
    expect(() => listener.setCertificate(bad)).toThrow(TransportError);
    const before = await certificateOf(address);
    listener.setCertificate({
      cert: await fixture('other-cert.pem'),
      key: await fixture('other-key.pem'),
    });
    expect(await certificateOf(address)).not.toBe(before);
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['128.0.0.1', false],
  ['fe80::1', false],
])('%s is of this machine: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

async function refusal(listener: Listener): Promise<TransportError> {
  const error: unknown = await listener.listen(new Accepted()).catch((reason: unknown) => reason);
  if (!(error instanceof TransportError))
    throw new TypeError('it listens, or failed otherwise', { cause: error });
  return error;
}

async function mutualListener(): Promise<TlsListener> {
  const ca = await fixture('authority-cert.pem');
  return tlsListener({ port: 0, ...(await serverCertificate()), ca, requestCert: true });
}

async function secureClient({ host, port }: ListeningAddress, mine?: object): Promise<TLSSocket> {
  const socket = connectSecurely({ host, port, rejectUnauthorized: false, ...mine });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  return socket;
}

async function certificateOf(address: ListeningAddress): Promise<string> {
  const socket = await secureClient(address);
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['unknown', 'unknown'],
])('%s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
