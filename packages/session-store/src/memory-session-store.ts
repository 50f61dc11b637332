import { checkChanges } from './check-changes.ts';
import { MemorySession, RELEASED } from './memory-session.ts';
import { messageBytes } from './message-bytes.ts';
import type {
  FanOutRecord,
  MessageRecord,
  QueuedDelivery,
  RetainedRecord,
  SessionRecord,
  StoreSizes,
} from './records.ts';
import type {
  Enqueued,
  Released,
  SessionChange,
  SessionOpened,
  Settled,
} from './session-change.ts';
import type { LoadOptions, SessionStore, StoreSupport } from './session-store.ts';
import { SteadyMap } from './steady-map.ts';
import { refusedBehind, StoreError } from './store-error.ts';

/**
 * The reference store: everything in this process, everything at once. `commit()` answers undefined, unless it
 * refuses; reading answers with values. It keeps the records that it is given, and copies none.
 */
export class MemorySessionStore implements SessionStore {
  readonly supports: StoreSupport = { durable: false, shared: false };
  readonly #sessions = new SteadyMap<MemorySession>();
  /** The session of the last change: changes of one often follow each other. */
  #lastSession: MemorySession | undefined;
  readonly #retained = new SteadyMap<MessageRecord>();
  readonly #fanOuts = new Map<number, FanOutRecord>();
  /** Messages whose content is needed. */
  #messages = 0;
  /** By how many deliveries and retained messages, by messageId, where it is more than one. */
  readonly #uses = new Map<number, number>();
  #messageBytes = 0;
  #retainedBytes = 0;
  #deliveries = 0;
  #lastMessageId = 0;
  #closed = false;
  /** Why a commit was refused, until its caller has been told. */
  #refusal: StoreError | undefined;

  commit(changes: readonly SessionChange[]): Promise<void> | undefined {
    const error = this.#closed ? closedError() : this.#check(changes);
    if (error) return this.#refuse(error);
    for (const change of changes) this.#apply(change);
    return undefined;
  }

  async *load(options?: LoadOptions): AsyncIterable<SessionRecord> {
    this.#assertOpen();
    for (const session of this.#sessions.values()) {
      options?.signal?.throwIfAborted();
      yield session.toRecord();
    }
  }

  async *loadRetained(options?: LoadOptions): AsyncIterable<RetainedRecord> {
    this.#assertOpen();
    for (const message of this.#retained.values()) {
      options?.signal?.throwIfAborted();
      const { topicName, messageId, expiresAt } = message;
      yield { topicName, messageId, expiresAt, size: messageBytes(message) };
    }
  }

  async *loadFanOuts(options?: LoadOptions): AsyncIterable<FanOutRecord> {
    this.#assertOpen();
    for (const fanOut of this.#fanOuts.values()) {
      options?.signal?.throwIfAborted();
      yield fanOut;
    }
  }

  lastMessageId(): number {
    return this.#lastMessageId;
  }

  /** At once; throws a `StoreError` when the store is closed. */
  readQueue(clientId: string, after: number, limit: number): readonly QueuedDelivery[] {
    this.#assertOpen();
    return this.#sessions.get(clientId)?.readQueue(after, limit) ?? [];
  }

