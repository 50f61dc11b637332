import { byteAt, putUint16, putUint32 } from './byte-at.ts';
import { checkPublish } from './check-publish.ts';
import { EncodeError } from './encode-error.ts';
import type { Publish } from './packet.ts';
import { type ProtocolVersion, PacketType, type QoS } from './packet-type.ts';
import { checkPacketId, encodedStringLength } from './packet-writer.ts';
import { utf8Length, writeUtf8 } from './utf8.ts';
import { integerLength, maximumInteger, writeInteger } from './variable-byte-integer.ts';
import { encodeProperties } from './write-properties.ts';

/** What a broker has of a message that it sends on: bytes that were checked when they came in. */
export interface PublishParts {
  /** UTF-8; empty when a Topic Alias stands for the name. */
  topicBytes: Uint8Array;
  qos: QoS;
  dup: boolean;
  retain: boolean;
  payload: Uint8Array;
  /** The payload is `payload[payloadFrom, payloadTo)`, which spares a view. @default all of it */
  payloadFrom?: number | undefined;
  payloadTo?: number | undefined;
  /** A block as `PublishView.forwardedProperties()` gives it. This and the rest is of 5.0, ignored in 3.x. */
  properties?: Uint8Array | undefined;
  /** Seconds left. */
  messageExpiryInterval?: number | undefined;
  subscriptionIdentifiers?: readonly number[] | undefined;
  /** 0 is none. */
  topicAlias?: number | undefined;
}

/** All but the Topic Name. */
export type UntitledParts = Omit<PublishParts, 'topicBytes'>;

/** A PUBLISH encoded once for many receivers: each costs one copy and a few patched bytes. */
export class PublishFrame {
  /** The whole packet, exactly. */
  readonly bytes: Uint8Array;
  /** Offset of the two bytes of the Packet Identifier; -1 at QoS 0. */
  readonly packetIdOffset: number;
  /** Offset of the two bytes of the Topic Alias; -1 when there is none. */
  readonly topicAliasOffset: number;
  /** Offset of the four bytes of the Message Expiry Interval; -1 when there is none. */
  readonly messageExpiryOffset: number;

  private constructor(bytes: Uint8Array, packetId: number, topicAlias: number, expiry: number) {
    this.bytes = bytes;
    this.packetIdOffset = packetId;
    this.topicAliasOffset = topicAlias;
    this.messageExpiryOffset = expiry;
  }

