import type { ProtocolVersion, QoS } from '@wellhead/codec';

/**
 * One Application Message as it is kept, once, however many sessions wait for it.
 * A record is immutable from the moment it is committed; a store may keep it without a copy, bytes included.
 * Its properties may be accessors, which `{ ...record }` and serialisers do not see: `plainMessage` does.
 */
export interface MessageRecord {
  /** Given by the broker, unique in the store, larger for later messages. An integer from 1 on. */
  readonly messageId: number;
  readonly topicName: string;
  readonly payload: Uint8Array;
  /** The QoS at which the publisher sent it. */
  readonly qos: QoS;
  readonly retain: boolean;
  /** The properties that travel with the message, encoded as the codec's forwarded block. */
  readonly properties: Uint8Array | undefined;
  /** When the broker accepted it, in milliseconds. */
  readonly publishedAt: number;
  /** When Message Expiry ends its life, in milliseconds; Infinity for never. */
  readonly expiresAt: number;
  /** Client Identifier of the publisher, for No Local; undefined for the broker itself. */
  readonly publisherId: string | undefined;
  /** As `messageBytes` counts them, from who has them at hand: `payload` may be a view that is made when it is read. */
  readonly size?: number | undefined;
}

/** One subscription of a session. */
export interface SubscriptionRecord {
  /** The whole Topic Filter, `$share/…` included. */
  readonly topicFilter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
  /** 0 for none. */
  readonly subscriptionIdentifier: number;
}

/** That one session shall get one message. */
export interface DeliveryRecord {
  readonly clientId: string;
  readonly epoch: number;
  /** What the session gets: the lower of publication and subscription. */
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  /** The `$share/…` filter that chose this session; undefined for ordinary subscriptions. */
  readonly sharedFilter: string | undefined;
  /** Packet Identifier when it is sent at once; 0 while it only waits. */
  readonly packetId: number;
}

/** The Will Message of a session. */
export interface WillRecord {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Encoded as the codec's forwarded block. */
  readonly properties: Uint8Array | undefined;
  /** Seconds; undefined for no expiry. */
  readonly messageExpiryInterval: number | undefined;
  /** Will Delay Interval in seconds. */
  readonly delayInterval: number;
  /** When to publish it, in milliseconds; Infinity while the client is connected. */
  readonly publishAt: number;
  readonly publisherId: string;
  readonly userName: string | undefined;
}

/** A session as it is read back at start: everything but its queue. */
export interface SessionRecord {
  readonly clientId: string;
  readonly epoch: number;
  /** Seconds; 0xFFFFFFFF for never. */
  readonly sessionExpiryInterval: number;
  /** Milliseconds; Infinity for never, and while it was connected. */
  readonly expiresAt: number;
  /** As of the last change: true means that nobody closed it, so the broker went down with it open. */
  readonly connected: boolean;
  readonly protocolVersion: ProtocolVersion;
  readonly userName: string | undefined;
  readonly subscriptions: readonly SubscriptionRecord[];
  /** Packet Identifiers of inbound QoS 2 messages that wait for PUBREL, in the order of receipt. */
  readonly receivedPacketIds: readonly number[];
  readonly will: WillRecord | undefined;
  /** Deliveries in the queue, those in flight included. */
  readonly queuedMessages: number;
  /** `messageBytes` of those deliveries, and their `identifierBytes`; released ones have none. */
  readonly queuedBytes: number;
}

/** One delivery as it is read from a session's queue. */
export interface QueuedDelivery {
  /** When `released`, only `messageId` means anything: the content is gone. */
  readonly message: MessageRecord;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  readonly sharedFilter: string | undefined;
  /** 0 while it has not been sent. */
  readonly packetId: number;
  /** PUBREC was seen: PUBREL is what remains to be sent. */
  readonly released: boolean;
  /** Where to read on from; opaque, grows along the queue, never 0. */
  readonly position: number;
}

/** What routing needs to know of a retained message without reading it. */
export interface RetainedRecord {
  readonly topicName: string;
  readonly messageId: number;
  /** Milliseconds; Infinity for never. */
  readonly expiresAt: number;
  /** Its `messageBytes`. */
  readonly size: number;
}

/** A message that is on its way to more sessions than one commit holds. */
export interface FanOutRecord {
  readonly message: MessageRecord;
  /** Where the broker goes on after a restart: its own affair, a whole number from 0 on. */
  readonly next: number;
}

/** How much a store holds. A message's bytes are its payload and its encoded properties. */
export interface StoreSizes {
  readonly sessions: number;
  /** Distinct messages kept, for queues or as retained. */
  readonly messages: number;
  readonly messageBytes: number;
  /** Deliveries in all queues, those in flight included. */
  readonly deliveries: number;
  readonly retained: number;
  readonly retainedBytes: number;
  readonly bytesOnDisk?: number;
}
