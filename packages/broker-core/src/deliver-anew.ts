import type { SessionChange } from '@wellhead/session-store';
import type { BrokerContext } from './context.ts';
import { deliverKept } from './delivery.ts';
import { KEPT } from './fate.ts';
import { redistribute } from './give-back.ts';
import { copyOf } from './message.ts';
import { Subscription } from './subscription.ts';

/** Does anew what changes of failed commits were for, as if it happened now. */
export function deliverAnew(context: BrokerContext, changes: readonly SessionChange[]): void {
  for (const change of changes) {
    if (change.type === 'enqueued') enqueueAnew(context, change);
    else if (change.type === 'retained-set')
      context.retained.publish(copyOf(change.message, context.nextMessageId()), KEPT);
  }
}

/** What a later change has made pointless is left out. */
export function withoutOutdated(
  waiting: readonly SessionChange[],
  stored: readonly SessionChange[],
): SessionChange[] {
  const topics = new Set<string>();
  for (const change of stored) {
    if (change.type === 'retained-set') topics.add(change.message.topicName);
    else if (change.type === 'retained-cleared') topics.add(change.topicName);
  }
  return waiting.filter(
    (change) => change.type !== 'retained-set' || !topics.has(change.message.topicName),
  );
}

function enqueueAnew(
  context: BrokerContext,
  { message, deliveries }: Extract<SessionChange, { type: 'enqueued' }>,
): void {
  if (message.expiresAt <= context.now) return;
  for (const { clientId, qos, retain, sharedFilter, subscriptionIdentifiers } of deliveries) {
    const session = context.sessions.get(clientId);
    if (session === undefined || message.messageId <= session.begunBehind) {
      // its group has it, like all that waited for a session that has ended
      redistribute(context, { message, qos, retain, sharedFilter, subscriptionIdentifiers });
      continue;
    }
    const subscription = new Subscription(session, {
      topicFilter: sharedFilter ?? '',
      ...AS_IT_WAS,
      qos,
    });
    subscription.subscriptionIdentifiers = subscriptionIdentifiers;
    if (sharedFilter !== undefined) subscription.group = context.router.group(sharedFilter);
    deliverKept(context, message, subscription, retain);
  }
}

const AS_IT_WAS = {
  noLocal: false,
  retainAsPublished: true,
  retainHandling: 0,
  subscriptionIdentifier: 0,
} as const;
