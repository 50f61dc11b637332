import type { AcknowledgementType, ProtocolVersion } from '@wellhead/codec';
import { OutboundWindow, Qos2Receiver } from '@wellhead/protocol';
import type { MessageRecord } from '@wellhead/session-store';
import type { ClientConnection } from './client-connection.ts';
import type { Timed } from './deadlines.ts';
import type { ClientInfo } from './hooks.ts';
import type { ExpiredQueue } from './expired-queue.ts';
import type { Delivery } from './message.ts';
import type { RetainedReplays } from './retained-replay.ts';
import type { StoredShare } from './stored-share.ts';
import type { Subscription } from './subscription.ts';
import type { Undecided } from './undecided.ts';
import { WaitingQueue } from './waiting-queue.ts';
import type { Will } from './will.ts';

/** PUBACK, PUBREC or PUBCOMP for a message of an earlier connection. */
export interface EarlyAcknowledgement {
  readonly type: AcknowledgementType;
  readonly packetId: number;
  readonly reasonCode: number;
}

/**
 * Session State of one client (MQTT 5.0 section 4.1): what outlives its Network Connection.
 *
 * Of a durable session's queue only the beginning is here, and only while the client is connected:
 * what is in flight, and a page of what waits. The rest is the store's, see `queue.ts`.
 */
export class Session implements Timed {
  readonly clientId: string;
  /** Grows with each connection; the store refuses changes of an older one. */
  epoch = 0;
  protocolVersion: ProtocolVersion = 5;
  /** Whose session it is. */
  userName: string | undefined;
  connection: ClientConnection | undefined;
  /** Take-overs in the minute that began at `takeOversSince`. */
  takeOvers = 0;
  takeOversSince = 0;
  /** The client as of its last connection; `undefined` until it connects to this process. */
  client: ClientInfo | undefined;
  /** The store knows this session: it outlives, or has outlived, its connection. */
  durable = false;
  /** The store has a session that ends with its connection, for the sake of its Will. */
  isStoredForWill = false;
  /** Effective Session Expiry Interval in seconds. */
  expiryInterval = 0;
  /** When the session ends unless its client comes back; `Infinity` while it is connected. */
  expiresAt: number = Infinity;
  /** The session has ended: nobody may deliver to it. */
  ended = false;
  /** Its subscriptions are over: nothing is delivered by them. */
  isUnrouted = false;

  subscriptions: Map<string, Subscription> | undefined;
  /** What they count for in limits. */
  subscriptionBytes = 0;
  /** The Subscription Identifiers of those that matched a topic together last, if they had any. */
  lastIdentifiers: readonly number[] | undefined;
  will: Will | undefined;
  /** Messages to the client that await its acknowledgement. Made at the first one. */
  window: OutboundWindow<Delivery> | undefined;
  /** QoS 2 messages from the client that await its PUBREL. Made at the first one. */
  receiver: Qos2Receiver | undefined;
  /** Messages that wait for the window or for the connection, in order. */
  pending: WaitingQueue | undefined;
  /** QoS 0 messages that came while QoS 1 or 2 messages before them still are in the store alone. */
  behind: WaitingQueue | undefined;
  /** Messages of groups that it has left, on their way to others. */
  givingBack: WaitingQueue | undefined;
  /** The session has expired, and what it leaves to its groups is on its way to others. */
  leaving: StoredShare | undefined;
  /** Looks for what has expired in its queue; made when that is full and its client absent. */
  expired: ExpiredQueue | undefined;
  replays: RetainedReplays | undefined;

