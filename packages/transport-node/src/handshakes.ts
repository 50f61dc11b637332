import { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import type { ListenerReceiver, RemoteAddress } from '@wellhead/transport';
import { networkOf, remoteAddress } from '@wellhead/transport/duplex';

export interface HandshakeLimits {
  /** TLS handshakes under way at a time; connections beyond are closed. @default 2000 */
  readonly maximumHandshakes?: number | undefined;
  /** The same from one address other than loopback. @default 500 */
  readonly maximumHandshakesPerAddress?: number | undefined;
}

/** Sockets that have not finished their TLS handshake, and are nobody else's yet: few, since each takes 40 KB. */
export class Handshakes {
  readonly #maximum: number;
  readonly #maximumPerAddress: number;
  /** With who is there: of a socket that is closed it is not known. */
  readonly #sockets = new Map<Socket, RemoteAddress>();
  readonly #byAddress = new Map<string, number>();
  #receiver: Pick<ListenerReceiver, 'refused'> | undefined;

  constructor(limits: HandshakeLimits = {}) {
    this.#maximum = limits.maximumHandshakes ?? MAXIMUM;
    this.#maximumPerAddress = limits.maximumHandshakesPerAddress ?? MAXIMUM_PER_ADDRESS;
  }

  /** Looks after the handshakes of a server that does not listen yet, and tells of those that come to nothing. */
  track(server: Server, receiver: Pick<ListenerReceiver, 'refused'>): void {
    this.#receiver = receiver;
    server.on('connection', (socket: Socket) => this.begin(socket));
    // a handshake that fails or takes too long is only told of: nobody but us ends its socket
    server.on('tlsClientError', (error, socket) => {
      const raw = socketBelow(socket);
      const remote = raw && this.#sockets.get(raw);
      // one that was closed here, or has gone without a word, is no news
      if (remote) receiver.refused?.(remote, reasonOf(error));
      socket.destroy();
    });
    server.on('secureConnection', (socket) => {
      const raw = socketBelow(socket);
      if (raw !== undefined) this.#end(raw);
      else this.#forgetAll(); // rather forget some than end one that has its owner
    });
  }

  /** One more, or one too many: then it is closed. */
  begin(socket: Socket): void {
    const remote = remoteAddress(socket, 'tls');
    const counted = countedFor(remote);
    const fromThere = this.#byAddress.get(counted) ?? 0;
    const isCrowded = counted !== '' && fromThere >= this.#maximumPerAddress;
    if (this.#sockets.size >= this.#maximum || isCrowded) {
      const where = isCrowded ? 'from this address ' : '';
      this.#receiver?.refused?.(remote, `too many TLS handshakes ${where}are under way`);
      socket.destroy();
      return;
    }
    this.#sockets.set(socket, remote);
    this.#byAddress.set(counted, fromThere + 1);
    socket.once('close', () => this.#end(socket));
  }

  destroyAll(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #end(socket: Socket): void {
    const remote = this.#sockets.get(socket);
    if (remote === undefined) return;
    this.#sockets.delete(socket);
    const counted = countedFor(remote);
    const left = (this.#byAddress.get(counted) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(counted);
    else this.#byAddress.set(counted, left);
  }

  #forgetAll(): void {
    this.#sockets.clear();
    this.#byAddress.clear();
  }
}

/** Loopback counts for nobody. */
function countedFor({ address, loopback }: RemoteAddress): string {
  return loopback ? '' : networkOf(address);
}

function socketBelow(socket: TLSSocket): Socket | undefined {
  const raw: unknown = Reflect.get(socket, '_parent'); // Node's name for it
  return raw instanceof Socket ? raw : undefined;
}

/** OpenSSL puts what it has to say into a field of its own, and file names and numbers into the message. */
function reasonOf(error: Error): string {
  const reason: unknown = Reflect.get(error, 'reason');
  return `TLS handshake: ${typeof reason === 'string' ? reason : error.message}`;
}

const MAXIMUM = 2_000;
const MAXIMUM_PER_ADDRESS = 500;
