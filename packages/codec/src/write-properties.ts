import { EncodeError } from './encode-error.ts';
import { checkInteger, PacketWriter } from './packet-writer.ts';
import { PacketType } from './packet-type.ts';
import type { Properties } from './properties.ts';
import { isAllowedIn, PropertyKind, type PropertyRow, propertyRows } from './property-table.ts';

/**
 * The content of a property block, without its length, in the order of the identifiers; User
 * Properties and Subscription Identifiers keep theirs.
 *
 * Throws an EncodeError when a value is out of range. Which packet it is for is not asked here.
 */
export function encodeProperties(properties: Properties): Uint8Array {
  const length = propertiesLength(properties, undefined);
  const block = new Uint8Array(length);
  writeRows(new PacketWriter(block), properties, undefined);
  return block;
}

/** A property block with its length in front; `place` is the packet's type or `willPlace`. */
export function writeProperties(
  out: PacketWriter,
  properties: Properties | undefined,
  place: number,
): void {
  if (properties === undefined) {
    out.uint8(0); // [MQTT-2.2.2-1]
    return;
  }
  out.integer(propertiesLength(properties, place));
  writeRows(out, properties, place);
}

/** Is there anything to write? */
export function hasProperties(properties: Properties | undefined): boolean {
  return properties !== undefined && propertiesLength(properties, undefined) > 0;
}

function propertiesLength(properties: Properties, place: number | undefined): number {
  const counter = new PacketWriter();
  writeRows(counter, properties, place);
  return counter.offset;
}

function writeRows(out: PacketWriter, properties: Properties, place: number | undefined): void {
  for (const row of propertyRows) {
    const value = properties[row.name];
    if (value === undefined) continue;
    if (place !== undefined && !isAllowedIn(row, place)) {
      throw new EncodeError(`${row.name} has no place in this packet`);
    }
    if (row.kind === PropertyKind.StringPair) writePairs(out, row, value);
    else if (row.kind === PropertyKind.Integer) writeIdentifiers(out, row, value, place);
    else writeValue(out, row, value);
  }
  if (
    properties.authenticationData !== undefined &&
    properties.authenticationMethod === undefined
  ) {
    throw new EncodeError('authenticationData without an authenticationMethod');
  }
}

function writeValue(out: PacketWriter, row: PropertyRow, value: unknown): void {
  out.uint8(row.id);
  switch (row.kind) {
    case PropertyKind.String:
      if (row.name === 'responseTopic') checkResponseTopic(value);
      return out.string(value, row.name);
    case PropertyKind.Binary:
      return out.binary(value, row.name);
    case PropertyKind.Bit:
      return out.uint8(numberUpTo(1, row, value));
    case PropertyKind.Uint16:
      return out.uint16(numberUpTo(0xffff, row, value));
    case PropertyKind.Uint32:
      return out.uint32(numberUpTo(0xffff_ffff, row, value));
    default:
      return out.integer(numberUpTo(0x0fff_ffff, row, value));
  }
}

function numberUpTo(maximum: number, row: PropertyRow, value: unknown): number {
  checkInteger(value, row.positive ? 1 : 0, maximum, row.name);
  return Number(value);
}

function writePairs(out: PacketWriter, row: PropertyRow, value: unknown): void {
  if (!Array.isArray(value)) throw new EncodeError(`${row.name} is no array of pairs`);
  for (const pair of value) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new EncodeError(`${row.name} contains something that is no pair of strings`);
    }
    out.uint8(row.id);
    out.string(pair[0], row.name);
    out.string(pair[1], row.name);
  }
}

function writeIdentifiers(
  out: PacketWriter,
  row: PropertyRow,
  value: unknown,
  place: number | undefined,
): void {
  if (!Array.isArray(value)) throw new EncodeError(`${row.name} is no array of numbers`);
  if (place === PacketType.Subscribe && value.length > 1) {
    throw new EncodeError('a SUBSCRIBE has at most one Subscription Identifier');
  }
  for (const identifier of value) writeValue(out, row, identifier);
}

function checkResponseTopic(topicName: unknown): void {
  // [MQTT-3.3.2-14]
  if (typeof topicName === 'string' && (topicName === '' || /[+#]/.test(topicName))) {
    throw new EncodeError('responseTopic is empty or contains a wildcard');
  }
}
