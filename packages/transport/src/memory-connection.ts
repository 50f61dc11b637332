import type { Connection, ConnectionReceiver, RemoteAddress } from './connection.ts';
import type { MemoryNetwork, Pumped } from './memory-network.ts';
import { TransportError } from './transport-error.ts';

/** How the wire between two ends behaves. */
export interface MemoryWireOptions {
  /** Ticks on the way; needs a network with a clock. @default 0 */
  readonly latency?: number;
  /** Size of the pieces in which bytes arrive: fixed, or asked for with what is left of a write. @default whole writes */
  readonly split?: number | ((remaining: number) => number);
  /** The wire breaks when so many bytes, in both directions together, have arrived. @default Infinity */
  readonly loseAfter?: number;
  /** `write()` answers false from so many pending bytes on. @default 65536 */
  readonly highWaterMark?: number;
  /** Chunks stay valid; otherwise each is overwritten after `data()`. @default false */
  readonly stableChunks?: boolean;
}

/** What both ends share. */
export interface Wire {
  readonly network: MemoryNetwork;
  readonly options: Required<MemoryWireOptions>;
  /** Bytes that may still arrive. */
  left: number;
  vanished: boolean;
}

/** One end of an in-memory connection. What is written waits at its writer, as `pendingBytes`, until the other end reads it. */
export class MemoryConnection implements Connection, Pumped {
  readonly remote: RemoteAddress;
  readonly #wire: Wire;
  /** Itself until it is joined. */
  #peer: MemoryConnection = this;
  #receiver: ConnectionReceiver | undefined;
  #inbound: Segment[] = [];
  #pendingBytes = 0;
  #drainOwed = false;
  #paused = false;
  #closing = false;
  #finished = false;
  /** Set when this end must finish without reading on. */
  #outcome: { readonly error: Error | undefined } | undefined;

  constructor(wire: Wire, remote: RemoteAddress) {
    this.#wire = wire;
    this.remote = remote;
  }

  /** Makes two ends of them. */
  static join(one: MemoryConnection, other: MemoryConnection): void {
    one.#peer = other;
    other.#peer = one;
  }

  get stableChunks(): boolean {
    return this.#wire.options.stableChunks;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get waiting(): boolean {
    const next = this.#inbound[0];
    return next !== undefined && next.due > this.#wire.network.now;
  }

  start(receiver: ConnectionReceiver): void {
    if (this.#receiver) throw new TypeError('A connection is started once.');
    this.#receiver = receiver;
    this.#wake();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closing || this.#outcome || this.#finished) return true;
    if (bytes.length > 0 && !this.#wire.vanished) {
      this.#pendingBytes += bytes.length;
      this.#peer.#arrive({ due: this.#due(), bytes, error: undefined });
    }
    if (this.#pendingBytes < this.#wire.options.highWaterMark) return true;
    this.#drainOwed = true;
    return false;
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    let below = true;
    for (const chunk of chunks) below = this.write(chunk);
    return below;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  close(): void {
    if (this.#closing || this.#outcome || this.#finished) return;
    this.#closing = true;
    this.#peer.#arrive({ due: this.#due(), bytes: undefined, error: undefined });
    this.#wake();
  }

  destroy(error?: Error): void {
    if (this.#outcome || this.#finished) return;
    this.#outcome = { error };
    this.#dropInbound();
    this.#peer.#lose(this.#due());
    this.#wake();
  }

  /** The wire breaks now: both ends are told. */
  sever(): void {
    for (const end of [this, this.#peer]) {
      if (end.#finished) continue;
      end.#dropInbound();
      end.#outcome ??= { error: lost() };
      end.#wake();
    }
  }

  /** From now on nothing arrives at either end, and neither is told: a cable pulled out far away. */
  vanish(): void {
    this.#wire.vanished = true;
    this.#dropInbound();
    this.#peer.#dropInbound();
  }

  step(now: number): boolean {
    const receiver = this.#receiver;
    if (!receiver || this.#finished) return false;
    if (this.#outcome) return this.#finish(receiver, this.#outcome.error);
    if (this.#drainOwed && this.#pendingBytes === 0 && !this.#closing) {
      this.#drainOwed = false;
      receiver.drain();
      return true;
    }
    const segment = this.#inbound[0];
    if (segment && segment.due <= now) {
      if (!segment.bytes) return this.#finish(receiver, segment.error);
      if (this.#closing) return this.#take(segment, segment.bytes.length);
      if (!this.#paused) return this.#deliver(receiver, segment, segment.bytes);
    }
    const flushed = this.#closing && this.#pendingBytes === 0;
    return flushed && this.#finish(receiver, undefined);
  }

  #deliver(receiver: ConnectionReceiver, segment: Segment, bytes: Uint8Array): boolean {
    const { network, options } = this.#wire;
    const wanted = Math.min(pieceSize(options.split, bytes.length), this.#wire.left);
    const piece = bytes.subarray(0, wanted);
    this.#wire.left -= wanted;
    const mustBreak = this.#wire.left === 0;
    try {
      if (options.stableChunks) receiver.data(piece.slice());
      else if (wanted > 0) network.lend(piece, (chunk) => receiver.data(chunk));
    } finally {
      this.#take(segment, wanted);
      if (mustBreak) this.sever();
    }
    return true;
  }

  /** The first bytes of what is inbound are gone, and their writer may know. */
  #take(segment: Segment, length: number): boolean {
    if (!segment.bytes || this.#inbound[0] !== segment) return true; // dropped while it was shown
    if (length < segment.bytes.length) segment.bytes = segment.bytes.subarray(length);
    else this.#inbound.shift();
    this.#peer.#taken(length);
    return true;
  }

  #taken(length: number): void {
    this.#pendingBytes -= length;
    if (this.#pendingBytes === 0) this.#wake();
  }

  #arrive(segment: Segment): void {
    if (this.#finished || this.#wire.vanished) this.#peer.#taken(segment.bytes?.length ?? 0);
    else this.#inbound.push(segment);
    this.#wake();
  }

  #lose(due: number): void {
    if (this.#wire.vanished || this.#finished) return;
    this.#dropInbound();
    this.#inbound.push({ due, bytes: undefined, error: lost() });
    this.#wake();
  }

  #dropInbound(): void {
    const dropped = this.#inbound;
    this.#inbound = [];
    for (const { bytes } of dropped) this.#peer.#taken(bytes?.length ?? 0);
  }

  #finish(receiver: ConnectionReceiver, error: Error | undefined): boolean {
    this.#finished = true;
    this.#dropInbound();
    receiver.closed(error);
    return true;
  }

  #due(): number {
    return this.#wire.network.now + this.#wire.options.latency;
  }

  #wake(): void {
    this.#wire.network.wake(this);
  }
}

/** Bytes on their way, or the end, which has none. */
interface Segment {
  readonly due: number;
  bytes: Uint8Array | undefined;
  readonly error: Error | undefined;
}

function pieceSize(split: number | ((remaining: number) => number), remaining: number): number {
  const wanted = typeof split === 'number' ? split : split(remaining);
  return Math.max(1, Math.min(wanted, remaining));
}

function lost(): TransportError {
  return new TransportError('TRANSPORT_CONNECTION_LOST', 'The in-memory connection broke.');
}
