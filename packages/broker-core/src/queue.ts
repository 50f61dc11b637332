import { ReasonCode } from '@wellhead/codec';
import { OutboundWindow } from '@wellhead/protocol';
import type { QueuedDelivery } from '@wellhead/session-store';
import { acknowledgeEarly } from './acknowledge.ts';
import type { BrokerContext } from './context.ts';
import { sendMaximum } from './delivery.ts';
import { drop, settle } from './settlement.ts';
import { guard } from './guard.ts';
import { mayReceive } from './may-receive.ts';
import { type Delivery, deliverySize } from './message.ts';
import { pumpReplays } from './retained-replay.ts';
import type { Session } from './session.ts';
import { isTurnUsedUp } from './share-of-turn.ts';
import type { PageRequest } from './turn.ts';
import { storedCost, workCost } from './work-cost.ts';

/**
 * Sends what waits for a client for as long as its window and its connection have room: first what was
 * in flight on an earlier connection, in its order [MQTT-4.6.0-1], then what is queued in memory, then
 * the store's pages, then retained messages. Called whenever one of the two gains room.
 */
export function pump(context: BrokerContext, session: Session): void {
  const { connection } = session;
  if (connection === undefined || !connection.open || session.loading) return;
  if (isTurnUsedUp(context)) {
    context.turn.continueLater(connection);
    return;
  }
  if (!resend(context, session)) return;
  const cost = 1 + storedCost(context, session.durable ? 1 : 0);
  while (!connection.isBusy) {
    // the rest comes in a later turn: small messages are many before the connection is busy
    if (connection.hasHadItsShare) return;
    const delivery = nextWaiting(session);
    if (delivery === undefined) break;
    if (delivery.qos > 0 && windowOf(context, session).quota === 0) return;
    removeWaiting(session, delivery);
    sendWaiting(context, session, delivery);
    connection.spend(cost);
  }
  if (connection.isBusy) return;
  if (session.backlog > 0) {
    readPage(context, session);
    return;
  }
  pumpReplays(context, session);
}

/** Begins the queue of a session whose client has come back: restores what is in flight, then pumps. */
export function resume(context: BrokerContext, session: Session): void {
  session.isRestoring = session.queuedMessages > 0;
  if (session.isRestoring) readPage(context, session);
  else pump(context, session);
}

/** Lets go of what a durable session has in memory: the store has it all. */
export function unload(session: Session): void {
  session.window = undefined;
  session.pending?.letGo();
  session.behind?.letGo();
  session.pending = undefined;
  session.behind = undefined;
  session.givingBack = undefined;
  session.replays = session.ended ? undefined : session.replays?.leave();
  session.inMemory = 0;
  session.leftInMemory = Math.max(session.leftInMemory, session.newestInMemory);
  session.newestInMemory = 0;
  session.readPosition = 0;
  session.loading = false;
  session.isRestoring = false;
  session.takeEarly();
}

function windowOf(context: BrokerContext, session: Session): NonNullable<Session['window']> {
  return session.window ?? session.openWindow(sendMaximum(context, session));
}

/** False while something of an earlier connection still waits for quota. */
function resend(context: BrokerContext, session: Session): boolean {
  const { connection, window } = session;
  if (connection === undefined || window === undefined || !window.resending) return true;
  while (!connection.isBusy && window.resendNext()) {
    const packetId = window.resendPacketId;
    const delivery = window.resendMessage;
    if (window.resendReleased) {
      connection.sendPubrel(packetId);
    } else if (delivery !== undefined && !connection.sendDelivery(delivery, packetId, true)) {
      window.drop(packetId); // [MQTT-3.1.2-25] larger than this connection allows
      settle(context, session, delivery);
      drop(context, session, delivery.message.topicName, 'too-large');
    }
  }
  return !window.resending;
}

/** The older one of both queues' heads, so that QoS 0 and stored messages keep their order. */
function nextWaiting(session: Session): Delivery | undefined {
  const head = session.pending?.peek();
  const other = session.behind?.peek();
  if (other === undefined) return head;
  if (head !== undefined) return head.message.messageId <= other.message.messageId ? head : other;
  // what the store holds comes first, as far as it is older
  return session.backlog > 0 && other.message.messageId > session.newestInMemory
    ? undefined
    : other;
}

function removeWaiting(session: Session, delivery: Delivery): void {
  if (session.pending?.peek() === delivery) session.pending.shift();
  else session.behind?.shift();
}

