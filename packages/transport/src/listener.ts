import type { Connection, RemoteAddress } from './connection.ts';

/** What a listener calls. */
export interface ListenerReceiver {
  /** Somebody connected; `connection.start()` is the receiver's to call, at once or later. */
  connection(connection: Connection): void;
  /** The listener itself is in trouble, for example out of file descriptors; it goes on listening if it can. */
  error(error: Error): void;
  /** Somebody was turned away who is no connection yet: a TLS handshake that failed, or one too many, or a WebSocket that speaks no MQTT. */
  refused?(remote: RemoteAddress, reason: string): void;
}

/** Where a listener listens. */
export interface ListeningAddress {
  /** IP address, or the path of a Unix socket. */
  readonly host: string;
  /** The real port, also when 0 was asked for; 0 where there are no ports. */
  readonly port: number;
  /** `mqtt://127.0.0.1:1883`, `wss://[::1]:8084/mqtt`, `unix:///run/wellhead.sock` */
  readonly url: string;
}

/** A source of connections. */
export interface Listener {
  /** `mqtt`, `mqtts`, `ws`, `wss`, `unix` or `memory`, for logs and metrics. */
  readonly name: string;
  /** Begins to listen. Rejects with a `TransportError` whose message names the address or the file. Once. */
  listen(receiver: ListenerReceiver): Promise<ListeningAddress>;
  /** Stops accepting; connections that were handed over stay open. Idempotent, and harmless before `listen()`. */
  close(): Promise<void>;
}
