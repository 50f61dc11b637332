import type { QoS } from '@wellhead/codec';
import { identifierBytes, type MessageRecord, nameBytes } from '@wellhead/session-store';
import type { ClientConnection } from './client-connection.ts';
import type { BrokerContext } from './context.ts';
import { ExpiredQueue } from './expired-queue.ts';
import { KEPT } from './fate.ts';
import { NewDelivery, type Delivery, copyOf, deliverySize } from './message.ts';
import type { Publication } from './publication.ts';
import type { Session } from './session.ts';
import type { Route } from './router.ts';
import { account, drop } from './settlement.ts';
import type { Subscription } from './subscription.ts';

/** Gives the message to one session at a QoS: now, later, or by way of the store. */
export function deliverAt(
  context: BrokerContext,
  publication: Publication,
  subscription: Subscription,
  qos: QoS,
  retain: boolean,
): void {
  const { session } = subscription;
  const { connection } = session;
  if (connection === undefined || !connection.open) {
    if (qos !== 0 && session.durable) keepForLater(context, publication, subscription, qos, retain);
  } else if (qos === 0) {
    if (mustWaitAtQos0(session, publication.topic.topicName)) {
      waitAtQos0(context, publication, subscription, retain);
    } else sendAtQos0(publication, session, connection, retain, subscription);
  } else if (mustWait(session) || connection.isBusy || !hasQuota(context, session)) {
    wait(context, publication, subscription, qos, retain);
  } else {
    sendNow(context, publication, subscription, qos, retain);
  }
}

function sendAtQos0(
  publication: Publication,
  session: Session,
  connection: ClientConnection,
  retain: boolean,
  { subscriptionIdentifiers }: Subscription,
): void {
  const { undecided } = publication;
  const at = undecided === undefined ? 0 : connection.outbox.bytes;
  connection.sendAtQos0(publication, retain, subscriptionIdentifiers);
  undecided?.sent(connection, session, at, 0, undefined);
}

/**
 * A QoS 0 message needs no window, so a full one holds it back only behind messages of its own topic:
 * those that wait here, and those in the store, whose topics are not known.
 */
function mustWaitAtQos0(session: Session, topicName: string): boolean {
  return (
    session.pending?.hasTopic(topicName) === true ||
    session.behind?.hasTopic(topicName) === true ||
    session.isCatchingUp
  );
}

/** Something of before has not left yet, and order must be kept. */
function mustWait(session: Session): boolean {
  return (session.pending !== undefined && session.pending.length > 0) || session.isCatchingUp;
}

function hasQuota(context: BrokerContext, session: Session): boolean {
  const window = session.window ?? session.openWindow(sendMaximum(context, session));
  return window.quota > 0;
}

/** How many QoS 1 and 2 messages may be in flight to a client [MQTT-3.3.4-9]. */
export function sendMaximum(context: BrokerContext, session: Session): number {
  const announced = session.connection?.receiveMaximum ?? 65_535;
  return Math.min(announced, context.limits.maximumInflight);
}

function sendNow(
  context: BrokerContext,
  publication: Publication,
  subscription: Subscription,
  qos: 1 | 2,
  retain: boolean,
): void {
  const { session } = subscription;
  const { connection, window } = session;
  if (connection === undefined || window === undefined) return;
  const identifiers = subscription.subscriptionIdentifiers;
  if (!connection.fits(publication, qos, retain, identifiers)) {
    // [MQTT-3.1.2-25] as if it had been delivered
    drop(context, session, publication.topic.topicName, 'too-large');
    return;
  }
  let delivery: Delivery | undefined;
  if (session.durable || subscription.group !== undefined) {
    const message = messageFor(context, publication, session);
    delivery = newDelivery(message, subscription, qos, retain);
  }
  const packetId = window.send(qos, delivery);
  if (packetId === 0) {
    wait(context, publication, subscription, qos, retain);
    return;
  }
  if (delivery !== undefined) {
    account(session, delivery);
    if (session.durable) recordDelivery(context, publication, session, delivery, packetId);
  }
  const undecided = session.durable ? undefined : publication.undecided;
  const at = undecided === undefined ? 0 : connection.outbox.bytes;
  connection.sendPublication(publication, qos, retain, identifiers, packetId);
  undecided?.sent(connection, session, at, packetId, delivery);
}

