import type { Connection, ConnectionReceiver, RemoteAddress } from './connection.ts';
import { TransportError } from './transport-error.ts';

/** The part of a Node duplex stream that a connection needs. */
export interface DuplexLike {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'drain' | 'end' | 'close' | 'finish', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  destroy(error?: Error): unknown;
  pause(): unknown;
  resume(): unknown;
  cork(): void;
  uncork(): void;
  readonly writableLength: number;
}

/** A connection over any duplex stream of bytes. `remote` says who is at its other end. @default this process */
export function connectionFromDuplex(
  duplex: DuplexLike,
  remote: Partial<RemoteAddress> = {},
): Connection {
  return new DuplexConnection(duplex, { ...THIS_PROCESS, ...remote });
}

class DuplexConnection implements Connection {
  readonly remote: RemoteAddress;
  readonly stableChunks = true;
  readonly #duplex: DuplexLike;
  #receiver: ConnectionReceiver | undefined;
  #isEnding = false;
  #isOver = false;
  #error: Error | undefined;

  constructor(duplex: DuplexLike, remote: RemoteAddress) {
    this.#duplex = duplex;
    this.remote = remote;
  }

  get pendingBytes(): number {
    return this.#duplex.writableLength;
  }

  start(receiver: ConnectionReceiver): void {
    const duplex = this.#duplex;
    this.#receiver = receiver;
    duplex.on('drain', () => {
      if (!this.#isOver) receiver.drain();
    });
    duplex.on('error', (error) => {
      this.#error ??= new TransportError('TRANSPORT_CONNECTION_LOST', error.message, {
        cause: error,
      });
    });
    duplex.on('end', () => this.close());
    duplex.on('close', () => this.#finish());
    duplex.on('data', (chunk) => {
      if (!this.#isEnding) receiver.data(chunk);
    });
  }

  write(bytes: Uint8Array): boolean {
    return this.#isEnding || this.#duplex.write(bytes);
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#isEnding) return true;
    let hasRoom = true;
    this.#duplex.cork();
    for (const chunk of chunks) hasRoom = this.#duplex.write(chunk);
    this.#duplex.uncork();
    return hasRoom;
  }

  pause(): void {
    this.#duplex.pause();
  }

  resume(): void {
    this.#duplex.resume();
  }

  close(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    // streams that do not destroy themselves after their end are helped
    this.#duplex.on('finish', () => this.#duplex.destroy());
    this.#duplex.resume();
    this.#duplex.end();
  }

  destroy(error?: Error): void {
    this.#isEnding = true;
    this.#error ??= error;
    this.#duplex.destroy();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isEnding = true;
    this.#receiver?.closed(this.#error);
  }
}

const THIS_PROCESS: RemoteAddress = {
  address: 'stream',
  port: undefined,
  loopback: true,
  secure: false,
  transport: 'stream',
};
