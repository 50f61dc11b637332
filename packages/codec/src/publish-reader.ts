import { byteAt, uint16At } from './byte-at.ts';
import type { ProtocolVersion, Role } from './packet-type.ts';
import { PublishView, releaseView } from './publish-view.ts';
import { scanPublishProperties } from './publish-properties.ts';
import { integerRule, rules, violation } from './rules.ts';
import { isSameByWords, isSameRange } from './same-bytes.ts';
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
  readonly #maximumPropertiesSize: number;
  #lastTopic: TopicEntry<unknown> | undefined;
  /** The chunk in which the view's properties were found right. */
  #scanned: Uint8Array | undefined;
  /** The same bytes as `view.bytes`, once it pays to have them so. */
  #words: DataView | undefined;

  constructor(
    topics: TopicTable<unknown> | undefined,
    sender: Role | undefined,
    maximumPropertiesSize: number,
  ) {
    this.#maximumPropertiesSize = maximumPropertiesSize;
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
    this.#begin(bytes);
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

  /**
   * Reads the packet at `start` if it is of the {@link PublishView.series} of the one before it, of at
   * most that size: what has the same bytes is as right as that was. False when it is not, and nothing is read.
   */
  readAlike(
    bytes: Uint8Array,
    start: number,
    protocolVersion: ProtocolVersion | 0,
    maximumSize: number,
  ): boolean {
    const { view } = this;
    const { packetIdOffset, payloadStart, start: before } = view;
    const shift = start - before;
    const end = view.end + shift;
    if (view.bytes !== bytes || view.owned || end > bytes.length) return false;
    if (view.protocolVersion !== protocolVersion || end - start > maximumSize) return false;
    // most that differ do so in their lengths
    if (bytes[start] !== bytes[before] || bytes[start + 1] !== bytes[before + 1]) return false;
    if (packetIdOffset === -1) {
      if (!this.#isSame(before, start, payloadStart - before)) return false;
    } else {
      const behind = packetIdOffset + 2;
      if (!this.#isSame(before, start, packetIdOffset - before)) return false;
      if (!this.#isSame(behind, behind + shift, payloadStart - behind)) return false;
      const packetId = uint16At(bytes, packetIdOffset + shift);
      if (packetId === 0) return false;
      view.packetId = packetId;
      view.packetIdOffset = packetIdOffset + shift;
    }
    view.start = start;
    view.end = end;
    view.propertiesStart += shift;
    view.propertiesEnd += shift;
    view.payloadStart = payloadStart + shift;
    if (view.messageExpiryOffset !== -1) view.messageExpiryOffset += shift;
    return true;
  }

  /** Lets go of the bytes: between chunks they keep no buffer alive, and the same buffer may have others. */
  release(): void {
    this.#scanned = undefined;
    this.#words = undefined;
    releaseView(this.view);
  }

  #begin(bytes: Uint8Array): void {
    const { view } = this;
    view.series = (view.series + 1) & 0x3fff_ffff; // a small integer, whatever comes
    if (view.bytes === bytes) return;
    view.bytes = bytes;
    this.#words = undefined;
  }

  #isSame(one: number, other: number, length: number): boolean {
    const { bytes } = this.view;
    const words = this.#words;
    if (words !== undefined) return isSameByWords(words, one, other, length);
    if (bytes.length - other >= MANY_BYTES)
      this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return isSameRange(bytes, one, other, length);
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
    if (length > this.#maximumPropertiesSize) throw violation(rules.propertiesTooLarge, 5);
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
    return this.#isSame(before, propertiesStart, length);
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
/** With so many still to come in a chunk, another way to look at them is worth its making. */
const MANY_BYTES = 1024;
