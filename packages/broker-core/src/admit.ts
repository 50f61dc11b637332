import { type Connect, PacketType, ReasonCode } from '@wellhead/codec';
import type { ClientConnection } from './client-connection.ts';
import { connackOf } from './connack.ts';
import type { BrokerContext } from './context.ts';
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
import type { Session } from './session.ts';
import { Will } from './will.ts';
import { rightToWill } from './will-right.ts';

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
  connection.client = {
    clientId: packet.clientId,
    userName,
    protocolVersion: packet.protocolVersion,
    remote: connection.link.remote,
  };
  const { client, context } = connection;
  const decision = packet.will === undefined || rightToWill(context, client, packet.will);
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
  replaced?: Session,
): void {
  const { context } = connection;
  const clientId = packet.clientId === '' ? context.generateClientId() : packet.clientId; // [MQTT-3.1.3-6]
  const userName = result.userName ?? packet.userName;
  const refusal = whyNotAdmitted(context, packet, clientId, userName);
  if (refusal !== undefined) {
    refuseClient(connection, { accept: false, ...refusal });
    return;
  }
  const existing = context.sessions.get(clientId);
  const left = existing && context.sessions.leftTo(packet, existing);
  if (left !== undefined) {
    const release = connection.holdBack();
    const goOn = (): void => admit(connection, packet, result, authenticationData, existing);
    left.whenDone(() => release(goOn));
    return;
  }
  const client = {
    clientId,
    userName,
    protocolVersion: packet.protocolVersion,
    remote: connection.link.remote,
  };
  open(connection, packet, client, result, authenticationData, replaced);
}

function whyNotAdmitted(
  context: BrokerContext,
  { cleanStart }: Connect,
  clientId: string,
  userName: string | undefined,
): { readonly reasonCode?: number; readonly reasonString: string } | undefined {
  const { limits, sessions } = context;
  const existing = sessions.get(clientId);
  const reasonCode = ReasonCode.QuotaExceeded;
  if (existing === undefined) {
    const isFull = sessions.size >= limits.maximumSessions;
    return isFull ? { reasonCode, reasonString: 'too many sessions' } : undefined;
  }
  if (sessions.isGivenAway(existing)) {
    if (cleanStart) return undefined; // it waits for the end of that session
    const reasonString = 'what waited for the session that has ended goes to others: come again';
    return { reasonCode: ReasonCode.ServerBusy, reasonString };
  }
  if (context.bindSessionsToUsers && existing.userName !== userName)
    return { reasonString: 'the session belongs to another user' };
  if (existing.connection === undefined || mayTakeOver(existing, context)) return undefined;
  return { reasonCode, reasonString: 'this Client Identifier changes hands too often' };
}

/** Two clients that both think the identifier theirs, and come back whenever the other did, cost work without end. */
function mayTakeOver(session: Session, { limits, now }: BrokerContext): boolean {
  if (now - session.takeOversSince >= MINUTE) {
    session.takeOversSince = now;
    session.takeOvers = 0;
  }
  return ++session.takeOvers <= limits.takeOversPerMinute;
}

/** Take-over, session, CONNACK, and what the session holds, in that order (MQTT 5.0 section 3.1.4). */
function open(
  connection: ClientConnection,
  packet: Connect,
  client: ClientInfo,
  result: AuthenticationAccepted,
  authenticationData: Uint8Array | undefined,
  replaced: Session | undefined,
): void {
  const { context } = connection;
  const expiryInterval = sessionExpiryOf(connection, packet);
  const { session, sessionPresent } = context.sessions.open(connection, {
    client,
    cleanStart: packet.cleanStart,
    expiryInterval,
    will: packet.will && Will.fromConnect(packet.will),
    replaced,
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
  connection.context.fanOuts.holdBack(connection, session.clientId);
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

const MINUTE = 60_000;
