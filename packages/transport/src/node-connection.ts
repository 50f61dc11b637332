import type { Connection, ConnectionReceiver, RemoteAddress } from './connection.ts';
import { TransportError } from './transport-error.ts';

export interface CloseOptions {
  /** How long `close()` waits for the other end, in milliseconds. @default 5000 */
  readonly closeTimeout?: number;
}

/** What connections over streams and over WebSockets have in common: the order of things, and that they happen once. */
export abstract class NodeConnection implements Connection {
  readonly remote: RemoteAddress;
  abstract readonly stableChunks: boolean;
  abstract readonly pendingBytes: number;
  readonly #closeTimeout: number;
  #receiver: ConnectionReceiver | undefined;
  #state: 'open' | 'closing' | 'reported' = 'open';
  #paused = false;
  /** The other end of a stream in the same process may answer while it is written to: that is shown later. */
  #isWriting = false;
  #drainOwed = false;
  /** The other end will send no more; nothing at all is left of the transport. */
  #ended = false;
  #gone = false;
  /** Its owner destroyed it; what streams say of that is no news. */
  #destroyed = false;
  #error: Error | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  /** What came while it could not be shown: decrypting and unframing go on to the end of what was read. */
  #kept: Uint8Array[] | undefined;

  constructor(remote: RemoteAddress, options: CloseOptions) {
    this.remote = remote;
    this.#closeTimeout = options.closeTimeout ?? CLOSE_TIMEOUT;
  }

  /** Neither end has closed it, as far as is known here. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Its owner does not want to be shown anything now. */
  get isPaused(): boolean {
    return this.#paused;
  }

  start(receiver: ConnectionReceiver): void {
    if (this.#receiver) throw new TypeError('A connection is started once.');
    this.#receiver = receiver;
    if (this.#state === 'open' && !this.#gone) this.startReading(this.#paused);
    process.nextTick(goOn, this);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return true;
    this.#isWriting = true;
    try {
      this.send(bytes);
    } finally {
      this.#isWriting = false;
    }
    return this.#belowMark();
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#state !== 'open') return true;
    const [first] = chunks;
    this.#isWriting = true;
    try {
      if (chunks.length === 1 && first) this.send(first);
      else this.sendAll(chunks);
    } finally {
      this.#isWriting = false;
    }
    return this.#belowMark();
  }

  pause(): void {
    this.#paused = true;
    if (this.#state === 'open') this.pauseReading();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#kept) process.nextTick(goOn, this);
    else if (this.#receiver && this.#state === 'open') this.resumeReading();
  }

  close(): void {
    this.shutDown(undefined);
  }

  destroy(error?: Error): void {
    if (this.#state === 'reported') return;
    this.#state = 'closing';
    if (!this.#destroyed) this.#error ??= error;
    this.#destroyed = true;
    this.#kept = undefined;
    this.cut();
    process.nextTick(goOn, this);
  }

  /** Begins to read for `received()`; called once, when there is somebody to show it to. */
  protected abstract startReading(paused: boolean): void;
  protected abstract pauseReading(): void;
  protected abstract resumeReading(): void;
  protected abstract send(bytes: Uint8Array): void;
  protected abstract sendAll(chunks: readonly Uint8Array[]): void;
  /** Sends what is pending, then ends, and reads on for the other end's end. */
  protected abstract end(refused: boolean): void;
  protected abstract cut(): void;

  /** For event handlers: bytes that are valid now. */
  received(chunk: Uint8Array): void {
    if (this.#state !== 'open') return;
    if (this.#isWriting && this.#receiver && !this.#kept) process.nextTick(goOn, this);
    if (this.#isWriting || this.#paused || this.#kept || !this.#receiver) this.keep(chunk);
    else this.#receiver.data(chunk);
  }

  /** For event handlers. */
  drained(): void {
    if (!this.#drainOwed || this.#state !== 'open') return;
    this.#drainOwed = false;
    this.#receiver?.drain();
  }

  /** For event handlers: what `closed()` will say, unless something went wrong before. */
  failed(error: TransportError): void {
    if (!this.#destroyed) this.#error ??= error;
  }

  /** For event handlers: the other end will send no more, so this one ends too, in bounded time. */
  ended(): void {
    this.#ended = true;
    this.goOn();
  }

  /** For event handlers: nothing more will come of the transport. */
  gone(): void {
    this.#gone = true;
    clearTimeout(this.#closeTimer);
    this.goOn();
  }

  /** Shows what was kept, then does what waited behind it. */
  goOn(): void {
    const receiver = this.#receiver;
    if (!receiver) return;
    while (this.#state === 'open' && this.#kept) {
      if (this.#paused) return;
      const chunk = this.#kept.shift();
      if (chunk) receiver.data(chunk);
      else this.#shownAll();
    }
    if (this.#gone && this.#state !== 'reported') {
      this.#state = 'reported';
      receiver.closed(this.#error);
    } else if (this.#ended) {
      this.shutDown(undefined);
    }
  }

  /** For timers. */
  closeTimedOut(): void {
    if (this.pendingBytes > 0) this.failed(closeTimeout());
    this.cut();
  }

  protected keep(chunk: Uint8Array): void {
    (this.#kept ??= []).push(this.stableChunks ? chunk : new Uint8Array(chunk));
  }

  /** Ends in order; with an error when it is for something that the other end did. */
  protected shutDown(error: TransportError | undefined): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#error ??= error;
    this.#kept = undefined;
    if (this.#gone) return process.nextTick(goOn, this);
    this.end(error !== undefined);
    this.#closeTimer = setTimeout(onCloseTimeout, this.#closeTimeout, this).unref();
  }

  #shownAll(): void {
    this.#kept = undefined;
    if (!this.#gone && !this.#ended) this.resumeReading();
  }

  /** Not a stream's `writableNeedDrain`: a large write that the kernel took at once is no back-pressure. */
  #belowMark(): boolean {
    if (this.pendingBytes < HIGH_WATER_MARK) return true;
    this.#drainOwed = true;
    return false;
  }
}

/** The other end is gone, or a stream says so. */
export function connectionLost(message: string, cause?: unknown): TransportError {
  return new TransportError('TRANSPORT_CONNECTION_LOST', message, { cause });
}

function closeTimeout(): TransportError {
  const message = 'The other end did not take the last bytes in time.';
  return new TransportError('TRANSPORT_CLOSE_TIMEOUT', message);
}

function goOn(connection: NodeConnection): void {
  connection.goOn();
}

function onCloseTimeout(connection: NodeConnection): void {
  connection.closeTimedOut();
}

/** Node's own marks are at most this, so that 'drain' is sure to come. */
const HIGH_WATER_MARK = 65_536;
const CLOSE_TIMEOUT = 5_000;
