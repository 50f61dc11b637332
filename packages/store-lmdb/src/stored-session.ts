import type { ProtocolVersion } from '@wellhead/codec';
import type {
  QueuedDelivery,
  SessionClosed,
  SessionOpened,
  SessionRecord,
  SubscriptionRecord,
  WillRecord,
} from '@wellhead/session-store';
import { type Delivery, queueBytes } from './delivery.ts';
import type { SessionRow } from './session-codec.ts';

/**
 * What memory holds of a session: its own row, and the part of its queue that the journal holds. That part is small
 * whatever the queue is; subscriptions and will are read when they are asked for.
 */
export class StoredSession implements SessionRow {
  readonly number: number;
  readonly clientId: string;
  epoch = 0;
  sessionExpiryInterval = 0;
  expiresAt: number = Infinity;
  connected = true;
  protocolVersion: ProtocolVersion = 5;
  userName: string | undefined;
  rowDeliveries = 0;
  rowBytes = 0;
  /** Deliveries in the journal and their bytes. */
  journalDeliveries = 0;
  journalBytes = 0;
  /** Both by messageId, in ascending order of position. Made when they are first needed. */
  inFlight: Map<number, Delivery> | undefined;
  waiting: Map<number, Delivery> | undefined;
  received: Set<number> | undefined;
  /** Deliveries of the last page that still have their rows, by messageId: what is read is sent soon. */
  page: Map<number, QueuedDelivery> | undefined;
  /** The place of the last delivery that came to wait; none that waits now stands behind it. */
  lastPlace: number;

  constructor(number: number, clientId: string, lastPlace: number) {
    this.number = number;
    this.clientId = clientId;
    this.lastPlace = lastPlace;
  }

  static fromRow(number: number, row: SessionRow, lastPlace: number): StoredSession {
    const session = new StoredSession(number, row.clientId, lastPlace);
    session.epoch = row.epoch;
    session.sessionExpiryInterval = row.sessionExpiryInterval;
    session.expiresAt = row.expiresAt;
    session.connected = row.connected;
    session.protocolVersion = row.protocolVersion;
    session.userName = row.userName;
    session.rowDeliveries = row.rowDeliveries;
    session.rowBytes = row.rowBytes;
    for (const packetId of row.receivedPacketIds) (session.received ??= new Set()).add(packetId);
    return session;
  }

  get receivedPacketIds(): Iterable<number> {
    return this.received ?? [];
  }

  get queuedMessages(): number {
    return this.rowDeliveries + this.journalDeliveries;
  }

  opened(change: SessionOpened): void {
    this.epoch = change.epoch;
    this.sessionExpiryInterval = change.sessionExpiryInterval;
    this.protocolVersion = change.protocolVersion;
    this.userName = change.userName;
    this.connected = true;
    this.expiresAt = Infinity;
  }

  closed(change: SessionClosed): void {
    this.connected = false;
    this.page = undefined;
    this.expiresAt = change.expiresAt;
    this.sessionExpiryInterval = change.sessionExpiryInterval;
  }

  find(messageId: number): Delivery | undefined {
    return this.inFlight?.get(messageId) ?? this.waiting?.get(messageId);
  }

  add(delivery: Delivery): void {
    const part =
      delivery.packetId === 0 ? (this.waiting ??= new Map()) : (this.inFlight ??= new Map());
    part.set(delivery.messageId, delivery);
    this.journalDeliveries++;
    this.journalBytes += queueBytes(delivery);
  }

  remove(delivery: Delivery): void {
    if (!this.inFlight?.delete(delivery.messageId)) this.waiting?.delete(delivery.messageId);
    this.journalDeliveries--;
    this.journalBytes -= queueBytes(delivery);
  }

  /** A waiting delivery becomes the last one in flight. */
  sent(delivery: Delivery, packetId: number, position: number): void {
    this.waiting?.delete(delivery.messageId);
    delivery.packetId = packetId;
    delivery.position = position;
    (this.inFlight ??= new Map()).set(delivery.messageId, delivery);
  }

  /** After a replay, which follows the order of entries. */
  sortQueue(): void {
    this.inFlight = sorted(this.inFlight);
    this.waiting = sorted(this.waiting);
  }

  toRecord(subscriptions: SubscriptionRecord[], will: WillRecord | undefined): SessionRecord {
    return {
      clientId: this.clientId,
      epoch: this.epoch,
      sessionExpiryInterval: this.sessionExpiryInterval,
      expiresAt: this.expiresAt,
      connected: this.connected,
      protocolVersion: this.protocolVersion,
      userName: this.userName,
      subscriptions,
      receivedPacketIds: [...this.receivedPacketIds],
      will,
      queuedMessages: this.queuedMessages,
      queuedBytes: this.rowBytes + this.journalBytes,
    };
  }
}

function sorted(part: Map<number, Delivery> | undefined): Map<number, Delivery> | undefined {
  return part && new Map([...part].toSorted(([, a], [, b]) => a.position - b.position));
}
