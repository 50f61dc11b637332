import type {
  FanOutRecord,
  MessageRecord,
  QueuedDelivery,
  RetainedRecord,
  SessionRecord,
  StoreSizes,
} from './records.ts';
import type { SessionChange } from './session-change.ts';

/**
 * Durable session state: batched, read in pages, fenced by epochs.
 * Disposal waits for what was committed, is idempotent, and ends the store: later calls fail with `STORE_CLOSED`.
 */
export interface SessionStore extends AsyncDisposable {
  readonly supports: StoreSupport;

  /**
   * Applies the changes in order, all or nothing. `undefined` means done; a promise settles when they are as durable
   * as the store was opened for, and rejects with a `StoreError`, having applied nothing. The records, bytes
   * included, are the store's from now on and nobody changes them; the array is the caller's again once this settles.
   * Commits take effect in the order of the calls. That holds for what is tried again as well: a store that refuses a
   * commit refuses those already handed over behind it, with `STORE_FAILED`, and takes the next one that is handed over
   * once the promise of the refused one has rejected. So nothing can take effect ahead of a retry that belongs before it.
   */
  commit(changes: readonly SessionChange[]): Promise<void> | undefined;

  /** Every session, in no particular order. Rejects with the signal's reason when it is aborted. */
  load(options?: LoadOptions): AsyncIterable<SessionRecord>;

  /** Every retained message's outline, in no particular order. */
  loadRetained(options?: LoadOptions): AsyncIterable<RetainedRecord>;

  /** Every message that is on its way to many, in no particular order. No sizes count it. */
  loadFanOuts(options?: LoadOptions): AsyncIterable<FanOutRecord>;

  /** The largest `messageId` that was ever committed, 0 for none, even when that message is long gone. */
  lastMessageId(): number | Promise<number>;

  /**
   * Up to `limit` deliveries of a session behind position `after`, 0 for the head: those in flight in the order of
   * sending, then those that wait in the order of arrival [MQTT-4.6.0-1] [MQTT-4.6.0-5]. A page sees every settled
   * commit, and may see pending ones. A delivery that is sent moves to the part in flight; positions of others stay, so reading on behind a
   * waiting delivery gives the next waiting ones, whatever was sent or settled in between. Empty: the end, or no such session.
   */
  readQueue(
    clientId: string,
    after: number,
    limit: number,
  ): readonly QueuedDelivery[] | Promise<readonly QueuedDelivery[]>;

  /** The retained messages of these Topic Names, place by place; undefined where there is none. */
  readRetained(
    topicNames: readonly string[],
  ): readonly (MessageRecord | undefined)[] | Promise<readonly (MessageRecord | undefined)[]>;

  /** Cheap: counters, for limits and metrics. */
  sizes(): StoreSizes;
}

/** What a store can promise; the contract kit skips the rest, by name. */
export interface StoreSupport {
  /** State survives closing and opening again. */
  readonly durable: boolean;
  /** Several brokers may open it at once. */
  readonly shared: boolean;
}

export interface LoadOptions {
  readonly signal?: AbortSignal;
}
