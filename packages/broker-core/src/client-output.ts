import {
  type AcknowledgementType as AckType,
  type Connack,
  type Packet,
  PacketType,
  type ProtocolVersion,
  PublishFrame,
  type QoS,
  ReasonCode,
  type Suback,
  type TopicEntry,
  type Unsuback,
  type UntitledParts,
  encode,
  writeAcknowledgement,
} from '@wellhead/codec';
import type { TopicAliasSender } from '@wellhead/protocol';
import type { Connection } from '@wellhead/transport';
import type { BrokerContext } from './context.ts';
import { type Fate, NEEDS_NO_STORE } from './fate.ts';
import type { HeldOutput, PromisedPacket } from './held-output.ts';
import type { DropReason } from './hooks.ts';
import { type Delivery, Message, payloadLengthOf, remainingExpiry, usePayload } from './message.ts';
import { BORROW_LIMIT, Outbox } from './outbox.ts';
import type { Publication } from './publication.ts';
import type { Route } from './router.ts';

/**
 * What we say to one client: packets into the outbox, within what the client allows. The driver
 * writes the outbox once a turn.
 */
export abstract class ClientOutput {
  readonly context: BrokerContext;
  readonly link: Connection;
  readonly outbox: Outbox;
  protocolVersion: ProtocolVersion = 4;
  /** What the client announced in CONNECT. */
  maximumPacketSize: number = LARGEST_PACKET;
  wantsProblemInformation = true;
  aliasesOut: TopicAliasSender<TopicEntry<Route>> | undefined;

  /** The transport is over its mark: write when it drains. */
  congested = false;
  /** Something in the outbox stands for changes of this turn: it leaves after their commit. */
  gated = false;
  /** Where in the outbox packets are that promise something. */
  promises: PromisedPacket[] = [];
  /** PUBACKs among them and in `held`: messages that are not acknowledged yet, for our Receive Maximum. */
  promisedPubacks = 0;
  /** Output of earlier turns that waits for its commit. */
  held: HeldOutput[] = [];
  /** No more is said: close the transport once everything has left. */
  closing = false;

  constructor(context: BrokerContext, link: Connection) {
    this.context = context;
    this.link = link;
    this.outbox = new Outbox(context.slabs);
  }

  /** There is something to write at the end of the turn. */
  protected abstract touch(): void;

  /** A message for the client was given up. */
  protected abstract dropped(topicName: string, reason: DropReason): void;

  /** Sends a packet other than PUBLISH; without its Reason String and User Properties when it would be too large with them. False when it is too large even so. */
  send(packet: Packet): boolean {
    if (this.closing) return false;
    const bytes = this.#encodeWithin(packet);
    if (bytes === undefined) return false;
    this.outbox.append(bytes);
    this.context.counters.packetsSent++;
    this.touch();
    return true;
  }

  /** Two bytes that are always the same: nothing is encoded. */
  sendPingresp(): void {
    if (this.closing || this.maximumPacketSize < 2) return;
    this.outbox.append(PINGRESP);
    this.context.counters.packetsSent++;
    this.touch();
  }

  /** The same for a packet that promises what the turn has changed: it leaves behind the commit. */
  promise(packet: Suback | Unsuback | Connack): boolean {
    const at = this.outbox.bytes;
    if (!this.send(packet)) return false;
    this.#notePromise(at, packet.type, 0);
    return true;
  }

  /** PUBACK, PUBREC, PUBREL or PUBCOMP, behind the commit of what it promises. */
  sendAcknowledgement(type: AckType, packetId: number, reasonCode: number, fate?: Fate): void {
    if (this.closing) return;
    const { outbox, context } = this;
    const at = outbox.bytes;
    if (reasonCode === ReasonCode.Success || this.protocolVersion !== 5) {
      const offset = outbox.reserve(4);
      writeAcknowledgement(type, packetId, outbox.slab, offset);
    } else {
      outbox.append(encode({ type, packetId, reasonCode }, 5));
    }
    context.counters.packetsSent++;
    this.touch();
    if (reasonCode < ReasonCode.UnspecifiedError) this.#notePromise(at, type, packetId, fate);
  }