  /** At once; throws a `StoreError` when the store is closed. */
  readRetained(topicNames: readonly string[]): readonly (MessageRecord | undefined)[] {
    this.#assertOpen();
    return topicNames.map((topicName) => this.#retained.get(topicName));
  }

  sizes(): StoreSizes {
    return {
      sessions: this.#sessions.size,
      messages: this.#messages,
      messageBytes: this.#messageBytes,
      deliveries: this.#deliveries,
      retained: this.#retained.size,
      retainedBytes: this.#retainedBytes,
    };
  }

  /** Forgets everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#sessions.clear();
    this.#lastSession = undefined;
    this.#retained.clear();
    this.#fanOuts.clear();
    this.#uses.clear();
    this.#messages = 0;
    this.#messageBytes = 0;
    this.#retainedBytes = 0;
    this.#deliveries = 0;
  }

  #check(changes: readonly SessionChange[]): StoreError | undefined {
    if (this.#refusal !== undefined) return refusedBehind(this.#refusal);
    return checkChanges(changes, this.#epochOf);
  }

  #refuse(why: StoreError): Promise<void> {
    this.#refusal ??= why;
    const refused = Promise.reject(why);
    // the first to hear of it, just before its caller
    refused.catch(() => (this.#refusal = undefined));
    return refused;
  }

  readonly #epochOf = (clientId: string): number | undefined => this.#sessions.get(clientId)?.epoch;

  #apply(change: SessionChange): void {
    switch (change.type) {
      case 'enqueued':
        return this.#enqueued(change);
      case 'settled':
        return this.#settled(change);
      case 'sent':
        return this.#session(change.clientId)?.sent(change.messageIds, change.packetIds);
      case 'released':
        return this.#released(change);
      case 'received':
        return this.#session(change.clientId)?.received(change.packetId);
      case 'receipt-released':
        return this.#session(change.clientId)?.receiptReleased(change.packetId);
      case 'retained-set':
        return this.#retain(change.message);
      case 'retained-cleared':
        return this.#unretain(change.topicName);
      case 'session-opened':
        return this.#opened(change);
      case 'session-closed':
        return this.#session(change.clientId)?.closed(change);
      case 'session-removed':
        return this.#removed(change.clientId);
      case 'subscribed':
        return this.#session(change.clientId)?.subscribed(change.subscription);
      case 'unsubscribed':
        return this.#session(change.clientId)?.unsubscribed(change.topicFilter);
      case 'will-set':
      case 'will-cleared': {
        const session = this.#session(change.clientId);
        if (session) session.will = change.type === 'will-set' ? change.will : undefined;
        return undefined;
      }
      case 'fan-out-set':
        return this.#setFanOut(change);
      case 'fan-out-cleared':
        this.#fanOuts.delete(change.messageId);
    }
  }

  #session(clientId: string): MemorySession | undefined {
    const last = this.#lastSession;
    if (last !== undefined && last.clientId === clientId) return last;
    const session = this.#sessions.get(clientId);
    if (session !== undefined) this.#lastSession = session;
    return session;
  }

  #opened(change: SessionOpened): void {
    const session = this.#sessions.get(change.clientId);
    if (session) session.opened(change);
    else this.#sessions.set(change.clientId, new MemorySession(change));
  }

  #removed(clientId: string): void {
    const session = this.#sessions.delete(clientId);
    if (!session) return;
    if (session === this.#lastSession) this.#lastSession = undefined;
    this.#deliveries -= session.queuedMessages;
    session.forEachMessage((message) => this.#unuse(message));
  }

  #enqueued({ message, deliveries }: Enqueued): void {
    const isKnown = this.#isKnown(message);
    let added = 0;
    for (const delivery of deliveries) {
      if (this.#session(delivery.clientId)?.enqueued(message, delivery)) added++;
    }
    this.#deliveries += added;
    this.#use(message, added, isKnown);
  }

  #released({ clientId, messageIds }: Released): void {
    const session = this.#session(clientId);
    if (session === undefined) return;
    for (const messageId of messageIds) this.#unuse(session.released(messageId));
  }

  #settled({ clientId, messageIds }: Settled): void {
    const session = this.#session(clientId);
    if (session === undefined) return;
    for (const messageId of messageIds) {
      const message = session.settled(messageId);
      if (message === undefined) continue;
      this.#deliveries--;
      if (message !== RELEASED) this.#unuse(message);
    }
  }

  #setFanOut({ message, next }: FanOutRecord): void {
    const { messageId } = message;
    if (messageId > this.#lastMessageId) this.#lastMessageId = messageId;
    this.#fanOuts.set(messageId, { message, next });
  }

  #retain(message: MessageRecord): void {
    this.#use(message, 1, this.#isKnown(message)); // before the old one goes: it may be the same
    const previous = this.#retained.get(message.topicName);
    this.#retained.set(message.topicName, message);
    this.#retainedBytes += messageBytes(message);
    this.#forgetRetained(previous);
  }

  #unretain(topicName: string): void {
    this.#forgetRetained(this.#retained.delete(topicName));
  }

  #forgetRetained(message: MessageRecord | undefined): void {
    if (!message) return;
    this.#retainedBytes -= messageBytes(message);
    this.#unuse(message);
  }

  #use(message: MessageRecord, times: number, isKnown: boolean): void {
    const { messageId } = message;
    if (messageId > this.#lastMessageId) this.#lastMessageId = messageId;
    if (times === 0) return;
    if (isKnown) {
      this.#uses.set(messageId, (this.#uses.get(messageId) ?? 1) + times);
      return;
    }
    this.#messages++;
    this.#messageBytes += messageBytes(message);
    if (times > 1) this.#uses.set(messageId, times);
  }

  #unuse(message: MessageRecord | undefined): void {
    if (!message) return;
    const uses = this.#uses.size === 0 ? undefined : this.#uses.get(message.messageId);
    if (uses === undefined) {
      this.#messages--;
      this.#messageBytes -= messageBytes(message);
    } else if (uses === 2) {
      this.#uses.delete(message.messageId);
    } else {
      this.#uses.set(message.messageId, uses - 1);
    }
  }

  /** Identifiers grow, so only a message that comes again, as a retained one may, has to be looked for. */
  #isKnown({ messageId, topicName }: MessageRecord): boolean {
    if (messageId > this.#lastMessageId) return false;
    if (this.#retained.get(topicName)?.messageId === messageId) return true;
    for (const session of this.#sessions.values()) if (session.needs(messageId)) return true;
    return false;
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function closedError(): StoreError {
  return new StoreError('STORE_CLOSED', 'The session store is closed.');
}
