import type { ProtocolVersion } from '@wellhead/codec';
import type { DeliveryRecord, MessageRecord, SubscriptionRecord, WillRecord } from './records.ts';

/**
 * Something that happened to durable state.
 *
 * Every change of a session carries the session's `epoch`. It must be the epoch that the store has for that
 * session at that place of the list, or the whole commit is refused with `STORE_STALE_EPOCH`; a session that
 * does not exist has no epoch.
 */
export type SessionChange =
  | SessionOpened
  | SessionClosed
  | SessionRemoved
  | Subscribed
  | Unsubscribed
  | Enqueued
  | Sent
  | Released
  | Settled
  | Received
  | ReceiptReleased
  | RetainedSet
  | RetainedCleared
  | WillSet
  | WillCleared
  | FanOutSet
  | FanOutCleared;

/**
 * A session begins, or a new Network Connection takes it over: connected from now on, without a deadline.
 * `epoch` must be larger than that of an existing session. Subscriptions, queue, receipts and will stay as they are.
 */
export interface SessionOpened {
  readonly type: 'session-opened';
  readonly clientId: string;
  readonly epoch: number;
  /** Seconds; 0xFFFFFFFF for never. */
  readonly sessionExpiryInterval: number;
  readonly protocolVersion: ProtocolVersion;
  /** Who owns the session. */
  readonly userName?: string | undefined;
}

/** The Network Connection is gone and the session lives on until `expiresAt`. */
export interface SessionClosed {
  readonly type: 'session-closed';
  readonly clientId: string;
  readonly epoch: number;
  /** Milliseconds; Infinity for never. */
  readonly expiresAt: number;
  readonly sessionExpiryInterval: number;
}

/** The session ends, and all that hangs on it. */
export interface SessionRemoved {
  readonly type: 'session-removed';
  readonly clientId: string;
  readonly epoch: number;
}

/** A subscription was made, or replaced: one per Topic Filter [MQTT-3.8.4-3]. */
export interface Subscribed {
  readonly type: 'subscribed';
  readonly clientId: string;
  readonly epoch: number;
  readonly subscription: SubscriptionRecord;
}

/** A subscription ended; one that is not there changes nothing. */
export interface Unsubscribed {
  readonly type: 'unsubscribed';
  readonly clientId: string;
  readonly epoch: number;
  readonly topicFilter: string;
}

/**
 * A message joins the queues of the named sessions; it is stored once.
 * A session that has the message in its queue keeps the delivery that it has.
 */
export interface Enqueued {
  readonly type: 'enqueued';
  readonly message: MessageRecord;
  readonly deliveries: readonly DeliveryRecord[];
}

/** Waiting deliveries got their Packet Identifiers and join those in flight, in this order, as the last. One that is not there changes nothing. */
export interface Sent {
  readonly type: 'sent';
  readonly clientId: string;
  readonly epoch: number;
  readonly messageIds: readonly number[];
  /** As many, place by place. */
  readonly packetIds: readonly number[];
}

/** PUBREC was seen: from now on PUBREL is sent, and the content is not needed [MQTT-4.3.3-6]. One that is not there changes nothing. */
export interface Released {
  readonly type: 'released';
  readonly clientId: string;
  readonly epoch: number;
  readonly messageIds: readonly number[];
}

/** These deliveries are over: acknowledged, expired or dropped. One that is not there changes nothing. */
export interface Settled {
  readonly type: 'settled';
  readonly clientId: string;
  readonly epoch: number;
  readonly messageIds: readonly number[];
}

/** An inbound QoS 2 Packet Identifier is held until PUBREL [MQTT-4.3.3-10]; it belongs in the commit of its message. */
export interface Received {
  readonly type: 'received';
  readonly clientId: string;
  readonly epoch: number;
  readonly packetId: number;
}

/** PUBREL came: the inbound Packet Identifier is free again [MQTT-4.3.3-12]. */
export interface ReceiptReleased {
  readonly type: 'receipt-released';
  readonly clientId: string;
  readonly epoch: number;
  readonly packetId: number;
}

/** The retained message of its Topic Name, replacing the one before [MQTT-3.3.1-5]. */
export interface RetainedSet {
  readonly type: 'retained-set';
  readonly message: MessageRecord;
}

/** No retained message for this Topic Name any more [MQTT-3.3.1-6]. */
export interface RetainedCleared {
  readonly type: 'retained-cleared';
  readonly topicName: string;
}

/** The session's will, set at CONNECT and set again, with `publishAt`, when the connection is gone. */
export interface WillSet {
  readonly type: 'will-set';
  readonly clientId: string;
  readonly epoch: number;
  readonly will: WillRecord;
}

/** The will was published or deleted [MQTT-3.1.2-10]. */
export interface WillCleared {
  readonly type: 'will-cleared';
  readonly clientId: string;
  readonly epoch: number;
}

/**
 * A message is on its way to more sessions than one commit holds, and has come as far as `next`, in the commit of
 * those who have it. Replaces what was said of the same `messageId` before.
 */
export interface FanOutSet {
  readonly type: 'fan-out-set';
  readonly message: MessageRecord;
  readonly next: number;
}

/** That message has reached all. One that is not there changes nothing. */
export interface FanOutCleared {
  readonly type: 'fan-out-cleared';
  readonly messageId: number;
}
