// What the changes of a commit do to the rows.

import { identifierBytes, messageBytes, plainMessage } from '@wellhead/session-store';
import { readPage, rowKey } from './atomic-rows.js';

export const NOTHING = {
  sessions: 0,
  messages: 0,
  messageBytes: 0,
  deliveries: 0,
  retained: 0,
  retainedBytes: 0,
  lastMessageId: 0,
  lastPosition: 0,
};

/** `checkChanges` has let them pass, so the sessions are there. Gives the new counters. */
export async function applyChanges(draft, changes) {
  const counters = { ...((await draft.get('counters')) ?? NOTHING) };
  for (const change of changes) await applyChange(draft, counters, change);
  await tally(draft, counters);
  draft.set('counters', counters);
  return counters;
}

async function applyChange(draft, counters, change) {
  const { type, clientId, message } = change;
  if (message) counters.lastMessageId = Math.max(counters.lastMessageId, message.messageId);
  if (type === 'enqueued') {
    for (const { clientId: receiver, epoch: _, ...delivery } of change.deliveries)
      await enqueue(draft, counters, receiver, message, delivery);
  } else if (type === 'sent' || type === 'released' || type === 'settled') {
    for (const [index, messageId] of change.messageIds.entries())
      await advance(draft, counters, {
        type,
        clientId,
        messageId,
        packetId: change.packetIds?.[index],
      });
  } else if (type === 'retained-set') {
    const { topicName, messageId, expiresAt } = message;
    const size = messageBytes(message);
    draft.set(rowKey('message', messageId), plainMessage(message));
    draft.set(rowKey('retained', topicName), { topicName, messageId, expiresAt, size });
  } else if (type === 'retained-cleared') {
    draft.delete(rowKey('retained', change.topicName));
  } else if (type === 'fan-out-set') {
    const { next } = change;
    draft.set(rowKey('fan-out', message.messageId), { message: plainMessage(message), next });
  } else if (type === 'fan-out-cleared') {
    draft.delete(rowKey('fan-out', change.messageId));
  } else if (type === 'session-removed') {
    await removeSession(draft, counters, clientId);
  } else {
    const session = (await draft.get(rowKey('session', clientId))) ?? NEW_SESSION;
    draft.set(rowKey('session', clientId), { ...session, ...sessionAfter[type](session, change) });
  }
}

const NEW_SESSION = {
  subscriptions: [],
  receivedPacketIds: [],
  will: undefined,
  queuedMessages: 0,
  queuedBytes: 0,
};

/** What a change gives the record of a session. Times are absolute, and stay what they are. */
const sessionAfter = {
  'session-opened': (_, { type: __, ...opened }) => ({
    userName: undefined,
    ...opened,
    expiresAt: Infinity,
    connected: true,
  }),
  'session-closed': (_, { type: __, ...closed }) => ({ ...closed, connected: false }),
  subscribed: (session, { subscription }) => ({
    subscriptions: [...otherThan(session, subscription.topicFilter), subscription],
  }),
  unsubscribed: (session, { topicFilter }) => ({ subscriptions: otherThan(session, topicFilter) }),
  received: ({ receivedPacketIds }, { packetId }) => ({
    receivedPacketIds: [...new Set(receivedPacketIds).add(packetId)],
  }),
  'receipt-released': ({ receivedPacketIds }, { packetId }) => ({
    receivedPacketIds: receivedPacketIds.filter((other) => other !== packetId),
  }),
  'will-set': (_, { will }) => ({ will }),
  'will-cleared': () => ({ will: undefined }),
};

function otherThan({ subscriptions }, topicFilter) {
  return subscriptions.filter((subscription) => subscription.topicFilter !== topicFilter);
}

async function removeSession(draft, counters, clientId) {
  const queue = await readPage(draft, rowKey('queue', clientId, ''), '', Infinity);
  for (const [, { messageId }] of queue)
    await advance(draft, counters, { type: 'settled', clientId, messageId });
  draft.delete(rowKey('session', clientId));
}

async function enqueue(draft, counters, clientId, message, delivery) {
  const { messageId } = message;
  if (await draft.get(rowKey('place', clientId, messageId))) return;
  draft.set(rowKey('message', messageId), plainMessage(message));
  const size = messageBytes(message) + identifierBytes(delivery.subscriptionIdentifiers);
  place(draft, counters, clientId, { ...delivery, messageId, size, released: false });
}

/** At the end of those in flight, which come first, or of those that wait. */
function place(draft, counters, clientId, delivery) {
  counters.lastPosition++;
  const position = counters.lastPosition + (delivery.packetId === 0 ? FIRST_WAITING : 0);
  draft.set(rowKey('queue', clientId, position), { ...delivery, position });
  draft.set(rowKey('place', clientId, delivery.messageId), position);
}

const FIRST_WAITING = 2 ** 52;

/** A delivery is sent, released or settled. One that is not there, or not so far, stays as it is. */
async function advance(draft, counters, { type, clientId, messageId, packetId }) {
  const placeKey = rowKey('place', clientId, messageId);
  const queueKey = rowKey('queue', clientId, (await draft.get(placeKey)) ?? 0);
  const delivery = await draft.get(queueKey);
  if (!delivery) return;
  if (type === 'settled') {
    draft.delete(queueKey);
    draft.delete(placeKey);
  } else if (type === 'sent' && delivery.packetId === 0) {
    draft.delete(queueKey);
    place(draft, counters, clientId, { ...delivery, packetId });
  } else if (type === 'released' && delivery.packetId !== 0) {
    draft.set(queueKey, { ...delivery, released: true, size: 0 });
  }
}

/** What is counted follows from the rows that were changed; a message goes with the last row that uses it. */
async function tally(draft, counters) {
  const uses = new Map();
  const queues = new Map();
  for (const { kind, name, row, sign } of await draft.differences()) {
    if (kind === 'message') add(uses, row.messageId, 0, 0);
    if (kind === 'retained') add(uses, row.messageId, sign, 0);
    if (kind === 'queue' && !row.released) add(uses, row.messageId, sign, 0);
    if (kind === 'queue') add(queues, name, sign, sign * row.size);
  }
  for (const [messageId, [more]] of uses) {
    const before = (await draft.get(rowKey('uses', messageId))) ?? 0;
    draft.set(rowKey('uses', messageId), before + more || undefined);
    if (before + more === 0) draft.delete(rowKey('message', messageId));
  }
  for (const [clientId, [messages, bytes]] of queues) {
    const session = await draft.get(rowKey('session', clientId));
    if (!session) continue;
    const before = (await draft.stored(rowKey('session', clientId))) ?? NEW_SESSION;
    const queuedMessages = before.queuedMessages + messages;
    const queuedBytes = before.queuedBytes + bytes;
    draft.set(rowKey('session', clientId), { ...session, queuedMessages, queuedBytes });
  }
  for (const { kind, row, sign } of await draft.differences()) {
    if (kind === 'session') counters.sessions += sign;
    if (kind === 'queue') counters.deliveries += sign;
    if (kind === 'message') counters.messages += sign;
    if (kind === 'message') counters.messageBytes += sign * messageBytes(row);
    if (kind === 'retained') counters.retained += sign;
    if (kind === 'retained') counters.retainedBytes += sign * row.size;
  }
}

function add(sums, key, count, bytes) {
  const [counted, size] = sums.get(key) ?? [0, 0];
  sums.set(key, [counted + count, size + bytes]);
}
