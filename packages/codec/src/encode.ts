import { EncodeError } from './encode-error.ts';
import type { Packet } from './packet.ts';
import { PacketType, type ProtocolVersion } from './packet-type.ts';
import { checkPacketId, PacketWriter } from './packet-writer.ts';
import { PublishFrame } from './publish-frame.ts';
import { integerLength, maximumInteger } from './variable-byte-integer.ts';
import { writeConnect } from './write-connect.ts';
import { writePacketBody } from './write-packet.ts';

/**
 * One packet as bytes, exactly sized.
 *
 * Throws an EncodeError, a TypeError, on a value that MQTT forbids, before anything is written. What
 * 3.x has no room for (properties, most Reason Codes, Subscription Options but the QoS) is left out.
 */
export function encode(packet: Packet, protocolVersion: ProtocolVersion): Uint8Array {
  if (packet.type === PacketType.Publish) {
    checkPublishId(packet.qos, packet.packetId);
    return PublishFrame.encode(packet, protocolVersion).bytes;
  }
  const remaining = remainingLength(packet, protocolVersion);
  const bytes = new Uint8Array(1 + integerLength(remaining) + remaining);
  write(packet, protocolVersion, remaining, bytes, 0);
  return bytes;
}

/** Bytes that {@link encode} would give; throws as it does. */
export function encodedLength(packet: Packet, protocolVersion: ProtocolVersion): number {
  if (packet.type === PacketType.Publish) return encode(packet, protocolVersion).length;
  const remaining = remainingLength(packet, protocolVersion);
  return 1 + integerLength(remaining) + remaining;
}

/** Writes a packet into a target; returns the offset behind it. Throws as {@link encode} does, and when there is no room. */
export function encodeInto(
  packet: Packet,
  protocolVersion: ProtocolVersion,
  target: Uint8Array,
  offset: number,
): number {
  if (packet.type === PacketType.Publish) {
    const bytes = encode(packet, protocolVersion);
    checkRoom(target, offset, bytes.length);
    target.set(bytes, offset);
    return offset + bytes.length;
  }
  const remaining = remainingLength(packet, protocolVersion);
  checkRoom(target, offset, 1 + integerLength(remaining) + remaining);
  return write(packet, protocolVersion, remaining, target, offset);
}

type OtherThanPublish = Exclude<Packet, { type: 3 }>;

function remainingLength(packet: OtherThanPublish, protocolVersion: ProtocolVersion): number {
  if (protocolVersion !== 3 && protocolVersion !== 4 && protocolVersion !== 5) {
    throw new EncodeError('the protocolVersion is none of 3, 4 and 5');
  }
  const counter = new PacketWriter();
  writeBody(counter, packet, protocolVersion);
  if (counter.offset > maximumInteger) throw new EncodeError('the packet is too long for MQTT');
  return counter.offset;
}

function write(
  packet: OtherThanPublish,
  protocolVersion: ProtocolVersion,
  remaining: number,
  target: Uint8Array,
  offset: number,
): number {
  const out = new PacketWriter(target, offset);
  out.uint8((packet.type << 4) | flags(packet.type)); // [MQTT-2.1.3-1]
  out.integer(remaining);
  writeBody(out, packet, protocolVersion);
  return out.offset;
}

function writeBody(
  out: PacketWriter,
  packet: OtherThanPublish,
  protocolVersion: ProtocolVersion,
): void {
  if (packet.type === PacketType.Connect) writeConnect(out, packet);
  else writePacketBody(out, packet, protocolVersion);
}

function flags(type: PacketType): number {
  return type === PacketType.Pubrel ||
    type === PacketType.Subscribe ||
    type === PacketType.Unsubscribe
    ? 2
    : 0;
}

function checkPublishId(qos: number, packetId: number | undefined): void {
  if (qos > 0) checkPacketId(packetId);
}

function checkRoom(target: Uint8Array, offset: number, length: number): void {
  if (offset < 0 || length > target.length - offset) {
    throw new EncodeError('the target has no room for the packet');
  }
}
