import type { BrokerContext } from './context.ts';
import { deliverAt, lowerQoS, recordDeliveries } from './delivery.ts';
import type { Publication } from './publication.ts';
import { sendRetainedAhead } from './retained-ahead.ts';
import type { Route } from './router.ts';
import type { SharedGroup } from './shared-group.ts';
import type { Subscription } from './subscription.ts';

/**
 * Gives a message to everybody who subscribed to it [MQTT-4.5.0-1]. `found` is the route of its
 * topic. Returns how many sessions take part: none means Reason Code 0x10 for a publisher who wants to know.
 */
export function route(context: BrokerContext, publication: Publication, found: Route): number {
  const { groups, targets } = found;
  const receivers =
    deliverToRange(context, publication, found, 0, targets.length) +
    deliverToGroups(context, publication, groups);
  recordDeliveries(context, publication);
  return receivers;
}

/** One member of each group gets it. */
export function deliverToGroups(
  context: BrokerContext,
  publication: Publication,
  groups: readonly SharedGroup[],
): number {
  let receivers = 0;
  for (const group of groups) {
    const member = context.router.choose(group, publication.qos);
    if (member === undefined) continue;
    receivers++;
    deliver(context, publication, member);
  }
  return receivers;
}

/** The part of a route from one target to another; groups are not among them. */
export function deliverToRange(
  context: BrokerContext,
  publication: Publication,
  found: Route,
  from: number,
  to: number,
): number {
  const { noLocal, targets } = found;
  const { turn } = context;
  let receivers = 0;
  turn.isToMany = to - from > MANY;
  for (let i = from; i < to; i++) {
    let target = targets[i];
    if (target !== undefined && noLocal && target.session === publication.publisher) {
      target = context.router.ownTarget(publication.topic.topicName, target.session);
    }
    if (target === undefined || !target.active) continue;
    receivers++;
    deliver(context, publication, target);
  }
  turn.isToMany = false;
  return receivers;
}

/** Gives the message to one session by one subscription. */
function deliver(
  context: BrokerContext,
  publication: Publication,
  subscription: Subscription,
): void {
  const { session } = subscription;
  if (session.replays !== undefined) sendRetainedAhead(context, publication, subscription);
  const qos = lowerQoS(publication.qos, subscription);
  const retain = publication.retain && subscription.retainAsPublished; // [MQTT-3.3.1-12], [MQTT-3.3.1-13]
  if (session.local !== undefined) {
    session.local(publication.toMessage(), publication.undecided);
  } else {
    deliverAt(context, publication, subscription, qos, retain);
  }
}

/** More receivers than that are written to behind those of other messages. */
const MANY = 128;
