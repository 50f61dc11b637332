import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Listener, ListenerReceiver, ListeningAddress } from '@wellhead/transport';
import { Handshakes } from './handshakes.ts';
import { listenOnPort, placeOf, type PortOptions, stop } from './server-listener.ts';
import {
  type CertificateOptions,
  type NewCertificate,
  clientCertificate,
  secureServerOptions,
} from './tls-listener.ts';
import { type WebSocketOptions, WebSocketUpgrade } from './web-socket-upgrade.ts';

export interface WebSocketListenerOptions extends PortOptions, WebSocketOptions {
  /** Makes it `wss`. */
  readonly tls?: CertificateOptions;
}

/** A WebSocket listener, whose certificate can be replaced if it has one. */
export interface WebSocketPortListener extends Listener {
  /** For connections from now on; throws a `TransportError`, and changes nothing, when it cannot be used. Does nothing without TLS. */
  setCertificate(options: NewCertificate): void;
}

/** MQTT over WebSocket, on a port of its own. */
export function webSocketListener(options: WebSocketListenerOptions): WebSocketPortListener {
  return new WebSocketListener(options);
}

class WebSocketListener implements WebSocketPortListener {
  readonly name: 'ws' | 'wss';
  readonly #options: WebSocketListenerOptions;
  readonly #upgrade: WebSocketUpgrade;
  readonly #handshakes: Handshakes;
  #server: Server | SecureServer | undefined;

  constructor(options: WebSocketListenerOptions) {
    this.name = options.tls ? 'wss' : 'ws';
    this.#options = options;
    this.#handshakes = new Handshakes(options.tls);
    this.#upgrade = new WebSocketUpgrade(options);
  }

  async listen(receiver: ListenerReceiver): Promise<ListeningAddress> {
    if (this.#server) throw new TypeError('A listener listens once.');
    const server = this.#createServer(receiver, (request, response) => {
      if (this.#upgrade.isFor(request))
        answer(response, 426, 'MQTT over WebSocket is spoken here.');
      else answer(response, 404, 'There is nothing here.');
    });
    server.on('upgrade', (request, socket, head) => {
      if (!this.#upgrade.isFor(request)) this.#upgrade.refuse(request, socket, receiver);
      else this.#upgrade.accept(request, socket, head, receiver, this.#certificateOf(socket));
    });
    this.#server = server;
    return listenOnPort(server, this.#options, receiver, this.name, this.#upgrade.path);
  }

  setCertificate(options: NewCertificate): void {
    const { tls } = this.#options;
    if (tls === undefined) return;
    const secure = secureServerOptions({ ...tls, ...options }, placeOf(this.#options));
    if (this.#server instanceof SecureServer) this.#server.setSecureContext(secure);
  }

  async close(): Promise<void> {
    stop(this.#server);
    this.#server?.closeAllConnections(); // those that were not upgraded
    this.#handshakes.destroyAll();
  }

  #createServer(receiver: ListenerReceiver, answerPlain: RequestListener): Server | SecureServer {
    const { tls } = this.#options;
    if (!tls) return createServer(HTTP_OPTIONS, answerPlain);
    const secure = secureServerOptions(tls, placeOf(this.#options));
    const server = createSecureServer({ ...HTTP_OPTIONS, ...secure }, answerPlain);
    this.#handshakes.track(server, receiver);
    return server;
  }

  #certificateOf(socket: unknown): unknown {
    const { tls } = this.#options;
    return tls && socket instanceof TLSSocket ? clientCertificate(socket, tls) : undefined;
  }
}

function answer(response: ServerResponse, status: 404 | 426, reason: string): void {
  const upgrade = status === 426 ? { upgrade: 'websocket' } : {};
  const headers = { 'content-type': 'text/plain; charset=utf-8', connection: 'close', ...upgrade };
  response.writeHead(status, headers).end(`${reason}\n`);
}

/** A handshake is one small request: little room and little time. */
const HTTP_OPTIONS = Object.freeze({
  noDelay: true,
  maxHeaderSize: 8192,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 1_000,
});
