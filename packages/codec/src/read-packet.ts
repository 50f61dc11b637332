import { isReasonCodeAllowed } from './allowed-reason-codes.ts';
import type { Auth, Connack, Disconnect, Suback, Unsuback, Unsubscribe } from './packet.ts';
import type { PacketReader } from './packet-reader.ts';
import type { OtherPacket } from './packet-sink.ts';
import { PacketType } from './packet-type.ts';
import type { Properties } from './properties.ts';
import { readProperties } from './read-properties.ts';
import { readSubscribe, readTopicFilter } from './read-subscribe.ts';
import { reasonCodeRule, rules } from './rules.ts';

/** The body of a packet that is neither a CONNECT, nor a PUBLISH, nor an acknowledgement of one. */
export function readPacket(reader: PacketReader, type: PacketType): OtherPacket {
  switch (type) {
    case PacketType.Connack:
      return readConnack(reader);
    case PacketType.Subscribe:
      return readSubscribe(reader);
    case PacketType.Suback:
      return readSuback(reader);
    case PacketType.Unsubscribe:
      return readUnsubscribe(reader);
    case PacketType.Unsuback:
      return readUnsuback(reader);
    case PacketType.Disconnect:
      return readDisconnect(reader);
    case PacketType.Auth:
      return readAuth(reader);
    case PacketType.Pingreq:
    case PacketType.Pingresp:
      reader.finish();
      return { type };
    default:
      // PUBLISH and its acknowledgements are read elsewhere
      return reader.fail(rules.reservedType);
  }
}

function readConnack(reader: PacketReader): Connack {
  const { protocolVersion } = reader;
  const flags = reader.uint8();
  // [MQTT-3.2.2-1]; the byte is unused in MQTT 3.1
  if (flags > 1 && protocolVersion !== 3) reader.fail(rules.connackFlags);
  const sessionPresent = flags === 1 && protocolVersion !== 3;
  const reasonCode = readReasonCode(reader, PacketType.Connack);
  if (sessionPresent && reasonCode !== 0) reader.fail(rules.sessionPresentOnRefusal); // [MQTT-3.2.2-6]
  return finish(reader, { type: PacketType.Connack, sessionPresent, reasonCode });
}

function readSuback(reader: PacketReader): Suback {
  const packetId = reader.packetId();
  const properties = readOptionalProperties(reader, PacketType.Suback);
  if (reader.atEnd) reader.fail(rules.subackEmpty);
  const reasonCodes: number[] = [];
  while (!reader.atEnd) reasonCodes.push(readReasonCode(reader, PacketType.Suback));
  const packet: Suback = { type: PacketType.Suback, packetId, reasonCodes };
  if (properties !== undefined) packet.properties = properties;
  return packet;
}

function readUnsubscribe(reader: PacketReader): Unsubscribe {
  const packetId = reader.packetId();
  const properties = readOptionalProperties(reader, PacketType.Unsubscribe);
  if (reader.atEnd) reader.fail(rules.unsubscribeEmpty); // [MQTT-3.10.3-2]
  const topicFilters: string[] = [];
  while (!reader.atEnd) topicFilters.push(readTopicFilter(reader));
  const packet: Unsubscribe = { type: PacketType.Unsubscribe, packetId, topicFilters };
  if (properties !== undefined) packet.properties = properties;
  return packet;
}

function readUnsuback(reader: PacketReader): Unsuback {
  const packetId = reader.packetId();
  const reasonCodes: number[] = [];
  const packet: Unsuback = { type: PacketType.Unsuback, packetId, reasonCodes };
  if (reader.protocolVersion !== 5) {
    reader.finish();
    return packet;
  }
  const properties = readProperties(reader, PacketType.Unsuback);
  if (reader.atEnd) reader.fail(rules.unsubackEmpty);
  while (!reader.atEnd) reasonCodes.push(readReasonCode(reader, PacketType.Unsuback));
  if (properties !== undefined) packet.properties = properties;
  return packet;
}

function readDisconnect(reader: PacketReader): Disconnect {
  const packet: Disconnect = { type: PacketType.Disconnect, reasonCode: 0 };
  if (reader.protocolVersion !== 5) {
    reader.finish();
    return packet;
  }
  // Remaining Length 0 and 1 leave out what is 0 and empty.
  if (reader.atEnd) return packet;
  packet.reasonCode = readReasonCode(reader, PacketType.Disconnect);
  return reader.atEnd ? packet : finish(reader, packet);
}

function readAuth(reader: PacketReader): Auth {
  const packet: Auth = { type: PacketType.Auth, reasonCode: 0 };
  if (reader.atEnd) {
    // Section 3.15.2.1 allows this form. The missing method is for whoever runs the exchange to judge.
    checkReasonCode(reader, PacketType.Auth, 0);
    return packet;
  }
  packet.reasonCode = readReasonCode(reader, PacketType.Auth);
  finish(reader, packet);
  if (packet.properties?.authenticationMethod === undefined) {
    reader.fail(rules.authenticationMethodMissing);
  }
  return packet;
}

/** The properties at the end of a packet, which must not go on behind them. */
function finish<P extends { type: PacketType; properties?: Properties | undefined }>(
  reader: PacketReader,
  packet: P,
): P {
  const properties = readOptionalProperties(reader, packet.type);
  reader.finish();
  if (properties !== undefined) packet.properties = properties;
  return packet;
}

function readOptionalProperties(reader: PacketReader, type: PacketType): Properties | undefined {
  return reader.protocolVersion === 5 ? readProperties(reader, type) : undefined;
}

function readReasonCode(reader: PacketReader, type: PacketType): number {
  return checkReasonCode(reader, type, reader.uint8());
}

function checkReasonCode(reader: PacketReader, type: PacketType, code: number): number {
  if (!isReasonCodeAllowed(type, code, reader.protocolVersion, reader.sender)) {
    reader.fail(reasonCodeRule(type));
  }
  return code;
}
