import { copyOf } from './byte-at.ts';
import type { Publish } from './packet.ts';
import { PacketReader } from './packet-reader.ts';
import { PacketType, type ProtocolVersion, type QoS } from './packet-type.ts';
import type { PublishProperties } from './properties.ts';
import { readPropertyBlock } from './read-properties.ts';
import type { TopicEntry } from './topic-entry.ts';
import { stripHopByHop } from './publish-properties.ts';

/**
 * A received PUBLISH as offsets into the bytes that carried it. A decoder has one and fills it anew
 * for each packet, so it and its `bytes` are valid only during the call that hands it out.
 *
 * The packet has been checked as a whole, properties included.
 */
export class PublishView {
  /** The packet is `bytes[start … end)`, fixed header included. */
  bytes: Uint8Array = nothing;
  start = 0;
  end = 0;
  /** `bytes` is this packet's alone: {@link keep} spares a copy of it. */
  owned = false;
  kept = false;
  /**
   * Changes unless a packet is like the one before it in all but the bytes of its payload, its Packet
   * Identifier and where it lies: what was found out about that one holds for it.
   */
  series = 0;
  protocolVersion: ProtocolVersion = 4;
  qos = 0;
  dup = false;
  retain = false;
  /** 0 at QoS 0. */
  packetId = 0;
  /** Offset of its two bytes; -1 at QoS 0. */
  packetIdOffset = -1;
  /** `undefined` when the packet names its topic by Topic Alias alone (5.0). */
  topic: TopicEntry<unknown> | undefined = undefined;
  /** 0 when there is none. */
  topicAlias = 0;
  /** The property block without its length; both are `payloadStart` in 3.x. */
  propertiesStart = 0;
  propertiesEnd = 0;
  /** Seconds; -1 when there is none. */
  messageExpiryInterval = -1;
  /** Offset of its four bytes; -1 when there are none. */
  messageExpiryOffset = -1;
  /** -1 when there is none. */
  payloadFormatIndicator = -1;
  /** The payload is `bytes[payloadStart … end)`. */
  payloadStart = 0;

  /**
   * Bytes that are `owned` stay as they are after the call; who keeps them gives them back to the
   * decoder's `memory`, or leaves them to the collector.
   */
  keep(): void {
    this.kept = this.owned;
  }

  /** The packet as an object of its own; every byte is copied. */
  toPacket(): Publish {
    const packet: Publish = {
      type: PacketType.Publish,
      topicName: this.topic?.topicName ?? '',
      payload: copyOf(this.bytes, this.payloadStart, this.end),
      // the decoder refuses QoS 3
      qos: this.qos as QoS,
      dup: this.dup,
      retain: this.retain,
    };
    if (this.qos > 0) packet.packetId = this.packetId;
    const properties = this.properties();
    if (properties !== undefined) packet.properties = properties;
    return packet;
  }

  /** All properties of the packet, copied; `undefined` when there are none. */
  properties(): PublishProperties | undefined {
    if (this.propertiesStart === this.propertiesEnd) return undefined;
    return readPropertyBlock(
      new PacketReader(this.bytes, this.propertiesStart, this.propertiesEnd, 5, undefined),
      PacketType.Publish,
    );
  }

  /**
   * The properties that travel on with the message, as bytes to keep: without Topic Alias and
   * Subscription Identifiers, which belong to one hop, and without the Message Expiry Interval,
   * which runs down. `undefined` when nothing is left. A copy.
   */
  forwardedProperties(): Uint8Array | undefined {
    return stripHopByHop(this.bytes, this.propertiesStart, this.propertiesEnd);
  }
}

/** Lets go of the bytes, so that a view between packets keeps no buffer alive. */
export function releaseView(view: PublishView): void {
  view.bytes = nothing;
}

/** Whether somebody keeps `bytes` as those of the packet that the view shows. */
export function isKept(view: PublishView, bytes: Uint8Array): boolean {
  return view.kept && view.bytes === bytes;
}

const nothing = new Uint8Array(0);
