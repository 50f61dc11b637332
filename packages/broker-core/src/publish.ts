import {
  PacketType,
  type PublishView,
  type QoS,
  ReasonCode,
  type TopicEntry,
} from '@wellhead/codec';
import type { MessageRecord, SessionChange } from '@wellhead/session-store';
import { releaseReceipt } from './acknowledge.ts';
import type { ClientConnection } from './client-connection.ts';
import type { BrokerContext } from './context.ts';
import { bytesOf, isFull, mustQueue } from './delivery.ts';
import { guard } from './guard.ts';
import { route } from './route.ts';
import type { Decision } from './hooks.ts';
import { type Fate, KEPT, NEEDS_NO_STORE, STORED } from './fate.ts';
import { LongFanOut, type Waiting, isLong } from './long-fan-out.ts';
import { copyOf } from './message.ts';
import { permittedReasonCode } from './permitted-reason-code.ts';
import type { Publication } from './publication.ts';
import type { Route } from './router.ts';
import type { Session } from './session.ts';
import { drop } from './settlement.ts';
import { beginUndecided } from './undecided.ts';
import { deliveryCost, searchCost, workCost } from './work-cost.ts';

/** PUBLISH from a client (MQTT 5.0 section 3.3). */
export function receivePublish(connection: ClientConnection, view: PublishView): void {
  const { session } = connection;
  if (!connection.open || session === undefined) {
    connection.fail(ReasonCode.ProtocolError, 'a packet before CONNACK');
    return;
  }
  connection.context.counters.publishReceived++;
  connection.context.counters.publishBytesReceived += view.end - view.payloadStart;
  const topic = resolveTopic(connection, view);
  if (topic === undefined || !isServed(connection, view)) return;
  if (view.qos === 2 && !isNewAtQos2(connection, session, view)) return;
  if (view.qos === 1 && !isTakenAtQos1(connection, session, view)) return;
  const decision = authorize(connection, topic, view);
  if (decision instanceof Promise) decideLater(connection, session, topic, view, decision);
  else if (decision === true) accept(connection, session, topic, view);
  // the decoder lets no other QoS pass
  else refuse(connection, view.qos as QoS, view.packetId, reasonOf(PacketType.Puback, decision));
}

/** What has become of a message that is no packet of a connection. */
export interface Published {
  /** It is kept for later subscribers, or need not be. */
  readonly isRetained: boolean;
  /** It reaches its receivers in parts. */
  readonly isLong: boolean;
}

/**
 * Publishes a message that is no packet of a connection: a Will of `publisher`, or one of the host program.
 * `fate` decides when the store refuses it; `waiting` hears of the end of one for very many.
 */
export function publishMessage(
  context: BrokerContext,
  message: MessageRecord,
  publisher: Session | undefined,
  fate: Fate,
  waiting?: Waiting,
): Published {
  const { publication } = context;
  publication.fromMessage(message, context.topics.entry(message.topicName), publisher, context.now);
  publication.fate = fate;
  const found = context.router.route(publication.topic);
  const isInParts = isLong(context, found, message.qos) || context.fanOuts.has(message.publisherId);
  // nobody can refuse a Will
  const isRefusable = !isInParts && fate !== KEPT;
  const undecided = isRefusable ? beginUndecided(context, publication, found) : undefined;
  const isRetained = !message.retain || context.retained.publish(message, undecided ?? fate);
  if (message.retain) undecided?.names(message);
  if (isInParts) {
    const fanOut = new LongFanOut(context, publication, found, waiting);
    fanOut.record();
    context.fanOuts.add(fanOut, message.publisherId);
  } else {
    route(context, publication, found);
    undecided?.complete();
  }
  return { isRetained, isLong: isInParts };
}

