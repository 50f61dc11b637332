import {
  messageBytes,
  type MessageRecord,
  type RetainedRecord,
  type SessionChange,
} from '@wellhead/session-store';
import { type RetainedCursor, RetainedIndex } from '@wellhead/topic-matcher';
import type { BrokerContext } from './context.ts';
import type { Fate } from './fate.ts';
import { Message, copyOf } from './message.ts';
import { RetainedFallbacks } from './retained-fallbacks.ts';
import { RetainedPayloads } from './retained-payloads.ts';
import { RetainedReplays } from './retained-replay.ts';
import type { Session } from './session.ts';
import type { Subscription } from './subscription.ts';

/** A retained message as the index holds it: without its content once a durable store keeps that. */
export type RetainedEntry = Message | StoredRetained;

/** A retained message whose content is in the store. */
class StoredRetained {
  readonly topicName: string;
  readonly expiresAt: number;
  readonly size: number;

  constructor(record: MessageRecord | Omit<RetainedRecord, 'messageId'>) {
    this.topicName = record.topicName;
    this.expiresAt = record.expiresAt;
    this.size = 'payload' in record ? messageBytes(record) : record.size;
  }
}

/** Retained messages: which topics have one, and where it is (MQTT 5.0 section 3.3.1.3). */
export class RetainedMessages {
  readonly #context: () => BrokerContext;
  readonly #index = new RetainedIndex<RetainedEntry>();
  readonly #payloads = new RetainedPayloads();
  readonly #fallbacks = new RetainedFallbacks<RetainedEntry>();
  /** How many will expire. */
  #mortals = 0;
  /** What was fetched last for a message to many, and of which entry. */
  fetched: { readonly entry: RetainedEntry; readonly message: MessageRecord } | undefined;
  #sweeper: RetainedCursor<RetainedEntry> | undefined;

  constructor(context: () => BrokerContext) {
    this.#context = context;
  }

  /**
   * Stores a retained message in place of its predecessor [MQTT-3.3.1-5], or removes that when the
   * payload is empty [MQTT-3.3.1-6], [MQTT-3.3.1-7]. False when the limits have no room for it.
   */
  publish(record: MessageRecord, fate?: Fate): boolean {
    const message = record instanceof Message ? record : copyOf(record, record.messageId);
    const context = this.#context();
    const { counters, limits } = context;
    if (message.payloadLength === 0) {
      if (this.remove(message.topicName)) {
        context.turn.record({ type: 'retained-cleared', topicName: message.topicName });
      }
      return true;
    }
    const previous = this.#index.get(message.topicName);
    const bytes = counters.retainedBytes - (previous?.size ?? 0) + message.size;
    const count = counters.retainedMessages + (previous === undefined ? 1 : 0);
    if (count > limits.maximumRetainedMessages || bytes > limits.maximumRetainedBytes) return false;
    this.#fallbacks.published(message.topicName, previous);
    this.#put(message);
    context.turn.record({ type: 'retained-set', message }, fate);
    return true;
  }

  /** Changes are committed: what a durable store has now need not be held here as well. */
  stored(changes: readonly SessionChange[]): void {
    if (this.#fallbacks.isEmpty) return;
    for (const change of changes) {
      if (change.type === 'retained-set') this.#stored(change.message);
      else if (change.type === 'retained-cleared' && !this.has(change.topicName))
        this.#fallbacks.take(change.topicName);
    }
  }

  #stored(message: MessageRecord): void {
    const { topicName } = message;
    const isDurable = this.#context().store.supports.durable;
    if (this.#isRetained(message)) {
      this.#fallbacks.take(topicName);
      if (!isDurable) return;
      this.#index.set(topicName, new StoredRetained(message));
      if (message instanceof Message) this.#payloads.remove(message);
    } else if (isDurable) {
      this.#fallbacks.stored(topicName, message.messageId, new StoredRetained(message));
    } else if (message instanceof Message) {
      this.#fallbacks.stored(topicName, message.messageId, message);
    }
  }

  /** The store does not take it: what it has is retained again, unless something newer is. */
  refused(message: MessageRecord): void {
    if (!this.#isRetained(message)) return;
    const { topicName } = message;
    const before = this.#fallbacks.take(topicName);
    if (before === undefined) this.remove(topicName);
    else this.#put(before);
  }

  /** It, and nothing newer. */
  #isRetained({ messageId, topicName }: MessageRecord): boolean {
    const entry = this.#index.get(topicName);
    return entry instanceof Message && entry.messageId === messageId;
  }

  /** A message that lives as long as the process: `$SYS`. The store never learns of it. */
  publishVolatile(message: Message): void {
    this.#put(message);
  }

  /** Takes up what a store knows. */
  restore(record: Omit<RetainedRecord, 'messageId'>): void {
    this.#put(new StoredRetained(record));
  }

  remove(topicName: string): boolean {
    const previous = this.#index.delete(topicName);
    if (previous === undefined) return false;
    const { counters, lastMessageId } = this.#context();
    this.#fallbacks.cleared(topicName, lastMessageId);
    counters.retainedMessages--;
    counters.retainedBytes -= previous.size;
    this.#mortals -= mortal(previous);
    if (previous instanceof Message) this.#payloads.remove(previous);
    return true;
  }

  #put(entry: RetainedEntry): void {
    const { counters } = this.#context();
    const previous = this.#index.set(entry.topicName, entry);
    counters.retainedMessages += previous === undefined ? 1 : 0;
    counters.retainedBytes += entry.size - (previous?.size ?? 0);
    this.#mortals += mortal(entry) - mortal(previous);
    if (previous instanceof Message) this.#payloads.remove(previous);
    if (entry instanceof Message) this.#payloads.add(entry);
  }

  has(topicName: string): boolean {
    return this.#index.get(topicName) !== undefined;
  }

  /** Looks at the next few for those whose time is over: each of them in turn, and round again. */
  sweep(): void {
    if (this.#mortals === 0) return;
    const { now } = this.#context();
    const entries: RetainedEntry[] = [];
    this.#sweeper ??= this.#index.cursor();
    if (!this.#sweeper.next(SWEPT_AT_ONCE, entries)) this.#sweeper = undefined;
    for (const { expiresAt, topicName } of entries) if (expiresAt <= now) this.expire(topicName);
  }

  get(topicName: string): RetainedEntry | undefined {
    return this.#index.get(topicName);
  }

  /** Its time is over: it no longer exists. */
  expire(topicName: string): void {
    this.remove(topicName);
    this.#context().turn.record({ type: 'retained-cleared', topicName });
  }

  /** False when nothing retained matches the filter; true when something does, or that is not quickly told. */
  mayMatch(topicFilter: string): boolean {
    return this.#index.mayMatch(topicFilter);
  }

  /** Begins to send what is retained under a new subscription, up to the message `newest`; {@link pumpReplays} goes on with it. */
  replay(session: Session, subscription: Subscription, newest: number): void {
    const cursor = this.#index.cursor(subscription.topicFilter);
    (session.replays ??= new RetainedReplays()).add({ subscription, cursor, newest });
  }
}

function mortal(entry: RetainedEntry | undefined): 0 | 1 {
  return entry === undefined || entry.expiresAt === Infinity ? 0 : 1;
}

const SWEPT_AT_ONCE = 256;
