import type { Duplex } from 'node:stream';
import { type RemoteAddress, TransportError } from '@wellhead/transport';
import { WebSocket } from 'ws';
import { type CloseOptions, connectionLost, NodeConnection } from '@wellhead/transport/duplex';

/** A connection over an accepted WebSocket: one binary message for each write. */
export class WebSocketConnection extends NodeConnection {
  readonly stableChunks = true;
  readonly #webSocket: OwnedWebSocket;

  /** @param socket the one below, whose 'drain' is the only one there is */
  constructor(webSocket: WebSocket, socket: Duplex, remote: RemoteAddress, options: CloseOptions) {
    super(remote, options);
    this.#webSocket = webSocket;
    this.#webSocket[CONNECTION] = this;
    const below: OwnedSocket = socket;
    below[CONNECTION] = this;
    socket.on('drain', onDrain);
    webSocket.on('message', onMessage).on('ping', onPing).on('error', onError).on('close', onClose);
    webSocket.pause();
  }

  get pendingBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  /** [MQTT-6.0.0-1] Anything but binary data closes the connection. */
  refuseText(): void {
    const message = 'A WebSocket message was not binary.';
    this.shutDown(new TransportError('TRANSPORT_FRAME_REFUSED', message));
  }

  /** A peer that asks and does not read gets no answers to pile up. */
  answerPing(data: Uint8Array): void {
    const webSocket = this.#webSocket;
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
  else if (data instanceof Uint8Array) this[CONNECTION]?.received(data);
}

function onPing(this: OwnedWebSocket, data: Buffer): void {
  this[CONNECTION]?.answerPing(data);
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
  connection?.gone();
}

function transportErrorOf(error: Error): TransportError {
  const refused = 'code' in error && String(error.code).startsWith('WS_ERR_');
  if (!refused) return connectionLost(error.message, error);
  return new TransportError('TRANSPORT_FRAME_REFUSED', error.message, { cause: error });
}

const CONNECTION = Symbol('connection');
const BINARY = Object.freeze({ binary: true });
const NORMAL_CLOSURE = 1000;
const UNSUPPORTED_DATA = 1003;
const ABNORMAL_CLOSURE = 1006;
