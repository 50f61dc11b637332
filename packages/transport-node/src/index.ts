export { attachWebSocket } from './attach-web-socket.ts';
export { connectionFromDuplex, isLoopback } from '@wellhead/transport/duplex';
export type { CloseOptions } from '@wellhead/transport/duplex';
export type { PortOptions } from './server-listener.ts';
export type { SocketOptions } from './socket-options.ts';
export { tcpListener, type TcpListenerOptions } from './tcp-listener.ts';
export {
  type CertificateOptions,
  type NewCertificate,
  tlsListener,
  type TlsListener,
  type TlsListenerOptions,
} from './tls-listener.ts';
export { unixListener, type UnixListenerOptions } from './unix-listener.ts';
export {
  webSocketListener,
  type WebSocketListenerOptions,
  type WebSocketPortListener,
} from './web-socket-listener.ts';
export type { WebSocketOptions } from './web-socket-upgrade.ts';
