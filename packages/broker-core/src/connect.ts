import {
  type Connect,
  type ProtocolError,
  ReasonCode,
  type Will as WillFields,
} from '@wellhead/codec';
import { ReceiveQuota, TopicAliasReceiver, TopicAliasSender } from '@wellhead/protocol';
import { conclude } from './admit.ts';
import { beginAuthentication } from './authenticate.ts';
import type { ClientConnection } from './client-connection.ts';
import { requestOf } from './connect-request.ts';
import type { AuthenticationResult } from './hooks.ts';
import type { BrokerLimits } from './options.ts';
import { isReserved } from './publish.ts';
import { refuseClient } from './refuse-connect.ts';

/** CONNECT: checks it, asks who it is, and lets it in (MQTT 5.0 section 3.1.4). */
export function startConnect(connection: ClientConnection, packet: Connect): void {
  connection.phase = 'authenticating';
  connection.protocolVersion = packet.protocolVersion;
  connection.isBridge = packet.bridge === true;
  takeClientLimits(connection, packet);
  const refusal = checkConnect(connection, packet);
  if (refusal !== undefined) {
    refuseClient(connection, { accept: false, ...refusal });
    return;
  }
  const method = packet.properties?.authenticationMethod;
  if (method !== undefined) {
    beginAuthentication(connection, packet, method);
    return;
  }
  let answer: AuthenticationResult | Promise<AuthenticationResult>;
  try {
    answer = connection.context.authenticator.authenticate(requestOf(connection, packet));
  } catch (error) {
    connection.context.observer.fault?.(error, 'authenticator');
    answer = { accept: false, reasonCode: ReasonCode.UnspecifiedError };
  }
  if (answer instanceof Promise)
    connection.hold(answer, (result) => conclude(connection, packet, result));
  else conclude(connection, packet, answer);
}

/** A CONNECT that could not be read: answered in a form that its sender understands, if it has one [MQTT-3.1.2-2]. */
export function refuseConnect(connection: ClientConnection, error: ProtocolError): void {
  const version = error.connect?.protocolVersion;
  if (error.reasonCode === ReasonCode.UnsupportedProtocolVersion) {
    // a client of a later version knows MQTT 5's form best, an older one 3.1.1's
    connection.protocolVersion = version !== undefined && version >= 5 ? 5 : 4;
    refuseClient(connection, {
      accept: false,
      reasonCode: error.reasonCode,
      reasonString: error.message,
    });
  } else if (version === 5) {
    connection.protocolVersion = 5;
    refuseClient(connection, {
      accept: false,
      reasonCode: error.reasonCode,
      reasonString: error.message,
    });
  } else {
    // [MQTT-3.1.4-1 @3.1.1]: closed without CONNACK
    connection.end(error.reasonCode, error.message, false);
  }
}

function takeClientLimits(connection: ClientConnection, packet: Connect): void {
  const { limits } = connection.context;
  const properties = packet.properties ?? {};
  connection.wantsProblemInformation = properties.requestProblemInformation !== 0;
  connection.receiveMaximum = properties.receiveMaximum ?? 65_535;
  if (properties.maximumPacketSize !== undefined)
    connection.maximumPacketSize = properties.maximumPacketSize;
  const aliases = Math.min(properties.topicAliasMaximum ?? 0, limits.maximumOutboundTopicAliases);
  if (aliases > 0) connection.aliasesOut = new TopicAliasSender(aliases); // [MQTT-3.1.2-26], [MQTT-3.1.2-27]
  if (packet.protocolVersion !== 5) return;
  connection.receiveQuota = new ReceiveQuota(limits.receiveMaximum);
  if (limits.topicAliasMaximum > 0)
    connection.aliasesIn = new TopicAliasReceiver(limits.topicAliasMaximum);
}

interface Refusal {
  readonly reasonCode: number;
  readonly reasonString: string;
}

function checkConnect(connection: ClientConnection, packet: Connect): Refusal | undefined {
  const { context } = connection;
  const { limits } = context;
  if (context.closing)
    return { reasonCode: ReasonCode.ServerUnavailable, reasonString: 'shutting down' };
  if (packet.clientId === '' && packet.protocolVersion !== 5) {
    // [MQTT-3.1.3-8 @3.1.1]; MQTT 3.1 knows no empty Client Identifier at all
    if (packet.protocolVersion === 3 || !packet.cleanStart) {
      return {
        reasonCode: ReasonCode.ClientIdentifierNotValid,
        reasonString: 'a Client Identifier is needed',
      };
    }
  }
  if (packet.clientId.length > limits.maximumClientIdLength) {
    return {
      reasonCode: ReasonCode.ClientIdentifierNotValid,
      reasonString: 'the Client Identifier is too long',
    };
  }
  return packet.will === undefined ? undefined : checkWill(packet.will, limits);
}

function checkWill(will: WillFields, limits: BrokerLimits): Refusal | undefined {
  if (will.qos > limits.maximumQoS) {
    return { reasonCode: ReasonCode.QoSNotSupported, reasonString: 'Will QoS is not supported' }; // [MQTT-3.2.2-12]
  }
  if (will.retain && !limits.retainAvailable) {
    return {
      reasonCode: ReasonCode.RetainNotSupported,
      reasonString: 'Will Retain is not supported',
    }; // [MQTT-3.2.2-13]
  }
  if (isReserved(will.topicName)) {
    return { reasonCode: ReasonCode.NotAuthorized, reasonString: 'the Will Topic is reserved' };
  }
  if (UTF8.encode(will.topicName).length > limits.maximumTopicLength) {
    return { reasonCode: ReasonCode.TopicNameInvalid, reasonString: 'the Will Topic is too long' };
  }
  if (will.topicName.split('/', limits.maximumTopicLevels + 1).length > limits.maximumTopicLevels) {
    return {
      reasonCode: ReasonCode.TopicNameInvalid,
      reasonString: 'the Will Topic has too many levels',
    };
  }
  return undefined;
}

const UTF8 = new TextEncoder();
