import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RemoteAddress } from './connection.ts';
import { type CloseOptions, connectionLost, NodeConnection } from './node-connection.ts';
import { canShareReads, readInto } from './shared-read-buffer.ts';

/** Accepted sockets may also read through one buffer for all. */
export interface StreamConnectionOptions extends CloseOptions {
  /** The buffer; undefined for 'data' events. */
  readonly readBuffer?: Uint8Array | undefined;
}

/** A connection over a Node stream. Its event handlers are shared functions: memory of an idle connection counts. */
export class StreamConnection extends NodeConnection {
  readonly stableChunks: boolean;
  readonly #stream: OwnedStream;
  readonly #readBuffer: Uint8Array | undefined;

  constructor(stream: Duplex, remote: RemoteAddress, options: StreamConnectionOptions) {
    super(remote, options);
    const shares = options.readBuffer !== undefined && canShareReads(stream);
    this.#stream = stream;
    this.#readBuffer = shares ? options.readBuffer : undefined;
    this.stableChunks = !shares && stream instanceof Socket;
    this.#stream[CONNECTION] = this;
    stream.on('error', onError).on('close', onClose);
    if (stream.destroyed) process.nextTick(onGone, this); // its 'close' may have been before
  }

  get pendingBytes(): number {
    return this.#stream.writableLength;
  }

  protected startReading(paused: boolean): void {
    const stream = this.#stream;
    stream.on('drain', onDrain).on('end', onEnd);
    if (!this.#readBuffer) {
      stream.on('data', onData);
      return;
    }
    const early: unknown = stream.read();
    if (early instanceof Uint8Array) this.keep(early);
    if (!readInto(stream, this.#readBuffer, onRead)) stream.on('data', onData);
    if (paused) stream.pause();
    else stream.resume();
  }

  protected pauseReading(): void {
    this.#stream.pause();
  }

  protected resumeReading(): void {
    this.#stream.resume();
  }

  protected send(bytes: Uint8Array): void {
    this.#stream.write(this.#own(bytes));
  }

  protected sendAll(chunks: readonly Uint8Array[]): void {
    const stream = this.#stream;
    stream.cork();
    for (const chunk of chunks) stream.write(this.#own(chunk));
    stream.uncork();
  }

  /** A socket has done with bytes that are no longer pending; other streams may go on passing them around. */
  #own(bytes: Uint8Array): Uint8Array {
    return this.#stream instanceof Socket ? bytes : new Uint8Array(bytes);
  }

  protected end(): void {
    this.#stream.end();
    this.#stream.resume();
  }

  protected cut(): void {
    this.#stream.destroy();
  }
}

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

function onEnd(this: OwnedStream): void {
  this[CONNECTION]?.ended();
}

function onError(this: OwnedStream, error: Error): void {
  this[CONNECTION]?.failed(connectionLost(error.message, error));
}

function onClose(this: OwnedStream): void {
  this[CONNECTION]?.gone();
}

function onGone(connection: StreamConnection): void {
  connection.gone();
}

/** Streams of other makers may carry text. */
function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  return typeof chunk === 'string' ? Buffer.from(chunk) : NOTHING;
}

const CONNECTION = Symbol('connection');
const NOTHING = new Uint8Array(0);
