import type { SessionOpened, SessionRecord, Subscribed, WillSet } from '@wellhead/session-store';
import { ByteReader } from './byte-reader.ts';
import { type Delivery, readDelivery } from './delivery.ts';
import {
  keyRange,
  Kind,
  numberOfKey,
  removedKey,
  sessionKey,
  subscriptionKey,
  willKey,
} from './keys.ts';
import { unuseMessage } from './messages.ts';
import { endDelivery, removeQueueRow } from './queues.ts';
import {
  readSubscription,
  readWill,
  writeSession,
  writeSubscription,
  writeWill,
} from './session-codec.ts';
import type { StoreState } from './store-state.ts';
import { StoredSession } from './stored-session.ts';

export function openSession(state: StoreState, change: SessionOpened): void {
  let session = state.sessions.get(change.clientId);
  if (session === undefined) {
    const { counters } = state;
    session = new StoredSession(counters.nextSession++, change.clientId, counters.lastPlace);
    state.sessions.set(change.clientId, session);
  }
  session.opened(change);
  state.batch.sessions.add(session);
}

/** The session is gone at once; of many subscriptions and a long queue, rows remain for {@link purgeRemoved}. */
export function removeSession(state: StoreState, session: StoredSession): void {
  const { number } = session;
  state.sessions.delete(session.clientId);
  state.batch.sessions.delete(session);
  for (const part of [session.inFlight, session.waiting]) {
    for (const delivery of part?.values() ?? []) dropDelivery(state, delivery);
  }
  state.deliveries -= session.rowDeliveries;
  state.batch.remove(sessionKey(number));
  state.batch.remove(willKey(number));
  const isOver =
    removeSubscriptions(state, number) &&
    (session.rowDeliveries === 0 || removeQueue(state, number));
  if (isOver) return;
  state.batch.put(removedKey(number), new Uint8Array(1));
  state.removed.add(number);
}

/** Goes on with sessions whose rows were too many for the commit that removed them. */
export function purgeRemoved(state: StoreState): void {
  for (const number of state.removed) {
    if (!removeSubscriptions(state, number) || !removeQueue(state, number)) return;
    state.removed.delete(number);
    state.batch.remove(removedKey(number));
  }
}

export function subscribe(state: StoreState, session: StoredSession, change: Subscribed): void {
  const { subscription } = change;
  writeSubscription(subscription, state.writer);
  state.batch.put(subscriptionKey(session.number, subscription.topicFilter), state.writer.take());
}

export function setWill(state: StoreState, session: StoredSession, change: WillSet): void {
  writeWill(change.will, state.writer);
  state.batch.put(willKey(session.number), state.writer.take());
}

export function receive(state: StoreState, session: StoredSession, packetId: number): void {
  if (session.received?.has(packetId)) return;
  (session.received ??= new Set()).add(packetId);
  state.journal.received(session, packetId);
}

export function releaseReceipt(state: StoreState, session: StoredSession, packetId: number): void {
  if (session.received?.delete(packetId)) state.journal.receiptReleased(session, packetId);
}

/** Writes the rows of sessions that have changed. */
export function writeSessions(state: StoreState): void {
  for (const session of state.batch.sessions) {
    if (state.sessions.get(session.clientId) !== session) continue;
    writeSession(session, state.writer);
    state.batch.put(sessionKey(session.number), state.writer.take());
  }
}

/** The whole record, from memory and rows, as of now. */
export function recordOf(state: StoreState, session: StoredSession): SessionRecord {
  const rows = state.batch.ofSession(Kind.subscription, session.number, Infinity);
  const will = state.batch.get(willKey(session.number));
  return session.toRecord(
    rows.map(({ value }) => readSubscription(value)),
    will && readWill(will),
  );
}

/** Numbers of sessions that were removed, and of which rows remain. */
export function loadRemoved(state: StoreState): void {
  const { start, end } = keyRange(Kind.removed);
  for (const { key } of state.database.range(start, end)) state.removed.add(numberOfKey(key));
}

/** Its use of the message ends; the journal need not be told, because a replay knows no such session. */
function dropDelivery(state: StoreState, delivery: Delivery): void {
  const { released, content, messageId, size } = delivery;
  endDelivery(state, delivery);
  if (!released) unuseMessage(state, content, messageId, size);
}

/** Removes rows of subscriptions, as many as this transaction still may; true when none remain. */
function removeSubscriptions(state: StoreState, sessionNumber: number): boolean {
  const rows = state.batch.ofSession(Kind.subscription, sessionNumber, state.removable);
  for (const { key } of rows) state.batch.remove(key);
  state.removable -= rows.length;
  return state.removable > 0;
}

/** The same for the rows of a queue. */
function removeQueue(state: StoreState, sessionNumber: number): boolean {
  const rows = state.batch.ofSession(Kind.queue, sessionNumber, state.removable);
  for (const { key, value } of rows) {
    const what = readDelivery(new ByteReader(value));
    removeQueueRow(state, sessionNumber, what, numberOfKey(key));
    if (!what.released) unuseMessage(state, undefined, what.messageId, what.size);
  }
  state.removable -= rows.length;
  return state.removable > 0;
}
