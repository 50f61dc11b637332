import type { BrokerContext } from './context.ts';
import { deliverKept } from './delivery.ts';
import { settle } from './settlement.ts';
import type { Delivery } from './message.ts';
import type { Session } from './session.ts';
import type { SharedGroup } from './shared-group.ts';

/**
 * A member has unsubscribed: what waits for it and was not sent yet goes to the others of its group, in
 * order. What was sent is completed with it [MQTT-3.10.4-3].
 */
export function giveBackToGroup(
  context: BrokerContext,
  session: Session,
  group: SharedGroup,
): void {
  for (const delivery of takeWaiting(session, group.topicFilter)) {
    settle(context, session, delivery);
    redistribute(context, delivery);
  }
}

/**
 * What a session that ends has of all its groups: QoS 1 messages without acknowledgement, and whatever
 * was not sent. QoS 2 messages that were sent go to nobody else [MQTT-4.8.2-5].
 */
export function collectShared(session: Session): Delivery[] {
  const collected: Delivery[] = [];
  session.window?.forEach((_packetId, qos, _released, delivery) => {
    if (qos === 1 && delivery?.sharedFilter !== undefined) collected.push(delivery);
  });
  for (const delivery of session.pending ?? [])
    if (delivery.sharedFilter !== undefined) collected.push(delivery);
  return collected;
}

/** Gives one message to another member of its group, if there is one. */
export function redistribute(context: BrokerContext, delivery: Delivery): void {
  const group =
    delivery.sharedFilter === undefined ? undefined : context.router.group(delivery.sharedFilter);
  const member = group?.choose(delivery.message.qos);
  if (member === undefined || delivery.message.expiresAt <= context.now) return;
  deliverKept(
    context,
    delivery.message,
    member,
    delivery.message.retain && member.retainAsPublished,
  );
}

function takeWaiting(session: Session, sharedFilter: string): Delivery[] {
  const { pending } = session;
  const taken: Delivery[] = [];
  for (let waiting = pending?.length ?? 0; waiting > 0; waiting--) {
    const delivery = pending?.shift();
    if (delivery === undefined) break;
    if (delivery.sharedFilter === sharedFilter) taken.push(delivery);
    else pending?.push(delivery);
  }
  return taken;
}
