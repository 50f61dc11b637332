import type { MessageRecord, RetainedRecord, SessionChange } from '@wellhead/session-store';
import { RetainedIndex } from '@wellhead/topic-matcher';
import type { ClientConnection } from './client-connection.ts';
import type { BrokerContext } from './context.ts';
import { deliverKept } from './delivery.ts';
import { drop } from './settlement.ts';
import { Deque } from './deque.ts';
import type { Fate } from './fate.ts';
import { guard } from './guard.ts';
import { mayReceive } from './may-receive.ts';
import { Message, copyOf, messageSize } from './message.ts';
import { RetainedFallbacks } from './retained-fallbacks.ts';
import { RetainedPayloads } from './retained-payloads.ts';
import type { Session } from './session.ts';
import type { Subscription } from './subscription.ts';
import { workCost } from './work-cost.ts';

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
    this.size = 'payload' in record ? messageSize(record) : record.size;
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
  #sweeper: RetainedReplay['cursor'] | undefined;

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

/** The retained messages of one new subscription, on their way. */
interface RetainedReplay {
  readonly subscription: Subscription;
  readonly cursor: { next(limit: number, into: RetainedEntry[]): boolean };
  /** What is published from now on comes by the subscription, and not once more from here. */
  newest: number;
  hasBegun?: boolean;
  isExhausted?: boolean;
  /** What was found, and is too much to be sent at once. */
  found?: RetainedEntry[] | undefined;
}

/** Those of one session, one after the other. */
export class RetainedReplays {
  #queue = new Deque<RetainedReplay>();
  readonly #last = new Map<Subscription, RetainedReplay>();
  #many = MANY_REPLAYS;

  get length(): number {
    return this.#queue.length;
  }

