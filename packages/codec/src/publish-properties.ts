import { byteAt, copyOf, uint16At, uint32At } from './byte-at.ts';
import { PacketReader } from './packet-reader.ts';
import { PacketType, type Role } from './packet-type.ts';
import type { PublishProperties } from './properties.ts';
import { propertyRow } from './property-table.ts';
import type { PublishView } from './publish-view.ts';
import { readPropertyBlock } from './read-properties.ts';
import { integerRule, type Rule, rules, violation } from './rules.ts';
import { Utf8Fault, utf8Fault } from './utf8.ts';
import { integerLength, readInteger } from './variable-byte-integer.ts';

/**
 * The properties of a kept block, as `PublishView.forwardedProperties()` gives it.
 *
 * Throws a ProtocolError when the bytes are no such block.
 */
export function decodePublishProperties(block: Uint8Array): PublishProperties {
  const reader = new PacketReader(block, 0, block.length, 5, undefined);
  return readPropertyBlock(reader, PacketType.Publish) ?? {};
}

/**
 * Checks the property block of a PUBLISH where it lies, and notes in the view what a broker needs
 * of it; makes no object. Throws a ProtocolError.
 */
export function scanPublishProperties(view: PublishView, sender: Role | undefined): void {
  const { bytes, propertiesEnd: end } = view;
  let at = view.propertiesStart;
  let seen = 0;
  while (at < end) {
    const id = byteAt(bytes, at++);
    if (id !== Id.UserProperty && id !== Id.SubscriptionIdentifier) {
      const bit = singleBit(id);
      if (bit === 0) fail(propertyRow(id) ? rules.propertyNotAllowed : rules.propertyUnknown);
      if ((seen & bit) !== 0) fail(rules.propertyRepeated);
      seen |= bit;
    }
    at = scanValue(view, id, at, end, sender);
  }
}

/** A copy of a checked block without what belongs to one hop, and the expiry; `undefined` when nothing is left. */
export function stripHopByHop(
  bytes: Uint8Array,
  start: number,
  end: number,
): Uint8Array | undefined {
  let kept = 0;
  for (let at = start; at < end;) {
    const next = endOfProperty(bytes, at);
    if (!isHopByHop(byteAt(bytes, at))) kept += next - at;
    at = next;
  }
  if (kept === 0) return undefined;
  if (kept === end - start) return copyOf(bytes, start, end);
  const block = new Uint8Array(kept);
  let to = 0;
  for (let at = start; at < end;) {
    const next = endOfProperty(bytes, at);
    if (!isHopByHop(byteAt(bytes, at))) {
      block.set(bytes.subarray(at, next), to);
      to += next - at;
    }
    at = next;
  }
  return block;
}

/** Checks the value of one property; returns the offset behind it. */
function scanValue(
  view: PublishView,
  id: number,
  at: number,
  end: number,
  sender: Role | undefined,
): number {
  const { bytes } = view;
  switch (id) {
    case Id.PayloadFormatIndicator:
      if (at + 1 > end) fail(rules.truncated);
      view.payloadFormatIndicator = byteAt(bytes, at);
      if (view.payloadFormatIndicator > 1) fail(rules.propertyRange);
      return at + 1;
    case Id.MessageExpiryInterval:
      if (at + 4 > end) fail(rules.truncated);
      view.messageExpiryInterval = uint32At(bytes, at);
      view.messageExpiryOffset = at;
      return at + 4;
    case Id.TopicAlias:
      if (at + 2 > end) fail(rules.truncated);
      view.topicAlias = uint16At(bytes, at);
      if (view.topicAlias === 0) fail(rules.topicAliasZero); // [MQTT-3.3.2-8]
      return at + 2;
    case Id.SubscriptionIdentifier:
      if (sender === 'client') fail(rules.subscriptionIdentifierFromClient); // [MQTT-3.3.4-6]
      return scanInteger(bytes, at, end);
    case Id.CorrelationData:
      return endOfSized(bytes, at, end);
    case Id.ResponseTopic:
      return scanResponseTopic(bytes, at, end);
    case Id.UserProperty:
      return scanString(bytes, scanString(bytes, at, end), end);
    default:
      return scanString(bytes, at, end);
  }
}

function scanInteger(bytes: Uint8Array, at: number, end: number): number {
  const value = readInteger(bytes, at, end);
  if (value < 0) fail(integerRule(value));
  if (value === 0) fail(rules.propertyRange);
  return at + integerLength(value);
}

function scanString(bytes: Uint8Array, at: number, end: number): number {
  const next = endOfSized(bytes, at, end);
  const fault = utf8Fault(bytes, at + 2, next);
  if (fault === Utf8Fault.IllFormed) fail(rules.stringIllFormed);
  if (fault === Utf8Fault.NullCharacter) fail(rules.stringNull);
  return next;
}

function scanResponseTopic(bytes: Uint8Array, at: number, end: number): number {
  const next = scanString(bytes, at, end);
  if (next === at + 2) fail(rules.responseTopic);
  for (let offset = at + 2; offset < next; offset++) {
    const byte = byteAt(bytes, offset);
    if (byte === plusSign || byte === numberSign) fail(rules.responseTopic); // [MQTT-3.3.2-14]
  }
  return next;
}

/** The offset behind a two-byte length and as many bytes. */
function endOfSized(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) fail(rules.truncated);
  const next = at + 2 + uint16At(bytes, at);
  if (next > end) fail(rules.truncated);
  return next;
}

/** The offset behind a property of a block that was checked before. */
function endOfProperty(bytes: Uint8Array, at: number): number {
  switch (byteAt(bytes, at)) {
    case Id.PayloadFormatIndicator:
      return at + 2;
    case Id.MessageExpiryInterval:
      return at + 5;
    case Id.TopicAlias:
      return at + 3;
    case Id.SubscriptionIdentifier:
      return at + 1 + integerLength(readInteger(bytes, at + 1, at + 5));
    case Id.UserProperty: {
      const value = at + 3 + uint16At(bytes, at + 1);
      return value + 2 + uint16At(bytes, value);
    }
    default:
      return at + 3 + uint16At(bytes, at + 1);
  }
}

/** A bit for each property that a PUBLISH may have once, 0 for the others. */
function singleBit(id: number): number {
  switch (id) {
    case Id.PayloadFormatIndicator:
    case Id.MessageExpiryInterval:
    case Id.ContentType:
    case Id.ResponseTopic:
    case Id.CorrelationData:
      return 1 << id;
    case Id.TopicAlias:
      return 1;
    default:
      return 0;
  }
}

function isHopByHop(id: number): boolean {
  return (
    id === Id.TopicAlias || id === Id.MessageExpiryInterval || id === Id.SubscriptionIdentifier
  );
}

function fail(rule: Rule): never {
  throw violation(rule, 5);
}

const Id = {
  PayloadFormatIndicator: 0x01,
  MessageExpiryInterval: 0x02,
  ContentType: 0x03,
  ResponseTopic: 0x08,
  CorrelationData: 0x09,
  SubscriptionIdentifier: 0x0b,
  TopicAlias: 0x23,
  UserProperty: 0x26,
} as const;

const plusSign = 0x2b;
const numberSign = 0x23;
