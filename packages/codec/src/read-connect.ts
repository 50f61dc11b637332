import { byteAt, uint16At } from './byte-at.ts';
import type { Connect, Will } from './packet.ts';
import { PacketReader } from './packet-reader.ts';
import { PacketType, type ProtocolVersion, type QoS } from './packet-type.ts';
import { willPlace } from './property-table.ts';
import { ProtocolError } from './protocol-error.ts';
import { readProperties } from './read-properties.ts';
import { rules, violation } from './rules.ts';

/**
 * A CONNECT whose body is `bytes[body … end)`, in the version that it names.
 *
 * `isShortened`: its Remaining Length was not in the shortest form. Throws a ProtocolError that carries
 * `connect` when name and version could be read.
 */
export function readConnect(
  bytes: Uint8Array,
  body: number,
  end: number,
  isShortened: boolean,
): Connect {
  const level = readLevel(bytes, body, end);
  try {
    const protocolVersion = supportedVersion(level);
    if (isShortened && protocolVersion === 5) throw violation(rules.integerNotMinimal, 5); // [MQTT-1.5.5-1]
    const reader = new PacketReader(bytes, level.end, end, protocolVersion, 'client');
    const packet = readBody(reader);
    if (level.byte > 0x80) packet.bridge = true;
    return packet;
  } catch (error) {
    if (error instanceof ProtocolError) error.connect = { protocolVersion: level.answerAs };
    throw error;
  }
}

interface Level {
  readonly name: string;
  readonly byte: number;
  /** What the client would understand: the version without the bridge bit, if it is one of 3.x. */
  readonly answerAs: number;
  /** Offset behind it. */
  readonly end: number;
}

function readLevel(bytes: Uint8Array, body: number, end: number): Level {
  if (body + 2 > end) throw violation(rules.truncated, 5);
  const nameEnd = body + 2 + uint16At(bytes, body);
  if (nameEnd + 1 > end) throw violation(rules.truncated, 5);
  // No known name is longer, and what is not ASCII is no known name.
  const known = nameEnd - body - 2 <= 6 ? bytes.subarray(body + 2, nameEnd) : [];
  const byte = byteAt(bytes, nameEnd);
  const answerAs = byte === 0x83 || byte === 0x84 ? byte & 0x7f : byte;
  return { name: String.fromCharCode(...known), byte, answerAs, end: nameEnd + 1 };
}

function supportedVersion({ name, byte, answerAs }: Level): ProtocolVersion {
  if (name !== 'MQTT' && name !== 'MQIsdp') throw violation(rules.protocolName, answerAs); // [MQTT-3.1.2-1]
  if (name === 'MQIsdp' && answerAs === 3) return 3;
  if (name === 'MQTT' && answerAs === 4) return 4;
  if (name === 'MQTT' && byte === 5) return 5;
  throw violation(rules.protocolVersion, answerAs); // [MQTT-3.1.2-2]
}

/** Everything behind the level byte, in the order of [MQTT-3.1.3-1]. */
function readBody(reader: PacketReader): Connect {
  const { protocolVersion } = reader;
  const flags = reader.uint8();
  checkFlags(reader, flags);
  const keepAlive = reader.uint16();
  const properties = protocolVersion === 5 ? readProperties(reader, PacketType.Connect) : undefined;
  const packet: Connect = {
    type: PacketType.Connect,
    protocolVersion,
    clientId: reader.string(),
    cleanStart: (flags & Flag.CleanStart) !== 0,
    keepAlive,
  };
  if (properties !== undefined) packet.properties = properties;
  if ((flags & Flag.Will) !== 0) packet.will = readWill(reader, flags);
  if ((flags & Flag.UserName) !== 0 && !isForgotten(reader)) packet.userName = reader.string();
  if ((flags & Flag.Password) !== 0 && !isForgotten(reader)) packet.password = reader.binary();
  reader.finish();
  return packet;
}

function checkFlags(reader: PacketReader, flags: number): void {
  // [MQTT-3.1.2-3]; MQTT 3.1 left the bit unused
  if ((flags & Flag.Reserved) !== 0 && reader.protocolVersion !== 3) {
    reader.fail(rules.connectReservedFlag);
  }
  if ((flags & Flag.Will) === 0) {
    checkWithoutWill(reader, flags);
  } else if ((flags & Flag.WillQoS) === Flag.WillQoS) {
    reader.fail(rules.willQoS3); // [MQTT-3.1.2-12]
  }
  // [MQTT-3.1.2-22 @3.1.1]; 5.0 dropped the rule
  if (
    (flags & Flag.Password) !== 0 &&
    (flags & Flag.UserName) === 0 &&
    reader.protocolVersion < 5
  ) {
    reader.fail(rules.passwordAlone);
  }
}

function checkWithoutWill(reader: PacketReader, flags: number): void {
  if (reader.protocolVersion === 3) return; // MQTT 3.1 disregards what it says of a Will then
  if ((flags & Flag.WillQoS) !== 0) reader.fail(rules.willQoSAlone); // [MQTT-3.1.2-11]
  if ((flags & Flag.WillRetain) !== 0) reader.fail(rules.willRetainAlone); // [MQTT-3.1.2-13]
}

function readWill(reader: PacketReader, flags: number): Will {
  const properties = reader.protocolVersion === 5 ? readProperties(reader, willPlace) : undefined;
  const topicName = reader.string();
  if (topicName === '') reader.fail(rules.willTopicEmpty); // [MQTT-4.7.3-1]
  if (topicName.includes('+') || topicName.includes('#')) reader.fail(rules.willTopicWildcard); // [MQTT-4.7.0-1]
  const will: Will = {
    topicName,
    payload: reader.binary(),
    // 3 was refused
    qos: ((flags >> 3) & 3) as QoS,
    retain: (flags & Flag.WillRetain) !== 0,
  };
  if (properties !== undefined) will.properties = properties;
  return will;
}

/** Clients of MQTT 3.1 set a credential's flag and leave out the field. */
function isForgotten(reader: PacketReader): boolean {
  return reader.protocolVersion === 3 && reader.atEnd;
}

const Flag = {
  Reserved: 0x01,
  CleanStart: 0x02,
  Will: 0x04,
  WillQoS: 0x18,
  WillRetain: 0x20,
  Password: 0x40,
  UserName: 0x80,
} as const;