/** The topic that a PUBLISH names, by itself or by its alias; its alias is set even if the message is refused later. */
function resolveTopic(
  connection: ClientConnection,
  view: PublishView,
): TopicEntry<Route> | undefined {
  // the table that the decoder looks topics up in is this broker's
  const named = view.topic as TopicEntry<Route> | undefined;
  if (view.topicAlias === 0) return named;
  const aliases = connection.aliasesIn;
  if (named !== undefined) {
    if (aliases?.set(view.topicAlias, named) === true) return named;
    connection.fail(
      ReasonCode.TopicAliasInvalid,
      `Topic Alias ${view.topicAlias} is above the maximum`,
    );
    return undefined;
  }
  if (aliases === undefined || view.topicAlias > connection.context.limits.topicAliasMaximum) {
    connection.fail(
      ReasonCode.TopicAliasInvalid,
      `Topic Alias ${view.topicAlias} is above the maximum`,
    );
    return undefined;
  }
  const aliased = aliases.get(view.topicAlias);
  if (aliased === undefined)
    connection.fail(ReasonCode.ProtocolError, `Topic Alias ${view.topicAlias} was never set`);
  return aliased;
}

function isServed(connection: ClientConnection, view: PublishView): boolean {
  const { limits } = connection.context;
  if (view.qos > limits.maximumQoS) {
    connection.fail(ReasonCode.QoSNotSupported, `QoS ${view.qos} is not supported`);
    return false;
  }
  if (view.retain && !limits.retainAvailable) {
    connection.fail(ReasonCode.RetainNotSupported, 'retained messages are not supported');
    return false;
  }
  return true;
}

/** [MQTT-4.3.3-10]: what was received before is acknowledged again, and not passed on again. */
function isNewAtQos2(connection: ClientConnection, session: Session, view: PublishView): boolean {
  const { receiveQuota } = connection;
  const { packetId } = view;
  const { receiver } = session;
  const isCounted = receiver?.counted(packetId) === true;
  if (!isCounted && (hasUsedUpReceiveMaximum(connection) || receiveQuota?.begin() === false)) {
    connection.fail(
      ReasonCode.ReceiveMaximumExceeded,
      'more PUBLISH than Receive Maximum await PUBREL',
    );
    return false;
  }
  if (receiver?.has(packetId) !== true) return true;
  receiver.publish(packetId);
  connection.sendAcknowledgement(PacketType.Pubrec, packetId, ReasonCode.Success);
  return false;
}

/** QoS 2 counts in it until PUBREL comes, QoS 1 until its PUBACK leaves, which may have to wait for the store. */
function hasUsedUpReceiveMaximum({ promisedPubacks, receiveQuota }: ClientConnection): boolean {
  return (
    receiveQuota !== undefined &&
    promisedPubacks + receiveQuota.outstanding >= receiveQuota.receiveMaximum
  );
}

function isTakenAtQos1(connection: ClientConnection, session: Session, view: PublishView): boolean {
  if (session.receiver?.has(view.packetId) === true) {
    if (connection.protocolVersion === 5) {
      refuse(connection, 1, view.packetId, ReasonCode.PacketIdentifierInUse);
      return false;
    }
    // who cannot be told, and uses the identifier again, has forgotten what it was for
    releaseReceipt(connection, session, view.packetId);
  }
  if (hasUsedUpReceiveMaximum(connection)) {
    connection.fail(
      ReasonCode.ReceiveMaximumExceeded,
      'more PUBLISH than Receive Maximum await PUBACK',
    );
    return false;
  }
  return true;
}

function authorize(
  connection: ClientConnection,
  topic: TopicEntry<Route>,
  view: PublishView,
): Decision | Promise<Decision> {
  // `$SYS` is the broker's own; the test of one byte spares all others the comparison
  if (topic.bytes[0] === DOLLAR && isReserved(topic.topicName)) return ReasonCode.NotAuthorized;
  const { authorizer, observer } = connection.context;
  if (authorizer.publish === undefined || connection.client === undefined) return true;
  try {
    return authorizer.publish(connection.client, {
      topicName: topic.topicName,
      qos: view.qos as QoS, // as decoded: 0, 1 or 2
      retain: view.retain,
      will: false,
    });
  } catch (error) {
    observer.fault?.(error, 'authorizer');
    return false;
  }
}

