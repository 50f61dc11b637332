import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { Server as TlsServer, TLSSocket } from 'node:tls';
import type { Listener, ListenerReceiver, ListeningAddress } from '@wellhead/transport';
import { type WebSocketOptions, WebSocketUpgrade } from './web-socket-upgrade.ts';

/**
 * MQTT over WebSocket on an http or https server that somebody else runs. Only upgrade requests for the path are
 * touched; others are left to other handlers, and answered with 404 when there are none. Closing detaches it.
 */
export function attachWebSocket(
  httpServer: Server | SecureServer,
  options?: WebSocketOptions,
): Listener {
  return new AttachedWebSocket(httpServer, options ?? {});
}

class AttachedWebSocket implements Listener {
  readonly name: 'ws' | 'wss';
  readonly #httpServer: Server | SecureServer;
  readonly #upgrade: WebSocketUpgrade;
  #onUpgrade: UpgradeListener | undefined;

  constructor(httpServer: Server | SecureServer, options: WebSocketOptions) {
    this.name = httpServer instanceof TlsServer ? 'wss' : 'ws';
    this.#httpServer = httpServer;
    this.#upgrade = new WebSocketUpgrade(options);
  }

  /** The address is that of the server, as far as it listens by now. */
  async listen(receiver: ListenerReceiver): Promise<ListeningAddress> {
    if (this.#onUpgrade) throw new TypeError('A listener listens once.');
    const onUpgrade: UpgradeListener = (request, socket, head) => {
      const certificate = certificateOf(socket);
      if (this.#upgrade.isFor(request)) {
        this.#upgrade.accept(request, socket, head, receiver, certificate);
      } else if (isNobodys(this.#httpServer, request, onUpgrade)) {
        this.#upgrade.refuse(request, socket, receiver);
      }
    };
    onUpgrade[UPGRADE] = this.#upgrade;
    this.#onUpgrade = onUpgrade;
    this.#httpServer.on('upgrade', onUpgrade);
    return this.#address();
  }

  async close(): Promise<void> {
    if (this.#onUpgrade) this.#httpServer.off('upgrade', this.#onUpgrade);
  }

  #address(): ListeningAddress {
    const bound = this.#httpServer.address();
    if (typeof bound !== 'object' || bound === null) {
      return { host: bound ?? '', port: 0, url: `${this.name}:${this.#upgrade.path}` };
    }
    const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    const url = `${this.name}://${host}:${bound.port}${this.#upgrade.path}`;
    return { host: bound.address, port: bound.port, url };
  }
}

interface UpgradeListener {
  (request: IncomingMessage, socket: Duplex, head: Buffer): void;
  [UPGRADE]?: WebSocketUpgrade;
}

/** All handlers are ours, none is for the request, and this one is the first, so that one answers. */
function isNobodys(
  server: Server | SecureServer,
  request: IncomingMessage,
  self: UpgradeListener,
): boolean {
  const handlers: UpgradeListener[] = server
    .rawListeners('upgrade')
    .map((handler) => handler as UpgradeListener); // what 'upgrade' handlers are
  if (handlers[0] !== self) return false;
  return handlers.every((handler) => handler[UPGRADE]?.isFor(request) === false);
}

/** The server decides whether it asks for certificates; here it is only shown. */
function certificateOf(socket: Duplex): unknown {
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : undefined;
}

const UPGRADE = Symbol('upgrade');
