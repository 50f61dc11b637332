import { PacketType } from './packet-type.ts';
import type { PacketReader } from './packet-reader.ts';
import type { Properties } from './properties.ts';
import { isAllowedIn, PropertyKind, type PropertyRow, propertyRow } from './property-table.ts';
import { rules } from './rules.ts';

/**
 * The property block at the reader, with its length in front; `undefined` when it is empty.
 *
 * `place` is the packet's type, or `willPlace`.
 */
export function readProperties(reader: PacketReader, place: number): Properties | undefined {
  // A reader of its own keeps a value from reaching behind the block.
  return readPropertyBlock(reader.block(reader.integer()), place);
}

/** Everything that is left at the reader as properties; `undefined` when it is nothing. */
export function readPropertyBlock(reader: PacketReader, place: number): Properties | undefined {
  if (reader.atEnd) return undefined;
  const found = new Map<keyof Properties, PropertyValue>();
  while (!reader.atEnd) {
    const row = propertyRow(reader.uint8());
    if (row === undefined) return reader.fail(rules.propertyUnknown);
    if (!isAllowedIn(row, place)) reader.fail(rules.propertyNotAllowed);
    checkSender(reader, place, row);
    const before = found.get(row.name);
    const value = readValue(reader, row);
    if (!isRepeatable(row, place)) {
      if (before !== undefined) reader.fail(rules.propertyRepeated);
      found.set(row.name, row.name === 'subscriptionIdentifiers' ? [value] : value);
    } else if (Array.isArray(before)) {
      before.push(value);
    } else {
      found.set(row.name, [value]);
    }
  }
  checkTogether(reader, found);
  // each value was read by the kind that its row gives to its name
  return Object.fromEntries(found) as Properties;
}

type PropertyValue = number | string | Uint8Array | readonly [string, string] | PropertyValue[];

function isRepeatable(row: PropertyRow, place: number): boolean {
  return (
    row.kind === PropertyKind.StringPair ||
    (row.kind === PropertyKind.Integer && place === PacketType.Publish)
  );
}

/** Properties that only one side may send, though the packet is open to both. */
function checkSender(reader: PacketReader, place: number, row: PropertyRow): void {
  if (reader.sender === 'client') {
    if (place === PacketType.Publish && row.name === 'subscriptionIdentifiers') {
      reader.fail(rules.subscriptionIdentifierFromClient); // [MQTT-3.3.4-6]
    }
    if (row.name === 'serverReference') reader.fail(rules.serverReferenceFromClient);
  } else if (
    reader.sender === 'server' &&
    place === PacketType.Disconnect &&
    row.name === 'sessionExpiryInterval'
  ) {
    reader.fail(rules.sessionExpiryFromServer); // [MQTT-3.14.2-2]
  }
}

function readValue(reader: PacketReader, row: PropertyRow): PropertyValue {
  switch (row.kind) {
    case PropertyKind.String:
      return row.name === 'responseTopic' ? responseTopic(reader) : reader.string();
    case PropertyKind.Binary:
      return reader.binary();
    case PropertyKind.StringPair:
      return [reader.string(), reader.string()];
    case PropertyKind.Bit:
      return inRange(reader, row, reader.uint8(), 1);
    case PropertyKind.Uint16:
      return inRange(reader, row, reader.uint16(), 0xffff);
    case PropertyKind.Uint32:
      return inRange(reader, row, reader.uint32(), 0xffff_ffff);
    case PropertyKind.Integer:
      return inRange(reader, row, reader.integer(), 0x0fff_ffff);
  }
}

function inRange(reader: PacketReader, row: PropertyRow, value: number, maximum: number): number {
  if (value > maximum || (row.positive && value === 0)) {
    // [MQTT-3.3.2-8] has a code of its own
    reader.fail(row.name === 'topicAlias' ? rules.topicAliasZero : rules.propertyRange);
  }
  return value;
}

function responseTopic(reader: PacketReader): string {
  const topicName = reader.string();
  // [MQTT-3.3.2-14]
  if (!isTopicName(topicName)) reader.fail(rules.responseTopic);
  return topicName;
}

function isTopicName(text: string): boolean {
  return text !== '' && !text.includes('+') && !text.includes('#');
}

function checkTogether(
  reader: PacketReader,
  found: ReadonlyMap<keyof Properties, PropertyValue>,
): void {
  if (found.has('authenticationData') && !found.has('authenticationMethod')) {
    reader.fail(rules.authenticationDataAlone);
  }
}
