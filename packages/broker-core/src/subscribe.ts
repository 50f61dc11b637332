import {
  PacketType,
  type QoS,
  ReasonCode,
  type Subscribe,
  type SubscriptionRequest,
  type Unsubscribe,
} from '@wellhead/codec';
import type { SubscriptionRecord } from '@wellhead/session-store';
import { parseSharedFilter, validateTopicFilter } from '@wellhead/topic-matcher';
import type { ClientConnection } from './client-connection.ts';
import type { BrokerContext } from './context.ts';
import { giveBackToGroup } from './give-back.ts';
import type { Decision } from './hooks.ts';
import { Parts } from './parts.ts';
import { reasonOf } from './publish.ts';
import type { Session } from './session.ts';
import { type Subscription, subscriptionBytes } from './subscription.ts';
import { workCost } from './work-cost.ts';

/** SUBSCRIBE from a client: each filter is judged by itself, one SUBACK answers all [MQTT-3.8.4-5]. */
export function receiveSubscribe(connection: ClientConnection, packet: Subscribe): void {
  const identifier = packet.properties?.subscriptionIdentifiers?.[0] ?? 0;
  const unavailable = unavailableFeature(connection, packet, identifier);
  if (unavailable !== undefined) {
    connection.fail(unavailable, 'what CONNACK declared unavailable'); // [MQTT-4.13.1-1]
    return;
  }
  const decisions: (Decision | Promise<Decision>)[] = [];
  let isPending = false;
  const judgeOne = (request: SubscriptionRequest): void => {
    const decision = judge(connection, request);
    isPending ||= decision instanceof Promise;
    decisions.push(decision);
  };
  inShares(connection, packet.subscriptions, judgeOne, () => {
    if (!isPending) {
      // no element is a promise
      grant(connection, packet, identifier, decisions as Decision[]);
      return;
    }
    const answers = decisions.map((decision) => Promise.resolve(decision));
    connection.hold(Promise.all(answers), (settled) => {
      grant(connection, packet, identifier, settled ?? packet.subscriptions.map(() => false));
    });
  });
}

/** UNSUBSCRIBE: every filter is compared as it was written [MQTT-3.10.4-1]. */
export function receiveUnsubscribe(connection: ClientConnection, packet: Unsubscribe): void {
  const { session } = connection;
  if (session === undefined) return;
  const { packetId, topicFilters } = packet;
  const reasonCodes: number[] = [];
  const unsubscribe = (topicFilter: string, parts: Parts): void => {
    reasonCodes.push(unsubscribeOne(connection, session, topicFilter, parts));
  };
  inShares(connection, topicFilters, unsubscribe, () => {
    said(connection, connection.promise({ type: PacketType.Unsuback, packetId, reasonCodes }));
    connection.pumpWaiting(); // what waited behind what a group has back
  });
}

function unsubscribeOne(
  connection: ClientConnection,
  session: Session,
  topicFilter: string,
  parts: Parts,
): number {
  const { client, context } = connection;
  if (validateTopicFilter(topicFilter) !== undefined) return ReasonCode.TopicFilterInvalid;
  const subscription = session.subscriptions?.get(topicFilter);
  if (subscription === undefined) return ReasonCode.NoSubscriptionExisted;
  context.sessions.removeSubscription(session, subscription);
  if (session.durable) {
    const { clientId, epoch } = session;
    parts.record({ type: 'unsubscribed', clientId, epoch, topicFilter });
  }
  if (subscription.group !== undefined)
    connection.spend(giveBackToGroup(context, session, subscription.group));
  if (client !== undefined) context.observer.unsubscribed?.(client, topicFilter);
  return ReasonCode.Success;
}

/**
 * Does something to each filter of a packet, to very many of them in several turns, and then `done`. The
 * store learns of each turn's part by itself, and has all but the last one when `done` is called.
 */