  sendPubrel(packetId: number): void {
    this.sendAcknowledgement(PacketType.Pubrel, packetId, ReasonCode.Success);
  }

  sendAtQos0(
    publication: Publication,
    retain: boolean,
    identifiers: readonly number[] | undefined,
  ): void {
    const { outbox } = this;
    if (!this.hasRoomAtQos0()) {
      this.dropped(publication.topic.topicName, 'slow-consumer');
      return;
    }
    if (!this.fits(publication, 0, retain, identifiers)) {
      this.dropped(publication.topic.topicName, 'too-large');
      return;
    }
    if (this.#isPlain(publication, 0, retain, identifiers)) {
      publication.keepRange();
      const { range, rangeFrom } = publication.received;
      outbox.appendRange(range, rangeFrom, rangeFrom + publication.sourceLength);
    } else {
      this.#sendEncoded(publication, 0, retain, identifiers, 0);
    }
    this.#countPublish(publication.payloadLength);
  }

  /** False when so much waits for the client to read that QoS 0 messages for it are given up. */
  hasRoomAtQos0(): boolean {
    const { limits, underWay } = this.context;
    const { bytes } = this.outbox;
    if (!this.congested) return bytes <= limits.maximumPendingBytes && underWay.mayLeave(bytes);
    const all = bytes + this.link.pendingBytes;
    return underWay.leaving(this, all) && all <= limits.maximumPendingBytes;
  }

  /** Sends a message of QoS 1 or 2 under its new Packet Identifier. The caller has asked {@link fits}. */
  sendPublication(
    publication: Publication,
    qos: 1 | 2,
    retain: boolean,
    identifiers: readonly number[] | undefined,
    packetId: number,
  ): void {
    if (this.#isPlain(publication, qos, retain, identifiers)) {
      this.#sendPatched(publication, qos, retain, packetId);
    } else {
      this.#sendEncoded(publication, qos, retain, identifiers, packetId);
    }
    this.#countPublish(publication.payloadLength);
  }

  /** Sends a kept message; false when it is larger than the client allows, and nothing was sent. */
  sendDelivery(delivery: Delivery, packetId: number, dup: boolean): boolean {
    const { aliasesOut, context, outbox, protocolVersion } = this;
    const { message, subscriptionIdentifiers } = delivery;
    if (
      message instanceof Message &&
      aliasesOut === undefined &&
      subscriptionIdentifiers === undefined &&
      delivery.qos > 0 &&
      message.hasPacketFor(protocolVersion)
    )
      return this.#sendKept(message, delivery, packetId, dup);
    const { parts } = context;
    parts.qos = delivery.qos;
    parts.dup = dup;
    parts.retain = delivery.retain;
    usePayload(parts, message);
    parts.properties = message.properties;
    parts.messageExpiryInterval = remainingExpiry(message, context.now);
    parts.subscriptionIdentifiers = subscriptionIdentifiers;
    parts.topicAlias = 0;
    const { topicName } = message;
    const length = PublishFrame.namedLength(topicName, parts, protocolVersion);
    if (length > this.maximumPacketSize) return false;
    if (aliasesOut !== undefined && length + ALIAS_OVERHEAD <= this.maximumPacketSize) {
      this.#sendAliased(topicName, parts, aliasesOut, packetId);
    } else if (length > BORROW_LIMIT) {
      const { bytes } = context.topics.entry(topicName);
      outbox.appendFrame(
        PublishFrame.fromParts({ ...parts, topicBytes: bytes }, protocolVersion),
        packetId,
        0,
      );
    } else {
      const offset = outbox.reserve(length);
      const { slab } = outbox;
      PublishFrame.writeNamed(topicName, parts, protocolVersion, packetId, length, slab, offset);
    }
    this.#countPublish(payloadLengthOf(message));
    return true;
  }