function sendWaiting(context: BrokerContext, session: Session, delivery: Delivery): void {
  const { connection } = session;
  const { message } = delivery;
  if (connection === undefined) return;
  const at = connection.outbox.bytes;
  const undecided = context.turn.undecidedOf(message.messageId);
  if (message.expiresAt <= context.now) {
    settle(context, session, delivery); // [MQTT-3.3.2-5]
    drop(context, session, message.topicName, 'expired');
    return;
  }
  if (!mayReceive(connection, message.topicName)) {
    settle(context, session, delivery);
    drop(context, session, message.topicName, 'not-authorized');
    return;
  }
  if (delivery.qos === 0) {
    if (!connection.sendDelivery(delivery, 0, false))
      drop(context, session, message.topicName, 'too-large');
    undecided?.sent(connection, session, at, 0, undefined);
    return;
  }
  const window = windowOf(context, session);
  const packetId = window.send(delivery.qos, delivery);
  if (!connection.sendDelivery(delivery, packetId, false)) {
    window.drop(packetId);
    settle(context, session, delivery);
    drop(context, session, message.topicName, 'too-large');
    return;
  }
  if (!session.durable) undecided?.sent(connection, session, at, packetId, delivery);
  if (!session.durable) return;
  context.turn.recordSent(session, message.messageId, packetId);
  connection.gate();
}

/** Asks for the next page; the driver reads it when the turn's changes are committed. */
function readPage(context: BrokerContext, session: Session): void {
  if (session.loading) return;
  session.loading = true;
  session.expected = session.backlog;
  context.turn.readLater({ session, pageNumber: ++session.pageNumber });
}

/**
 * Reads one page of a session's queue. Every change that concerns it is committed. At most one promise
 * a page; a page for a connection that has ended meanwhile is thrown away, for nothing in it was touched.
 */
export function loadPage(context: BrokerContext, { session, pageNumber }: PageRequest): void {
  const { connection } = session;
  if (connection === undefined || !session.loading || session.pageNumber !== pageNumber) return;
  const limit = pageLimit(session);
  const page = context.store.readQueue(session.clientId, session.readPosition, limit);
  if (!(page instanceof Promise)) {
    session.loading = false;
    takePage(context, session, page, limit);
    return;
  }
  page.then(
    (deliveries) => {
      if (session.connection !== connection || !connection.open) return;
      session.loading = false;
      guard(connection, () => takePage(context, session, deliveries, limit));
    },
    (error: unknown) => {
      if (session.connection !== connection) return;
      session.loading = false;
      context.observer.fault?.(error, 'store');
      connection.fail(ReasonCode.UnspecifiedError, 'the queue could not be read');
    },
  );
}

/** As many deliveries as make a page: many small ones, for each page has a turn and a write of its own, and few large ones. */
function pageLimit({ queuedBytes, queuedMessages }: Session): number {
  const fitting = Math.floor((PAGE_BYTES * queuedMessages) / Math.max(1, queuedBytes));
  return Math.min(LARGEST_PAGE, Math.max(SMALLEST_PAGE, fitting));
}

function takePage(
  context: BrokerContext,
  session: Session,
  page: readonly QueuedDelivery[],
  limit: number,
): void {
  takeAll(context, session, page);
  session.connection?.spend(page.length * workCost.read);
  // the store, not the count, is the truth: what it failed to keep is not there, to forget, still is
  if (page.length === 0) session.queuedMessages -= session.expected;
  session.queuedMessages = Math.max(session.queuedMessages, session.inMemory);
  if (session.backlog === 0) session.queuedBytes = bytesInMemory(session);
  const last = page[page.length - 1];
  const isWindowWhole = last === undefined || last.packetId === 0 || page.length < limit;
  if (session.isRestoring && !isWindowWhole) {
    readPage(context, session); // what is in flight comes whole, before anything is sent
    return;
  }
  if (session.isRestoring) {
    session.isRestoring = false;
    session.window?.connected(sendMaximum(context, session));
    takeEarly(session);
  }
  pump(context, session);
}

/** Nothing is sent until all of it is taken: it may be for what would be sent again. */
function takeEarly(session: Session): void {
  const { connection } = session;
  if (connection === undefined) return;
  session.loading = true;
  acknowledgeEarly(connection, session);
  session.loading = false;
}

/** Of the deliveries that are in memory; all there are when nothing is in the store alone. */
export function bytesInMemory({ givingBack, pending, window }: Session): number {
  let bytes = 0;
  window?.forEach((_packetId, _qos, isReleased, delivery) => {
    if (delivery !== undefined && !isReleased) bytes += deliverySize(delivery);
  });
  for (const delivery of pending ?? []) if (delivery.qos > 0) bytes += deliverySize(delivery);
  for (const delivery of givingBack ?? []) bytes += deliverySize(delivery);
  return bytes;
}

function takeAll(context: BrokerContext, session: Session, page: readonly QueuedDelivery[]): void {
  const pending = session.openPending();
  for (const queued of page) {
    const { messageId } = queued.message;
    session.readPosition = queued.position;
    if (messageId <= session.newestInMemory) continue;
    session.inMemory++;
    session.newestInMemory = messageId;
    if (queued.packetId === 0) pending.push(queued);
    else restore(session, queued);
  }
  if (!session.isRestoring && pending.length > 0) windowOf(context, session);
}

function restore(session: Session, queued: QueuedDelivery): void {
  session.window ??= new OutboundWindow<Delivery>();
  session.window.restore(queued.packetId, queued.qos, queued.released, queued);
}

/** Of payload, by the session's average. */
const PAGE_BYTES = 262_144;
const SMALLEST_PAGE = 1;
const LARGEST_PAGE = 1_024;
