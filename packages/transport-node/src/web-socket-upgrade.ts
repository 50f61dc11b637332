import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { ListenerReceiver, RemoteAddress } from '@wellhead/transport';
import { type WebSocket, WebSocketServer } from 'ws';
import { type CloseOptions, remoteAddress } from '@wellhead/transport/duplex';
import { isAllowedOrigin } from './web-origin.ts';
import { UnfinishedMessages } from './unfinished-messages.ts';
import { WebSocketConnection, type WebSocketConnectionOptions } from './web-socket-connection.ts';

export interface WebSocketOptions extends CloseOptions {
  /** The path that MQTT is spoken on. @default '/mqtt' */
  readonly path?: string;
  /** Largest WebSocket message in bytes; one may hold many MQTT packets. @default 16 MiB and 64 KiB */
  readonly maxPayload?: number;
  /**
   * Web pages that may connect, by their origin: `https://panel.example`, or `*` for all. Those of the host
   * name that they connect to may in any case (of a browser, or a proxy, on this machine only those of an address, or of
   * `localhost`); others are answered with 403, so that no page that somebody on this machine happens to look at speaks
   * to a broker that trusts this machine. @default none
   */
  readonly allowedOrigins?: readonly string[];
  /** Milliseconds that one WebSocket message may take to arrive, plus one second for each KiB of it. @default 10_000 */
  readonly messageTimeout?: number;
  /** Bytes of messages that are not whole, of all connections together, those with up to 16 KiB left out; beyond, the connection whose message has been arriving for longest ends. @default 512 MiB */
  readonly maximumUnfinishedBytes?: number;
}

/** Turns upgrade requests for one path into connections. */
export class WebSocketUpgrade {
  readonly path: string;
  readonly #options: WebSocketOptions & WebSocketConnectionOptions;
  readonly #server: WebSocketServer;

  constructor(options: WebSocketOptions) {
    this.path = options.path ?? DEFAULT_PATH;
    const { maximumUnfinishedBytes = DEFAULT_MAX_UNFINISHED } = options;
    this.#options = { ...options, unfinished: new UnfinishedMessages(maximumUnfinishedBytes) };
    const maxPayload = options.maxPayload ?? DEFAULT_MAX_PAYLOAD;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false, // a small frame must not become a large one
      maxPayload,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: Math.max(MAX_FRAGMENTS, Math.ceil(maxPayload / SMALLEST_USUAL_READ)),
      skipUTF8Validation: true, // text closes the connection whatever it says
      autoPong: false, // the connection answers, while it may
      handleProtocols: (offered) => chooseProtocol(offered) ?? false,
    });
  }

  /** Whether a request is for this path, whatever its query. */
  isFor(request: IncomingMessage): boolean {
    return request.url?.replace(/\?.*$/s, '') === this.path;
  }

  /** Completes the handshake, or answers why not. */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    receiver: ListenerReceiver,
    certificate?: unknown,
  ): void {
    const remote = remoteOf(socket, certificate);
    // [MQTT-6.0.0-3] the client offers "mqtt"; 3.1 clients of old offer "mqttv3.1"
    if (!chooseProtocol(offeredProtocols(request))) {
      const reason = 'The WebSocket subprotocol "mqtt" was not offered.';
      receiver.refused?.(remote, reason);
      refuseUpgrade(socket, 400, reason);
      return;
    }
    if (!isAllowedOrigin(request, this.#options.allowedOrigins ?? [], remote.loopback)) {
      const origin = request.headers.origin?.slice(0, LONGEST_ORIGIN_TOLD);
      const told = `The web page ${origin} is of another host name, and not among the allowed origins.`;
      receiver.refused?.(remote, told);
      refuseUpgrade(socket, 403, 'This web page may not connect here.');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      receiver.connection(new WebSocketConnection(webSocket, socket, remote, this.#options));
    });
  }

  /** Answers a request that is for no path. */
  refuse(request: IncomingMessage, socket: Duplex, receiver: ListenerReceiver): void {
    const path = request.url?.slice(0, LONGEST_PATH_TOLD);
    receiver.refused?.(
      remoteOf(socket, undefined),
      `There is no MQTT at ${path}, but at ${this.path}.`,
    );
    refuseUpgrade(socket, 404, 'There is nothing here.');
  }
}

/** Answers an upgrade request that leads nowhere, and ends its connection. */
function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.on('error', () => socket.destroy());
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(reason)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${reason}`, () => socket.destroy());
}

/** [MQTT-6.0.0-4] "mqtt" wherever it is offered. */
function chooseProtocol(offered: ReadonlySet<string>): string | undefined {
  return ['mqtt', 'mqttv3.1'].find((name) => offered.has(name));
}

function offeredProtocols(request: IncomingMessage): Set<string> {
  const header = request.headers['sec-websocket-protocol'] ?? '';
  return new Set(header.split(',').map((name) => name.trim()));
}

function remoteOf(socket: Duplex, certificate: unknown): RemoteAddress {
  const transport = socket instanceof TLSSocket ? 'wss' : 'ws';
  if (socket instanceof Socket) return remoteAddress(socket, transport, certificate);
  return { address: 'stream', port: undefined, loopback: false, secure: false, transport };
}

const LONGEST_PATH_TOLD = 100;
const LONGEST_ORIGIN_TOLD = 100;
const DEFAULT_PATH = '/mqtt';
const DEFAULT_MAX_PAYLOAD = 16 * 1024 * 1024 + 64 * 1024;
const DEFAULT_MAX_UNFINISHED = 512 * 1024 * 1024;
/** A message in more pieces than this is an attempt to make small bytes cost much memory. */
const MAX_FRAGMENTS = 4096;
/** Nor are reads on the way to a large message this small, but for a peer that wants to cost memory. */
const SMALLEST_USUAL_READ = 1024;