/** Queues a message in memory behind what waits there, or, when the store holds the end of the queue, there. */
function wait(
  context: BrokerContext,
  publication: Publication,
  subscription: Subscription,
  qos: 1 | 2,
  retain: boolean,
): void {
  const { session } = subscription;
  if (
    session.durable &&
    (session.backlog > 0 || (session.pending?.length ?? 0) >= PENDING_IN_MEMORY)
  ) {
    keepForLater(context, publication, subscription, qos, retain);
    return;
  }
  if (!hasRoom(context, publication, subscription)) return;
  const message = messageFor(context, publication, session);
  const delivery = newDelivery(message, subscription, qos, retain);
  account(session, delivery);
  session.openPending().push(delivery);
  if (session.durable) recordDelivery(context, publication, session, delivery, 0);
  else publication.undecided?.waits(session, delivery);
}

/** Queues a message in the store alone. */
function keepForLater(
  context: BrokerContext,
  publication: Publication,
  subscription: Subscription,
  qos: 1 | 2,
  retain: boolean,
): void {
  const { session } = subscription;
  if (!hasRoom(context, publication, subscription)) return;
  const message = messageFor(context, publication, session);
  const delivery = newDelivery(message, subscription, qos, retain);
  session.queuedMessages++;
  session.queuedBytes += deliverySize(delivery);
  recordDelivery(context, publication, session, delivery, 0);
}

function waitAtQos0(
  context: BrokerContext,
  publication: Publication,
  subscription: Subscription,
  retain: boolean,
): void {
  const { session } = subscription;
  const bytes = bytesOf(publication) + identifierBytes(subscription.subscriptionIdentifiers);
  const isBehindTheStore = session.backlog > 0;
  const queue = isBehindTheStore ? session.openBehind() : session.openPending();
  if (
    queue.length >= MAXIMUM_WAITING_AT_QOS_0 ||
    queue.bytesAtQos0 + bytes > context.limits.maximumPendingBytes ||
    isFull(context, bytes)
  ) {
    drop(context, session, publication.topic.topicName, 'queue-full');
    return;
  }
  const message = publication.toMessage();
  const delivery = newDelivery(message, subscription, 0, retain);
  queue.push(delivery);
  publication.undecided?.waits(session, delivery);
}

/**
 * A message that was kept (retained, or given back by a member of a group) goes to one session, as if
 * it were published now. `isAccepted`: it was acknowledged, and there is no other copy.
 */
export function deliverKept(
  context: BrokerContext,
  message: MessageRecord,
  subscription: Subscription,
  retain: boolean,
  isAccepted: boolean,
): void {
  const { session } = subscription;
  const qos = lowerQoS(message.qos, subscription);
  const undecided = context.turn.undecidedOf(message.messageId);
  if (
    qos === 0 &&
    undecided === undefined &&
    session.connection?.open === true &&
    !mustWaitAtQos0(session, message.topicName)
  ) {
    sendKeptAtQos0(context, message, subscription, retain);
    return;
  }
  const { keptPublication: publication } = context;
  // a store knows each message of a queue by an identifier that grows
  const kept = session.durable ? copyOf(message, context.nextMessageId()) : message;
  publication.fromMessage(kept, context.topics.entry(message.topicName), undefined, context.now);
  publication.fate = undecided ?? KEPT;
  publication.undecided = undecided;
  publication.isAccepted = isAccepted;
  deliverAt(context, publication, subscription, qos, retain);
  recordDeliveries(context, publication);
}

/** The short way for most retained messages: nothing about them is remembered. */
function sendKeptAtQos0(
  context: BrokerContext,
  message: MessageRecord,
  subscription: Subscription,
  retain: boolean,
): void {
  const { session } = subscription;
  const { connection } = session;
  const delivery = newDelivery(message, subscription, 0, retain);
  if (connection?.hasRoomAtQos0() !== true)
    drop(context, session, message.topicName, 'slow-consumer');
  else if (!connection.sendDelivery(delivery, 0, false))
    drop(context, session, message.topicName, 'too-large');
}

