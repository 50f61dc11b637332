import { type Auth, type Connect, PacketType, ReasonCode } from '@wellhead/codec';
import { conclude } from './admit.ts';
import type { ClientConnection } from './client-connection.ts';
import { requestOf } from './connect-request.ts';
import type { AuthenticationExchange, AuthenticationStep, EnhancedAuthenticator } from './hooks.ts';
import { refuseClient } from './refuse-connect.ts';

/** The enhanced authentication of a connection (MQTT 5.0 section 4.12). */
export interface Authentication {
  readonly method: string;
  /** The CONNECT that waits for it; `undefined` while it is done again on an open connection. */
  connect: Connect | undefined;
  /** The running exchange, if there is one. */
  exchange: AuthenticationExchange | undefined;
}

/** CONNECT named an Authentication Method. */
export function beginAuthentication(
  connection: ClientConnection,
  packet: Connect,
  method: string,
): void {
  const authenticator = connection.context.enhancedAuthenticators.get(method);
  if (authenticator === undefined) {
    // [MQTT-4.12.0-1]
    refuseClient(connection, {
      accept: false,
      reasonCode: ReasonCode.BadAuthenticationMethod,
      reasonString: 'the Authentication Method is not supported',
    });
    return;
  }
  const exchange = begun(connection, authenticator, requestOf(connection, packet));
  connection.authentication = { method, connect: packet, exchange };
  step(connection, connection.authentication, packet.properties?.authenticationData);
}

/** AUTH from a client: the next step of an exchange, or the begin of a new one on an open connection. */
export function continueAuthentication(connection: ClientConnection, packet: Auth): void {
  const { authentication } = connection;
  // [MQTT-4.12.0-7]: without a method in CONNECT there is no AUTH
  if (authentication === undefined || connection.protocolVersion !== 5) {
    connection.fail(ReasonCode.ProtocolError, 'AUTH without an Authentication Method in CONNECT');
    return;
  }
  if (packet.properties?.authenticationMethod !== authentication.method) {
    fail(connection, authentication, ReasonCode.ProtocolError, 'another Authentication Method'); // [MQTT-4.12.0-5]
    return;
  }
  if (
    packet.reasonCode === ReasonCode.ReAuthenticate &&
    connection.open &&
    authentication.exchange === undefined
  ) {
    const authenticator = connection.context.enhancedAuthenticators.get(authentication.method);
    if (connection.client === undefined || authenticator === undefined) return;
    authentication.exchange = begun(connection, authenticator, connection.client);
  } else if (
    packet.reasonCode !== ReasonCode.ContinueAuthentication ||
    authentication.exchange === undefined
  ) {
    fail(connection, authentication, ReasonCode.ProtocolError, 'AUTH at the wrong time');
    return;
  }
  step(connection, authentication, packet.properties?.authenticationData);
}

/** Undefined when the host program's code throws: that fails the authentication. */
function begun(
  connection: ClientConnection,
  authenticator: EnhancedAuthenticator,
  client: Parameters<EnhancedAuthenticator['begin']>[0],
): AuthenticationExchange | undefined {
  try {
    return authenticator.begin(client);
  } catch (error) {
    connection.context.observer.fault?.(error, 'authenticator');
    return undefined;
  }
}

function step(
  connection: ClientConnection,
  authentication: Authentication,
  data: Uint8Array | undefined,
): void {
  let answer: AuthenticationStep | Promise<AuthenticationStep> | undefined;
  try {
    answer = authentication.exchange?.step(data);
  } catch (error) {
    connection.context.observer.fault?.(error, 'authenticator');
  }
  if (answer instanceof Promise)
    connection.hold(answer, (value) => take(connection, authentication, value));
  else take(connection, authentication, answer);
}

function take(
  connection: ClientConnection,
  authentication: Authentication,
  answer: AuthenticationStep | undefined,
): void {
  if (answer === undefined) {
    fail(connection, authentication, ReasonCode.UnspecifiedError, 'authentication failed');
  } else if (answer.type === 'continue') {
    sendAuth(connection, authentication, ReasonCode.ContinueAuthentication, answer.data); // [MQTT-4.12.0-2]
  } else if (answer.type === 'refuse') {
    const { reasonCode = ReasonCode.NotAuthorized, reasonString = 'authentication failed' } =
      answer;
    fail(connection, authentication, reasonCode, reasonString);
  } else {
    accept(connection, authentication, answer);
  }
}

function accept(
  connection: ClientConnection,
  authentication: Authentication,
  answer: Extract<AuthenticationStep, { type: 'accept' }>,
): void {
  const { connect } = authentication;
  authentication.exchange = undefined;
  authentication.connect = undefined;
  if (connect === undefined) sendAuth(connection, authentication, ReasonCode.Success, answer.data);
  else conclude(connection, connect, { accept: true, userName: answer.userName }, answer.data);
}

/** Before CONNACK a refusal is a CONNACK [MQTT-4.12.0-4], afterwards a DISCONNECT [MQTT-4.12.1-2]. */
function fail(
  connection: ClientConnection,
  authentication: Authentication,
  reasonCode: number,
  reasonString: string,
): void {
  if (authentication.connect === undefined) {
    const code = CONNACK_ONLY.has(reasonCode) ? ReasonCode.NotAuthorized : reasonCode;
    connection.fail(code, reasonString);
  } else {
    refuseClient(connection, { accept: false, reasonCode, reasonString });
  }
}

function sendAuth(
  connection: ClientConnection,
  authentication: Authentication,
  reasonCode: number,
  data: Uint8Array | undefined,
): void {
  connection.send({
    type: PacketType.Auth,
    reasonCode,
    properties: { authenticationMethod: authentication.method, authenticationData: data },
  });
}

/** Reason Codes that refuse a client, but that no DISCONNECT can carry [MQTT-3.14.2-1]. */
const CONNACK_ONLY: ReadonlySet<number> = new Set([
  ReasonCode.ClientIdentifierNotValid,
  ReasonCode.BadUserNameOrPassword,
  ReasonCode.ServerUnavailable,
  ReasonCode.Banned,
  ReasonCode.BadAuthenticationMethod,
]);
