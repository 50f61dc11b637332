import type { ProtocolVersion } from '@wellhead/codec';
import { DeliveryDeque } from './delivery-deque.ts';
import { identifierBytes } from './identifier-bytes.ts';
import { messageBytes } from './message-bytes.ts';
import type {
  DeliveryRecord,
  MessageRecord,
  QueuedDelivery,
  SessionRecord,
  SubscriptionRecord,
  WillRecord,
} from './records.ts';
import type { SessionClosed, SessionOpened } from './session-change.ts';

/** One session of the memory store; what hangs on it is made when it is first needed. */
export class MemorySession {
  readonly clientId: string;
  epoch: number;
  will: WillRecord | undefined;
  #sessionExpiryInterval: number;
  #expiresAt = Infinity;
  #connected = true;
  #protocolVersion: ProtocolVersion;
  #userName: string | undefined;
  #subscriptions: Map<string, SubscriptionRecord> | undefined;
  #received: Set<number> | undefined;
  #inFlight: DeliveryDeque | undefined;
  #waiting: DeliveryDeque | undefined;
  #queuedBytes = 0;
  /** Positions of the deliveries that came last: to the part in flight, and to the waiting part. */
  #lastSent = 0;
  #lastArrived = FIRST_WAITING;

  constructor(opened: SessionOpened) {
    this.clientId = opened.clientId;
    this.epoch = opened.epoch;
    this.will = undefined;
    this.#sessionExpiryInterval = opened.sessionExpiryInterval;
    this.#protocolVersion = opened.protocolVersion;
    this.#userName = opened.userName;
  }

  get queuedMessages(): number {
    return (this.#inFlight?.size ?? 0) + (this.#waiting?.size ?? 0);
  }

  opened(change: SessionOpened): void {
    this.epoch = change.epoch;
    this.#sessionExpiryInterval = change.sessionExpiryInterval;
    this.#protocolVersion = change.protocolVersion;
    this.#userName = change.userName;
    this.#connected = true;
    this.#expiresAt = Infinity;
  }

  closed(change: SessionClosed): void {
    this.#connected = false;
    this.#expiresAt = change.expiresAt;
    this.#sessionExpiryInterval = change.sessionExpiryInterval;
  }

  subscribed(subscription: SubscriptionRecord): void {
    (this.#subscriptions ??= new Map()).set(subscription.topicFilter, subscription);
  }

  unsubscribed(topicFilter: string): void {
    this.#subscriptions?.delete(topicFilter);
  }

  received(packetId: number): void {
    (this.#received ??= new Set()).add(packetId);
  }

  receiptReleased(packetId: number): void {
    this.#received?.delete(packetId);
  }

  /** False when the message is in the queue already. */
  enqueued(message: MessageRecord, delivery: DeliveryRecord): boolean {
    const { messageId } = message;
    if ((this.#waiting?.find(messageId) ?? -1) >= 0) return false;
    if ((this.#inFlight?.find(messageId) ?? -1) >= 0) return false;
    if (delivery.packetId === 0) {
      (this.#waiting ??= new DeliveryDeque()).push(message, delivery, ++this.#lastArrived);
    } else {
      (this.#inFlight ??= new DeliveryDeque()).push(message, delivery, ++this.#lastSent);
    }
    this.#queuedBytes += messageBytes(message) + identifierBytes(delivery.subscriptionIdentifiers);
    return true;
  }

  sent(messageIds: readonly number[], packetIds: readonly number[]): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const inFlight = (this.#inFlight ??= new DeliveryDeque());
    for (let i = 0; i < messageIds.length; i++) {
      const slot = waiting.find(messageIds[i] ?? 0);
      if (slot >= 0) inFlight.take(waiting, slot, packetIds[i] ?? 0, ++this.#lastSent);
    }
  }

  /** The message whose content this session needs no longer, if it did until now. */
  released(messageId: number): MessageRecord | undefined {
    const slot = this.#inFlight?.find(messageId) ?? -1;
    if (slot < 0 || !this.#inFlight || this.#inFlight.isReleased(slot)) return undefined;
    const message = this.#inFlight.message(slot);
    const identifiers = this.#inFlight.identifiers(slot);
    this.#inFlight.release(slot);
    return this.#forget(message, identifiers);
  }

  /** The message whose content this session needed until now; `RELEASED` for a delivery without, `undefined` for none. */
  settled(messageId: number): MessageRecord | typeof RELEASED | undefined {
    return this.#settledIn(this.#inFlight, messageId) ?? this.#settledIn(this.#waiting, messageId);
  }

  #settledIn(
    deque: DeliveryDeque | undefined,
    messageId: number,
  ): MessageRecord | typeof RELEASED | undefined {
    const slot = deque?.find(messageId) ?? -1;
    if (slot < 0 || !deque) return undefined;
    const message = deque.isReleased(slot) ? undefined : deque.message(slot);
    const identifiers = deque.identifiers(slot);
    deque.remove(slot);
    return this.#forget(message, identifiers) ?? RELEASED;
  }

  /** Whether this session needs the content of that message. */
  needs(messageId: number): boolean {
    if ((this.#waiting?.find(messageId) ?? -1) >= 0) return true;
    const slot = this.#inFlight?.find(messageId) ?? -1;
    return slot >= 0 && this.#inFlight?.isReleased(slot) === false;
  }

  /** Every message whose content this session needs. */
  forEachMessage(visit: (message: MessageRecord) => void): void {
    const unlessReleased = (message: MessageRecord, released: boolean): void => {
      if (!released) visit(message);
    };
    this.#inFlight?.forEachMessage(unlessReleased);
    this.#waiting?.forEachMessage(unlessReleased);
  }

  readQueue(after: number, limit: number): QueuedDelivery[] {
    const page: QueuedDelivery[] = [];
    if (after < FIRST_WAITING) this.#inFlight?.read(after, limit, page);
    this.#waiting?.read(after, limit - page.length, page);
    return page;
  }

  toRecord(): SessionRecord {
    return {
      clientId: this.clientId,
      epoch: this.epoch,
      sessionExpiryInterval: this.#sessionExpiryInterval,
      expiresAt: this.#expiresAt,
      connected: this.#connected,
      protocolVersion: this.#protocolVersion,
      userName: this.#userName,
      subscriptions: [...(this.#subscriptions?.values() ?? [])],
      receivedPacketIds: [...(this.#received ?? [])],
      will: this.will,
      queuedMessages: this.queuedMessages,
      queuedBytes: this.#queuedBytes,
    };
  }

  #forget(
    message: MessageRecord | undefined,
    identifiers: readonly number[] | undefined,
  ): MessageRecord | undefined {
    if (message) this.#queuedBytes -= messageBytes(message) + identifierBytes(identifiers);
    return message;
  }
}

/** A delivery that is over had been released: its content was not needed any more. */
export const RELEASED = 'released';

/** Positions from here on are those of waiting deliveries, so that those in flight come first. */
const FIRST_WAITING = 2 ** 52;