  /** [MQTT-3.1.2-24]: the whole packet, with what is this receiver's own. */
  fits(
    publication: Publication,
    qos: QoS,
    retain: boolean,
    identifiers: readonly number[] | undefined,
  ): boolean {
    if (this.maximumPacketSize === LARGEST_PACKET) return true;
    const { protocolVersion } = this;
    const isAsReceived =
      identifiers === undefined && publication.isIdentical(protocolVersion, qos, retain);
    const size = isAsReceived
      ? publication.sourceLength
      : publication.packetLength(protocolVersion, qos, retain, 0, identifiers);
    return size <= this.maximumPacketSize;
  }

  /** What is in the outbox leaves only when the changes of this turn are committed. */
  gate(): void {
    this.gated = true;
  }

  /** Takes everything that is to be written, with the promises in it. */
  takeOutput(): Omit<HeldOutput, 'commit' | 'slab'> {
    const { promises } = this;
    if (promises.length === 0) return { chunks: this.outbox.take(), promises: NO_PROMISES };
    this.promises = [];
    return { chunks: this.outbox.take(), promises };
  }

  /** What was taken has left, or was withdrawn. */
  donePromising(promises: readonly PromisedPacket[]): void {
    for (const { type } of promises) if (type === PacketType.Puback) this.promisedPubacks--;
  }