/** True for topics that clients may not publish to. */
export function isReserved(topicName: string): boolean {
  return topicName === '$SYS' || topicName.startsWith('$SYS/');
}

/** The Reason Code of a refusal, in the packet that tells of it; without one it is 0x87 Not authorized. */
export function reasonOf(type: PacketType, decision: Decision | undefined): number {
  if (typeof decision !== 'number' || decision < ReasonCode.UnspecifiedError)
    return ReasonCode.NotAuthorized;
  return permittedReasonCode(type, decision);
}

/** The answer takes time: the message is kept, and the connection waits for it. */
function decideLater(
  connection: ClientConnection,
  session: Session,
  topic: TopicEntry<Route>,
  view: PublishView,
  decision: Promise<Decision>,
): void {
  const { publication } = connection.context;
  publication.fromView(view, topic, session, connection.context.now);
  const message = publication.toMessage();
  const { packetId } = view;
  connection.hold(decision, (value) => {
    if (value !== true) {
      refuse(connection, message.qos, packetId, reasonOf(PacketType.Puback, value));
      return;
    }
    // messages accepted meanwhile have later identifiers, and queues are kept in their order
    const accepted = copyOf(message, connection.context.nextMessageId());
    publication.fromMessage(accepted, topic, session, connection.context.now);
    distribute(connection, session, publication, packetId);
  });
}

function accept(
  connection: ClientConnection,
  session: Session,
  topic: TopicEntry<Route>,
  view: PublishView,
): void {
  const { publication } = connection.context;
  publication.fromView(view, topic, session, connection.context.now);
  distribute(connection, session, publication, view.packetId);
}

/** Takes ownership: retains, routes, remembers a QoS 2 identifier, and acknowledges, in one commit. */
function distribute(
  connection: ClientConnection,
  session: Session,
  publication: Publication,
  packetId: number,
): void {
  const { context } = connection;
  const { router, turn } = context;
  const { qos } = publication;
  const stepsBefore = router.steps;
  const changesBefore = turn.changes.length;
  if (qos > 0 && isFull(context, bytesOf(publication)) && cannotWait(context, publication)) {
    refuseForRoom(connection, qos, packetId);
    return;
  }
  publication.isAccepted = qos > 0;
  const found = router.route(publication.topic);
  const fanOut = isLong(context, found, qos)
    ? fanOutOf(connection, session, found, packetId)
    : undefined;
  const undecided = fanOut === undefined ? beginUndecided(context, publication, found) : undefined;
  if (publication.retain && !retain(connection, publication, fanOut ?? undecided)) {
    if (qos > 0 && connection.protocolVersion === 5)
      return refuse(connection, qos, packetId, ReasonCode.QuotaExceeded);
    // who cannot be told, or was promised nothing, reaches at least those who are there
    drop(context, session, publication.topic.topicName, 'retained-full');
  }
  let cost = 0;
  if (fanOut === undefined) {
    const receivers = route(context, publication, found);
    const fate = turn.changes.length > changesBefore ? undefined : NEEDS_NO_STORE;
    acknowledgePublish(connection, session, publication, packetId, receivers, fate);
    undecided?.complete();
    cost = deliveryCost(context, publication, receivers);
  } else {
    context.fanOuts.add(fanOut, session.clientId);
    context.fanOuts.holdBack(connection, session.clientId);
  }
  connection.spend(cost + searchCost(router.steps - stepsBefore));
}

function cannotWait(context: BrokerContext, { qos, topic }: Publication): boolean {
  return mustQueue(context, qos, context.router.route(topic));
}

