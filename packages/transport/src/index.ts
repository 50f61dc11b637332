export { ByteTally, UNCOUNTED_BYTES } from './byte-tally.ts';
export type { Connection, ConnectionReceiver, RemoteAddress } from './connection.ts';
export type { Listener, ListenerReceiver, ListeningAddress } from './listener.ts';
export { TransportError, type TransportErrorCode } from './transport-error.ts';
