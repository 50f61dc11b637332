import type { BrokerContext } from './context.ts';
import type { DropReason } from './hooks.ts';
import { type Delivery, deliverySize } from './message.ts';
import type { Session } from './session.ts';

/** Counts a delivery that is in memory. */
export function account(session: Session, delivery: Delivery): void {
  session.queuedMessages++;
  session.inMemory++;
  session.queuedBytes += deliverySize(delivery);
  if (delivery.message.messageId > session.newestInMemory)
    session.newestInMemory = delivery.message.messageId;
}

/** A delivery is over: acknowledged, expired or given up. */
export function settle(context: BrokerContext, session: Session, delivery: Delivery): void {
  if (delivery.qos === 0) return;
  session.queuedBytes -= deliverySize(delivery);
  complete(context, session, delivery);
}

/** PUBREC came: the content is not needed any more, the Packet Identifier is, until PUBCOMP. */
export function release(context: BrokerContext, session: Session, delivery: Delivery): void {
  session.queuedBytes -= deliverySize(delivery);
  if (session.durable) context.turn.recordReleased(session, delivery.message.messageId);
}

/** The delivery of a released message is over. */
export function complete(context: BrokerContext, session: Session, delivery: Delivery): void {
  session.queuedMessages--;
  session.inMemory--;
  if (session.durable) context.turn.recordSettled(session, delivery.message.messageId);
}

export function drop(
  context: BrokerContext,
  session: Session,
  topicName: string,
  reason: DropReason,
): void {
  context.counters.publishDropped++;
  context.observer.dropped?.(session.clientId, topicName, reason);
}
