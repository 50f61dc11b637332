import { readFileSync } from 'node:fs';
import { type Broker, defaultLimits } from '@wellhead/broker-core';
import {
  tcpListener,
  tlsListener,
  unixListener,
  webSocketListener,
} from '@wellhead/transport-node';
import { type ServerOptions, type TlsOptions, defaultServerOptions } from './server-options.ts';

export type Listener = Parameters<Broker['listen']>[0];

/** The listeners that the options ask for. Throws when a certificate or key cannot be read. */
export function listenersOf(options: ServerOptions): Listener[] {
  const { host = defaultServerOptions.host, tls, unixPath } = options;
  const { port = defaultServerOptions.port } = options;
  const { webSocketPort = defaultServerOptions.webSocketPort } = options;
  const { webSocketPath: path = defaultServerOptions.webSocketPath } = options;
  const listeners: Listener[] = [];
  if (port !== false) listeners.push(tcpListener({ host, port }));
  if (tls !== undefined) listeners.push(secureListener(host, tls, options));
  if (webSocketPort !== false) {
    const maxPayload = messageSizeOf(options);
    listeners.push(webSocketListener({ host, port: webSocketPort, path, maxPayload }));
  }
  if (unixPath !== undefined) listeners.push(unixListener({ path: unixPath }));
  return listeners;
}

/** Of a WebSocket message: the largest packet, and several small ones beside it. */
function messageSizeOf({ limits }: ServerOptions): number {
  return (limits?.maximumPacketSize ?? defaultLimits.maximumPacketSize) + 65_536;
}

function secureListener(
  host: string,
  { port, certFile, keyFile }: TlsOptions,
  { limits }: ServerOptions,
): Listener {
  const cert = readPem('certificate', certFile);
  const key = readPem('key', keyFile);
  // who may have many connections may have many that begin
  const perAddress = limits?.maximumPendingConnectionsPerAddress ?? 0;
  const maximumHandshakesPerAddress = Math.max(HANDSHAKES_PER_ADDRESS, perAddress >> 1);
  const maximumHandshakes = Math.max(HANDSHAKES, maximumHandshakesPerAddress);
  const handshakes = { maximumHandshakes, maximumHandshakesPerAddress };
  return tlsListener({ host, port, cert, key, ...handshakes });
}

function readPem(what: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot read the ${what} file: ${reason}.`, { cause });
  }
}

/** Under way at a time; each takes 40 KB. */
const HANDSHAKES = 2_000;
const HANDSHAKES_PER_ADDRESS = 500;
