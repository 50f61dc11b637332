import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Connection, RemoteAddress } from './connection.ts';
import { remoteAddress } from './remote-address.ts';
import type { CloseOptions } from './node-connection.ts';
import { StreamConnection } from './stream-connection.ts';

/**
 * A connection over a stream that somebody else opened, which belongs to the connection from now on.
 *
 * @param remote what is known of the other end; the rest comes from the stream if it is a socket, or else says: not
 * on this machine, not secure
 */
export function connectionFromDuplex(
  duplex: Duplex,
  remote?: Partial<RemoteAddress>,
  options?: CloseOptions,
): Connection {
  return new StreamConnection(duplex, { ...remoteOf(duplex), ...remote }, options ?? {});
}

function remoteOf(duplex: Duplex): RemoteAddress {
  if (duplex instanceof Socket && duplex.remoteAddress !== undefined) {
    duplex.setNoDelay(true);
    return remoteAddress(duplex, duplex instanceof TLSSocket ? 'tls' : 'tcp');
  }
  return UNKNOWN;
}

const UNKNOWN: RemoteAddress = Object.freeze({
  address: 'stream',
  port: undefined,
  loopback: false,
  secure: false,
  transport: 'stream',
});