  /**
   * Of one who subscribes again and again and takes nothing, those that wait become one for each
   * subscription, and none for one that is no more.
   */
  add(replay: RetainedReplay): void {
    const { newest, subscription } = replay;
    const last = this.#last.get(subscription);
    if (this.#queue.length >= MANY_REPLAYS && last !== undefined && last.hasBegun !== true) {
      last.newest = newest;
      return;
    }
    if (this.#queue.length >= this.#many) this.#forgetEnded();
    this.#queue.push(replay);
    this.#last.set(subscription, replay);
  }

  peek(): RetainedReplay | undefined {
    return this.#queue.peek();
  }

  shift(): void {
    const replay = this.#queue.shift();
    if (replay !== undefined && this.#last.get(replay.subscription) === replay)
      this.#last.delete(replay.subscription);
  }

  /** When there are twice as many as were left the last time. */
  #forgetEnded(): void {
    const left = new Deque<RetainedReplay>();
    for (const replay of this.#queue) {
      if (replay.subscription.active) left.push(replay);
      else this.#last.delete(replay.subscription);
    }
    this.#queue = left;
    this.#many = Math.max(MANY_REPLAYS, 2 * left.length);
  }
}

/** Sends retained messages while the client reads them: `#` over a million topics holds up nobody. */
export function pumpReplays(context: BrokerContext, session: Session): void {
  const { connection, replays } = session;
  if (connection === undefined || replays === undefined) return;
  const left = replayFor(context, session, connection, replays);
  // every packet may bring us here: it is work for the client, whatever comes of it
  connection.spend((REPLAY_BUDGET - left) * workCost.replay);
}

/** Gives what is left of the budget. */
function replayFor(
  context: BrokerContext,
  session: Session,
  connection: ClientConnection,
  replays: NonNullable<Session['replays']>,
): number {
  let budget = REPLAY_BUDGET;
  for (let replay = replays.peek(); replay !== undefined; replay = replays.peek()) {
    if (
      connection.isBusy ||
      (session.pending?.length ?? 0) > 0 ||
      session.backlog > 0 ||
      session.loading
    )
      return budget;
    if (budget <= 0) {
      context.turn.continueLater(connection);
      return 0;
    }
    if (replay.found !== undefined) {
      const entries = stillRetained(context, takeShare(replay, replay.found));
      budget -= entries.length + 1;
      if (entries.length > 0 && !sendEntries(context, session, replay, entries)) return budget;
      continue;
    }
    if (replay.isExhausted === true) {
      replays.shift();
      continue;
    }
    const page: RetainedEntry[] = [];
    replay.hasBegun = true;
    replay.isExhausted = !replay.cursor.next(REPLAY_PAGE, page);
    // looking in vain is work too: a page without a match has looked at a thousand names
    const isInVain = page.length < REPLAY_PAGE && !replay.isExhausted;
    const entries = takeShare(replay, page);
    budget -= isInVain ? LOOKED_IN_VAIN : entries.length + 1;
    if (entries.length > 0 && !sendEntries(context, session, replay, entries)) return budget;
  }
  session.replays = undefined;
  return budget;
}

/** As many of them as are sent, and fetched, without looking whether the client still reads; the rest is for later. */
function takeShare(replay: RetainedReplay, entries: RetainedEntry[]): readonly RetainedEntry[] {
  let bytes = 0;
  let count = 0;
  for (const { size } of entries) {
    if (count > 0 && bytes + size > REPLAY_BYTES) break;
    bytes += size;
    count++;
  }
  if (count === entries.length) {
    replay.found = undefined;
    return entries;
  }
  replay.found = entries.slice(count);
  return entries.slice(0, count);
}

/** What is retained now on the topics of entries that were found some time ago. */
function stillRetained(
  { retained }: BrokerContext,
  entries: readonly RetainedEntry[],
): readonly RetainedEntry[] {
  return entries.flatMap(({ topicName }) => retained.get(topicName) ?? []);
}

/** False when the content has to be fetched first: the replay goes on by itself. */
function sendEntries(
  context: BrokerContext,
  session: Session,
  replay: RetainedReplay,
  entries: readonly RetainedEntry[],
): boolean {
  const missing: string[] = [];
  for (const entry of entries) {
    // what is found in this call is what is retained now, but it may have expired
    if (entry.expiresAt <= context.now) context.retained.expire(entry.topicName);
    else if (entry instanceof Message) sendRetained(context, replay, entry);
    else missing.push(entry.topicName);
  }
  if (missing.length === 0) return true;
  const found = context.store.readRetained(missing);
  if (!(found instanceof Promise)) {
    for (const message of found) if (message !== undefined) sendRetained(context, replay, message);
    return true;
  }
  const { connection } = session;
  session.loading = true;
  found.then(
    (messages) => {
      if (session.connection !== connection || connection?.open !== true) return;
      session.loading = false;
      guard(connection, () => {
        for (const message of messages)
          if (message !== undefined) sendRetained(context, replay, message);
        connection.pump();
      });
    },
    (error: unknown) => {
      if (session.connection === connection) session.loading = false;
      context.observer.fault?.(error, 'store');
    },
  );
  return false;
}

function sendRetained(
  context: BrokerContext,
  replay: RetainedReplay,
  message: MessageRecord,
): void {
  const { newest, subscription } = replay;
  if (message.messageId > newest) return;
  if (!subscription.active || message.expiresAt <= context.now) return;
  const { session } = subscription;
  if (subscription.noLocal && message.publisherId === session.clientId) return; // [MQTT-3.8.3-3]
  const { connection } = session;
  if (connection !== undefined && !mayReceive(connection, message.topicName)) {
    drop(context, session, message.topicName, 'not-authorized');
    return;
  }
  // RETAIN is set on what a subscribe brings, Retain As Published or not (MQTT 5.0 section 3.3.1.3)
  deliverKept(context, message, subscription, true, false);
}

/** Replays that a session may have wait; as many as one SUBSCRIBE of usual size asks for, several times. */
const MANY_REPLAYS = 1_024;
const SWEPT_AT_ONCE = 256;
const REPLAY_PAGE = 64;
const REPLAY_BYTES = 262_144;
const REPLAY_BUDGET = 2_048;
const LOOKED_IN_VAIN = 512;
