import type { Duplex } from 'node:stream';
import { type RemoteAddress, TransportError } from '@wellhead/transport';
import { WebSocket } from 'ws';
import {
  type CloseOptions,
  connectionLost,
  NodeConnection,
  queuedBelow,
} from '@wellhead/transport/duplex';
import type { UnfinishedMessage, UnfinishedMessages } from './unfinished-messages.ts';

export interface WebSocketConnectionOptions extends CloseOptions {
  /** Milliseconds that one message may take to arrive, plus one for each byte of it. @default 10_000 */
  readonly messageTimeout?: number;
  /** What all connections of a listener hold of such messages. @default nothing is counted */
  readonly unfinished?: UnfinishedMessages;
}

/**
 * A connection over an accepted WebSocket: one binary message for each write.
 *
 * `ws` shows messages when they are whole. What it holds until then is counted from the bytes that are
 * read, and has to become a message before it is too much or has taken too long.
 */
export class WebSocketConnection extends NodeConnection implements UnfinishedMessage {
  readonly stableChunks = true;
  readonly #webSocket: OwnedWebSocket;
  readonly #socket: Duplex;
  readonly #messageTimeout: number;
  readonly #allUnfinished: UnfinishedMessages | undefined;
  #largestMessage: number = Infinity;
  /** Bytes read that are in no message yet. */
  #unfinished = 0;
  #unfinishedTimer: NodeJS.Timeout | undefined;
  /** Frames of the read at hand that carry nothing for the receiver. */
  #idleFrames = 0;
  /** What the last ping said that waits for its answer. */
  #ping: Uint8Array | undefined;

  /** @param socket the one below, whose 'drain' is the only one there is */
  constructor(
    webSocket: WebSocket,
    socket: Duplex,
    remote: RemoteAddress,
    options: WebSocketConnectionOptions,
  ) {
    super(remote, options);
    this.#webSocket = webSocket;
    this.#messageTimeout = options.messageTimeout ?? MESSAGE_TIMEOUT;
    this.#allUnfinished = options.unfinished;
    this.#socket = socket;
    this.#webSocket[CONNECTION] = this;
    const below: OwnedSocket = socket;
    below[CONNECTION] = this;
    // before and behind the reading of `ws`
    socket.on('drain', onDrain).prependListener('data', onBytes).on('data', onBytesRead);
    webSocket.on('message', onMessage).on('ping', onPing).on('pong', onPong);
    webSocket.on('error', onError).on('close', onClose);
    webSocket.pause();
  }

