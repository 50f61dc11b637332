import {
  createSecureContext,
  createServer,
  type SecureContextOptions,
  type Server,
  type TlsOptions,
  type TLSSocket,
} from 'node:tls';
import type { Listener, ListenerReceiver, ListeningAddress } from '@wellhead/transport';
import { type HandshakeLimits, Handshakes } from './handshakes.ts';
import { certificateError } from './listen-error.ts';
import { listenOnPort, placeOf, type PortOptions, stop } from './server-listener.ts';
import { connectionOptions, type SocketOptions } from './socket-options.ts';
import { remoteAddress, StreamConnection } from '@wellhead/transport/duplex';

/** What a server proves itself with, and asks of its clients. */
export interface CertificateOptions extends HandshakeLimits {
  /** Certificate chain, PEM. */
  readonly cert: string | Buffer;
  /** Private key, PEM. */
  readonly key: string | Buffer;
  readonly passphrase?: string;
  /** Authorities that client certificates must come from, PEM. @default the ones that Node knows */
  readonly ca?: string | Buffer | (string | Buffer)[];
  /** Ask clients for a certificate, which `remote.certificate` then shows. @default false */
  readonly requestCert?: boolean;
  /** Refuse clients without a good certificate, if they are asked for one. @default true */
  readonly rejectUnauthorized?: boolean;
  /** @default 'TLSv1.2' */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers?: string;
  /** Milliseconds. @default 10000 */
  readonly handshakeTimeout?: number;
}

export interface TlsListenerOptions extends PortOptions, SocketOptions, CertificateOptions {}

/** A listener whose certificate can be replaced. */
export interface TlsListener extends Listener {
  /** For connections from now on; throws a `TransportError`, and changes nothing, when it cannot be used. */
  setCertificate(options: NewCertificate): void;
}

/** What is replaced when a certificate is. */
export type NewCertificate = Pick<CertificateOptions, 'cert' | 'key' | 'ca' | 'passphrase'>;

/** MQTT over TLS. */
export function tlsListener(options: TlsListenerOptions): TlsListener {
  return new SecureListener(options);
}

/** The options for Node; throws a `TransportError` when certificate and key do not work. */
export function secureServerOptions(options: CertificateOptions, place: string): TlsOptions {
  const { cert, key, passphrase, ca, requestCert, rejectUnauthorized, ciphers } = options;
  const secure: SecureContextOptions = {
    cert,
    key,
    ca,
    passphrase,
    ciphers,
    minVersion: options.minVersion ?? 'TLSv1.2',
  };
  try {
    createSecureContext(secure);
  } catch (error) {
    throw certificateError(place, error);
  }
  const handshakeTimeout = options.handshakeTimeout ?? HANDSHAKE_TIMEOUT;
  return { ...secure, requestCert, rejectUnauthorized, handshakeTimeout };
}

/** The client's certificate, if it was asked for one and it holds. */
export function clientCertificate(socket: TLSSocket, options: CertificateOptions): unknown {
  if (!options.requestCert || !socket.authorized) return undefined;
  return socket.getPeerCertificate();
}

class SecureListener implements TlsListener {
  readonly name = 'mqtts';
  readonly #options: TlsListenerOptions;
  readonly #handshakes: Handshakes;
  #server: Server | undefined;

  constructor(options: TlsListenerOptions) {
    this.#options = options;
    this.#handshakes = new Handshakes(options);
  }

  async listen(receiver: ListenerReceiver): Promise<ListeningAddress> {
    if (this.#server) throw new TypeError('A listener listens once.');
    const options = this.#options;
    const forConnections = connectionOptions(options);
    const secure = secureServerOptions(options, placeOf(options));
    const server = createServer({ ...secure, noDelay: true }, (socket) => {
      const remote = remoteAddress(socket, 'tls', clientCertificate(socket, options));
      receiver.connection(new StreamConnection(socket, remote, forConnections));
    });
    this.#handshakes.track(server, receiver);
    this.#server = server;
    return listenOnPort(server, options, receiver, 'mqtts');
  }

  setCertificate(options: NewCertificate): void {
    const secure = secureServerOptions({ ...this.#options, ...options }, placeOf(this.#options));
    this.#server?.setSecureContext(secure);
  }

  async close(): Promise<void> {
    stop(this.#server);
    this.#handshakes.destroyAll();
  }
}

const HANDSHAKE_TIMEOUT = 10_000;
