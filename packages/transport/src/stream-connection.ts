import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import type { RemoteAddress } from './connection.ts';
import {
  type DirectWriter,
  UNDER_WAY,
  type WriteOwner,
  type WritingHandle,
} from './direct-writer.ts';
import { type CloseOptions, connectionLost, NodeConnection } from './node-connection.ts';
import { queuedBelow } from './write-queue.ts';
import { canShareReads, type ReadBuffer, readInto } from './shared-read-buffer.ts';

/** Accepted sockets may also read through one buffer for all. */
export interface StreamConnectionOptions extends CloseOptions {
  /** The buffer; undefined for 'data' events. */
  readonly readBuffer?: ReadBuffer | undefined;
  /** Who writes to the sockets; undefined for the stream itself. */
  readonly writer?: DirectWriter | undefined;
}

/** A connection over a Node stream. Its event handlers are shared functions: memory of an idle connection counts. */
export class StreamConnection extends NodeConnection implements WriteOwner {
  readonly stableChunks: boolean;
  readonly #stream: OwnedStream;
  readonly #readBuffer: ReadBuffer | undefined;
  readonly #writer: DirectWriter | undefined;
  /** What the writer writes to; undefined when the stream is written to. */
  readonly #handle: WritingHandle | undefined;
  /** Bytes that the writer has under way. */
  #underWay = 0;

  constructor(stream: Duplex, remote: RemoteAddress, options: StreamConnectionOptions) {
    super(remote, options);
    const shares = options.readBuffer !== undefined && canShareReads(stream);
    this.#stream = stream;
    this.#readBuffer = shares ? options.readBuffer : undefined;
    this.stableChunks = !shares && stream instanceof Socket;
    this.#writer = options.writer;
    this.#handle = options.writer?.handleOf(stream);
    this.#stream[CONNECTION] = this;
    stream.on('error', onError).on('close', onClose);
    if (stream.destroyed) process.nextTick(onGone, this); // its 'close' may have been before
  }

  get pendingBytes(): number {
    return this.#handle === undefined ? this.#stream.writableLength : this.#underWay;
  }

  get untakenBytes(): number {
    return this.pendingBytes + queuedBelow(this.#stream);
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
    if (!readInto(stream, this.#readBuffer.bytes, onRead)) stream.on('data', onData);
    if (paused) stream.pause();
    else stream.resume();
  }

  /** For the read callback: so many bytes are in the buffer. */
  read(length: number): void {
    if (this.#readBuffer !== undefined) this.received(this.#readBuffer.view(length));
  }

  protected pauseReading(): void {
    this.#stream.pause();
  }

  protected resumeReading(): void {
    this.#stream.resume();
  }

  protected send(bytes: Uint8Array): void {
    const status =
      this.#handle === undefined ? undefined : this.#writer?.write(this.#handle, bytes, this);
    if (status === undefined) this.#stream.write(this.#own(bytes));
    else if (status !== 0) this.#notWritten(status, bytes.length);
  }

  protected sendAll(chunks: readonly Uint8Array[]): void {
    if (this.#handle !== undefined && this.#writer !== undefined) {
      let length = 0;
      for (const chunk of chunks) length += chunk.length;
      const status = this.#writer.writev(this.#handle, chunks, length, this);
      if (status !== 0) this.#notWritten(status, length);
      return;
    }
    const stream = this.#stream;
    stream.cork();
    for (const chunk of chunks) stream.write(this.#own(chunk));
    stream.uncork();
  }

  /** For the writer. */
  written(length: number, status: number): void {
    this.#underWay -= length;
    if (status !== 0) this.#writeFailed(status);
    else if (this.#underWay === 0) this.drained();
  }

  #notWritten(status: number, length: number): void {
    if (status === UNDER_WAY) this.#underWay += length;
    else this.#writeFailed(status);
  }

  #writeFailed(status: number): void {
    const stream = this.#stream;
    if (!stream.destroyed) stream.destroy(new Error(`write ${getSystemErrorName(status)}`));
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

function onRead(this: OwnedStream, length: number): void {
  this[CONNECTION]?.read(length);
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
