import type { QueuedDelivery } from '@wellhead/session-store';
import type { BrokerContext } from './context.ts';
import { deliverKept } from './delivery.ts';
import { settle } from './settlement.ts';
import type { Delivery } from './message.ts';
import type { Session } from './session.ts';
import type { SharedGroup } from './shared-group.ts';
import { searchCost, workCost } from './work-cost.ts';

/**
 * A member has unsubscribed: what waits for it and was not sent yet goes to the others of its group, in
 * order. What was sent is completed with it [MQTT-3.10.4-3]. Returns what this counts for in the share
 * of its connection.
 */
export function giveBackToGroup(
  context: BrokerContext,
  session: Session,
  group: SharedGroup,
): number {
  const { router } = context;
  const stepsBefore = router.steps;
  const looked = session.pending?.length ?? 0;
  const taken = takeWaiting(session, group.topicFilter);
  for (const delivery of taken) {
    settle(context, session, delivery);
    redistribute(context, delivery);
  }
  const search = searchCost(router.steps - stepsBefore);
  return taken.length + Math.ceil(looked * workCost.waiting) + search;
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

/**
 * The same of an absent session, whose queue is the store's. At once where the store answers at once.
 */
export function collectStoredShared(
  context: BrokerContext,
  session: Session,
  after = 0,
  collected: Delivery[] = [],
): Delivery[] | Promise<Delivery[]> {
  let position = after;
  for (;;) {
    const page = context.store.readQueue(session.clientId, position, PAGE);
    if (page instanceof Promise) {
      return page.then((deliveries) => {
        const last = addShared(deliveries, collected);
        return last === undefined
          ? collected
          : collectStoredShared(context, session, last, collected);
      });
    }
    const last = addShared(page, collected);
    if (last === undefined) return collected;
    position = last;
  }
}

/** Whether anything of a session's queue may belong to a group. */
export function hasSharedQueue(session: Session): boolean {
  if (session.queuedMessages === 0) return false;
  for (const { group } of session.subscriptions?.values() ?? [])
    if (group !== undefined) return true;
  return false;
}

/** The position behind a page; undefined behind the last one. */
function addShared(page: readonly QueuedDelivery[], collected: Delivery[]): number | undefined {
  for (const queued of page) {
    const isFree = queued.packetId === 0 || (queued.qos === 1 && !queued.released);
    if (queued.sharedFilter !== undefined && isFree) collected.push(queued);
  }
  return page.at(-1)?.position;
}

/** Gives one message to another member of its group, if there is one. */
export function redistribute(context: BrokerContext, delivery: Delivery): void {
  const group =
    delivery.sharedFilter === undefined ? undefined : context.router.group(delivery.sharedFilter);
  const member = group && context.router.choose(group, delivery.message.qos);
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

const PAGE = 256;