/** Not taken: an MQTT 5 client is told so, and an older one, who cannot be told, is not acknowledged what is not kept. */
function refuseForRoom(connection: ClientConnection, qos: QoS, packetId: number): void {
  connection.context.counters.publishRefused++;
  if (connection.protocolVersion === 5) refuse(connection, qos, packetId, ReasonCode.QuotaExceeded);
  else connection.context.counters.publishDropped++;
}

function retain(
  connection: ClientConnection,
  publication: Publication,
  fate: Fate | undefined,
): boolean {
  connection.spend(workCost.retain);
  const message = publication.toMessage();
  const { retained } = connection.context;
  if (!retained.publish(message, publication.qos === 0 ? undefined : fate)) return false;
  publication.undecided?.names(message);
  publication.retained();
  return true;
}

/** The same over several turns, at whose end the publisher is told. */
function fanOutOf(
  connection: ClientConnection,
  session: Session,
  found: Route,
  packetId: number,
): LongFanOut {
  const { publication } = connection.context;
  const { qos } = publication;
  return new LongFanOut(connection.context, publication, found, {
    receipt: () => (qos === 2 && !session.ended ? receiptOf(session, packetId) : undefined),
    done: (receivers) => {
      if (connection.open) {
        guard(connection, () => {
          if (receivers === undefined) refuseUnkept(connection, qos, packetId);
          else answer(connection, session, qos, packetId, receivers, STORED);
        });
      } else if (receivers !== undefined && qos === 2 && !session.ended) {
        // its client repeats it when it comes back
        session.openReceiver().restore([packetId]);
      }
    },
  });
}

function acknowledgePublish(
  connection: ClientConnection,
  session: Session,
  { qos, undecided }: Publication,
  packetId: number,
  receivers: number,
  fate: Fate | undefined,
): void {
  const receipt = qos === 2 ? receiptOf(session, packetId) : undefined;
  if (receipt !== undefined) connection.context.turn.record(receipt, undecided);
  answer(connection, session, qos, packetId, receivers, receipt === undefined ? fate : undefined);
}

/** PUBACK or PUBREC for what was taken; `fate` if it says what the store has already, and its receipt, or what it need not have. */
function answer(
  connection: ClientConnection,
  session: Session,
  qos: QoS,
  packetId: number,
  receivers: number,
  fate?: Fate,
): void {
  if (qos === 0) return;
  if (qos === 2) session.openReceiver().publish(packetId);
  const type = qos === 1 ? PacketType.Puback : PacketType.Pubrec;
  const reasonCode = receivers === 0 ? ReasonCode.NoMatchingSubscribers : ReasonCode.Success;
  connection.sendAcknowledgement(type, packetId, reasonCode, fate);
}

/** What a store keeps of a QoS 2 message that was received, until PUBREL. */
function receiptOf(session: Session, packetId: number): SessionChange | undefined {
  const { clientId, durable, epoch } = session;
  return durable ? { type: 'received', clientId, epoch, packetId } : undefined;
}

/** Not passed on. MQTT 3.x cannot say so: the packet is acknowledged all the same [MQTT-3.3.5-2 @3.1.1]. */
function refuse(
  connection: ClientConnection,
  qos: QoS,
  packetId: number,
  reasonCode: number,
): void {
  connection.context.counters.publishDropped++;
  if (qos === 1) {
    connection.sendAcknowledgement(PacketType.Puback, packetId, reasonCode);
  } else if (qos === 2) {
    connection.receiveQuota?.end();
    connection.sendAcknowledgement(PacketType.Pubrec, packetId, reasonCode);
  }
}

/** The store did not take it. MQTT 3.x cannot say so, and acknowledges nothing: the client sends it again. */
function refuseUnkept(connection: ClientConnection, qos: QoS, packetId: number): void {
  if (connection.protocolVersion === 5) refuse(connection, qos, packetId, ReasonCode.QuotaExceeded);
  else if (qos === 2) connection.receiveQuota?.end();
}

const DOLLAR = 0x24;
