import type { ProtocolVersion, QoS, UntitledParts } from '@wellhead/codec';
import {
  identifierBytes,
  messageBytes,
  type MessageRecord,
  type QueuedDelivery,
  nameBytes,
} from '@wellhead/session-store';
import { copyBytes } from './copy-bytes.ts';

/**
 * An Application Message that outlives the packet it came in: queued, in flight, retained. Immutable,
 * but for where its payload is: short ones share blocks, since a buffer of their own would take three
 * times as much memory as what is in it.
 */
export class Message implements MessageRecord {
  readonly messageId: number;
  readonly topicName: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Uint8Array | undefined;
  readonly publishedAt: number;
  readonly publisherId: string | undefined;
  readonly payloadLength: number;
  /** `undefined` for never: a number that is none of the small integers takes 16 bytes more. */
  readonly #expiresAt: number | undefined;
  #block: Uint8Array;
  #payloadFrom: number;
  /** Where in the block the packet begins that it came in, of QoS 1 or 2 and without properties; -1 when that was not kept. */
  packetFrom = -1;
  /** Where the Packet Identifier of that is. */
  packetIdFrom = -1;
  /** Its index in the list of a {@link RetainedPayloads} block; that class's own. */
  place = -1;

  /** The payload is `block[payloadFrom, payloadFrom + payloadLength)`. */
  constructor(
    messageId: number,
    topicName: string,
    block: Uint8Array,
    qos: QoS,
    retain: boolean,
    properties: Uint8Array | undefined,
    publishedAt: number,
    expiresAt: number,
    publisherId: string | undefined,
    payloadFrom: number = 0,
    payloadLength: number = block.length,
  ) {
    this.messageId = messageId;
    this.topicName = topicName;
    this.qos = qos;
    this.retain = retain;
    this.properties = properties;
    this.publishedAt = publishedAt;
    this.#expiresAt = expiresAt === Infinity ? undefined : expiresAt;
    this.publisherId = publisherId;
    this.payloadLength = payloadLength;
    this.#block = block;
    this.#payloadFrom = payloadFrom;
  }

  /** A view that is made at each call, unless the payload has its buffer to itself. */
  get payload(): Uint8Array {
    const block = this.#block;
    const from = this.#payloadFrom;
    if (block.length === this.payloadLength) return block;
    return block.subarray(from, from + this.payloadLength);
  }

  get expiresAt(): number {
    return this.#expiresAt ?? Infinity;
  }

  /** As {@link messageBytes} counts it. */
  get size(): number {
    return this.payloadLength + (this.properties?.length ?? 0) + nameBytes(this.topicName);
  }

  /** What the payload is in. */
  get block(): Uint8Array {
    return this.#block;
  }

  get payloadFrom(): number {
    return this.#payloadFrom;
  }

  /** Copies the payload to another block, at an offset, and refers to it there from now on. */
  moveTo(block: Uint8Array, offset: number): void {
    const from = this.#payloadFrom;
    copyBytes(this.#block, from, from + this.payloadLength, block, offset);
    this.#block = block;
    this.#payloadFrom = offset;
    this.packetFrom = -1;
  }

  /** The packet is there for receivers of this version: it ends with the payload, and one of 5.0 has an empty property block. */
  hasPacketFor(version: ProtocolVersion): boolean {
    return (
      this.packetFrom !== -1 && this.#payloadFrom - this.packetIdFrom === (version === 5 ? 3 : 2)
    );
  }

  /** The same message under another identifier. */
  copy(messageId: number): Message {
    const copy = new Message(
      messageId,
      this.topicName,
      this.#block,
      this.qos,
      this.retain,
      this.properties,
      this.publishedAt,
      this.expiresAt,
      this.publisherId,
      this.#payloadFrom,
      this.payloadLength,
    );
    copy.packetFrom = this.packetFrom;
    copy.packetIdFrom = this.packetIdFrom;
    return copy;
  }
}

/** The same message under another identifier, for a session that gets a second copy of it. */
export function copyOf(message: MessageRecord, messageId: number): Message {
  if (message instanceof Message) return message.copy(messageId);
  return new Message(
    messageId,
    message.topicName,
    message.payload,
    message.qos,
    message.retain,
    message.properties,
    message.publishedAt,
    message.expiresAt,
    message.publisherId,
  );
}

/** Without making a view of the payload. */
export function payloadLengthOf(message: MessageRecord): number {
  return message instanceof Message ? message.payloadLength : message.payload.length;
}

/** Makes a message's payload that of a packet, likewise. */
export function usePayload(parts: UntitledParts, message: MessageRecord): void {
  const isInBlock = message instanceof Message;
  const from = isInBlock ? message.payloadFrom : 0;
  const bytes = isInBlock ? message.block : message.payload;
  parts.payload = bytes;
  parts.payloadFrom = from;
  parts.payloadTo = from + (isInBlock ? message.payloadLength : bytes.length);
}

/** One message on its way to one session: made here, or read from the store. */
export type Delivery = Pick<
  QueuedDelivery,
  'message' | 'retain' | 'subscriptionIdentifiers' | 'sharedFilter'
> & { readonly qos: QoS };

/** Bytes that it counts for while it waits, as a store counts them. */
export function deliverySize({
  message,
  subscriptionIdentifiers,
}: Pick<Delivery, 'message' | 'subscriptionIdentifiers'>): number {
  return messageBytes(message) + identifierBytes(subscriptionIdentifiers);
}

/** A delivery of a message that was just published. */
export class NewDelivery implements Delivery {
  readonly message: MessageRecord;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  /** The `$share/…` filter it came by: if the session ends, a QoS 1 message goes back to that group. */
  readonly sharedFilter: string | undefined;

  constructor(
    message: MessageRecord,
    qos: QoS,
    retain: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
    sharedFilter: string | undefined,
  ) {
    this.message = message;
    this.qos = qos;
    this.retain = retain;
    this.subscriptionIdentifiers = subscriptionIdentifiers;
    this.sharedFilter = sharedFilter;
  }
}

/** Seconds left of a message's life, as its receivers must see them: received minus whole seconds waited [MQTT-3.3.2-6]. */
export function remainingExpiry(message: MessageRecord, now: number): number | undefined {
  if (message.expiresAt === Infinity) return undefined;
  return Math.max(0, Math.ceil((message.expiresAt - now) / 1000));
}
