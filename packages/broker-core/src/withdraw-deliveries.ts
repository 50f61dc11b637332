import { deliverySize } from './message.ts';
import { bytesInMemory } from './queue.ts';
import type { Session } from './session.ts';
import type { WaitingQueue } from './waiting-queue.ts';

/** What deliveries count for, by the identifiers of their messages. */
export type Withdrawn = ReadonlyMap<number, number>;

/**
 * Takes back what one session was given, because the store did not take it: nobody has been told of it.
 * Gives the Packet Identifiers that are free again; their PUBLISH packets must not leave.
 */
export function withdrawDeliveries(session: Session, withdrawn: Withdrawn): ReadonlySet<number> {
  const inMemory = new Set<number>();
  const packetIds = withdrawInFlight(session, withdrawn, inMemory);
  withdrawWaiting(session, session.pending, withdrawn, inMemory);
  withdrawWaiting(session, session.givingBack, withdrawn, inMemory);
  for (const [messageId, bytes] of withdrawn)
    if (!inMemory.has(messageId)) withdrawStored(session, messageId, bytes);
  // of messages whose commits were under way the count was settled by a page, which knows no bytes
  if (session.backlog === 0) session.queuedBytes = bytesInMemory(session);
  return packetIds;
}

/** The same for a message that the store knows nothing of here; `packetIds` are those under which it was to leave. */
export function withdrawUndecided(
  session: Session,
  messages: Withdrawn,
  packetIds: readonly number[],
): void {
  if (!session.durable) {
    withdrawDeliveries(session, messages);
    for (const packetId of packetIds) session.window?.drop(packetId);
  }
  withdrawAtQos0(session.pending, messages);
  withdrawAtQos0(session.behind, messages);
}

function withdrawAtQos0(queue: WaitingQueue | undefined, withdrawn: Withdrawn): void {
  for (let left = queue?.length ?? 0; left > 0; left--) {
    const delivery = queue?.shift();
    if (delivery === undefined) break;
    if (delivery.qos > 0 || !withdrawn.has(delivery.message.messageId)) queue?.push(delivery);
  }
}

function withdrawInFlight(
  session: Session,
  withdrawn: Withdrawn,
  inMemory: Set<number>,
): ReadonlySet<number> {
  const packetIds = new Set<number>();
  session.window?.forEach((packetId, _qos, isReleased, delivery) => {
    if (delivery === undefined || !withdrawn.has(delivery.message.messageId)) return;
    packetIds.add(packetId);
    inMemory.add(delivery.message.messageId);
    forget(session, isReleased ? 0 : deliverySize(delivery));
  });
  for (const packetId of packetIds) session.window?.drop(packetId);
  return packetIds;
}

function withdrawWaiting(
  session: Session,
  queue: WaitingQueue | undefined,
  withdrawn: Withdrawn,
  inMemory: Set<number>,
): void {
  for (let left = queue?.length ?? 0; left > 0; left--) {
    const delivery = queue?.shift();
    if (delivery === undefined) break;
    const { message, qos } = delivery;
    if (qos > 0 && withdrawn.has(message.messageId)) {
      inMemory.add(message.messageId);
      forget(session, deliverySize(delivery));
    } else queue?.push(delivery);
  }
}

/** It is no more in memory. */
function forget(session: Session, bytes: number): void {
  session.inMemory--;
  session.queuedMessages--;
  session.queuedBytes -= bytes;
}

/** What was counted for the store alone is not there. */
function withdrawStored(session: Session, messageId: number, bytes: number): void {
  // another session of that client, or one that settles it by itself
  if (session.newestMessage < messageId) return;
  if (messageId <= Math.max(session.newestInMemory, session.leftInMemory)) return;
  // the page that comes tells; and what is in memory is counted by itself
  if (session.loading || session.backlog <= 0) return;
  session.queuedMessages--;
  session.queuedBytes -= bytes;
}
