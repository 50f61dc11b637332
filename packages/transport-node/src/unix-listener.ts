import { access, chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { dirname, resolve as resolvePath } from 'node:path';
import {
  type Listener,
  type ListenerReceiver,
  type ListeningAddress,
  type RemoteAddress,
  TransportError,
} from '@wellhead/transport';
import { listenError, systemCode } from './listen-error.ts';
import { listen, stop } from './server-listener.ts';
import { connectionOptions, type SocketOptions } from './socket-options.ts';
import { StreamConnection } from '@wellhead/transport/duplex';

export interface UnixListenerOptions extends SocketOptions {
  readonly path: string;
  /** Permissions of the socket file: who may write to it may connect. @default 0o660 */
  readonly mode?: number;
}

/** MQTT over a Unix domain socket. A socket file that nobody answers on is replaced; closing removes the file. */
export function unixListener(options: UnixListenerOptions): Listener {
  return new UnixListener(options);
}

class UnixListener implements Listener {
  readonly name = 'unix';
  readonly #options: UnixListenerOptions;
  #server: Server | undefined;

  constructor(options: UnixListenerOptions) {
    this.#options = options;
  }

  async listen(receiver: ListenerReceiver): Promise<ListeningAddress> {
    if (this.#server) throw new TypeError('A listener listens once.');
    const path = resolvePath(this.#options.path);
    await checkPath(path);
    const forConnections = connectionOptions(this.#options);
    const server = createServer((socket) => {
      receiver.connection(new StreamConnection(socket, REMOTE, forConnections));
    });
    this.#server = server;
    await listenAt(server, path, receiver);
    try {
      await chmod(path, this.#options.mode ?? 0o660);
    } catch (error) {
      stop(server);
      throw listenError(path, error);
    }
    return { host: path, port: 0, url: `unix://${path}` };
  }

  async close(): Promise<void> {
    stop(this.#server); // which removes the file
  }
}

/** What Node would tell otherwise: a folder that is missing is 'permission denied' there, and a long path is cut off. */
async function checkPath(path: string): Promise<void> {
  const bytes = Buffer.byteLength(path);
  if (bytes > LONGEST_PATH) {
    const reason = `the path has ${bytes} bytes, and that of a socket may have ${LONGEST_PATH}`;
    throw new TransportError('TRANSPORT_LISTEN_FAILED', `Cannot listen on ${path}: ${reason}.`);
  }
  try {
    await access(dirname(path));
  } catch (error) {
    throw listenError(path, error);
  }
}

async function listenAt(server: Server, path: string, receiver: ListenerReceiver): Promise<void> {
  try {
    await listen(server, { path }, path, receiver);
  } catch (error) {
    const taken = error instanceof TransportError && error.code === 'TRANSPORT_ADDRESS_IN_USE';
    if (!taken) throw error;
    if (!(await lstat(path)).isSocket()) throw noSocket(path, error);
    if (!(await isAbandoned(path))) throw error;
    await unlink(path);
    await listen(server, { path }, path, receiver);
  }
}

function noSocket(path: string, cause: TransportError): TransportError {
  const reason = 'something that is no socket is there, and stays';
  return new TransportError(cause.code, `Cannot listen on ${path}: ${reason}.`, { cause });
}

/** Only a socket that refuses connections is what a broker left behind when it was killed. */
async function isAbandoned(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(false));
    socket.once('connect', () => socket.destroy());
    socket.once('error', (error) => resolve(systemCode(error) === 'ECONNREFUSED'));
  });
}

/** `sun_path`, with the zero at its end. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103;

const REMOTE: RemoteAddress = Object.freeze({
  address: 'unix',
  port: undefined,
  loopback: true,
  secure: false,
  transport: 'unix',
});
