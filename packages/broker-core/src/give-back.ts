import type { BrokerContext } from './context.ts';
import { Deque } from './deque.ts';
import type { Leaving } from './hand-over.ts';
import { type Delivery, deliverySize } from './message.ts';
import type { Session } from './session.ts';
import { settle } from './settlement.ts';
import type { SharedGroup } from './shared-group.ts';
import type { WaitingQueue } from './waiting-queue.ts';
import { workCost } from './work-cost.ts';

/**
 * A member has unsubscribed: what waits for it and was not sent yet goes to the others of its group, in
 * order. What was sent is completed with it [MQTT-3.10.4-3]. Returns what looking for it counts for in
 * the share of its connection.
 */
export function giveBackToGroup(
  context: BrokerContext,
  session: Session,
  group: SharedGroup,
): number {
  const looked = session.pending?.length ?? 0;
  if (takeWaiting(session, group.topicFilter))
    context.sessions.handOver.add(givenBackBy(context, session));
  return Math.ceil(looked * workCost.waiting);
}

/** It is its session's until it is given away; one whose client leaves has it in the store, or leaves it as it ends. */
export function givenBackBy(context: BrokerContext, session: Session): Leaving {
  return {
    next() {
      const delivery = session.givingBack?.shift();
      if (delivery !== undefined) settle(context, session, delivery);
      return delivery;
    },
    done() {
      if (session.givingBack?.length === 0) session.givingBack = undefined;
    },
  };
}

/**
 * What a session that ends has in memory, for all its groups: QoS 1 messages without acknowledgement, and
 * whatever was not sent. QoS 2 messages that were sent go to nobody else [MQTT-4.8.2-5].
 */
export function leftInMemoryBy(session: Session): Leaving {
  const { givingBack, pending, window } = session;
  const inFlight = new Deque<Delivery>();
  window?.forEach((_packetId, qos, _released, delivery) => {
    if (qos === 1 && delivery !== undefined) inFlight.push(delivery);
  });
  return {
    next() {
      const delivery = inFlight.shift() ?? givingBack?.shift() ?? pending?.shift();
      // what still waits to be given away counts as waiting
      if (delivery !== undefined && delivery.qos > 0) session.queuedBytes -= deliverySize(delivery);
      return delivery;
    },
    done() {
      session.queuedBytes = 0;
    },
  };
}

/** Something waits for it that another member of a group may have. */
export function leavesToGroups({ queuedMessages, subscriptions }: Session): boolean {
  if (queuedMessages === 0) return false;
  for (const { group } of subscriptions?.values() ?? [])
    if (group !== undefined && group.members.length > 1) return true;
  return false;
}

/** Sets aside what waits for one group; false when that is nothing. */
function takeWaiting(session: Session, sharedFilter: string): boolean {
  const { pending } = session;
  let taken: WaitingQueue | undefined;
  for (let waiting = pending?.length ?? 0; waiting > 0; waiting--) {
    const delivery = pending?.shift();
    if (delivery === undefined) break;
    if (delivery.sharedFilter !== sharedFilter) pending?.push(delivery);
    else (taken ??= session.openGivingBack()).push(delivery);
  }
  return taken !== undefined;
}
