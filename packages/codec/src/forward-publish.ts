import { byteAt, putUint16 } from './byte-at.ts';
import { PacketType } from './packet-type.ts';
import type { PublishView } from './publish-view.ts';
import { integerLength, writeInteger } from './variable-byte-integer.ts';

/** What a receiver of a forwarded PUBLISH gets besides what was received: its own, of one hop. */
export interface HopProperties {
  /** 0 is none. */
  topicAlias: number;
  /** The receiver knows the alias: it stands for the Topic Name. */
  isAliasKnown: boolean;
  subscriptionIdentifiers: readonly number[] | undefined;
}

/**
 * Bytes of a received PUBLISH of 5.0 as it goes on at the same QoS, with properties of the next hop.
 * The view must have no Topic Alias and no Subscription Identifiers of its own.
 */
export function forwardedLength(view: PublishView, hop: HopProperties): number {
  const remaining = remainingLength(view, hop);
  return 1 + integerLength(remaining) + remaining;
}

/**
 * Writes that packet, without DUP, up to where what was received follows from
 * `propertiesStart` to `end`; returns that offset. Properties and payload are one piece of what was
 * received, so this costs less than to put the packet together.
 */
export function writeForwardedHead(
  view: PublishView,
  hop: HopProperties,
  packetId: number,
  target: Uint8Array,
  offset: number,
): number {
  const { bytes, propertiesStart, qos } = view;
  const block = view.propertiesEnd - propertiesStart;
  target[offset] = (PacketType.Publish << 4) | (qos << 1) | (view.retain ? 1 : 0);
  let at = writeInteger(remainingLength(view, hop), target, offset + 1);
  if (hop.isAliasKnown) {
    putUint16(target, at, 0);
    at += 2;
  } else {
    const topicEnd = qos > 0 ? view.packetIdOffset : propertiesStart - integerLength(block);
    const topicLength = view.topic?.bytes.length ?? 0;
    at = copy(bytes, topicEnd - topicLength - 2, topicEnd, target, at);
  }
  if (qos > 0) {
    putUint16(target, at, packetId);
    at += 2;
  }
  at = writeInteger(block + hopLength(hop), target, at);
  return writeHop(hop, target, at);
}

function remainingLength(view: PublishView, hop: HopProperties): number {
  const block = view.propertiesEnd - view.propertiesStart + hopLength(hop);
  const topicLength = hop.isAliasKnown ? 0 : (view.topic?.bytes.length ?? 0);
  const packetId = view.qos > 0 ? 2 : 0;
  return 2 + topicLength + packetId + integerLength(block) + block + view.end - view.payloadStart;
}

// `publish-frame.ts` writes the same properties. With its helpers shared, these and the copy of the
// name, a packet with a Subscription Identifier cost the broker 17 % more: measure before you join them.

function hopLength({ subscriptionIdentifiers, topicAlias }: HopProperties): number {
  let length = topicAlias === 0 ? 0 : 3;
  if (subscriptionIdentifiers !== undefined) {
    for (const identifier of subscriptionIdentifiers) length += 1 + integerLength(identifier);
  }
  return length;
}

function writeHop(hop: HopProperties, target: Uint8Array, from: number): number {
  let at = from;
  if (hop.topicAlias !== 0) {
    target[at] = 0x23;
    putUint16(target, at + 1, hop.topicAlias);
    at += 3;
  }
  if (hop.subscriptionIdentifiers !== undefined) {
    for (const identifier of hop.subscriptionIdentifiers) {
      target[at] = 0x0b;
      at = writeInteger(identifier, target, at + 1);
    }
  }
  return at;
}

/** A loop is cheaper than two calls for a few bytes. */
function copy(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  offset: number,
): number {
  const length = end - start;
  if (length > FEW_BYTES) target.set(source.subarray(start, end), offset);
  else for (let at = 0; at < length; at++) target[offset + at] = byteAt(source, start + at);
  return offset + length;
}

const FEW_BYTES = 64;
