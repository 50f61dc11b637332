import { Socket } from 'node:net';
import type { Server } from 'node:tls';
import { remoteAddress } from '@wellhead/transport/duplex';

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
  /** With their addresses, empty for loopback: of a socket that is closed it is not known. */
  readonly #sockets = new Map<Socket, string>();
  readonly #byAddress = new Map<string, number>();

  constructor(limits: HandshakeLimits = {}) {
    this.#maximum = limits.maximumHandshakes ?? MAXIMUM;
    this.#maximumPerAddress = limits.maximumHandshakesPerAddress ?? MAXIMUM_PER_ADDRESS;
  }

  /** Looks after the handshakes of a server that does not listen yet. */
  track(server: Server): void {
    server.on('connection', (socket: Socket) => this.begin(socket));
    // a handshake that fails or takes too long is only told of: nobody but us ends its socket
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('secureConnection', (socket) => {
      const raw: unknown = Reflect.get(socket, '_parent'); // Node's name for the socket below
      if (raw instanceof Socket) this.#end(raw);
      else this.#forgetAll(); // rather forget some than end one that has its owner
    });
  }

  /** One more, or one too many: then it is closed. */
  begin(socket: Socket): void {
    const remote = remoteAddress(socket, 'tls');
    const address = remote.loopback ? '' : remote.address;
    const fromThere = this.#byAddress.get(address) ?? 0;
    const isCrowded = address !== '' && fromThere >= this.#maximumPerAddress;
    if (this.#sockets.size >= this.#maximum || isCrowded) {
      socket.destroy();
      return;
    }
    this.#sockets.set(socket, address);
    this.#byAddress.set(address, fromThere + 1);
    socket.once('close', () => this.#end(socket));
  }

  destroyAll(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #end(socket: Socket): void {
    const address = this.#sockets.get(socket);
    if (address === undefined) return;
    this.#sockets.delete(socket);
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
  }

  #forgetAll(): void {
    this.#sockets.clear();
    this.#byAddress.clear();
  }
}

const MAXIMUM = 2_000;
const MAXIMUM_PER_ADDRESS = 500;