  /** Undelivered QoS 1 and 2 messages that are kept for this session, in memory or in the store. */
  queuedMessages = 0;
  /** Those of them that are in `window`, `pending` or `givingBack`. */
  inMemory = 0;
  /** The newest message that was taken into memory on this connection, and its place in the store's queue. */
  newestInMemory = 0;
  /** The newest one that was in memory on an earlier connection: what became of those before it is not known. */
  leftInMemory = 0;
  readPosition = 0;
  /** The last message of before this session began: none up to it is this session's. */
  begunBehind = 0;
  /** The last message that was recorded for this session. */
  newestMessage = 0;
  /** A page of the queue is being read. */
  loading = false;
  /** Which page that is: readings of earlier connections may still be on their way. */
  pageNumber = 0;
  /** What that page is of: deliveries whose commits the store has answered by then. */
  expected = 0;
  /** What is in flight of an earlier connection is still being read. */
  isRestoring = false;
  /** What the client has acknowledged of that meanwhile. */
  #early: EarlyAcknowledgement[] | undefined;

  /** An in-process subscriber: messages go to this function. */
  local: ((message: MessageRecord, undecided: Undecided | undefined) => void) | undefined;

  deadline: number = Infinity;
  deadlineSlot = -1;
  readonly #onTimeout: (session: Session, now: number) => void;
  readonly #total: { queuedBytes: number };
  #queuedBytes = 0;

  /** `total` counts for all sessions. */
  constructor(
    clientId: string,
    onTimeout: (session: Session, now: number) => void,
    total: { queuedBytes: number },
  ) {
    this.clientId = clientId;
    this.#onTimeout = onTimeout;
    this.#total = total;
  }

  /** Payload bytes of `queuedMessages`. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  set queuedBytes(bytes: number) {
    this.#total.queuedBytes += bytes - this.#queuedBytes;
    this.#queuedBytes = bytes;
  }

  timeout(now: number): void {
    this.#onTimeout(this, now);
  }

  /** An acknowledgement waits until what it is for is known; false when so many are for nothing. */
  keepEarly(acknowledgement: EarlyAcknowledgement): boolean {
    const early = (this.#early ??= []);
    return early.push(acknowledgement) <= MAXIMUM_EARLY;
  }

  /** Those that wait, in their order. */
  takeEarly(): readonly EarlyAcknowledgement[] {
    const early = this.#early ?? [];
    this.#early = undefined;
    return early;
  }

  /** How soon it can take a message: 2 at once, 1 later (its window is full or it reads slowly), 0 it is absent. */
  readiness(qos: number): 0 | 1 | 2 {
    if (this.local !== undefined) return 2;
    const { connection } = this;
    if (connection === undefined || !connection.open) return 0;
    if (connection.isBusy) return 1;
    if (qos === 0) return 2;
    const isWaiting = this.backlog > 0 || (this.pending !== undefined && this.pending.length > 0);
    return isWaiting || (this.window !== undefined && this.window.quota === 0) ? 1 : 2;
  }

  /** Something waits for room: in the store, in memory, in flight of an earlier connection, or retained. */
  get hasWaiting(): boolean {
    return (
      this.isCatchingUp ||
      this.replays !== undefined ||
      (this.pending !== undefined && this.pending.length > 0)
    );
  }

  /** What came before is still in the store, being read, or in flight of an earlier connection. */
  get isCatchingUp(): boolean {
    return this.backlog > 0 || this.loading || (this.window !== undefined && this.window.resending);
  }

  /** Messages that are in the store alone. */
  get backlog(): number {
    return this.queuedMessages - this.inMemory;
  }

  openWindow(receiveMaximum: number): OutboundWindow<Delivery> {
    const window = new OutboundWindow<Delivery>();
    window.connected(receiveMaximum);
    this.window = window;
    return window;
  }

  openReceiver(): Qos2Receiver {
    return (this.receiver ??= new Qos2Receiver());
  }

  openPending(): WaitingQueue {
    return (this.pending ??= new WaitingQueue(this.#total));
  }

  openBehind(): WaitingQueue {
    return (this.behind ??= new WaitingQueue(this.#total));
  }

  openGivingBack(): WaitingQueue {
    return (this.givingBack ??= new WaitingQueue(this.#total));
  }
}

/** Two for each Packet Identifier. */
const MAXIMUM_EARLY = 131_070;
