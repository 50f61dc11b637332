import { type Connect, PacketType, ReasonCode } from '@wellhead/codec';
import type { ClientConnection } from './client-connection.ts';
import { connackOf } from './connack.ts';
import type {
  AuthenticationAccepted,
  AuthenticationResult,
  ClientInfo,
  Decision,
} from './hooks.ts';
import { NEVER_EXPIRES } from './options.ts';
import { reasonOf } from './publish.ts';
import { resume } from './queue.ts';
import { refuseClient } from './refuse-connect.ts';
import { Will } from './will.ts';

/** Lets the client in, or not, by what an authenticator found. `undefined`: it failed. */
export function conclude(
  connection: ClientConnection,
  packet: Connect,
  result: AuthenticationResult | undefined,
  authenticationData?: Uint8Array,
): void {
  if (result === undefined || !result.accept) {
    refuseClient(connection, result ?? { accept: false, reasonCode: ReasonCode.UnspecifiedError });
    return;
  }
  const userName = result.userName ?? packet.userName;
  const { authorizer } = connection.context;
  connection.client = {
    clientId: packet.clientId,
    userName,
    protocolVersion: packet.protocolVersion,
    remote: connection.link.remote,
  };
  const { will } = packet;
  if (will === undefined || authorizer.publish === undefined) {
    admit(connection, packet, result, authenticationData);
    return;
  }
  const { topicName, qos, retain } = will;
  const decision = authorizer.publish(connection.client, { topicName, qos, retain, will: true });
  const proceed = (allowed: Decision | undefined): void => {
    if (allowed === true) admit(connection, packet, result, authenticationData);
    else
      refuseClient(connection, {
        accept: false,
        reasonCode: reasonOf(PacketType.Connack, allowed),
        reasonString: 'the Will is not authorized',
      });
  };
  if (decision instanceof Promise) connection.hold(decision, proceed);
  else proceed(decision);
}

/** The client is welcome, unless the session that it names is not its own or there is no room for one more. */
function admit(
  connection: ClientConnection,
  packet: Connect,
  result: AuthenticationAccepted,
  authenticationData: Uint8Array | undefined,
): void {
  const { context } = connection;
  const clientId = packet.clientId === '' ? context.generateClientId() : packet.clientId; // [MQTT-3.1.3-6]
  const userName = result.userName ?? packet.userName;
  const existing = context.sessions.get(clientId);
  if (existing !== undefined && context.bindSessionsToUsers && existing.userName !== userName) {
    refuseClient(connection, {
      accept: false,
      reasonString: 'the session belongs to another user',
    });
    return;
  }
  if (existing === undefined && context.sessions.size >= context.limits.maximumSessions) {
    refuseClient(connection, {
      accept: false,
      reasonCode: ReasonCode.QuotaExceeded,
      reasonString: 'too many sessions',
    });
    return;
  }
  const client = {
    clientId,
    userName,
    protocolVersion: packet.protocolVersion,
    remote: connection.link.remote,
  };
  open(connection, packet, client, result, authenticationData);
}

/** Take-over, session, CONNACK, and what the session holds, in that order (MQTT 5.0 section 3.1.4). */
function open(
  connection: ClientConnection,
  packet: Connect,
  client: ClientInfo,
  result: AuthenticationAccepted,
  authenticationData: Uint8Array | undefined,
): void {
  const { context } = connection;
  const will = packet.will === undefined ? undefined : Will.fromConnect(packet.will);
  const expiryInterval = sessionExpiryOf(connection, packet);
  const { session, sessionPresent } = context.sessions.open(connection, {
    client,
    cleanStart: packet.cleanStart,
    expiryInterval,
    will,
  });
  connection.client = client;
  connection.session = session;
  connection.keepAlive = effectiveKeepAlive(connection, packet);
  connection.phase = 'connected';
  connection.lastReceived = context.now;
  context.counters.clientConnected();
  const connack = connackOf(
    connection,
    packet,
    result,
    sessionPresent,
    expiryInterval,
    authenticationData,
  );
  if (!connection.promise(connack)) {
    // not even the shortest CONNACK fits what the client allows
    connection.end(ReasonCode.PacketTooLarge, 'CONNACK is larger than Maximum Packet Size', false);
    return;
  }
  connection.admitted();
  context.observer.connected?.(client, { sessionPresent });
  resume(context, session);
}

function sessionExpiryOf(connection: ClientConnection, packet: Connect): number {
  const { limits } = connection.context;
  if (packet.protocolVersion === 5) {
    return Math.min(
      packet.properties?.sessionExpiryInterval ?? 0,
      limits.maximumSessionExpiryInterval,
    );
  }
  return packet.cleanStart ? 0 : Math.min(limits.legacySessionExpiryInterval, NEVER_EXPIRES);
}

/** Only MQTT 5 can be told another value; an older client's own holds. */
function effectiveKeepAlive(connection: ClientConnection, packet: Connect): number {
  const { maximumKeepAlive } = connection.context.limits;
  const isTooLong =
    maximumKeepAlive > 0 && (packet.keepAlive === 0 || packet.keepAlive > maximumKeepAlive);
  return packet.protocolVersion === 5 && isTooLong ? maximumKeepAlive : packet.keepAlive;
}
