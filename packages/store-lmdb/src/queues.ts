import type { Enqueued } from '@wellhead/session-store';
import { ByteReader } from './byte-reader.ts';
import {
  type Content,
  Delivery,
  type DeliveryState,
  queueBytes,
  readDelivery,
  stateOf,
  writeDelivery,
} from './delivery.ts';
import { placeKey, queueKey } from './keys.ts';
import { unuseMessage, useMessage } from './messages.ts';
import type { StoreState } from './store-state.ts';
import type { StoredSession } from './stored-session.ts';

/** Positions from here on are those of waiting deliveries, so that those in flight come first. */
export const FIRST_WAITING: number = 2 ** 52;

export function enqueue(state: StoreState, change: Enqueued): void {
  const { message, deliveries } = change;
  const { messageId } = message;
  const isNew = messageId > state.counters.lastMessageId;
  if (isNew) state.counters.lastMessageId = messageId;
  for (const record of deliveries) {
    const session = state.sessions.get(record.clientId);
    if (session === undefined || session.find(messageId) !== undefined) continue;
    if (!isNew && findRow(state, session, messageId) !== undefined) continue;
    const content = useMessage(state, message);
    const place = record.packetId === 0 ? placeOf(state, session, messageId) : nextSent(state);
    addDelivery(state, session, stateOf(message, record), place, content);
  }
}

export function send(
  state: StoreState,
  session: StoredSession,
  messageId: number,
  packetId: number,
): void {
  const delivery = session.find(messageId);
  if (delivery) {
    if (delivery.packetId !== 0) return;
    session.sent(delivery, packetId, nextSent(state));
    state.journal.sent(delivery);
    return;
  }
  const row = findRow(state, session, messageId);
  if (row === undefined || row.state.packetId !== 0) return;
  // it will be over soon: back to the journal, where its message stays in its row
  removeRow(state, session, row);
  addDelivery(state, session, { ...row.state, packetId }, nextSent(state), undefined);
}

export function release(state: StoreState, session: StoredSession, messageId: number): void {
  const delivery = session.find(messageId);
  if (delivery) {
    if (delivery.packetId === 0 || delivery.released) return;
    unuseMessage(state, delivery.content, messageId, delivery.size);
    releaseDelivery(delivery);
    state.journal.released(delivery);
    return;
  }
  const row = findRow(state, session, messageId);
  if (row === undefined || row.state.packetId === 0 || row.state.released) return;
  unuseMessage(state, undefined, messageId, row.state.size);
  session.rowBytes -= queueBytes(row.state);
  state.batch.sessions.add(session);
  session.page?.delete(messageId);
  const what = { ...row.state, released: true, size: 0, subscriptionIdentifiers: undefined };
  putRow(state, session, what, row.position);
}

export function settle(state: StoreState, session: StoredSession, messageId: number): void {
  const delivery = session.find(messageId);
  if (delivery) {
    state.journal.settled(delivery);
    const { released, content, size } = delivery;
    endDelivery(state, delivery);
    if (!released) unuseMessage(state, content, messageId, size);
    return;
  }
  const row = findRow(state, session, messageId);
  if (row === undefined) return;
  removeRow(state, session, row);
  if (!row.state.released) unuseMessage(state, undefined, messageId, row.state.size);
}

/** Adds a delivery to the current journal entry. */
function addDelivery(
  state: StoreState,
  session: StoredSession,
  what: DeliveryState,
  position: number,
  content: Content | undefined,
): void {
  const entry = state.journal.current;
  const delivery = new Delivery(session, what, position, content, entry);
  entry.deliveries.push(delivery);
  entry.live++;
  session.add(delivery);
  state.deliveries++;
}

export function releaseDelivery(delivery: Delivery): void {
  delivery.session.journalBytes -= queueBytes(delivery);
  delivery.size = 0;
  delivery.subscriptionIdentifiers = undefined;
  delivery.released = true;
  delivery.content = undefined;
}

/** A delivery of the journal is over; its use of the message is the caller's affair. */
export function endDelivery(state: StoreState, delivery: Delivery): void {
  delivery.session.remove(delivery);
  delivery.content = undefined;
  delivery.entry?.ended();
  delivery.entry = undefined;
  state.deliveries--;
}

/** Gives a delivery of the journal a row. Its message has one already, or gets it in the same batch. */
export function moveDeliveryToRow(state: StoreState, delivery: Delivery): void {
  const { session, position } = delivery;
  if (delivery.entry === undefined) return;
  endDelivery(state, delivery);
  state.deliveries++;
  session.rowDeliveries++;
  session.rowBytes += queueBytes(delivery);
  state.batch.sessions.add(session);
  // a released one can be the only row that names its message
  if (delivery.messageId > state.lastRowMessage) state.lastRowMessage = delivery.messageId;
  putRow(state, session, delivery, position);
  if (position !== FIRST_WAITING + delivery.messageId) {
    state.writer.varint(position);
    state.batch.put(placeKey(session.number, delivery.messageId), state.writer.take());
  }
}

/** Removes a row that was read, of a session that may have been removed. */
export function removeQueueRow(
  state: StoreState,
  sessionNumber: number,
  what: DeliveryState,
  position: number,
): void {
  state.batch.remove(queueKey(sessionNumber, position));
  if (position !== FIRST_WAITING + what.messageId) {
    state.batch.remove(placeKey(sessionNumber, what.messageId));
  }
}

interface DeliveryRow {
  readonly state: DeliveryState;
  readonly position: number;
}

/** A delivery that has a row. Where it waits follows from its messageId, unless messages came out of order. */
function findRow(
  state: StoreState,
  session: StoredSession,
  messageId: number,
): DeliveryRow | undefined {
  if (session.rowDeliveries === 0 || messageId > state.lastRowMessage) return undefined;
  const read = session.page?.get(messageId);
  if (read !== undefined) return { state: stateOf(read.message, read), position: read.position };
  const row = rowAt(state, session, FIRST_WAITING + messageId);
  if (row?.state.messageId === messageId) return row;
  const place = state.batch.get(placeKey(session.number, messageId));
  return place && rowAt(state, session, new ByteReader(place).varint());
}

function rowAt(
  state: StoreState,
  session: StoredSession,
  position: number,
): DeliveryRow | undefined {
  const bytes = state.batch.get(queueKey(session.number, position));
  return bytes && { state: readDelivery(new ByteReader(bytes)), position };
}

function putRow(
  state: StoreState,
  session: StoredSession,
  what: DeliveryState,
  position: number,
): void {
  writeDelivery(what, state.writer);
  state.batch.put(queueKey(session.number, position), state.writer.take());
}

function removeRow(state: StoreState, session: StoredSession, row: DeliveryRow): void {
  removeQueueRow(state, session.number, row.state, row.position);
  session.page?.delete(row.state.messageId);
  session.rowDeliveries--;
  session.rowBytes -= queueBytes(row.state);
  state.deliveries--;
  state.batch.sessions.add(session);
}

function nextSent(state: StoreState): number {
  return ++state.counters.lastSent;
}

/** The end of the waiting part: at the messageId, if that is behind all others, as it is for messages in order. */
function placeOf(state: StoreState, session: StoredSession, messageId: number): number {
  const place = Math.max(messageId, session.lastPlace + 1);
  session.lastPlace = place;
  if (place > state.counters.lastPlace) state.counters.lastPlace = place;
  return FIRST_WAITING + place;
}
