import { isReasonCodeAllowed } from './allowed-reason-codes.ts';
import { EncodeError } from './encode-error.ts';
import { checkQoS } from './check-publish.ts';
import type { Auth, Connack, Disconnect, Packet, SubscriptionRequest } from './packet.ts';
import type { Puback, Pubcomp, Pubrec, Pubrel, Suback, Subscribe, Unsuback } from './packet.ts';
import type { Unsubscribe } from './packet.ts';
import { PacketType, type ProtocolVersion } from './packet-type.ts';
import { checkInteger, checkPacketId, type PacketWriter } from './packet-writer.ts';
import { hasProperties, writeProperties } from './write-properties.ts';

/** The body of any packet but CONNECT and PUBLISH; throws an EncodeError. */
export function writePacketBody(
  out: PacketWriter,
  packet: Exclude<Packet, { type: 1 | 3 }>,
  version: ProtocolVersion,
): void {
  switch (packet.type) {
    case PacketType.Connack:
      return writeConnack(out, packet, version);
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp:
      return writeAcknowledgement(out, packet, version);
    case PacketType.Subscribe:
      return writeSubscribe(out, packet, version);
    case PacketType.Suback:
      return writeSuback(out, packet, version);
    case PacketType.Unsubscribe:
      return writeUnsubscribe(out, packet, version);
    case PacketType.Unsuback:
      return writeUnsuback(out, packet, version);
    case PacketType.Pingreq:
    case PacketType.Pingresp:
      return;
    case PacketType.Disconnect:
      return writeDisconnect(out, packet, version);
    case PacketType.Auth:
      return writeAuth(out, packet, version);
    default:
      // a caller without types
      throw new EncodeError('there is no such packet type');
  }
}

function writeConnack(out: PacketWriter, packet: Connack, version: ProtocolVersion): void {
  const { reasonCode } = packet;
  // [MQTT-3.2.2-6]
  if (packet.sessionPresent && reasonCode !== 0) {
    throw new EncodeError('sessionPresent in a CONNACK that refuses');
  }
  // the byte is unused in MQTT 3.1
  out.uint8(packet.sessionPresent && version !== 3 ? 1 : 0);
  writeReasonCode(out, PacketType.Connack, reasonCode, version);
  if (version === 5) writeProperties(out, packet.properties, PacketType.Connack);
}

function writeAcknowledgement(
  out: PacketWriter,
  packet: Puback | Pubrec | Pubrel | Pubcomp,
  version: ProtocolVersion,
): void {
  checkPacketId(packet.packetId);
  out.uint16(packet.packetId);
  // the short forms: neither, or a Reason Code alone
  if (version !== 5) return;
  const long = hasProperties(packet.properties);
  if (packet.reasonCode === 0 && !long) return;
  writeReasonCode(out, packet.type, packet.reasonCode, version);
  if (long) writeProperties(out, packet.properties, packet.type);
}

function writeSubscribe(out: PacketWriter, packet: Subscribe, version: ProtocolVersion): void {
  checkPacketId(packet.packetId);
  out.uint16(packet.packetId);
  if (version === 5) writeProperties(out, packet.properties, PacketType.Subscribe);
  checkNotEmpty(packet.subscriptions, 'subscriptions'); // [MQTT-3.8.3-2]
  for (const request of packet.subscriptions) {
    writeTopicFilter(out, request.topicFilter);
    out.uint8(version === 5 ? subscriptionOptions(request) : request.qos);
    checkQoS(request.qos);
  }
}

function writeSuback(out: PacketWriter, packet: Suback, version: ProtocolVersion): void {
  checkPacketId(packet.packetId);
  out.uint16(packet.packetId);
  if (version === 5) writeProperties(out, packet.properties, PacketType.Suback);
  checkNotEmpty(packet.reasonCodes, 'reasonCodes');
  for (const code of packet.reasonCodes) writeReasonCode(out, PacketType.Suback, code, version);
}

function writeUnsubscribe(out: PacketWriter, packet: Unsubscribe, version: ProtocolVersion): void {
  checkPacketId(packet.packetId);
  out.uint16(packet.packetId);
  if (version === 5) writeProperties(out, packet.properties, PacketType.Unsubscribe);
  checkNotEmpty(packet.topicFilters, 'topicFilters'); // [MQTT-3.10.3-2]
  for (const topicFilter of packet.topicFilters) writeTopicFilter(out, topicFilter);
}

function writeUnsuback(out: PacketWriter, packet: Unsuback, version: ProtocolVersion): void {
  checkPacketId(packet.packetId);
  out.uint16(packet.packetId);
  if (version !== 5) return;
  writeProperties(out, packet.properties, PacketType.Unsuback);
  checkNotEmpty(packet.reasonCodes, 'reasonCodes');
  for (const code of packet.reasonCodes) writeReasonCode(out, PacketType.Unsuback, code, version);
}

function writeDisconnect(out: PacketWriter, packet: Disconnect, version: ProtocolVersion): void {
  if (version !== 5) return;
  const long = hasProperties(packet.properties);
  if (packet.reasonCode === 0 && !long) return;
  writeReasonCode(out, PacketType.Disconnect, packet.reasonCode, version);
  if (long) writeProperties(out, packet.properties, PacketType.Disconnect);
}

function writeAuth(out: PacketWriter, packet: Auth, version: ProtocolVersion): void {
  if (version !== 5) throw new EncodeError('AUTH is of MQTT 5.0 only');
  if (packet.properties?.authenticationMethod === undefined) {
    throw new EncodeError('an AUTH without an authenticationMethod');
  }
  writeReasonCode(out, PacketType.Auth, packet.reasonCode, version);
  writeProperties(out, packet.properties, PacketType.Auth);
}

function subscriptionOptions(request: SubscriptionRequest): number {
  checkInteger(request.retainHandling, 0, 2, 'retainHandling');
  // [MQTT-3.8.3-4]
  if (request.noLocal && request.topicFilter.startsWith('$share/')) {
    throw new EncodeError('noLocal on a Shared Subscription');
  }
  return (
    request.qos |
    (request.noLocal ? 0x04 : 0) |
    (request.retainAsPublished ? 0x08 : 0) |
    (request.retainHandling << 4)
  );
}

function writeTopicFilter(out: PacketWriter, topicFilter: string): void {
  if (topicFilter === '') throw new EncodeError('a topicFilter is empty'); // [MQTT-4.7.3-1]
  out.string(topicFilter, 'topicFilter');
}

function writeReasonCode(
  out: PacketWriter,
  type: PacketType,
  code: number,
  version: ProtocolVersion,
): void {
  if (!isReasonCodeAllowed(type, code, version, undefined)) {
    throw new EncodeError(`no reasonCode for packet type ${type} in this version: ${code}`);
  }
  out.uint8(code);
}

function checkNotEmpty(list: unknown, name: string): void {
  if (!Array.isArray(list) || list.length === 0) throw new EncodeError(`${name} is empty`);
}
