import { EncodeError } from './encode-error.ts';
import type {
  IConnackPacket,
  IConnectPacket,
  IPublishPacket,
  ISubscription,
  IWill,
  Packet as TheirPacket,
} from './mqtt-packet-shapes.ts';
import { toOurProperties } from './mqtt-packet-properties.ts';
import type { Connack, Connect, Packet, Publish, SubscriptionRequest, Will } from './packet.ts';
import { PacketType, type ProtocolVersion } from './packet-type.ts';

/** A packet given in the shape of mqtt-packet, with its defaults filled in; the encoder checks the values. */
export function fromMqttPacket(theirs: TheirPacket, protocolVersion: ProtocolVersion): Packet {
  const packet = withoutProperties(theirs, protocolVersion);
  const properties = toOurProperties(theirs.properties);
  // the encoder ignores properties where a packet has none, and refuses those out of place
  return properties === undefined ? packet : ({ ...packet, properties } as Packet);
}

/** The version in which a packet is to be written: a CONNECT's own, else that of the options, else 3.1.1. */
export function versionOf(
  theirs: TheirPacket,
  options: { readonly protocolVersion?: number | undefined } | null | undefined,
): ProtocolVersion {
  const version =
    (theirs.cmd === 'connect' ? theirs.protocolVersion : options?.protocolVersion) ?? 4;
  if (version === 3 || version === 4 || version === 5) return version;
  throw new EncodeError('the protocolVersion is none of 3, 4 and 5');
}

function withoutProperties(theirs: TheirPacket, version: ProtocolVersion): Packet {
  // mqtt-packet takes what is not given for 0, which the encoder refuses
  const packetId = theirs.messageId ?? 0;
  switch (theirs.cmd) {
    case 'connect':
      return connect(theirs, version);
    case 'publish':
      return publish(theirs);
    case 'connack':
      return connack(theirs, version);
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return { type: acknowledgements[theirs.cmd], packetId, reasonCode: theirs.reasonCode ?? 0 };
    case 'subscribe':
      return {
        type: PacketType.Subscribe,
        packetId,
        subscriptions: requests(theirs.subscriptions),
      };
    case 'suback':
      return { type: PacketType.Suback, packetId, reasonCodes: theirs.granted };
    case 'unsubscribe':
      return { type: PacketType.Unsubscribe, packetId, topicFilters: theirs.unsubscriptions };
    case 'unsuback':
      return { type: PacketType.Unsuback, packetId, reasonCodes: theirs.granted ?? [] };
    case 'pingreq':
      return { type: PacketType.Pingreq };
    case 'pingresp':
      return { type: PacketType.Pingresp };
    case 'disconnect':
      return { type: PacketType.Disconnect, reasonCode: theirs.reasonCode ?? 0 };
    case 'auth':
      return { type: PacketType.Auth, reasonCode: theirs.reasonCode ?? 0 };
    default:
      throw new EncodeError('Unknown command');
  }
}

function connect(theirs: IConnectPacket, protocolVersion: ProtocolVersion): Connect {
  const { username, password, will } = theirs;
  checkProtocolId(theirs.protocolId, protocolVersion);
  const packet: Connect = {
    type: PacketType.Connect,
    protocolVersion,
    clientId: text(theirs.clientId ?? ''),
    cleanStart: theirs.clean ?? true,
    keepAlive: theirs.keepalive ?? 0,
  };
  if (theirs.bridgeMode) packet.bridge = true;
  if (username !== undefined && username !== null) packet.userName = text(username);
  if (password !== undefined && password !== null) packet.password = bytes(password);
  if (will !== undefined && will !== null) packet.will = ourWill(will);
  return packet;
}

function connack(theirs: IConnackPacket, version: ProtocolVersion): Connack {
  const reasonCode = (version === 5 ? theirs.reasonCode : theirs.returnCode) ?? -1;
  return { type: PacketType.Connack, sessionPresent: theirs.sessionPresent ?? false, reasonCode };
}

function ourWill(theirs: IWill): Will {
  const will: Will = {
    topicName: theirs.topic,
    payload: bytes(theirs.payload ?? ''),
    qos: theirs.qos ?? 0,
    retain: theirs.retain ?? false,
  };
  const properties = toOurProperties(theirs.properties);
  if (properties !== undefined) will.properties = properties;
  return will;
}

function publish(theirs: IPublishPacket): Publish {
  const qos = theirs.qos ?? 0;
  const packet: Publish = {
    type: PacketType.Publish,
    topicName: text(theirs.topic),
    payload: bytes(theirs.payload ?? ''),
    qos,
    dup: theirs.dup ?? false,
    retain: theirs.retain ?? false,
  };
  // mqtt-packet ignores a messageId at QoS 0
  if (qos > 0) packet.packetId = theirs.messageId;
  return packet;
}

function requests(subscriptions: readonly ISubscription[]): SubscriptionRequest[] {
  if (!Array.isArray(subscriptions)) throw new EncodeError('Invalid subscriptions');
  return subscriptions.map(({ topic, qos, nl, rap, rh }) => ({
    topicFilter: topic,
    qos,
    noLocal: nl ?? false,
    retainAsPublished: rap ?? false,
    // the encoder refuses other numbers
    retainHandling: (rh ?? 0) as 0 | 1 | 2,
  }));
}

function checkProtocolId(protocolId: unknown, version: ProtocolVersion): void {
  const right = version === 3 ? 'MQIsdp' : 'MQTT';
  // mqtt-packet's default is 'MQTT' for every version; here it follows the version
  if (protocolId !== undefined && protocolId !== right) {
    throw new EncodeError(`the protocolId of version ${version} is ${right}`);
  }
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return strictDecoder.decode(value);
  throw new EncodeError('neither a string nor bytes');
}

function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return encoder.encode(value);
  throw new EncodeError('neither a string nor bytes');
}

const acknowledgements = {
  puback: PacketType.Puback,
  pubrec: PacketType.Pubrec,
  pubrel: PacketType.Pubrel,
  pubcomp: PacketType.Pubcomp,
} as const;

// fatal: a name that is no UTF-8 is refused, with a TypeError
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
