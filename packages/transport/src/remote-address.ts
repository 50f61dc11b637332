import type { Socket } from 'node:net';
import type { RemoteAddress } from './connection.ts';

/** Who is at the other end of a socket. */
export function remoteAddress(
  socket: Socket,
  transport: 'tcp' | 'tls' | 'ws' | 'wss',
  certificate?: unknown,
): RemoteAddress {
  const address = socket.remoteAddress ?? 'unknown'; // it may be gone already
  return {
    address,
    port: socket.remotePort,
    loopback: isLoopback(address),
    secure: transport === 'tls' || transport === 'wss',
    transport,
    certificate,
  };
}

/** 127.0.0.0/8 and ::1, IPv4 in IPv6 clothes included. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address);
}
