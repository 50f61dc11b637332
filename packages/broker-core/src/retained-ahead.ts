import { identifierBytes, messageBytes, type MessageRecord } from '@wellhead/session-store';
import type { BrokerContext } from './context.ts';
import { isFull, isRoomFor, lowerQoS } from './delivery.ts';
import { Message } from './message.ts';
import type { Publication } from './publication.ts';
import { type RetainedReplay, sendRetained } from './retained-replay.ts';
import type { RetainedEntry } from './retained.ts';
import { MergedSubscription, type Subscription } from './subscription.ts';

/**
 * A message is going to a session that has not been sent all yet that is retained: what is retained of
 * its topic is older, and goes ahead of it [MQTT-4.6.0-6].
 */
export function sendRetainedAhead(
  context: BrokerContext,
  { qos, topic }: Publication,
  subscription: Subscription,
): void {
  const { replays, connection, durable } = subscription.session;
  if (replays === undefined) return;
  // it does not get the newer one either
  if (connection?.open !== true && (!durable || lowerQoS(qos, subscription) === 0)) return;
  const parts = subscription instanceof MergedSubscription ? subscription.parts : [subscription];
  for (const part of parts)
    for (const replay of replays.of(part)) sendAhead(context, replay, topic.topicName);
}

function sendAhead(context: BrokerContext, replay: RetainedReplay, topicName: string): void {
  if (!isStillToSend(replay, topicName)) return;
  const entry = context.retained.get(topicName);
  if (entry === undefined || (entry instanceof Message && entry.messageId > replay.newest)) return;
  const message = contentOf(context, replay, entry);
  if (message === undefined || !canTake(context, replay.subscription, message)) return;
  (replay.ahead ??= new Set()).add(topicName);
  sendRetained(context, replay, message);
}

function isStillToSend(replay: RetainedReplay, topicName: string): boolean {
  const { ahead, cursor, found, isExhausted, isFetchedLater } = replay;
  if (isFetchedLater === true) return false;
  if (ahead !== undefined && (ahead.has(topicName) || ahead.size >= MANY_AHEAD)) return false;
  if (isExhausted !== true && cursor.isBefore(topicName)) return true;
  return found?.some((entry) => entry.topicName === topicName) === true;
}

/** `undefined` when the store does not have it at once: nobody can wait for it here. */
function contentOf(
  { observer, retained, store }: BrokerContext,
  replay: RetainedReplay,
  entry: RetainedEntry,
): MessageRecord | undefined {
  if (entry instanceof Message) return entry;
  if (retained.fetched?.entry === entry) return retained.fetched.message;
  try {
    const found = store.readRetained([entry.topicName]);
    if (!(found instanceof Promise)) {
      const [message] = found;
      const isShort = message !== undefined && entry.size <= KEPT_BYTES;
      retained.fetched = isShort ? { entry, message } : undefined;
      return message;
    }
    replay.isFetchedLater = true;
    found.catch((error: unknown) => observer.fault?.(error, 'store'));
  } catch (error) {
    observer.fault?.(error, 'store');
  }
  return undefined;
}

/** It would not be dropped, as it is not while it waits for its turn. */
function canTake(
  context: BrokerContext,
  subscription: Subscription,
  message: MessageRecord,
): boolean {
  const { session, subscriptionIdentifiers } = subscription;
  if (lowerQoS(message.qos, subscription) === 0) {
    const { connection } = session;
    return connection?.open === true && connection.hasRoomAtQos0();
  }
  const bytes = messageBytes(message) + identifierBytes(subscriptionIdentifiers);
  return isRoomFor(context, session, bytes) && !isFull(context, bytes);
}

/** A client that takes nothing keeps no more of them in mind for each replay. */
const MANY_AHEAD = 65_536;
const KEPT_BYTES = 65_536;
