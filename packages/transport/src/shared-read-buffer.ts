import type { Duplex } from 'node:stream';

// Node has a public option that reads into one's own buffer, `onread`, for sockets that connect; accepted ones have
// the same machinery and no option. This file switches it on in place. One buffer for all sockets is enough, as each
// read is handed on before the next begins; it spares a buffer for each read, and the collector's work with it.
// Everything used here is looked for first, so that a Node that works otherwise falls back to 'data' events.

/** A buffer for the reads of many connections. What is read is shown as a view, and most reads are short and alike. */
export class ReadBuffer {
  readonly bytes: Uint8Array;
  readonly #views: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(VIEWS).fill(
    undefined,
  );

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  /** The first bytes; the same view again for as many. */
  view(length: number): Uint8Array {
    if (length >= VIEWS) return this.bytes.subarray(0, length);
    return (this.#views[length] ??= this.bytes.subarray(0, length));
  }
}

/** Of so many short lengths. */
const VIEWS = 512;

/** Called with `this` as the stream; the first `length` bytes of `buffer` are valid during the call only. */
export type SharedReadCallback = (this: Duplex, length: number, buffer: Uint8Array) => void;

/** Whether `readInto` works for this stream on this Node. */
export function canShareReads(stream: Duplex): boolean {
  return handleOf(stream) !== undefined && slotsOf(stream) !== undefined;
}

/**
 * From now on reads go through `buffer` to `callback`, and no longer to 'data'; pause() and resume() work as ever.
 * False, and nothing changed, where that is not possible.
 */
export function readInto(
  stream: Duplex,
  buffer: Uint8Array,
  callback: SharedReadCallback,
): boolean {
  const handle = handleOf(stream);
  const slots = slotsOf(stream);
  if (!handle || !slots) return false;
  Reflect.set(stream, slots.buffer, buffer);
  Reflect.set(stream, slots.callback, callback);
  handle.useUserBuffer(buffer);
  return true;
}

interface ReadingHandle {
  useUserBuffer(buffer: Uint8Array): void;
}

function handleOf(stream: Duplex): ReadingHandle | undefined {
  // Windows may fill a buffer after it was asked for one, while another socket uses it.
  if (process.platform === 'win32') return undefined;
  const handle: unknown = Reflect.get(stream, '_handle');
  return isReadingHandle(handle) ? handle : undefined;
}

function isReadingHandle(handle: unknown): handle is ReadingHandle {
  if (typeof handle !== 'object' || handle === null || !('useUserBuffer' in handle)) return false;
  return typeof handle.useUserBuffer === 'function';
}

/** What a socket reads into and whom it tells, and what would change its buffer. */
interface Slots {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

/** The same of all sockets of the process: looking for them takes longer than all else here. */
let slotsOfSockets: Slots | undefined;

/** The socket's own symbols; undefined unless they are there and unused. */
function slotsOf(stream: Duplex): Slots | undefined {
  const slots = (slotsOfSockets ??= findSlots(stream));
  if (slots === undefined) return undefined;
  const { buffer, callback, generator } = slots;
  const isUnused =
    Reflect.get(stream, buffer) === null &&
    Reflect.get(stream, callback) === null &&
    Reflect.get(stream, generator) === null;
  return isUnused ? slots : undefined;
}

function findSlots(stream: Duplex): Slots | undefined {
  let buffer: symbol | undefined;
  let callback: symbol | undefined;
  let generator: symbol | undefined;
  for (const symbol of Object.getOwnPropertySymbols(stream)) {
    if (symbol.description === 'kBuffer') buffer = symbol;
    else if (symbol.description === 'kBufferCb') callback = symbol;
    else if (symbol.description === 'kBufferGen') generator = symbol;
  }
  return buffer && callback && generator ? { buffer, callback, generator } : undefined;
}
