import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import {
  connect as connectSocket,
  createServer as createTcpServer,
  type AddressInfo,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex, PassThrough } from 'node:stream';
import { connect as connectSecurely } from 'node:tls';
import { createWebSocketStream, WebSocket } from 'ws';
import type {
  Connection,
  Listener,
  ListenerReceiver,
  ListeningAddress,
  RemoteAddress,
} from '@wellhead/transport';
import type { PairMaker } from '@wellhead/transport/kit';
import {
  attachWebSocket,
  connectionFromDuplex,
  tcpListener,
  tlsListener,
  unixListener,
  webSocketListener,
} from '@wellhead/transport-node';

export async function fixture(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, 'fixtures', name), 'utf8');
}

export async function serverCertificate(): Promise<{ cert: string; key: string }> {
  return { cert: await fixture('server-cert.pem'), key: await fixture('server-key.pem') };
}

/** A receiver that hands out its connections in order. */
export class Accepted implements ListenerReceiver {
  readonly errors: Error[] = [];
  /** Addresses, and why they were turned away. */
  readonly refusals: string[] = [];
  readonly #connections: Connection[] = [];
  #waiting: ((connection: Connection) => void) | undefined;

  connection(connection: Connection): void {
    if (this.#waiting) this.#waiting(connection);
    else this.#connections.push(connection);
    this.#waiting = undefined;
  }

  error(error: Error): void {
    this.errors.push(error);
  }

  refused({ address, transport }: RemoteAddress, reason: string): void {
    this.refusals.push(`${transport} ${address} ${reason}`);
  }

  next(): Promise<Connection> {
    const connection = this.#connections.shift();
    if (connection) return Promise.resolve(connection);
    return new Promise((resolve) => (this.#waiting = resolve));
  }
}

/** Pairs of a listener's connection and a client's. */
function pairsOf(
  makeListener: () => Promise<Listener>,
  connectTo: (address: ListeningAddress) => Promise<Connection>,
): PairMaker {
  return async () => {
    const accepted = new Accepted();
    const listener = await makeListener();
    const address = await listener.listen(accepted);
    const [client, server] = await Promise.all([connectTo(address), accepted.next()]);
    const dispose = async (): Promise<void> => {
      client.destroy();
      server.destroy();
      await listener.close();
    };
    return { client, server, [Symbol.asyncDispose]: dispose };
  };
}

export async function connectTcp({ host, port }: ListeningAddress): Promise<Connection> {
  return connectionFromDuplex(connectSocket({ host, port }));
}

export async function connectUnix({ host }: ListeningAddress): Promise<Connection> {
  return connectionFromDuplex(connectSocket(host));
}

async function connectTls({ host, port }: ListeningAddress): Promise<Connection> {
  const ca = await fixture('server-cert.pem');
  return connectionFromDuplex(connectSecurely({ host, port, ca, servername: 'localhost' }));
}

async function connectWebSocket({ url }: ListeningAddress): Promise<Connection> {
  const ca = await fixture('server-cert.pem');
  const webSocket = new WebSocket(url, ['mqtt'], { ca });
  return connectionFromDuplex(createWebSocketStream(webSocket));
}

async function unixPair(sharedReadBuffer: boolean): ReturnType<PairMaker> {
  const folder = await mkdtemp(join(tmpdir(), 'wellhead-'));
  const listener = unixListener({ path: join(folder, 'mqtt.sock'), sharedReadBuffer });
  const pair = await pairsOf(async () => listener, connectUnix)();
  const dispose = async (): Promise<void> => {
    await pair[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  };
  return { client: pair.client, server: pair.server, [Symbol.asyncDispose]: dispose };
}

async function attachedPair(): ReturnType<PairMaker> {
  const httpServer = createServer();
  await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
  const pair = await pairsOf(async () => attachWebSocket(httpServer), connectWebSocket)();
  const dispose = async (): Promise<void> => {
    await pair[Symbol.asyncDispose]();
    httpServer.close();
  };
  return { client: pair.client, server: pair.server, [Symbol.asyncDispose]: dispose };
}

async function duplexStreams(): ReturnType<PairMaker> {
  const [one, other] = streamPair();
  const [client, server] = [connectionFromDuplex(one), connectionFromDuplex(other)];
  const dispose = async (): Promise<void> => {
    client.destroy();
    server.destroy();
  };
  return { client, server, [Symbol.asyncDispose]: dispose };
}

/** Two streams, each of which reads what is written to the other. */
function streamPair(): [Duplex, Duplex] {
  const [there, back] = [new PassThrough(), new PassThrough()];
  const one = joined(back, there);
  const other = joined(there, back);
  one.once('close', () => other.destroy());
  other.once('close', () => one.destroy());
  return [one, other];
}

function joined(readable: PassThrough, writable: PassThrough): Duplex {
  return Duplex.from({ readable, writable });
}

export async function acceptedSocket(): Promise<Socket> {
  return (await acceptedPair()).socket;
}

/** A socket that a server has accepted, which takes its other end with it. */
export async function acceptedPair(): Promise<{ socket: Socket; client: Socket }> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connectSocket(portOf(server), '127.0.0.1');
  client.on('error', () => {});
  const socket = await accepted;
  socket.once('close', () => client.destroy());
  server.close();
  return { socket, client };
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export const pairMakers: readonly [name: string, makePair: PairMaker][] = [
  ['tcp, shared read buffer', pairsOf(async () => tcpListener({ port: 0 }), connectTcp)],
  [
    "tcp, 'data' events",
    pairsOf(async () => tcpListener({ port: 0, sharedReadBuffer: false }), connectTcp),
  ],
  [
    "tcp, the stream's write()",
    pairsOf(async () => tcpListener({ port: 0, directWrites: false }), connectTcp),
  ],
  [
    'tls, shared read buffer',
    pairsOf(async () => tlsListener({ port: 0, ...(await serverCertificate()) }), connectTls),
  ],
  [
    "tls, 'data' events",
    pairsOf(
      async () => tlsListener({ port: 0, sharedReadBuffer: false, ...(await serverCertificate()) }),
      connectTls,
    ),
  ],
  ['unix, shared read buffer', () => unixPair(true)],
  ["unix, 'data' events", () => unixPair(false)],
  ['duplex', duplexStreams],
  ['ws', pairsOf(async () => webSocketListener({ port: 0 }), connectWebSocket)],
  [
    'wss',
    pairsOf(
      async () => webSocketListener({ port: 0, tls: await serverCertificate() }),
      connectWebSocket,
    ),
  ],
  ['ws on an http server', attachedPair],
];
