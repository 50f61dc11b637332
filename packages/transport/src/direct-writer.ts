import { Socket } from 'node:net';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

// A stream's write() makes a request, a callback and a tick of each write, though the kernel nearly always takes the
// bytes at once. This file hands them to the socket's handle as the stream does in the end, with one request for all
// writes that are done at once. Everything used here is looked for first: elsewhere writes go through the stream.

/** The owner of a handle. */
export interface WriteOwner {
  /** So many bytes, which were under way, have gone; or never will, when the status is not 0. */
  written(length: number, status: number): void;
}

/** What is below a socket. */
export interface WritingHandle {
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number | undefined;
  writev(
    request: WriteRequest,
    chunks: readonly Uint8Array[],
    areAllBuffers: true,
  ): number | undefined;
}

/** Writes to sockets past their stream machinery: one for many connections. */
export class DirectWriter {
  #isTried = false;
  #spare: WriteRequest | undefined;

  /** Where the bytes of a socket go; undefined where it must be written to as a stream. Ask before anything is written. */
  handleOf(stream: Duplex): WritingHandle | undefined {
    if (process.platform === 'win32' || stream instanceof TLSSocket) return undefined;
    if (!(stream instanceof Socket) || !stream.writable) return undefined;
    const handle: unknown = Reflect.get(stream, '_handle');
    if (!isWritingHandle(handle)) return undefined;
    if (!this.#isTried) this.#spare = freshRequest(requestOf(stream, handle));
    this.#isTried = true;
    return this.#spare === undefined ? undefined : handle;
  }

  /**
   * Writes; what was written before goes first. The status: 0 when the kernel has taken all, {@link UNDER_WAY}
   * when the owner will be told, another when nothing was or will be written.
   */
  write(handle: WritingHandle, bytes: Uint8Array, owner: WriteOwner): number {
    const request = this.#request;
    const status = handle.writeBuffer(request, bytes);
    return status === 0 ? this.#statusOf(request, owner, bytes, bytes.length) : (status ?? CLOSED);
  }

  /** The same for several pieces, in one system call. */
  writev(
    handle: WritingHandle,
    chunks: readonly Uint8Array[],
    length: number,
    owner: WriteOwner,
  ): number {
    if (length === 0) return 0; // the library below ends the process over a list of nothing
    const request = this.#request;
    const status = handle.writev(request, chunks, true);
    return status === 0 ? this.#statusOf(request, owner, chunks, length) : (status ?? CLOSED);
  }

  get #request(): WriteRequest {
    if (this.#spare === undefined) throw new TypeError('There is no handle to write to.');
    return this.#spare;
  }

  /** A request that the kernel could not do at once has become a resource of Node's, and cannot serve again. */
  #statusOf(
    request: WriteRequest,
    owner: WriteOwner,
    held: Uint8Array | readonly Uint8Array[],
    length: number,
  ): number {
    if (request.getAsyncId() < 0) return 0;
    this.#spare = freshRequest(request);
    request.owner = owner;
    request.held = held;
    request.length = length;
    request.oncomplete = onComplete;
    return UNDER_WAY;
  }
}

/** A status: the bytes must not be changed before the owner is told. */
export const UNDER_WAY = 1;
/** A status: there is no handle any more. */
const CLOSED = -constants.errno.EPIPE;

/** What Node calls a WriteWrap. */
interface WriteRequest {
  /** Below 0 for one that is not under way. */
  getAsyncId(): number;
  oncomplete?: (this: WriteRequest, status: number) => void;
  owner?: WriteOwner;
  length?: number;
  /** Keeps the bytes in memory. */
  held?: Uint8Array | readonly Uint8Array[];
}

function onComplete(this: WriteRequest, status: number): void {
  this.owner?.written(this.length ?? 0, status);
}

function isWritingHandle(handle: unknown): handle is WritingHandle {
  if (typeof handle !== 'object' || handle === null) return false;
  if (!('writeBuffer' in handle) || !('writev' in handle)) return false;
  if (Object.hasOwn(handle, 'writeBuffer')) return false; // somebody else has put it there
  return typeof handle.writeBuffer === 'function' && typeof handle.writev === 'function';
}

/** The request that the stream itself makes, of nothing at all: its class has no other door. */
function requestOf(stream: Socket, handle: WritingHandle): unknown {
  let seen: unknown;
  handle.writeBuffer = (request, bytes) => {
    seen = request;
    Reflect.deleteProperty(handle, 'writeBuffer'); // the one of its prototype shows again
    return handle.writeBuffer(request, bytes);
  };
  stream.write(new Uint8Array(0));
  return seen;
}

/** Another of the same class, if it is what is expected here. */
function freshRequest(model: unknown): WriteRequest | undefined {
  if (typeof model !== 'object' || model === null) return undefined;
  const constructor: unknown = Reflect.get(model, 'constructor');
  if (typeof constructor !== 'function' || constructor.name !== 'WriteWrap') return undefined;
  const request: unknown = Reflect.construct(constructor, []);
  return isRequest(request) && request.getAsyncId() < 0 ? request : undefined;
}

function isRequest(request: unknown): request is WriteRequest {
  if (typeof request !== 'object' || request === null || !('getAsyncId' in request)) return false;
  return typeof request.getAsyncId === 'function';
}