  get pendingBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  get untakenBytes(): number {
    return this.pendingBytes + queuedBelow(this.#socket);
  }

  /** [MQTT-6.0.0-1] Anything but binary data closes the connection. */
  refuseText(): void {
    this.shutDown(frameRefused('A WebSocket message was not binary.'));
  }

  expect(largestMessage: number): void {
    this.#largestMessage = largestMessage;
  }

  /** For event handlers: bytes have come, and `ws` has not looked at them yet. */
  bytesCame(length: number): void {
    this.#unfinished += length;
  }

  /** For event handlers: what came is a message, or a control frame, as a whole. */
  framesCame(length: number): void {
    this.#unfinished = Math.max(0, this.#unfinished - length);
    this.#countIdleFrame();
  }

  /** For event handlers: `ws` has made what it can of the bytes that came. */
  bytesRead(): void {
    this.#answerPing();
    this.#idleFrames = 0;
    this.#allUnfinished?.count(this, this.#unfinished);
    if (this.#unfinished > this.#largestMessage + FRAMING) {
      this.destroy(frameRefused('A WebSocket message was larger than what is taken now.'));
    } else if (this.#unfinished > 0) {
      this.#unfinishedTimer ??= this.#timer(this.#messageTimeout);
    } else this.messageEnded();
  }

  /** All connections together hold too much of messages that are not whole. */
  giveUp(): void {
    const reason = 'The WebSocket messages that are arriving are too much for all connections.';
    this.destroy(frameRefused(reason));
  }

  /** For timers: a message began that long ago, and bytes of it give it more time. */
  unfinishedTooLong(waited: number): void {
    const allowed = this.#messageTimeout + this.#unfinished;
    // while we do not read, the delay is ours
    if (this.isPaused) this.#unfinishedTimer = this.#timer(this.#messageTimeout);
    else if (waited < allowed) this.#unfinishedTimer = this.#timer(allowed - waited, waited);
    else this.destroy(frameRefused('A WebSocket message did not become whole in time.'));
  }

  /** A message is whole; if another one has begun behind it, its time begins with the next bytes. */
  messageCame(data: Uint8Array): void {
    this.messageEnded();
    this.#unfinished = 0;
    if (data.length > 0) this.received(data);
    else this.#countIdleFrame();
  }

  /** Thousands of them in one read are there to cost time, and cost more than anything else that fits in it. */
  #countIdleFrame(): void {
    if (++this.#idleFrames === MAXIMUM_IDLE_FRAMES)
      this.destroy(frameRefused('Too many WebSocket frames came that carry nothing.'));
  }

  /** RFC 6455 section 5.5.3 allows to answer the last ping alone; the answer waits until all that came is read. */
  pinged(data: Uint8Array): void {
    this.#ping = data;
  }

  /** For event handlers: nothing is waited for. */
  messageEnded(): void {
    this.#allUnfinished?.count(this, 0);
    if (this.#unfinishedTimer === undefined) return;
    clearTimeout(this.#unfinishedTimer);
    this.#unfinishedTimer = undefined;
  }

  #timer(delay: number, waited = 0): NodeJS.Timeout {
    return setTimeout(onUnfinishedTooLong, delay, this, waited + delay).unref();
  }

  /** A peer that asks and does not read gets no answers to pile up. */
  #answerPing(): void {
    const webSocket = this.#webSocket;
    const data = this.#ping;
    if (data === undefined) return;
    this.#ping = undefined;
    if (webSocket.readyState === WebSocket.OPEN && this.pendingBytes === 0) webSocket.pong(data);
  }

  protected startReading(paused: boolean): void {
    if (!paused) this.#webSocket.resume();
  }

  protected pauseReading(): void {
    this.#webSocket.pause();
  }

  protected resumeReading(): void {
    this.#webSocket.resume();
  }

  protected send(bytes: Uint8Array): void {
    // After the other end's closing frame nothing can be sent, and ws would count it as pending for ever.
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.send(bytes, BINARY);
  }

  protected sendAll(chunks: readonly Uint8Array[]): void {
    if (chunks.length > 0) this.send(Buffer.concat(chunks));
  }

  protected end(refused: boolean): void {
    this.#webSocket.close(refused ? UNSUPPORTED_DATA : NORMAL_CLOSURE);
    this.#webSocket.resume();
  }

  protected cut(): void {
    this.#webSocket.terminate();
  }
}

interface OwnedWebSocket extends WebSocket {
  [CONNECTION]?: WebSocketConnection;
}

interface OwnedSocket extends Duplex {
  [CONNECTION]?: WebSocketConnection;
}

function onMessage(this: OwnedWebSocket, data: unknown, isBinary: boolean): void {
  if (!isBinary) this[CONNECTION]?.refuseText();
  else if (data instanceof Uint8Array) this[CONNECTION]?.messageCame(data);
}

function onPing(this: OwnedWebSocket, data: Buffer): void {
  this[CONNECTION]?.framesCame(CONTROL_HEADER + data.length);
  this[CONNECTION]?.pinged(data);
}

function onPong(this: OwnedWebSocket, data: Buffer): void {
  this[CONNECTION]?.framesCame(CONTROL_HEADER + data.length);
}

function onBytes(this: OwnedSocket, chunk: Uint8Array): void {
  this[CONNECTION]?.bytesCame(chunk.length);
}

function onBytesRead(this: OwnedSocket): void {
  this[CONNECTION]?.bytesRead();
}

function onUnfinishedTooLong(connection: WebSocketConnection, waited: number): void {
  connection.unfinishedTooLong(waited);
}

function onDrain(this: OwnedSocket): void {
  this[CONNECTION]?.drained();
}

function onError(this: OwnedWebSocket, error: Error): void {
  this[CONNECTION]?.failed(transportErrorOf(error));
}

function onClose(this: OwnedWebSocket, status: number): void {
  const connection = this[CONNECTION];
  if (status === ABNORMAL_CLOSURE && connection?.isOpen) {
    connection.failed(connectionLost('The connection ended without a closing handshake.'));
  }
  connection?.messageEnded();
  connection?.gone();
}

function transportErrorOf(error: Error): TransportError {
  const isRefused = 'code' in error && String(error.code).startsWith('WS_ERR_');
  return isRefused ? frameRefused(error.message, error) : connectionLost(error.message, error);
}

function frameRefused(message: string, cause?: unknown): TransportError {
  return new TransportError('TRANSPORT_FRAME_REFUSED', message, { cause });
}

const CONNECTION = Symbol('connection');
const BINARY = Object.freeze({ binary: true });
const NORMAL_CLOSURE = 1000;
const UNSUPPORTED_DATA = 1003;
const ABNORMAL_CLOSURE = 1006;
const MESSAGE_TIMEOUT = 10_000;
const MAXIMUM_IDLE_FRAMES = 1_024;
/** Frame headers of a message, and one of the next. */
const FRAMING = 1024;
/** Two bytes and the mask. */
const CONTROL_HEADER = 6;
