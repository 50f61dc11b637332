import { byteAt, uint16At } from './byte-at.ts';
import type { ProtocolVersion, Role } from './packet-type.ts';
import { PublishView, releaseView } from './publish-view.ts';
import { scanPublishProperties } from './publish-properties.ts';
import { integerRule, rules, violation } from './rules.ts';
import type { TopicEntry } from './topic-entry.ts';
import { isSameBytes, TopicTable } from './topic-table.ts';
import { decodeUtf8Leniently, Utf8Fault, utf8Fault, utf8Length, writeUtf8 } from './utf8.ts';
import {
  integerLength,
  maximumInteger,
  readInteger,
  writeInteger,
} from './variable-byte-integer.ts';

/** Fills one view from the bytes of each PUBLISH; made at the first one of a connection. */
export class PublishReader {
  readonly view: PublishView = new PublishView();
  readonly #topics: TopicTable<unknown>;
  readonly #sender: Role | undefined;
  #lastTopic: TopicEntry<unknown> | undefined;
  /** The chunk in which the view's properties were found right. */
  #scanned: Uint8Array | undefined;

  constructor(topics: TopicTable<unknown> | undefined, sender: Role | undefined) {
    this.#topics = topics ?? new TopicTable({ capacity: privateCapacity });
    this.#sender = sender;
  }

  /**
   * Reads a PUBLISH whose fixed header is right: the packet is `bytes[start … end)`, its body begins
   * at `body`. Throws a ProtocolError.
   */
  read(
    bytes: Uint8Array,
    start: number,
    body: number,
    end: number,
    protocolVersion: ProtocolVersion,
    owned: boolean,
  ): void {
    const { view } = this;
    const flags = byteAt(bytes, start);
    view.bytes = bytes;
    view.start = start;
    view.end = end;
    view.owned = owned;
    view.kept = false;
    view.protocolVersion = protocolVersion;
    view.qos = (flags >> 1) & 3;
    view.dup = (flags & 8) !== 0;
    view.retain = (flags & 1) !== 0;

    if (body + 2 > end) throw violation(rules.truncated, protocolVersion);
    const topicStart = body + 2;
    const topicEnd = topicStart + uint16At(bytes, body);
    if (topicEnd > end) throw violation(rules.truncated, protocolVersion);
    if (protocolVersion === 3 && this.#isIllFormed(bytes, topicStart, topicEnd)) {
      return this.#readRepaired(topicStart, topicEnd);
    }
    const afterId = this.#readPacketId(topicEnd);
    if (protocolVersion === 5) {
      this.#readProperties(afterId);
    } else {
      view.topicAlias = 0;
      view.messageExpiryInterval = -1;
      view.messageExpiryOffset = -1;
      view.payloadFormatIndicator = -1;
      view.propertiesStart = afterId;
      view.propertiesEnd = afterId;
      view.payloadStart = afterId;
    }
    view.topic = this.#topic(topicStart, topicEnd);
  }

  /** Lets go of the bytes: between chunks they keep no buffer alive, and the same buffer may have others. */
  release(): void {
    this.#scanned = undefined;
    releaseView(this.view);
  }

  #topic(start: number, end: number): TopicEntry<unknown> | undefined {
    const { bytes, protocolVersion, topicAlias } = this.view;
    const last = this.#lastTopic;
    if (last !== undefined && isSameBytes(last.bytes, bytes, start, end)) return last;
    if (start === end && topicAlias !== 0) return undefined;
    const found = this.#topics.lookup(bytes, start, end, protocolVersion);
    if (found instanceof Error) throw found;
    this.#lastTopic = found;
    return found;
  }

  /** Returns the offset behind the Packet Identifier, if there is one [MQTT-2.2.1-2]. */
  #readPacketId(at: number): number {
    const { view } = this;
    if (view.qos === 0) {
      view.packetId = 0;
      view.packetIdOffset = -1;
      return at;
    }
    if (at + 2 > view.end) throw violation(rules.truncated, view.protocolVersion);
    view.packetId = uint16At(view.bytes, at);
    view.packetIdOffset = at;
    if (view.packetId === 0) throw violation(rules.packetIdZero, view.protocolVersion);
    return at + 2;
  }

  #readProperties(at: number): void {
    const { view } = this;
    const length = readInteger(view.bytes, at, view.end);
    if (length < 0) throw violation(integerRule(length), 5);
    const start = at + integerLength(length);
    if (length > view.end - start) throw violation(rules.truncated, 5);
    const { propertiesStart: before, propertiesEnd } = view;
    view.propertiesStart = start;
    view.propertiesEnd = start + length;
    view.payloadStart = start + length;
    if (length > 0 && this.#isRepeated(before, propertiesEnd)) {
      if (view.messageExpiryOffset !== -1) view.messageExpiryOffset += start - before;
      return;
    }
    view.topicAlias = 0;
    view.messageExpiryInterval = -1;
    view.messageExpiryOffset = -1;
    view.payloadFormatIndicator = -1;
    if (length > 0) scanPublishProperties(view, this.#sender);
    this.#scanned = view.owned ? undefined : view.bytes;
  }

  /** The block has the bytes of the one before it in the chunk, so the view says what there is to say of it. */
  #isRepeated(before: number, beforeEnd: number): boolean {
    const { bytes, propertiesEnd, propertiesStart } = this.view;
    const length = propertiesEnd - propertiesStart;
    if (this.#scanned !== bytes || beforeEnd - before !== length) return false;
    for (let at = length - 1; at >= 0; at--) {
      if (bytes[before + at] !== bytes[propertiesStart + at]) return false;
    }
    return true;
  }

  #isIllFormed(bytes: Uint8Array, start: number, end: number): boolean {
    const last = this.#lastTopic;
    if (last !== undefined && isSameBytes(last.bytes, bytes, start, end)) return false;
    return utf8Fault(bytes, start, end) !== Utf8Fault.None;
  }

  /**
   * MQTT 3.1 has no rule for the bytes of a Topic Name, but its messages go on to 3.1.1 and 5.0
   * subscribers, who must never see such a string [MQTT-1.5.4-1]: read a copy of the packet in which
   * the name is repaired.
   */
  #readRepaired(topicStart: number, topicEnd: number): void {
    const { bytes, start, end } = this.view;
    const topicName = decodeUtf8Leniently(bytes, topicStart, topicEnd);
    const topicLength = utf8Length(topicName);
    // U+FFFD takes more room than what it replaces
    if (topicLength > 65_535) throw violation(rules.topicNameTooLong, 3);
    const remaining = 2 + topicLength + (end - topicEnd);
    if (remaining > maximumInteger) throw violation(rules.packetTooLarge, 3);
    const body = 1 + integerLength(remaining);
    const packet = new Uint8Array(body + remaining);
    packet[0] = byteAt(bytes, start);
    writeInteger(remaining, packet, 1);
    packet[body] = topicLength >>> 8;
    packet[body + 1] = topicLength & 0xff;
    const rest = writeUtf8(topicName, topicLength, packet, body + 2);
    packet.set(bytes.subarray(topicEnd, end), rest);
    this.read(packet, 0, body, packet.length, 3, true);
  }
}

/** A decoder that shares no table needs only what one peer repeats. */
const privateCapacity = 64;
