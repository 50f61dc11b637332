import { PacketType, type ProtocolVersion, type Role } from './packet-type.ts';
import { type Rule, rules } from './rules.ts';

/**
 * What is wrong with the first byte of a packet, judged before anything of the packet is kept.
 *
 * `sender` is `undefined` when either side may send; `protocolVersion` is 0 before a CONNECT has told.
 */
export function firstByteRule(
  firstByte: number,
  sender: Role | undefined,
  protocolVersion: ProtocolVersion | 0,
  connectSeen: boolean,
): Rule | undefined {
  const type = firstByte >> 4;
  const flags = firstByte & 0x0f;
  if (type === 0) return rules.reservedType;
  if (sender === 'client' && !connectSeen && type !== PacketType.Connect) return rules.connectFirst; // [MQTT-3.1.0-1]
  if (type === PacketType.Auth && protocolVersion < 5) return rules.reservedType;
  if (type === PacketType.Publish) return publishFlagsRule(flags, protocolVersion);
  if (!isFlagsRight(type, flags, protocolVersion)) return rules.reservedFlags; // [MQTT-2.1.3-1]
  if (type === PacketType.Connect && connectSeen) return rules.connectOnce; // [MQTT-3.1.0-2]
  if (sender === undefined) return undefined;
  return isSentBy(sender, type, protocolVersion) ? undefined : rules.wrongDirection;
}

function publishFlagsRule(flags: number, protocolVersion: number): Rule | undefined {
  const qos = (flags >> 1) & 3;
  if (qos === 3) return rules.publishQoS3; // [MQTT-3.3.1-4]
  // [MQTT-3.3.1-2]; MQTT 3.1 has no such rule
  return qos === 0 && (flags & 8) !== 0 && protocolVersion !== 3 ? rules.dupAtQoS0 : undefined;
}

function isFlagsRight(type: number, flags: number, protocolVersion: number): boolean {
  const hasQoS1 =
    type === PacketType.Pubrel || type === PacketType.Subscribe || type === PacketType.Unsubscribe;
  if (!hasQoS1) return flags === 0;
  // MQTT 3.1 sets DUP when it sends one of these again
  return flags === 2 || (flags === 10 && protocolVersion === 3);
}

function isSentBy(sender: Role, type: number, protocolVersion: number): boolean {
  switch (type) {
    case PacketType.Connect:
    case PacketType.Subscribe:
    case PacketType.Unsubscribe:
    case PacketType.Pingreq:
      return sender === 'client';
    case PacketType.Connack:
    case PacketType.Suback:
    case PacketType.Unsuback:
    case PacketType.Pingresp:
      return sender === 'server';
    case PacketType.Disconnect:
      return sender === 'client' || protocolVersion === 5;
    default:
      return true;
  }
}
