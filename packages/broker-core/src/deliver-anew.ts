import type { SessionChange } from '@wellhead/session-store';
import type { BrokerContext } from './context.ts';
import { deliverAt, recordDeliveries } from './delivery.ts';
import { type Fate, KEPT, type Later } from './fate.ts';
import { redistribute } from './hand-over.ts';
import { copyOf } from './message.ts';
import { Subscription } from './subscription.ts';

/** Does anew what changes of failed commits were for, as if it happened now. */
export function deliverAnew(context: BrokerContext): void {
  const { later } = context.turn;
  context.turn.later = [];
  for (const { change, fate } of later) {
    if (fate.anew === undefined) doAnew(context, change, KEPT);
    else fate.anew(change);
  }
}

/** The same for one change; `fate` has its say again. */
export function doAnew(context: BrokerContext, change: SessionChange, fate: Fate): void {
  if (change.type === 'enqueued') enqueueAnew(context, change, fate);
  else if (change.type === 'retained-set')
    context.retained.publish(copyOf(change.message, context.nextMessageId()), fate);
}

/** What a later change has made pointless is left out, as if the store had it. */
export function withoutOutdated(
  waiting: readonly Later[],
  stored: readonly SessionChange[],
): Later[] {
  const topics = new Set<string>();
  for (const change of stored) {
    if (change.type === 'retained-set') topics.add(change.message.topicName);
    else if (change.type === 'retained-cleared') topics.add(change.topicName);
  }
  return waiting.filter(({ change, fate }) => {
    const isOutdated = change.type === 'retained-set' && topics.has(change.message.topicName);
    if (isOutdated) fate.taken();
    return !isOutdated;
  });
}

/** One message again, however many get it: a store knows each by an identifier that grows. */
function enqueueAnew(
  context: BrokerContext,
  { message, deliveries }: Extract<SessionChange, { type: 'enqueued' }>,
  fate: Fate,
): void {
  if (message.expiresAt <= context.now) return;
  const { publication, router, sessions } = context;
  const again = copyOf(message, context.nextMessageId());
  publication.fromMessage(again, context.topics.entry(message.topicName), undefined, context.now);
  publication.fate = fate;
  publication.isAccepted = true;
  const left: (typeof deliveries)[number][] = [];
  for (const delivery of deliveries) {
    const { clientId, qos, retain, sharedFilter, subscriptionIdentifiers } = delivery;
    const session = sessions.get(clientId);
    if (session === undefined || message.messageId <= session.begunBehind) {
      left.push(delivery);
      continue;
    }
    const options = { topicFilter: sharedFilter ?? '', ...AS_IT_WAS, qos };
    const subscription = new Subscription(session, options);
    subscription.subscriptionIdentifiers = subscriptionIdentifiers;
    if (sharedFilter !== undefined) subscription.group = router.group(sharedFilter);
    deliverAt(context, publication, subscription, qos, retain);
  }
  recordDeliveries(context, publication);
  // their groups have it, like all that waited for a session that has ended
  for (const { qos, retain, sharedFilter, subscriptionIdentifiers } of left)
    redistribute(context, { message, qos, retain, sharedFilter, subscriptionIdentifiers });
}

const AS_IT_WAS = {
  noLocal: false,
  retainAsPublished: true,
  retainHandling: 0,
  subscriptionIdentifier: 0,
} as const;
