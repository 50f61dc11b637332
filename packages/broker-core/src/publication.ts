import {
  PublishFrame,
  type ProtocolVersion,
  type PublishParts,
  type PublishView,
  type QoS,
  type TopicEntry,
} from '@wellhead/codec';
import type { DeliveryRecord, MessageRecord } from '@wellhead/session-store';
import { blankParts } from './blank-parts.ts';
import type { BlockPool } from './block-pool.ts';
import { Forwarding } from './forwarding.ts';
import { Message, payloadLengthOf, remainingExpiry } from './message.ts';
import type { Outbox } from './outbox.ts';
import { LONGEST_SHARED, PayloadPool } from './payload-pool.ts';
import { ReceivedBytes } from './received-bytes.ts';
import type { Fate } from './fate.ts';
import type { Undecided } from './undecided.ts';
import type { Route } from './router.ts';
import type { Session } from './session.ts';
import { areSame, variant } from './variant.ts';

/**
 * The message that is being routed now. One object serves a broker: it shows a received PUBLISH in
 * place, makes a {@link Message} only for those who must keep it, and encodes once per variant
 * (version, QoS, RETAIN, alias) whatever the number of receivers.
 */
export class Publication {
  topic: TopicEntry<Route>;
  qos: QoS = 0;
  retain = false;
  publisher: Session | undefined;
  /** What the store must learn of it: deliveries to durable sessions. */
  deliveries: DeliveryRecord[] | undefined;
  /** Of the changes that come of it; none for a message whose publisher waits for its acknowledgement. */
  fate: Fate | undefined;
  /** Those who get it without the store must wait for its verdict. */
  undecided: Undecided | undefined;
  now = 0;
  /** There was room for it, or it was promised to somebody: it is not given up for those whose room is taken by now. */
  isAccepted = false;

  /** The received packet, valid during the call; `to` is 0 when the message came as an object. */
  source: Uint8Array = NOTHING;
  from = 0;
  to = 0;
  packetIdOffset = -1;

