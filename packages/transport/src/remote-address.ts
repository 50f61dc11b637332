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

/**
 * What limits for one address count by: an IPv4 address, or the /64 network of an IPv6 one, within which one machine has
 * as many addresses as it likes.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [, ipv4] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (ipv4 !== undefined) return ipv4;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').length;
  const all = [
    ...groups,
    ...new Array<string>(Math.max(0, missing)).fill('0'),
    ...(tail ?? '').split(':'),
  ];
  return `${all.slice(0, 4).join(':')}::/64`;
}