function newDelivery(
  message: MessageRecord,
  { group, subscriptionIdentifiers }: Subscription,
  qos: QoS,
  retain: boolean,
): Delivery {
  // only QoS 1 and 2 are ever given back to a group
  const sharedFilter = qos === 0 ? undefined : group?.topicFilter;
  return new NewDelivery(message, qos, retain, subscriptionIdentifiers, sharedFilter);
}

/** Tells the store of the deliveries to durable sessions, in one change. */
export function recordDeliveries(context: BrokerContext, publication: Publication): void {
  const { deliveries } = publication;
  if (deliveries === undefined) return;
  const change = { type: 'enqueued', message: publication.toMessage(), deliveries } as const;
  context.turn.recordMessage(change, publication.fate);
}

function hasRoom(
  context: BrokerContext,
  publication: Publication,
  { session, subscriptionIdentifiers }: Subscription,
): boolean {
  const bytes = bytesOf(publication) + identifierBytes(subscriptionIdentifiers);
  const hasIt =
    isRoomFor(context, session, bytes) && (publication.isAccepted || !isFull(context, bytes));
  if (hasIt) return true;
  drop(context, session, publication.topic.topicName, 'queue-full');
  if (session.connection === undefined)
    (session.expired ??= new ExpiredQueue(context, session)).begin();
  return false;
}

/** What a message counts for before it is kept: its payload, and its Topic Name if that is long. */
export function bytesOf({ payloadLength, topic }: Publication): number {
  return payloadLength + nameBytes(topic.topicName);
}

/** One more message of so many bytes may wait for the session. */
export function isRoomFor({ limits }: BrokerContext, session: Session, bytes: number): boolean {
  return (
    session.queuedMessages < limits.maximumQueuedMessages &&
    session.queuedBytes + bytes <= limits.maximumQueuedBytes
  );
}

/** So much more, and all that waits would be more than it may be. */
export function isFull({ counters, limits }: BrokerContext, bytes: number): boolean {
  return counters.queuedBytes + bytes > limits.maximumTotalQueuedBytes;
}

/** The message would have to wait for some session of a route: it is absent, or has not room for it now. */
export function mustQueue(
  context: BrokerContext,
  published: QoS,
  { groups, targets }: Route,
): boolean {
  const waits = (target: Subscription): boolean => {
    const { session } = target;
    if (session.local !== undefined || !target.active || lowerQoS(published, target) === 0)
      return false;
    if (session.connection?.open !== true) return session.durable;
    return mustWait(session) || session.connection.isBusy || !hasQuota(context, session);
  };
  return (
    targets.some(waits) ||
    groups.some(({ members }) => members.every((one) => !one.active || waits(one)))
  );
}

/** A session is named once per stored message: its second copy (plain and shared subscription) is a message of its own. */
function messageFor(
  context: BrokerContext,
  publication: Publication,
  session: Session,
): MessageRecord {
  const message = publication.toMessage();
  if (!session.durable || session.newestMessage < message.messageId) return message;
  return copyOf(message, context.nextMessageId());
}

function recordDelivery(
  context: BrokerContext,
  publication: Publication,
  session: Session,
  delivery: Delivery,
  packetId: number,
): void {
  const record = {
    clientId: session.clientId,
    epoch: session.epoch,
    // only QoS 1 and 2 are ever queued
    qos: delivery.qos as 1 | 2,
    retain: delivery.retain,
    subscriptionIdentifiers: delivery.subscriptionIdentifiers,
    sharedFilter: delivery.sharedFilter,
    packetId,
  };
  const { messageId } = delivery.message;
  session.newestMessage = messageId;
  session.connection?.gate();
  if (messageId === publication.toMessage().messageId) {
    // an array that begins with its element has room for one, which is all that most messages need
    if (publication.deliveries === undefined) publication.deliveries = [record];
    else publication.deliveries.push(record);
  } else {
    const change = { type: 'enqueued', message: delivery.message, deliveries: [record] } as const;
    context.turn.record(change, publication.fate);
  }
}

/** The lower QoS of both [MQTT-3.8.4-8]. */
export function lowerQoS(published: QoS, subscription: Subscription): QoS {
  return published < subscription.qos ? published : subscription.qos;
}

/** Deliveries of a durable session kept in memory before its store holds the rest. */
const PENDING_IN_MEMORY = 1_024;
const MAXIMUM_WAITING_AT_QOS_0 = 100_000;
