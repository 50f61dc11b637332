import type { QoS } from '@wellhead/codec';
import type { MessageRecord, QueuedDelivery } from '@wellhead/session-store';

/** An Application Message that outlives the packet it came in: queued, in flight, retained. Immutable. */
export class Message implements MessageRecord {
  readonly messageId: number;
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Uint8Array | undefined;
  readonly publishedAt: number;
  readonly expiresAt: number;
  readonly publisherId: string | undefined;

  constructor(
    messageId: number,
    topicName: string,
    payload: Uint8Array,
    qos: QoS,
    retain: boolean,
    properties: Uint8Array | undefined,
    publishedAt: number,
    expiresAt: number,
    publisherId: string | undefined,
  ) {
    this.messageId = messageId;
    this.topicName = topicName;
    this.payload = payload;
    this.qos = qos;
    this.retain = retain;
    this.properties = properties;
    this.publishedAt = publishedAt;
    this.expiresAt = expiresAt;
    this.publisherId = publisherId;
  }
}

/** The same message under another identifier, for a session that gets a second copy of it. */
export function copyOf(message: MessageRecord, messageId: number): Message {
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

/** Bytes that a message counts for in limits, as a store counts them: payload and encoded properties. */
export function messageSize(message: MessageRecord): number {
  return message.payload.length + (message.properties?.length ?? 0);
}

/** One message on its way to one session: made here, or read from the store. */
export type Delivery = Pick<
  QueuedDelivery,
  'message' | 'retain' | 'subscriptionIdentifiers' | 'sharedFilter'
> & { readonly qos: QoS };

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
