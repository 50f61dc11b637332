import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { expect, test } from 'vitest';
import { tlsListener, webSocketListener } from '@wellhead/transport-node';
import { Handshakes } from '../src/handshakes.ts';
import { Accepted, serverCertificate } from './pairs.ts';

test.each([
  ['TLS', (tls: Tls) => tlsListener({ port: 0, ...tls })],
  ['secure WebSocket', (tls: Tls) => webSocketListener({ port: 0, tls })],
])(
  'handshakes of %s under way have a limit, and one that ends makes room',
  async (_name, listen) => {
    const certificate = await serverCertificate();
    const listener = listen({ ...certificate, maximumHandshakes: 2 });
    const accepted = new Accepted();
    const { host, port } = await listener.listen(accepted);
    const dial = async (): Promise<Socket> => {
      const socket = connect(port, host);
      await once(socket, 'connect');
      return socket;
    };
    const first = await dial();
    await dial();
    await once((await dial()).resume(), 'close');
    expect(accepted.refusals).toEqual(['tls 127.0.0.1 too many TLS handshakes are under way']);
    first.destroy();
    await once(first, 'close');
    const secure = await untilSecure(() => connectSecurely({ host, port, ca: certificate.cert }));
    const next = await dial(); // a handshake that is done has made room as well
    expect([secure.destroyed, next.destroyed]).toEqual([false, false]);
    await listener.close();
    secure.destroy();
    await once(next.resume(), 'close');
  },
);

test('handshakes from one address have a limit of their own, but for loopback', () => {
  const handshakes = new Handshakes({ maximumHandshakes: 6, maximumHandshakesPerAddress: 2 });
  const begin = (remoteAddress: string): Socket => {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
    handshakes.begin(socket);
    return socket;
  };
  const isClosed = (...addresses: string[]): boolean[] =>
    addresses.map((address) => begin(address).destroyed);
  const first = begin('192.0.2.1');
  expect(isClosed('192.0.2.1', '192.0.2.1', '192.0.2.2')).toEqual([false, true, false]);
  expect(isClosed('127.0.0.1', '::1', '127.0.0.1')).toEqual([false, false, false]);
  first.emit('close');
  expect(isClosed('192.0.2.1', '192.0.2.1')).toEqual([false, true]);
  expect(isClosed('192.0.2.3')).toEqual([true]); // six in all
});

type Tls = Awaited<ReturnType<typeof serverCertificate>> & { maximumHandshakes: number };

/** The listener may hear of a socket that is gone a little later than its owner. */
async function untilSecure(dial: () => ReturnType<typeof connectSecurely>): Promise<Socket> {
  for (;;) {
    const socket = dial();
    const outcome = await Promise.race([
      once(socket, 'secureConnect').then(() => 'secure'),
      once(socket, 'close').then(() => 'closed'),
    ]).catch(() => 'closed');
    if (outcome === 'secure') return socket;
  }
}