  /**
   * Checks a packet and encodes it; throws an EncodeError. At QoS 1 and 2 the Packet Identifier may
   * be left to `setPacketId`: until then it is 0, which must not be sent.
   */
  static encode(publish: Publish, protocolVersion: ProtocolVersion): PublishFrame {
    checkPublish(publish, protocolVersion);
    const { topicName, properties } = publish;
    const topicLength = encodedStringLength(topicName, 'topicName');
    const parts: UntitledParts = {
      qos: publish.qos,
      dup: publish.dup,
      retain: publish.retain,
      payload: publish.payload,
    };
    if (properties !== undefined && protocolVersion === 5) {
      parts.properties = encodeProperties({ ...properties, ...ofOneHop });
      parts.messageExpiryInterval = properties.messageExpiryInterval;
      parts.subscriptionIdentifiers = properties.subscriptionIdentifiers;
      parts.topicAlias = properties.topicAlias;
    }
    const frame = PublishFrame.#build(parts, topicLength, protocolVersion);
    writeUtf8(topicName, topicLength, frame.bytes, frame.#topicOffset);
    if (publish.packetId) frame.setPacketId(publish.packetId);
    return frame;
  }

  /** Encodes parts that are known to be right; throws an EncodeError only when the packet would be too long for MQTT. */
  static fromParts(parts: PublishParts, protocolVersion: ProtocolVersion): PublishFrame {
    const frame = PublishFrame.#build(parts, parts.topicBytes.length, protocolVersion);
    frame.bytes.set(parts.topicBytes, frame.#topicOffset);
    return frame;
  }

  /**
   * Writes what `fromParts` would give into a target that has room for `partsLength` bytes, as for a
   * packet that is sent once; returns the offset behind it. The Packet Identifier is given here.
   */
  static writeParts(
    parts: PublishParts,
    protocolVersion: ProtocolVersion,
    packetId: number,
    target: Uint8Array,
    offset: number,
  ): number {
    const topicLength = parts.topicBytes.length;
    const remaining = checkedLength(parts, topicLength, protocolVersion);
    const topic = offset + 3 + integerLength(remaining);
    const end = write(parts, topicLength, protocolVersion, remaining, target, offset);
    target.set(parts.topicBytes, topic);
    if (parts.qos > 0) putUint16(target, topic + topicLength, packetId);
    return end;
  }

  /** Bytes of the whole packet, to be compared with the receiver's Maximum Packet Size. */
  static partsLength(parts: PublishParts, protocolVersion: ProtocolVersion): number {
    const remaining = remainingLength(parts, parts.topicBytes.length, protocolVersion);
    return 1 + integerLength(remaining) + remaining;
  }

  /** `partsLength` of a packet whose Topic Name is at hand as text. */
  static namedLength(
    topicName: string,
    parts: UntitledParts,
    protocolVersion: ProtocolVersion,
  ): number {
    const remaining = remainingLength(parts, utf8Length(topicName), protocolVersion);
    return 1 + integerLength(remaining) + remaining;
  }

  /**
   * `writeParts` for a valid Topic Name that is at hand as text: no bytes of it are made. `length` is
   * what `namedLength` says of the same parts.
   */
  static writeNamed(
    topicName: string,
    parts: UntitledParts,
    protocolVersion: ProtocolVersion,
    packetId: number,
    length: number,
    target: Uint8Array,
    offset: number,
  ): number {
    const remaining = remainingOf(length);
    const topicLength = remaining - checkedLength(parts, 0, protocolVersion);
    const topic = offset + length - remaining + 2;
    const end = write(parts, topicLength, protocolVersion, remaining, target, offset);
    writeUtf8(topicName, topicLength, target, topic);
    if (parts.qos > 0) putUint16(target, topic + topicLength, packetId);
    return end;
  }

  /** Writes the Packet Identifier into `bytes`; throws an EncodeError at QoS 0. */
  setPacketId(packetId: number): void {
    if (this.packetIdOffset < 0) throw new EncodeError('a PUBLISH of QoS 0 has no packetId');
    checkPacketId(packetId);
    putUint16(this.bytes, this.packetIdOffset, packetId);
  }

  get #topicOffset(): number {
    let at = 1;
    // the Remaining Length ends with the first byte below 0x80
    while ((this.bytes[at] ?? 0) > 0x7f) at++;
    return at + 3;
  }

  /** Everything but the Topic Name. */
  static #build(parts: UntitledParts, topicLength: number, version: ProtocolVersion): PublishFrame {
    const remaining = checkedLength(parts, topicLength, version);
    const header = 1 + integerLength(remaining);
    const bytes = new Uint8Array(header + remaining);
    write(parts, topicLength, version, remaining, bytes, 0);
    const packetId = header + 2 + topicLength;
    if (version !== 5) return new PublishFrame(bytes, parts.qos > 0 ? packetId : -1, -1, -1);
    const block = packetId + (parts.qos > 0 ? 2 : 0) + integerLength(blockLength(parts));
    return new PublishFrame(
      bytes,
      parts.qos > 0 ? packetId : -1,
      parts.topicAlias ? block + 1 : -1,
      parts.messageExpiryInterval === undefined ? -1 : block + (parts.topicAlias ? 4 : 1),
    );
  }
}