  /** A promise was appended at `at`: should its commit fail, it must be found again. */
  #notePromise(at: number, type: number, packetId: number, fate?: Fate): void {
    if (fate === NEEDS_NO_STORE || !this.context.turn.hasUnsettled) return;
    this.gated = true;
    if (type === PacketType.Puback) this.promisedPubacks++;
    this.promises.push({ at, length: this.outbox.bytes - at, type, packetId, fate });
  }

  /** More waits for this client than it should be given at once. */
  get isBusy(): boolean {
    const { bytes } = this.outbox;
    if (this.congested || bytes > BUSY_BYTES || this.held.length > MAXIMUM_HELD_TURNS) return true;
    return !this.context.underWay.mayLeave(bytes);
  }

  /** The received packet can go out as it is, but for three bytes. */
  #isPlain(
    publication: Publication,
    qos: QoS,
    retain: boolean,
    identifiers: readonly number[] | undefined,
  ): boolean {
    return (
      identifiers === undefined &&
      this.aliasesOut === undefined &&
      publication.isIdentical(this.protocolVersion, qos, retain)
    );
  }

  #sendPatched(publication: Publication, qos: 1 | 2, retain: boolean, packetId: number): void {
    let source = publication.source;
    let shift = 0;
    if (publication.sourceLength > BORROW_LIMIT) {
      publication.keepRange();
      source = publication.received.range;
      shift = publication.received.rangeFrom - publication.from;
    }
    const firstByte = (PacketType.Publish << 4) | (qos << 1) | (retain ? 1 : 0); // DUP is 0 [MQTT-3.3.1-3]
    this.outbox.appendPublish(
      source,
      publication.from + shift,
      publication.to + shift,
      publication.packetIdOffset + shift,
      packetId,
      firstByte,
    );
  }

  /** The packet in which the message came, with three bytes of this receiver. */
  #sendKept(message: Message, { qos, retain }: Delivery, packetId: number, dup: boolean): boolean {
    const { context, outbox } = this;
    const { block, packetFrom, packetIdFrom, payloadLength } = message;
    const end = message.payloadFrom + payloadLength;
    if (end - packetFrom > this.maximumPacketSize) return false;
    const firstByte = (PacketType.Publish << 4) | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
    const isFull = block !== context.publication.openBlock;
    outbox.appendKept(block, packetFrom, end, packetIdFrom, packetId, firstByte, isFull);
    this.#countPublish(payloadLength);
    return true;
  }

  #sendAliased(
    topicName: string,
    parts: UntitledParts,
    aliases: TopicAliasSender<TopicEntry<Route>>,
    packetId: number,
  ): void {
    const topic = this.context.topics.entry(topicName);
    const alias = aliases.use(topic);
    const topicBytes = alias > 0 ? NOTHING : topic.bytes;
    const topicAlias = Math.abs(alias);
    const frame = PublishFrame.fromParts(
      { ...parts, topicAlias, topicBytes },
      this.protocolVersion,
    );
    this.outbox.appendFrame(frame, packetId, topicAlias);
  }

  #sendEncoded(
    publication: Publication,
    qos: QoS,
    retain: boolean,
    identifiers: readonly number[] | undefined,
    packetId: number,
  ): void {
    const { aliasesOut, outbox, protocolVersion: version } = this;
    let alias = 0;
    if (aliasesOut !== undefined && this.#hasRoomForAlias(publication, qos, retain, identifiers)) {
      alias = aliasesOut.use(publication.topic);
    }
    const kind = alias === 0 ? 0 : alias > 0 ? 2 : 1;
    const topicAlias = Math.abs(alias);
    if (
      qos === 0 &&
      publication.appendAgain(outbox, version, retain, kind, topicAlias, identifiers)
    )
      return;
    const isShort =
      publication.payloadLength < BORROW_LIMIT && publication.sourceLength < BORROW_LIMIT;
    const frame = isShort
      ? publication.sharedFrame(version, qos, retain, kind, identifiers)
      : publication.frame(version, qos, retain, kind, identifiers);
    if (frame !== undefined) outbox.appendFrame(frame, packetId, topicAlias);
    else publication.writeTo(outbox, version, qos, retain, kind, topicAlias, identifiers, packetId);
  }

  /** A packet that sets an alias must reach the client, or the alias would not be set. */
  #hasRoomForAlias(
    publication: Publication,
    qos: QoS,
    retain: boolean,
    identifiers: readonly number[] | undefined,
  ): boolean {
    if (this.maximumPacketSize === LARGEST_PACKET) return true;
    const { maximumPacketSize, protocolVersion } = this;
    const length = publication.packetLength(protocolVersion, qos, retain, 1, identifiers);
    return length <= maximumPacketSize;
  }

  #countPublish(payloadLength: number): void {
    const { counters } = this.context;
    counters.packetsSent++;
    counters.publishSent++;
    counters.publishBytesSent += payloadLength;
    this.touch();
  }

  #encodeWithin(packet: Packet): Uint8Array | undefined {
    const { protocolVersion } = this;
    // [MQTT-3.1.2-29]: with Request Problem Information 0 only some packets may explain themselves
    const mayExplain = this.wantsProblemInformation || EXPLAINING_ANYWAY.has(packet.type);
    const bytes = encode(mayExplain ? packet : withoutExplanation(packet), protocolVersion);
    if (bytes.length <= this.maximumPacketSize) return bytes;
    const shorter = encode(withoutExplanation(packet), protocolVersion);
    return shorter.length <= this.maximumPacketSize ? shorter : undefined;
  }
}

function withoutExplanation(packet: Packet): Packet {
  if (!('properties' in packet) || packet.properties === undefined) return packet;
  // rebuilding a union member loses its name for the compiler, not its shape
  return {
    ...packet,
    properties: { ...packet.properties, reasonString: undefined, userProperties: undefined },
  } as Packet;
}

const PINGRESP = encode({ type: PacketType.Pingresp }, 5);
const NOTHING = new Uint8Array(0);
const NO_PROMISES: readonly PromisedPacket[] = [];
const EXPLAINING_ANYWAY: ReadonlySet<number> = new Set([
  PacketType.Publish,
  PacketType.Connack,
  PacketType.Disconnect,
]);
/** The largest packet that MQTT knows: Remaining Length 268,435,455 and its header. */
const LARGEST_PACKET = 268_435_460;
const BUSY_BYTES = 1_048_576;
const MAXIMUM_HELD_TURNS = 64;
/** Property, and one byte more of Property Length and of Remaining Length at worst. */
const ALIAS_OVERHEAD = 5;
