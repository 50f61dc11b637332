import { readFileSync } from 'node:fs';
import { type Listener, defaultLimits } from '@wellhead/broker-core';
import {
  type TlsListener,
  type WebSocketListenerOptions,
  type WebSocketPortListener,
  tcpListener,
  tlsListener,
  unixListener,
  webSocketListener,
} from '@wellhead/transport-node';
import { type ServerOptions, type TlsOptions, defaultServerOptions } from './server-options.ts';

/** The listeners that the options ask for. Throws when a certificate or key cannot be read. */
export function listenersOf(options: ServerOptions): Listener[] {
  const { host = defaultServerOptions.host, tls, unixPath } = options;
  const { port = defaultServerOptions.port } = options;
  const { webSocketPort = defaultServerOptions.webSocketPort } = options;
  const { webSocketPath: path = defaultServerOptions.webSocketPath } = options;
  const listeners: Listener[] = [];
  if (port !== false) listeners.push(tcpListener({ host, port }));
  const maxPayload = messageSizeOf(options);
  const webSocket = {
    host,
    path,
    maxPayload,
    allowedOrigins: options.webSocketOrigins ?? [],
    maximumUnfinishedBytes:
      options.limits?.maximumTotalPendingBytes ?? defaultLimits.maximumTotalPendingBytes,
  };
  if (tls !== undefined) listeners.push(...secureListeners(tls, webSocket, options));
  if (webSocketPort !== false)
    listeners.push(webSocketListener({ ...webSocket, port: webSocketPort }));
  if (unixPath !== undefined) listeners.push(unixListener({ path: unixPath }));
  return listeners;
}

/** Of a WebSocket message: the largest packet, and several small ones beside it. */
function messageSizeOf({ limits }: ServerOptions): number {
  return (limits?.maximumPacketSize ?? defaultLimits.maximumPacketSize) + 65_536;
}

function secureListeners(
  tls: TlsOptions,
  webSocket: Omit<WebSocketListenerOptions, 'port'>,
  { limits }: ServerOptions,
): SecureListener[] {
  // who may have many connections may have many that begin
  const perAddress = limits?.maximumPendingConnectionsPerAddress ?? 0;
  const maximumHandshakesPerAddress = Math.max(HANDSHAKES_PER_ADDRESS, perAddress >> 1);
  const maximumHandshakes = Math.max(HANDSHAKES, maximumHandshakesPerAddress);
  const secure = { ...readCertificate(tls), maximumHandshakes, maximumHandshakesPerAddress };
  const { host = defaultServerOptions.host } = webSocket;
  const { port, webSocketPort } = tls;
  const listeners: SecureListener[] = [];
  if (port !== undefined) listeners.push(tlsListener({ host, port, ...secure }));
  if (webSocketPort !== undefined)
    listeners.push(webSocketListener({ ...webSocket, port: webSocketPort, tls: secure }));
  return listeners;
}

/** One whose certificate can be replaced. */
type SecureListener = TlsListener | WebSocketPortListener;

/** Gives the listeners that have a certificate what is in its files by now. Throws, and changes nothing, when that cannot be used. */
export function renewCertificate(listeners: readonly Listener[], tls: TlsOptions): void {
  const certificate = readCertificate(tls);
  for (const listener of listeners) {
    if (isSecure(listener)) listener.setCertificate(certificate);
  }
}

function isSecure(listener: Listener): listener is SecureListener {
  return 'setCertificate' in listener;
}

function readCertificate({ certFile, keyFile }: TlsOptions): { cert: Buffer; key: Buffer } {
  return { cert: readPem('certificate', certFile), key: readPem('key', keyFile) };
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