  /** Where received packets stay until they have left. */
  readonly received: ReceivedBytes;
  readonly #payloads = new PayloadPool();
  #keptFrom = 0;
  readonly #frames: (PublishFrame | undefined)[] = new Array<PublishFrame | undefined>(36).fill(
    undefined,
  );
  readonly #nextMessageId: () => number;
  #framesUsed = false;
  /** The variant that was asked for last, by {@link sharedFrame}; -1 is none. */
  #lastVariant = -1;
  #lastIdentifiers: readonly number[] | undefined;
  #lastFrame: PublishFrame | undefined;
  #view: PublishView | undefined;
  #message: MessageRecord | undefined;
  #properties: Uint8Array | undefined;
  #payloadView: Uint8Array | undefined;
  readonly #parts = blankParts();
  readonly #forwarding: Forwarding;
  #sourceIsV5 = false;
  #identical = false;
  #rangeKept = false;

  constructor(nobody: TopicEntry<Route>, blocks: BlockPool, nextMessageId: () => number) {
    this.topic = nobody;
    this.received = new ReceivedBytes(blocks);
    this.#forwarding = new Forwarding(this.received);
    this.#nextMessageId = nextMessageId;
  }

  fromView(view: PublishView, topic: TopicEntry<Route>, publisher: Session, now: number): void {
    // the decoder lets no other QoS pass
    this.#begin(topic, view.qos as QoS, view.retain, publisher, now);
    this.#view = view;
    this.source = view.bytes;
    this.from = view.start;
    this.to = view.end;
    this.packetIdOffset = view.packetIdOffset;
    this.#sourceIsV5 = view.protocolVersion === 5;
    // a packet that used an alias is not what anybody else can read; MQTT 3.1 may set DUP at QoS 0
    this.#identical = view.topicAlias === 0 && !(view.dup && view.qos === 0);
  }

  fromMessage(
    message: MessageRecord,
    topic: TopicEntry<Route>,
    publisher: Session | undefined,
    now: number,
  ): void {
    this.#begin(topic, message.qos, message.retain, publisher, now);
    this.#message = message;
  }

  #begin(
    topic: TopicEntry<Route>,
    qos: QoS,
    retain: boolean,
    publisher: Session | undefined,
    now: number,
  ): void {
    if (this.#framesUsed) {
      this.#frames.fill(undefined);
      this.#framesUsed = false;
    }
    this.#lastVariant = -1;
    this.topic = topic;
    this.qos = qos;
    this.retain = retain;
    this.publisher = publisher;
    this.now = now;
    this.deliveries = undefined;
    this.fate = undefined;
    this.undecided = undefined;
    this.isAccepted = false;
    this.#view = undefined;
    this.#message = undefined;
    this.#properties = undefined;
    this.#payloadView = undefined;
    this.#identical = false;
    this.#rangeKept = false;
    this.to = 0;
  }

  get payloadLength(): number {
    return this.#view === undefined
      ? payloadLengthOf(this.toMessage())
      : this.#view.end - this.#view.payloadStart;
  }

  /** True when the received packet, but for DUP and Packet Identifier, is what such a receiver gets. */
  isIdentical(version: ProtocolVersion, qos: QoS, retain: boolean): boolean {
    return (
      this.#identical &&
      qos === this.qos &&
      retain === this.retain &&
      (version === 5) === this.#sourceIsV5
    );
  }

  /** Bytes of the packet as received; an upper bound for the plain variants of the same version. */
  get sourceLength(): number {
    return this.to - this.from;
  }

  /** Makes `received.range` name the received packet in memory that stays until the end of the turn. */
  keepRange(): void {
    if (this.#rangeKept) return;
    this.#rangeKept = true;
    this.received.keep(this.#view, this.source, this.from, this.to);
  }

  /** Nothing more is written to a block of payloads but this one. */
  get openBlock(): Uint8Array {
    return this.#payloads.open;
  }

  /** The message as an object of its own. */
  toMessage(): MessageRecord {
    return (this.#message ??= this.#makeMessage());
  }

  /** The message is retained now: if its payload has moved to a block of those, the room that it had is free. */
  retained(): void {
    const message = this.#message;
    if (this.#view === undefined || !(message instanceof Message)) return;
    if (message.block === this.#payloads.block) return;
    this.#payloads.takeBack(this.#keptFrom);
  }

  /**
   * The packet for receivers of that kind, encoded once; with Subscription Identifiers it is one
   * receiver's alone. `alias`: 0 none, 1 topic and alias, 2 alias alone.
   */
  frame(
    version: ProtocolVersion,
    qos: QoS,
    retain: boolean,
    alias: 0 | 1 | 2,
    subscriptionIdentifiers: readonly number[] | undefined,
  ): PublishFrame {
    if (subscriptionIdentifiers !== undefined)
      return this.#encode(version, qos, retain, alias, subscriptionIdentifiers);
    const key = variant(version, qos, retain, alias);
    return (this.#frames[key] ??= this.#remember(
      this.#encode(version, qos, retain, alias, undefined),
    ));
  }

  /** Bytes of that packet, which is not made for it. */
  packetLength(
    version: ProtocolVersion,
    qos: QoS,
    retain: boolean,
    alias: 0 | 1 | 2,
    subscriptionIdentifiers: readonly number[] | undefined,
  ): number {
    const parts = this.#partsFor(version, qos, retain, alias, subscriptionIdentifiers);
    return PublishFrame.partsLength(parts, version);
  }

  /**
   * The packet for a receiver like the one before it; `undefined` for the first of a kind, for whom
   * alone a frame is not worth making: use {@link writeTo}.
   */
  sharedFrame(
    version: ProtocolVersion,
    qos: QoS,
    retain: boolean,
    alias: 0 | 1 | 2,
    subscriptionIdentifiers: readonly number[] | undefined,
  ): PublishFrame | undefined {
    const key = variant(version, qos, retain, alias);
    const isSame =
      key === this.#lastVariant && areSame(subscriptionIdentifiers, this.#lastIdentifiers);
    if (isSame) {
      return (this.#lastFrame ??= this.#encode(
        version,
        qos,
        retain,
        alias,
        subscriptionIdentifiers,
      ));
    }
    this.#lastVariant = key;
    this.#lastIdentifiers = subscriptionIdentifiers;
    this.#lastFrame = undefined;
    return undefined;
  }

  /** Appends what the receiver before got, if this one is to get the same at QoS 0. */
  appendAgain(
    outbox: Outbox,
    version: ProtocolVersion,
    retain: boolean,
    alias: 0 | 1 | 2,
    topicAlias: number,
    identifiers: readonly number[] | undefined,
  ): boolean {
    const view = this.#view;
    return (
      view !== undefined &&
      version === 5 &&
      this.isIdentical(version, 0, retain) &&
      this.#forwarding.appendAgain(view, topicAlias, alias === 2, identifiers, outbox)
    );
  }

  #encode(
    version: ProtocolVersion,
    qos: QoS,
    retain: boolean,
    alias: 0 | 1 | 2,
    subscriptionIdentifiers: readonly number[] | undefined,
  ): PublishFrame {
    const parts = this.#partsFor(version, qos, retain, alias, subscriptionIdentifiers);
    return PublishFrame.fromParts(parts, version);
  }

  /** The packet for one receiver, written to its outbox: nobody else gets the same. */
  writeTo(
    outbox: Outbox,
    version: ProtocolVersion,
    qos: QoS,
    retain: boolean,
    alias: 0 | 1 | 2,
    topicAlias: number,
    subscriptionIdentifiers: readonly number[] | undefined,
    packetId: number,
  ): void {
    const view = this.#view;
    if (view !== undefined && version === 5 && this.isIdentical(version, qos, retain)) {
      this.#forward(view, outbox, alias === 2, topicAlias, subscriptionIdentifiers, packetId);
      return;
    }
    const parts = this.#partsFor(version, qos, retain, alias, subscriptionIdentifiers);
    parts.topicAlias = topicAlias;
    const offset = outbox.reserve(PublishFrame.partsLength(parts, version));
    PublishFrame.writeParts(parts, version, packetId, outbox.slab, offset);
  }

  #forward(
    view: PublishView,
    outbox: Outbox,
    isAliasKnown: boolean,
    topicAlias: number,
    identifiers: readonly number[] | undefined,
    packetId: number,
  ): void {
    const forwarding = this.#forwarding;
    if (view.qos === 0 && !forwarding.hasAppended(view)) {
      this.keepRange();
      forwarding.append(view, topicAlias, isAliasKnown, identifiers, outbox);
    } else {
      forwarding.write(view, topicAlias, isAliasKnown, identifiers, packetId, outbox);
    }
  }

  /** What the packet for one receiver is made of; the object serves the next one as well. */
  #partsFor(
    version: ProtocolVersion,
    qos: QoS,
    retain: boolean,
    alias: 0 | 1 | 2,
    subscriptionIdentifiers: readonly number[] | undefined,
  ): PublishParts {
    const parts = this.#parts;
    parts.topicBytes = alias === 2 ? NOTHING : this.topic.bytes;
    parts.qos = qos;
    parts.retain = retain;
    parts.payload = this.#payload();
    parts.properties = version === 5 ? this.#forwardedProperties() : undefined;
    parts.messageExpiryInterval = version === 5 ? this.#expiryInterval() : undefined;
    parts.subscriptionIdentifiers = subscriptionIdentifiers;
    parts.topicAlias = alias === 0 ? 0 : ALIAS_TO_BE_PATCHED;
    return parts;
  }

  /** The payload where it is: one view for all who get the message. */
  #payload(): Uint8Array {
    const view = this.#view;
    if (view === undefined) return this.#message?.payload ?? NOTHING;
    return (this.#payloadView ??= view.bytes.subarray(view.payloadStart, view.end));
  }

  #forwardedProperties(): Uint8Array | undefined {
    if (this.#view === undefined) return this.#message?.properties;
    this.#properties ??= this.#view.forwardedProperties() ?? NOTHING;
    return this.#properties.length === 0 ? undefined : this.#properties;
  }

  #expiryInterval(): number | undefined {
    if (this.#view !== undefined) {
      return this.#view.messageExpiryInterval === -1 ? undefined : this.#view.messageExpiryInterval;
    }
    return this.#message === undefined ? undefined : remainingExpiry(this.#message, this.now);
  }

  #remember(frame: PublishFrame): PublishFrame {
    this.#framesUsed = true;
    return frame;
  }

  #makeMessage(): Message {
    const view = this.#view;
    if (view === undefined) throw new TypeError('there is no message to keep');
    const expiry = view.messageExpiryInterval;
    const head = this.#isToBeKeptWhole(view) ? view.payloadStart - view.start : 0;
    this.#keptFrom = this.#payloads.keep(view.bytes, view.payloadStart - head, view.end);
    const message = new Message(
      this.#nextMessageId(),
      this.topic.topicName,
      this.#payloads.block,
      this.qos,
      this.retain,
      this.#forwardedProperties(),
      this.now,
      expiry === -1 ? Infinity : this.now + expiry * 1000,
      this.publisher?.clientId,
      this.#keptFrom + head,
      view.end - view.payloadStart,
    );
    if (head > 0) {
      message.packetFrom = this.#keptFrom;
      message.packetIdFrom = this.#keptFrom + view.packetIdOffset - view.start;
    }
    return message;
  }

  /** A short packet of QoS 1 or 2 without properties: who gets it later gets the same but for three bytes. */
  #isToBeKeptWhole(view: PublishView): boolean {
    return (
      view.packetIdOffset >= 0 &&
      this.#identical &&
      view.payloadStart - view.packetIdOffset === (this.#sourceIsV5 ? 3 : 2) &&
      view.payloadStart - view.start <= LONGEST_HEAD &&
      view.end - view.start <= LONGEST_SHARED
    );
  }
}

const NOTHING = new Uint8Array(0);
/** Bytes before the payload that are kept with it at most: they are not counted in what a session may have waiting. */
const LONGEST_HEAD = 80;
/** Any alias has two bytes; the receiver's own is written over it. */
const ALIAS_TO_BE_PATCHED = 1;
