import { type Disconnect, ReasonCode } from '@wellhead/codec';
import type { ClientConnection } from './client-connection.ts';

/** DISCONNECT from a client (MQTT 5.0 section 3.14.4). */
export function receiveDisconnect(connection: ClientConnection, packet: Disconnect): void {
  const { session } = connection;
  if (session === undefined) return;
  const interval = packet.properties?.sessionExpiryInterval;
  if (interval !== undefined) {
    if (session.expiryInterval === 0 && interval > 0) {
      // not a DISCONNECT then, and the Will stays (MQTT 5.0 section 3.14.2.2.2)
      connection.fail(ReasonCode.ProtocolError, 'Session Expiry Interval was 0 in CONNECT');
      return;
    }
    session.expiryInterval = Math.min(
      interval,
      connection.context.limits.maximumSessionExpiryInterval,
    );
  }
  const keepsWill = packet.reasonCode !== ReasonCode.NormalDisconnection; // [MQTT-3.14.4-3]
  connection.end(packet.reasonCode, 'the client disconnected', keepsWill);
}
