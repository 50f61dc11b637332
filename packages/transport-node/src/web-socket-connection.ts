import type { Socket } from 'node:net';
import {
  type Connection,
  type ConnectionReceiver,
  type RemoteAddress,
  TransportError,
} from '@wellhead/transport';
import type { WebSocket } from 'ws';

/** A connection over an accepted WebSocket: one binary message for each write. */
export class WebSocketConnection implements Connection {
  readonly remote: RemoteAddress;
  readonly stableChunks = true;
  readonly #webSocket: OwnedWebSocket;
  readonly #closeTimeout: number;
  #receiver: ConnectionReceiver | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #paused = true;
  #drainOwed = false;
  #error: Error | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  /** Messages that came while paused, out of what had been read already. */
  #kept: Uint8Array[] | undefined;

  /** @param socket the one below, whose 'drain' is the only one there is */
  constructor(
    webSocket: WebSocket,
    socket: Socket,
    remote: RemoteAddress,
    options: { readonly closeTimeout?: number },
  ) {
    this.#webSocket = webSocket;
    this.remote = remote;
    this.#closeTimeout = options.closeTimeout ?? CLOSE_TIMEOUT;
    this.#webSocket[CONNECTION] = this;
    const owned: OwnedSocket = socket;
    owned[CONNECTION] = this;
    socket.on('drain', onDrain);
    webSocket.on('message', onMessage).on('ping', onPing).on('error', onError).on('close', onClose);
    webSocket.pause();
  }

  get pendingBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  start(receiver: ConnectionReceiver): void {
    if (this.#receiver) throw new TypeError('A connection is started once.');
    this.#receiver = receiver;
    if (this.#state === 'closed') process.nextTick(reportClosed, this);
    else this.resume();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return true;
    this.#webSocket.send(bytes, BINARY);
    if (this.#webSocket.bufferedAmount < HIGH_WATER_MARK) return true;
    this.#drainOwed = true;
    return false;
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    const [only] = chunks;
    return this.write(chunks.length === 1 && only ? only : Buffer.concat(chunks));
  }

  pause(): void {
    this.#paused = true;
    this.#webSocket.pause();
  }

  resume(): void {
    if (!this.#paused || !this.#receiver) return;
    this.#paused = false;
    if (this.#kept) process.nextTick(takeKept, this);
    else this.#webSocket.resume();
  }

  close(): void {
    this.#close(NORMAL_CLOSURE);
  }

  destroy(error?: Error): void {
    if (this.#state === 'closed') return;
    this.#state = 'closing';
    this.#error ??= error;
    this.#kept = undefined;
    this.#webSocket.terminate();
  }

  /** For the handlers. */
  received(bytes: Uint8Array): void {
    if (this.#state !== 'open') return;
    if (this.#paused || this.#kept) (this.#kept ??= []).push(bytes);
    else this.#receiver?.data(bytes);
  }

  /** For the handlers. */
  refuse(reason: string): void {
    this.#error ??= new TransportError('TRANSPORT_FRAME_REFUSED', reason);
    this.#close(UNSUPPORTED_DATA);
  }

  /** For the handlers. */
  deliverKept(): void {
    if (this.#paused || this.#state !== 'open') return;
    for (let chunk = this.#kept?.shift(); chunk; chunk = this.#kept?.shift()) {
      this.#receiver?.data(chunk);
      if (this.#paused || this.#state !== 'open') return;
    }
    this.#kept = undefined;
    this.#webSocket.resume();
  }

  /** For the handlers. A peer that asks and does not read gets no answers to pile up. */
  pinged(data: Uint8Array): void {
    if (this.#state === 'open' && this.#webSocket.bufferedAmount === 0) this.#webSocket.pong(data);
  }

  /** For the handlers. */
  drained(): void {
    if (!this.#drainOwed || this.#state !== 'open') return;
    this.#drainOwed = false;
    this.#receiver?.drain();
  }

  /** For the handlers. */
  failed(error: Error): void {
    const refused = 'code' in error && String(error.code).startsWith('WS_ERR_');
    const code = refused ? 'TRANSPORT_FRAME_REFUSED' : 'TRANSPORT_CONNECTION_LOST';
    this.#error ??= new TransportError(code, error.message, { cause: error });
  }

  /** For the handlers. */
  closeTimedOut(): void {
    const message = 'The other end did not take the last bytes in time.';
    this.#error ??= new TransportError('TRANSPORT_CLOSE_TIMEOUT', message);
    this.#webSocket.terminate();
  }

  /** For the handlers. */
  closed(status: number): void {
    if (status === ABNORMAL_CLOSURE && this.#state === 'open') {
      const message = 'The connection ended without a closing handshake.';
      this.#error ??= new TransportError('TRANSPORT_CONNECTION_LOST', message);
    }
    this.#state = 'closed';
    clearTimeout(this.#closeTimer);
    this.#kept = undefined;
    this.report();
  }

  /** For the handlers. */
  report(): void {
    this.#receiver?.closed(this.#error);
  }

  #close(status: number): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#kept = undefined;
    this.#webSocket.close(status);
    this.#webSocket.resume(); // or the other end's closing frame is never read
    this.#closeTimer = setTimeout(onCloseTimeout, this.#closeTimeout, this).unref();
  }
}

interface OwnedWebSocket extends WebSocket {
  [CONNECTION]?: WebSocketConnection;
}

interface OwnedSocket extends Socket {
  [CONNECTION]?: WebSocketConnection;
}

function onMessage(this: OwnedWebSocket, data: unknown, isBinary: boolean): void {
  // [MQTT-6.0.0-1] anything but binary data closes the connection
  if (!isBinary) this[CONNECTION]?.refuse('A WebSocket message was not binary.');
  else if (data instanceof Uint8Array) this[CONNECTION]?.received(data);
}

function onPing(this: OwnedWebSocket, data: Buffer): void {
  this[CONNECTION]?.pinged(data);
}

function onDrain(this: OwnedSocket): void {
  this[CONNECTION]?.drained();
}

function onError(this: OwnedWebSocket, error: Error): void {
  this[CONNECTION]?.failed(error);
}

function onClose(this: OwnedWebSocket, status: number): void {
  this[CONNECTION]?.closed(status);
}

function onCloseTimeout(connection: WebSocketConnection): void {
  connection.closeTimedOut();
}

function takeKept(connection: WebSocketConnection): void {
  connection.deliverKept();
}

function reportClosed(connection: WebSocketConnection): void {
  connection.report();
}

const CONNECTION = Symbol('connection');
const BINARY = Object.freeze({ binary: true });
const HIGH_WATER_MARK = 65_536;
const CLOSE_TIMEOUT = 5_000;
const NORMAL_CLOSURE = 1000;
const UNSUPPORTED_DATA = 1003;
const ABNORMAL_CLOSURE = 1006;