function inShares<T>(
  connection: ClientConnection,
  filters: readonly T[],
  each: (filter: T, parts: Parts) => void,
  done: () => void,
): void {
  const parts = new Parts(connection.context.turn);
  const rest = filters[Symbol.iterator]();
  let next = rest.next();
  connection.workInShares(() => {
    while (next.done !== true) {
      each(next.value, parts);
      next = rest.next();
      connection.spend(workCost.filter);
      if (!connection.hasHadItsShare || next.done === true) continue;
      parts.endPart();
      return true;
    }
    if (parts.areTaken) {
      done();
    } else {
      const release = connection.holdBack();
      parts.whenTaken(() => release(done));
    }
    return false;
  });
}

/** What an MQTT 5 client asks for although CONNACK told it not to (sections 3.2.2.3.11 to 3.2.2.3.13): a Protocol Error. */
function unavailableFeature(
  connection: ClientConnection,
  packet: Subscribe,
  identifier: number,
): number | undefined {
  if (connection.protocolVersion !== 5) return undefined;
  const { limits } = connection.context;
  if (identifier !== 0 && !limits.subscriptionIdentifiersAvailable) {
    return ReasonCode.SubscriptionIdentifiersNotSupported;
  }
  if (limits.sharedSubscriptionAvailable && limits.wildcardSubscriptionAvailable) return undefined;
  for (const { topicFilter } of packet.subscriptions) {
    if (!limits.sharedSubscriptionAvailable && topicFilter.startsWith('$share/')) {
      return ReasonCode.SharedSubscriptionsNotSupported;
    }
    if (!limits.wildcardSubscriptionAvailable && /[+#]/.test(topicFilter)) {
      return ReasonCode.WildcardSubscriptionsNotSupported;
    }
  }
  return undefined;
}

/** A Reason Code to refuse with, or what the authorizer says. */
function judge(
  connection: ClientConnection,
  request: SubscriptionRequest,
): Decision | Promise<Decision> {
  const { authorizer, limits, observer } = connection.context;
  const { topicFilter } = request;
  const invalid = validateTopicFilter(topicFilter, {
    maximumLength: limits.maximumTopicLength,
    maximumLevels: limits.maximumTopicLevels,
  });
  if (invalid !== undefined) return ReasonCode.TopicFilterInvalid;
  const shared = parseSharedFilter(topicFilter);
  if (shared !== undefined && !limits.sharedSubscriptionAvailable)
    return ReasonCode.SharedSubscriptionsNotSupported;
  const effectiveFilter = shared?.topicFilter ?? topicFilter;
  if (!limits.wildcardSubscriptionAvailable && /[+#]/.test(effectiveFilter)) {
    return ReasonCode.WildcardSubscriptionsNotSupported;
  }
  if (authorizer.subscribe === undefined || connection.client === undefined) return true;
  try {
    return authorizer.subscribe(connection.client, {
      topicFilter,
      effectiveFilter,
      qos: request.qos,
    });
  } catch (error) {
    observer.fault?.(error, 'authorizer');
    return false;
  }
}

function grant(
  connection: ClientConnection,
  packet: Subscribe,
  identifier: number,
  decisions: readonly Decision[],
): void {
  const { session } = connection;
  if (session === undefined) return;
  const granted: Granted[] = [];
  const reasonCodes: number[] = [];
  const grantOne = (request: SubscriptionRequest, parts: Parts): void => {
    const decision = decisions[reasonCodes.length] ?? false;
    reasonCodes.push(decide(connection, session, request, decision, identifier, granted, parts));
  };
  inShares(connection, packet.subscriptions, grantOne, () => {
    if (!answer(connection, packet.packetId, reasonCodes)) return;
    if (granted.length === 0) return connection.pump();
    const replay = ({ subscription, newest }: Granted): void =>
      connection.context.retained.replay(session, subscription, newest);
    inShares(connection, granted, replay, () => connection.pump());
  });
}

/** What is retained may have to be sent for it; what is newer comes, or came, by the subscription itself. */
interface Granted {
  readonly subscription: Subscription;
  readonly newest: number;
}

/** The Reason Code for one filter, which is subscribed to if it may be. */
function decide(
  connection: ClientConnection,
  session: Session,
  request: SubscriptionRequest,
  decision: Decision,
  identifier: number,
  granted: Granted[],
  parts: Parts,
): number {
  if (decision !== true && !(typeof decision === 'number' && decision <= 2))
    return reasonOf(PacketType.Suback, decision);
  const granting = decision === true ? 2 : decision;
  // the least of values from 0 to 2
  const qos = Math.min(request.qos, granting, connection.context.limits.maximumQoS) as QoS;
  return subscribeOne(connection, session, request, qos, identifier, granted, parts);
}

/** SUBACK in the form of the client's version; false when it has none for this: MQTT 3.1 knows no failure. */
function answer(
  connection: ClientConnection,
  packetId: number,
  reasonCodes: readonly number[],
): boolean {
  const { protocolVersion } = connection;
  const failure = reasonCodes.find((code) => code >= ReasonCode.UnspecifiedError);
  if (protocolVersion === 3 && failure !== undefined) {
    connection.fail(failure, 'a subscription is refused, which MQTT 3.1 cannot be told');
    return false;
  }
  const codes =
    protocolVersion === 5 ? reasonCodes : reasonCodes.map((code) => Math.min(code, FAILURE));
  return said(
    connection,
    connection.promise({ type: PacketType.Suback, packetId, reasonCodes: codes }),
  );
}

/** Adds or replaces one subscription; those that are to be sent retained messages are added to `replayed`. */
function subscribeOne(
  connection: ClientConnection,
  session: Session,
  request: SubscriptionRequest,
  qos: QoS,
  identifier: number,
  replayed: Granted[],
  parts: Parts,
): number {
  const { context } = connection;
  const { topicFilter } = request;
  const existing = session.subscriptions?.get(topicFilter);
  if (existing === undefined && !hasRoom(context, session, topicFilter))
    return ReasonCode.QuotaExceeded;
  const record = recordOf(connection, request, qos, identifier);
  const { sessions } = context;
  const subscription =
    existing === undefined
      ? sessions.addSubscription(session, record)
      : sessions.putSubscription(session, record);
  if (session.durable) {
    const { clientId, epoch } = session;
    parts.record({ type: 'subscribed', clientId, epoch, subscription: record });
  }
  if (connection.client !== undefined)
    context.observer.subscribed?.(connection.client, topicFilter, qos);
  if (wantsRetained(context, request, subscription, existing === undefined))
    replayed.push({ subscription, newest: context.lastMessageId });
  return qos;
}

/** One subscription more is within the limits. */
function hasRoom(
  { limits, router }: BrokerContext,
  { subscriptions, subscriptionBytes: before }: Session,
  topicFilter: string,
): boolean {
  const bytes = subscriptionBytes(topicFilter);
  return (
    (subscriptions?.size ?? 0) < limits.maximumSubscriptionsPerSession &&
    before + bytes <= limits.maximumSubscriptionBytesPerSession &&
    router.subscriptionBytes + bytes <= limits.maximumSubscriptionBytes
  );
}

/** Something that is retained may have to be sent for a subscription. */
function wantsRetained(
  { limits, retained }: BrokerContext,
  { retainHandling, topicFilter }: SubscriptionRequest,
  { group }: Subscription,
  isNew: boolean,
): boolean {
  // shared subscriptions get no retained messages, whatever they ask for
  if (!limits.retainAvailable || group !== undefined) return false;
  const isWanted = retainHandling === 0 || (retainHandling === 1 && isNew); // [MQTT-3.3.1-10]
  return isWanted && retained.mayMatch(topicFilter);
}

/** A bridge (bit 7 of the protocol level) wants messages as published, and its own not back. */
function recordOf(
  connection: ClientConnection,
  request: SubscriptionRequest,
  qos: QoS,
  identifier: number,
): SubscriptionRecord {
  return {
    topicFilter: request.topicFilter,
    qos,
    noLocal: request.noLocal || connection.isBridge,
    retainAsPublished: request.retainAsPublished || connection.isBridge,
    retainHandling: request.retainHandling,
    subscriptionIdentifier: identifier,
  };
}

/** A client that allows no packet of that size would wait for its answer for ever [MQTT-3.1.2-24]. */
function said(connection: ClientConnection, isSent: boolean): boolean {
  if (!isSent)
    connection.fail(ReasonCode.PacketTooLarge, 'the answer is larger than Maximum Packet Size');
  return isSent;
}

/** The one failure code of 3.1.1's SUBACK. */
const FAILURE = 0x80;
