import type { Connect } from '@wellhead/codec';
import type { ClientConnection } from './client-connection.ts';
import type { ConnectRequest } from './hooks.ts';

/** A CONNECT as an authenticator sees it; the password is a copy. */
export function requestOf(connection: ClientConnection, packet: Connect): ConnectRequest {
  return {
    clientId: packet.clientId,
    userName: packet.userName,
    password: packet.password?.slice(),
    protocolVersion: packet.protocolVersion,
    cleanStart: packet.cleanStart,
    keepAlive: packet.keepAlive,
    userProperties: packet.properties?.userProperties ?? [],
    remote: connection.link.remote,
  };
}
