import type { MessageRecord } from '@wellhead/session-store';
import type { RetainedCursor } from '@wellhead/topic-matcher';
import type { ClientConnection } from './client-connection.ts';
import type { BrokerContext } from './context.ts';
import { deliverKept } from './delivery.ts';
import { Deque } from './deque.ts';
import { guard } from './guard.ts';
import { mayReceive } from './may-receive.ts';
import { Message } from './message.ts';
import type { RetainedEntry } from './retained.ts';
import type { Session } from './session.ts';
import { drop } from './settlement.ts';
import { isLate } from './share-of-turn.ts';
import type { Subscription } from './subscription.ts';
import { workCost } from './work-cost.ts';

/** The retained messages of one new subscription, on their way. */
export interface RetainedReplay {
  readonly subscription: Subscription;
  readonly cursor: RetainedCursor<RetainedEntry>;
  /** What is published from now on comes by the subscription, and not once more from here. */
  newest: number;
  hasBegun?: boolean;
  isExhausted?: boolean;
  /** What was found, and is too much to be sent at once. */
  found?: RetainedEntry[] | undefined;
  /** What the store is asked for. */
  fetching?: readonly RetainedEntry[] | undefined;
  /** Topics that it has still to come to, whose messages went ahead of newer ones. */
  ahead?: Set<string> | undefined;
  /** The store has answered later, so that nothing can go ahead. */
  isFetchedLater?: boolean;
  /** The connection of the session that asked for it, counted by its {@link RetainedReplays}. */
  connection?: number;
}

/** Those of one session, one after the other; what one connection was not sent is for the next one. */
export class RetainedReplays {
  #queue = new Deque<RetainedReplay>();
  readonly #last = new Map<Subscription, RetainedReplay>();
  #many = MANY_REPLAYS;
  #connection = 0;

  get length(): number {
    return this.#queue.length;
  }

  /**
   * Of one who subscribes again and again and takes nothing, those that wait become one for each
   * subscription, and none for one that is no more. What is left of an earlier connection comes with this.
   */
  add(replay: RetainedReplay): void {
    const { newest, subscription } = replay;
    const last = this.#last.get(subscription);
    if (last !== undefined && last.hasBegun !== true) {
      last.newest = newest;
      last.ahead = undefined;
      return;
    }
    if (last !== undefined && last.connection !== this.#connection) {
      last.isExhausted = true;
      last.found = undefined;
    }
    replay.connection = this.#connection;
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

  /** Those of one subscription: one that is under way, and one that waits for its turn. */
  of(subscription: Subscription): readonly RetainedReplay[] {
    const first = this.peek();
    const last = this.#last.get(subscription);
    const isUnderWay = first !== undefined && first !== last && first.subscription === subscription;
    if (last === undefined) return isUnderWay ? [first] : NONE;
    return isUnderWay ? [first, last] : [last];
  }

  /** The connection has ended. */
  leave(): this | undefined {
    this.#connection++;
    const first = this.peek();
    if (first?.fetching !== undefined) {
      first.found = [...first.fetching, ...(first.found ?? [])];
      first.fetching = undefined;
    }
    return first === undefined ? undefined : this;
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
    if (budget <= 0 || (budget < REPLAY_BUDGET && isLate(context))) {
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
  const missing: RetainedEntry[] = [];
  for (const entry of entries) {
    if (replay.ahead?.delete(entry.topicName) === true) continue;
    // what is found in this call is what is retained now, but it may have expired
    if (entry.expiresAt <= context.now) context.retained.expire(entry.topicName);
    else if (entry instanceof Message) sendRetained(context, replay, entry);
    else missing.push(entry);
  }
  if (missing.length === 0) return true;
  const found = context.store.readRetained(missing.map(({ topicName }) => topicName));
  if (!(found instanceof Promise)) {
    for (const message of found) if (message !== undefined) sendRetained(context, replay, message);
    return true;
  }
  replay.fetching = missing;
  sendFetched(context, session, replay, found);
  return false;
}

function sendFetched(
  context: BrokerContext,
  session: Session,
  replay: RetainedReplay,
  found: Promise<readonly (MessageRecord | undefined)[]>,
): void {
  const { connection } = session;
  session.loading = true;
  found.then(
    (messages) => {
      if (session.connection !== connection || connection?.open !== true) return;
      session.loading = false;
      replay.fetching = undefined;
      guard(connection, () => {
        for (const message of messages)
          if (message !== undefined) sendRetained(context, replay, message);
        connection.pump();
      });
    },
    (error: unknown) => {
      if (session.connection === connection) {
        session.loading = false;
        replay.fetching = undefined;
      }
      context.observer.fault?.(error, 'store');
    },
  );
}

/** Sends one message of a replay, if the subscription and the client are to have it. */
export function sendRetained(
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
const NONE: readonly RetainedReplay[] = [];
const REPLAY_PAGE = 64;
const REPLAY_BYTES = 262_144;
const REPLAY_BUDGET = 2_048;
const LOOKED_IN_VAIN = 512;