/** Writes all but the Topic Name, whose room is left as it is; returns the offset behind the packet. */
function write(
  parts: UntitledParts,
  topicLength: number,
  version: ProtocolVersion,
  remaining: number,
  target: Uint8Array,
  offset: number,
): number {
  target[offset] =
    (PacketType.Publish << 4) | (parts.dup ? 8 : 0) | (parts.qos << 1) | (parts.retain ? 1 : 0);
  let at = writeInteger(remaining, target, offset + 1);
  putUint16(target, at, topicLength);
  at += 2 + topicLength;
  if (parts.qos > 0) {
    putUint16(target, at, 0);
    at += 2;
  }
  if (version === 5) {
    at = writeInteger(blockLength(parts), target, at);
    if (parts.topicAlias) at = writeTopicAlias(parts.topicAlias, target, at);
    if (parts.messageExpiryInterval !== undefined) {
      at = writeExpiry(parts.messageExpiryInterval, target, at);
    }
    at = writeRest(parts, target, at);
  }
  return putPayload(parts, target, at);
}

/** A loop is cheaper than a call, and a view, for a few bytes. */
function putPayload(parts: UntitledParts, target: Uint8Array, offset: number): number {
  const { payload, payloadFrom: from = 0, payloadTo: to = payload.length } = parts;
  const length = to - from;
  if (length <= FEW_BYTES) {
    for (let at = 0; at < length; at++) target[offset + at] = byteAt(payload, from + at);
  } else if (length === payload.length) {
    target.set(payload, offset);
  } else {
    target.set(payload.subarray(from, to), offset);
  }
  return offset + length;
}

/** Remaining Length of a packet of that length. */
function remainingOf(length: number): number {
  let remaining = length - 2;
  while (1 + integerLength(remaining) + remaining > length) remaining--;
  return remaining;
}

function payloadLength({
  payload,
  payloadFrom = 0,
  payloadTo = payload.length,
}: UntitledParts): number {
  return payloadTo - payloadFrom;
}

function checkedLength(
  parts: UntitledParts,
  topicLength: number,
  version: ProtocolVersion,
): number {
  const remaining = remainingLength(parts, topicLength, version);
  if (remaining > maximumInteger) throw new EncodeError('the packet is too long for MQTT');
  return remaining;
}

function remainingLength(
  parts: UntitledParts,
  topicLength: number,
  version: ProtocolVersion,
): number {
  let length = 2 + topicLength + (parts.qos > 0 ? 2 : 0) + payloadLength(parts);
  if (version === 5) {
    const block = blockLength(parts);
    length += integerLength(block) + block;
  }
  return length;
}

function blockLength(parts: UntitledParts): number {
  let length = parts.properties?.length ?? 0;
  if (parts.topicAlias) length += 3;
  if (parts.messageExpiryInterval !== undefined) length += 5;
  if (parts.subscriptionIdentifiers !== undefined) {
    for (const identifier of parts.subscriptionIdentifiers) length += 1 + integerLength(identifier);
  }
  return length;
}

function writeTopicAlias(topicAlias: number, bytes: Uint8Array, at: number): number {
  bytes[at] = 0x23;
  putUint16(bytes, at + 1, topicAlias);
  return at + 3;
}

function writeExpiry(seconds: number, bytes: Uint8Array, at: number): number {
  bytes[at] = 0x02;
  putUint32(bytes, at + 1, seconds);
  return at + 5;
}

function writeRest(parts: UntitledParts, bytes: Uint8Array, from: number): number {
  let at = from;
  if (parts.subscriptionIdentifiers !== undefined) {
    for (const identifier of parts.subscriptionIdentifiers) {
      bytes[at] = 0x0b;
      at = writeInteger(identifier, bytes, at + 1);
    }
  }
  if (parts.properties !== undefined) {
    bytes.set(parts.properties, at);
    at += parts.properties.length;
  }
  return at;
}

/** Left out of the block, because they have parts of their own. */
const ofOneHop = {
  topicAlias: undefined,
  messageExpiryInterval: undefined,
  subscriptionIdentifiers: undefined,
} as const;

const FEW_BYTES = 64;
