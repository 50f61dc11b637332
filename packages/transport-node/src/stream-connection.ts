import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type Connection,
  type ConnectionReceiver,
  type RemoteAddress,
  TransportError,
} from '@wellhead/transport';
import { canShareReads, readInto } from './shared-read-buffer.ts';

export interface StreamConnectionOptions {
  /** How long `close()` waits for the other end, in milliseconds. @default 5000 */
  readonly closeTimeout?: number;
}

/** Accepted sockets may also read through one buffer for all. */
export interface SocketConnectionOptions extends StreamConnectionOptions {
  /** The buffer; undefined for 'data' events. */
  readonly readBuffer?: Uint8Array | undefined;
}

/** A connection over a Node stream. Its event handlers are shared functions: memory of an idle connection counts. */
export class StreamConnection implements Connection {
  readonly remote: RemoteAddress;
  readonly stableChunks: boolean;
  readonly #stream: OwnedStream;
  readonly #readBuffer: Uint8Array | undefined;
  readonly #closeTimeout: number;
  #receiver: ConnectionReceiver | undefined;
  #state: State = 'open';
  #paused = false;
  #drainOwed = false;
  #error: Error | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  /** What arrived while paused: decrypting goes on to the end of what was read. */
  #kept: Uint8Array[] | undefined;

  constructor(stream: Duplex, remote: RemoteAddress, options: SocketConnectionOptions) {
    this.#stream = stream;
    this.remote = remote;
    this.#closeTimeout = options.closeTimeout ?? CLOSE_TIMEOUT;
    const shares = options.readBuffer !== undefined && canShareReads(stream);
    this.#readBuffer = shares ? options.readBuffer : undefined;
    this.stableChunks = !shares && stream instanceof Socket;
    this.#stream[CONNECTION] = this;
    stream.on('error', onError).on('close', onClose);
  }

  get pendingBytes(): number {
    return this.#stream.writableLength;
  }

  start(receiver: ConnectionReceiver): void {
    if (this.#receiver) throw new TypeError('A connection is started once.');
    this.#receiver = receiver;
    const stream = this.#stream;
    if (this.#state !== 'open') {
      if (this.#state === 'closed') process.nextTick(reportClosed, this);
      return;
    }
    stream.on('drain', onDrain).on('end', onEnd);
    if (!this.#readBuffer) {
      stream.on('data', onData);
      return;
    }
    const early: unknown = stream.read();
    if (early instanceof Uint8Array) {
      this.#kept = [early];
      process.nextTick(takeKept, this);
    }
    if (!readInto(stream, this.#readBuffer, onRead)) stream.on('data', onData);
    if (this.#paused) stream.pause();
    else stream.resume();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return true;
    this.#stream.write(bytes);
    return this.#belowMark();
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#state !== 'open') return true;
    if (chunks.length === 1 && chunks[0]) return this.write(chunks[0]);
    const stream = this.#stream;
    stream.cork();
    for (const chunk of chunks) stream.write(chunk);
    stream.uncork();
    return this.#belowMark();
  }

  pause(): void {
    if (this.#state !== 'open') return;
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused || this.#state !== 'open') return;
    this.#paused = false;
    if (this.#kept) process.nextTick(takeKept, this);
    else if (this.#receiver) this.#stream.resume();
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#kept = undefined;
    this.#stream.end();
    this.#stream.resume(); // what still comes is dropped, and the other end's end is noticed
    this.#closeTimer = setTimeout(onCloseTimeout, this.#closeTimeout, this).unref();
  }

  destroy(error?: Error): void {
    if (this.#state === 'closed') return;
    this.#error ??= error;
    this.#state = 'closing';
    this.#kept = undefined;
    this.#stream.destroy();
  }

  /** For the handlers. */
  received(chunk: Uint8Array): void {
    if (this.#state !== 'open') return;
    if (this.#paused || this.#kept) (this.#kept ??= []).push(Uint8Array.from(chunk));
    else this.#receiver?.data(chunk);
  }

  /** For the handlers. */
  deliverKept(): void {
    if (this.#paused || this.#state !== 'open') return;
    for (let chunk = this.#kept?.shift(); chunk; chunk = this.#kept?.shift()) {
      this.#receiver?.data(chunk);
      if (this.#paused || this.#state !== 'open') return;
    }
    this.#kept = undefined;
    this.#stream.resume();
  }

  /** For the handlers. */
  drained(): void {
    if (!this.#drainOwed || this.#state !== 'open') return;
    this.#drainOwed = false;
    this.#receiver?.drain();
  }

  /** For the handlers. */
  failed(error: Error): void {
    this.#error ??= new TransportError('TRANSPORT_CONNECTION_LOST', error.message, {
      cause: error,
    });
  }

  /** For the handlers. */
  closeTimedOut(): void {
    if (!this.#stream.writableFinished) {
      const message = 'The other end did not take the last bytes in time.';
      this.#error ??= new TransportError('TRANSPORT_CLOSE_TIMEOUT', message);
    }
    this.#stream.destroy();
  }

  /** For the handlers. */
  closed(): void {
    this.#state = 'closed';
    clearTimeout(this.#closeTimer);
    this.#kept = undefined;
    this.report();
  }

  /** For the handlers. */
  report(): void {
    this.#receiver?.closed(this.#error);
  }

  /** Not `writableNeedDrain`: a large write that the kernel took at once is no back-pressure. */
  #belowMark(): boolean {
    if (this.#stream.writableLength < HIGH_WATER_MARK) return true;
    this.#drainOwed = true;
    return false;
  }
}

type State = 'open' | 'closing' | 'closed';

interface OwnedStream extends Duplex {
  [CONNECTION]?: StreamConnection;
}

function onData(this: OwnedStream, chunk: unknown): void {
  this[CONNECTION]?.received(toBytes(chunk));
}

function onRead(this: OwnedStream, length: number, buffer: Uint8Array): void {
  this[CONNECTION]?.received(buffer.subarray(0, length));
}

function onDrain(this: OwnedStream): void {
  this[CONNECTION]?.drained();
}

/** The other end will send no more: ours ends too, in bounded time. */
function onEnd(this: OwnedStream): void {
  this[CONNECTION]?.close();
}

function onError(this: OwnedStream, error: Error): void {
  this[CONNECTION]?.failed(error);
}

function onClose(this: OwnedStream): void {
  this[CONNECTION]?.closed();
}

function onCloseTimeout(connection: StreamConnection): void {
  connection.closeTimedOut();
}

function takeKept(connection: StreamConnection): void {
  connection.deliverKept();
}

function reportClosed(connection: StreamConnection): void {
  connection.report();
}

/** Streams of other makers may carry text or other views. */
function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  return typeof chunk === 'string' ? Buffer.from(chunk) : NOTHING;
}

const CONNECTION = Symbol('connection');
const NOTHING = new Uint8Array(0);
/** Node's own marks are at most this, so that 'drain' is sure to come. */
const HIGH_WATER_MARK = 65_536;
const CLOSE_TIMEOUT = 5_000;
