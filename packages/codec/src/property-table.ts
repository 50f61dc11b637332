import { PacketType } from './packet-type.ts';
import type { Properties } from './properties.ts';

/** How the value of a property is written, section 2.2.2.2. All that are one byte are 0 or 1. */
export const PropertyKind = {
  Bit: 0,
  Uint16: 1,
  Uint32: 2,
  Integer: 3,
  String: 4,
  Binary: 5,
  StringPair: 6,
} as const;
export type PropertyKind = (typeof PropertyKind)[keyof typeof PropertyKind];

/** The Will Properties of a CONNECT, in place of a packet type (0 is none). */
export const willPlace = 0;

export interface PropertyRow {
  readonly id: number;
  readonly name: keyof Properties;
  readonly kind: PropertyKind;
  /** A bit for each packet type that may carry it. */
  readonly places: number;
  /** 0 is out of range. */
  readonly positive: boolean;
}

/** May this packet, or the Will, carry the property? */
export function isAllowedIn(row: PropertyRow, place: number): boolean {
  return ((row.places >>> place) & 1) === 1;
}

/** The row of an identifier as it stands on the wire, if there is such a property. */
export function propertyRow(id: number): PropertyRow | undefined {
  return rowById[id];
}

const { Connect, Connack, Publish, Subscribe, Disconnect, Auth } = PacketType;
const { Puback, Pubrec, Pubrel, Pubcomp, Suback, Unsubscribe, Unsuback } = PacketType;
const { Bit, Uint16, Uint32, Integer, String, Binary, StringPair } = PropertyKind;

const outcomes = [Connack, Puback, Pubrec, Pubrel, Pubcomp, Suback, Unsuback, Disconnect, Auth];
const all = [...outcomes, Connect, willPlace, Publish, Subscribe, Unsubscribe];

/** All 27, in the order of their identifiers. */
export const propertyRows: readonly PropertyRow[] = [
  property(0x01, 'payloadFormatIndicator', Bit, [Publish, willPlace]),
  property(0x02, 'messageExpiryInterval', Uint32, [Publish, willPlace]),
  property(0x03, 'contentType', String, [Publish, willPlace]),
  property(0x08, 'responseTopic', String, [Publish, willPlace]),
  property(0x09, 'correlationData', Binary, [Publish, willPlace]),
  property(0x0b, 'subscriptionIdentifiers', Integer, [Publish, Subscribe], true),
  property(0x11, 'sessionExpiryInterval', Uint32, [Connect, Connack, Disconnect]),
  property(0x12, 'assignedClientIdentifier', String, [Connack]),
  property(0x13, 'serverKeepAlive', Uint16, [Connack]),
  property(0x15, 'authenticationMethod', String, [Connect, Connack, Auth]),
  property(0x16, 'authenticationData', Binary, [Connect, Connack, Auth]),
  property(0x17, 'requestProblemInformation', Bit, [Connect]),
  property(0x18, 'willDelayInterval', Uint32, [willPlace]),
  property(0x19, 'requestResponseInformation', Bit, [Connect]),
  property(0x1a, 'responseInformation', String, [Connack]),
  property(0x1c, 'serverReference', String, [Connack, Disconnect]),
  property(0x1f, 'reasonString', String, outcomes),
  property(0x21, 'receiveMaximum', Uint16, [Connect, Connack], true),
  property(0x22, 'topicAliasMaximum', Uint16, [Connect, Connack]),
  property(0x23, 'topicAlias', Uint16, [Publish], true),
  property(0x24, 'maximumQoS', Bit, [Connack]),
  property(0x25, 'retainAvailable', Bit, [Connack]),
  property(0x26, 'userProperties', StringPair, all),
  property(0x27, 'maximumPacketSize', Uint32, [Connect, Connack], true),
  property(0x28, 'wildcardSubscriptionAvailable', Bit, [Connack]),
  property(0x29, 'subscriptionIdentifiersAvailable', Bit, [Connack]),
  property(0x2a, 'sharedSubscriptionAvailable', Bit, [Connack]),
];

const rowById: readonly (PropertyRow | undefined)[] = Array.from({ length: 0x2b }, (_, id) =>
  propertyRows.find((candidate) => candidate.id === id),
);

function property(
  id: number,
  name: keyof Properties,
  kind: PropertyKind,
  packets: readonly number[],
  positive = false,
): PropertyRow {
  let places = 0;
  for (const packet of packets) places |= 1 << packet;
  return { id, name, kind, places, positive };
}
