import {
  type Connack,
  type Connect,
  ConnectReturnCode,
  PacketType,
  ReasonCode,
} from '@wellhead/codec';
import type { ClientConnection } from './client-connection.ts';
import type { AuthenticationAccepted } from './hooks.ts';
import type { BrokerLimits } from './options.ts';

/** CONNACK of an admitted client (MQTT 5.0 section 3.2): what it was given, and what this broker can do. */
export function connackOf(
  connection: ClientConnection,
  packet: Connect,
  result: AuthenticationAccepted,
  sessionPresent: boolean,
  expiryInterval: number,
  authenticationData: Uint8Array | undefined,
): Connack {
  const { context, protocolVersion } = connection;
  if (protocolVersion !== 5) {
    // MQTT 3.1 has no Session Present
    const isPresent = sessionPresent && protocolVersion === 4;
    return {
      type: PacketType.Connack,
      sessionPresent: isPresent,
      reasonCode: ConnectReturnCode.Accepted,
    };
  }
  const { limits } = context;
  const asked = packet.properties ?? {};
  const responseInformation = result.responseInformation ?? context.responseInformation;
  return {
    type: PacketType.Connack,
    sessionPresent,
    reasonCode: ReasonCode.Success,
    properties: {
      ...announcedLimits(limits),
      sessionExpiryInterval:
        expiryInterval === (asked.sessionExpiryInterval ?? 0) ? undefined : expiryInterval,
      assignedClientIdentifier: packet.clientId === '' ? connection.client?.clientId : undefined, // [MQTT-3.1.3-7]
      serverKeepAlive: connection.keepAlive === packet.keepAlive ? undefined : connection.keepAlive,
      responseInformation: asked.requestResponseInformation === 1 ? responseInformation : undefined, // [MQTT-3.1.2-28]
      authenticationMethod: asked.authenticationMethod, // [MQTT-4.12.0-5]
      authenticationData,
      userProperties: result.userProperties,
    },
  };
}

function announcedLimits(limits: BrokerLimits): Connack['properties'] {
  return {
    receiveMaximum: limits.receiveMaximum === 65_535 ? undefined : limits.receiveMaximum,
    maximumQoS: limits.maximumQoS === 2 ? undefined : limits.maximumQoS, // [MQTT-3.2.2-9]
    retainAvailable: limits.retainAvailable ? undefined : 0,
    maximumPacketSize: limits.maximumPacketSize,
    topicAliasMaximum: limits.topicAliasMaximum === 0 ? undefined : limits.topicAliasMaximum,
    wildcardSubscriptionAvailable: limits.wildcardSubscriptionAvailable ? undefined : 0,
    subscriptionIdentifiersAvailable: limits.subscriptionIdentifiersAvailable ? undefined : 0,
    sharedSubscriptionAvailable: limits.sharedSubscriptionAvailable ? undefined : 0,
  };
}

/** The nearest return code of 3.x; `undefined` where there is none: then no CONNACK is sent [MQTT-3.2.2-6 @3.1.1]. */
export function legacyReturnCode(reasonCode: number): number | undefined {
  switch (reasonCode) {
    case ReasonCode.UnsupportedProtocolVersion:
      return ConnectReturnCode.UnacceptableProtocolVersion;
    case ReasonCode.ClientIdentifierNotValid:
      return ConnectReturnCode.IdentifierRejected;
    case ReasonCode.BadUserNameOrPassword:
      return ConnectReturnCode.BadUserNameOrPassword;
    case ReasonCode.NotAuthorized:
    case ReasonCode.Banned:
    case ReasonCode.BadAuthenticationMethod:
      return ConnectReturnCode.NotAuthorized;
    case ReasonCode.ServerUnavailable:
    case ReasonCode.ServerBusy:
    case ReasonCode.QuotaExceeded:
    case ReasonCode.ConnectionRateExceeded:
    case ReasonCode.UseAnotherServer:
    case ReasonCode.ServerMoved:
      return ConnectReturnCode.ServerUnavailable;
    default:
      return undefined;
  }
}
