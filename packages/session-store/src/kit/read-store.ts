import assert from 'node:assert/strict';
import { plainMessage } from '../plain-message.ts';
import type { MessageRecord, QueuedDelivery, SessionRecord } from '../records.ts';
import type { SessionStore } from '../session-store.ts';

/** A session's whole queue, in pages. */
export async function readAll(
  store: SessionStore,
  clientId: string,
  pageSize = 100,
): Promise<QueuedDelivery[]> {
  const all: QueuedDelivery[] = [];
  for (;;) {
    const page = await store.readQueue(clientId, all.at(-1)?.position ?? 0, pageSize);
    if (page.length === 0) return all;
    const before = all.at(-1)?.position ?? 0;
    assert.ok(
      page.every(({ position }) => position > before),
      'a page begins behind the last',
    );
    all.push(...page);
  }
}

/** A session's queue as messageIds. */
export async function queueIds(store: SessionStore, clientId: string): Promise<number[]> {
  return (await readAll(store, clientId)).map((queued) => queued.message.messageId);
}

/** The record of one session; undefined when there is none. */
export async function loadSession(
  store: SessionStore,
  clientId: string,
): Promise<SessionRecord | undefined> {
  return (await loadAll(store)).find((session) => session.clientId === clientId);
}

async function loadAll(store: SessionStore): Promise<SessionRecord[]> {
  const sessions: SessionRecord[] = [];
  for await (const session of store.load()) sessions.push(session);
  return sessions.toSorted((a, b) => compare(a.clientId, b.clientId));
}

/** Everything that a store can be asked, comparable with what another store says. */
export async function dump(store: SessionStore): Promise<unknown> {
  const sessions = await loadAll(store);
  const queues: unknown[] = [];
  for (const { clientId } of sessions) {
    const queue = await readAll(store, clientId, 3);
    queues.push(queue.map((queued) => plainDelivery(queued)));
  }
  const { bytesOnDisk: _, ...sizes } = store.sizes();
  return {
    sessions: sessions.map((session) => plainSession(session)),
    queues,
    retained: await retained(store),
    fanOuts: await fanOuts(store),
    sizes,
    lastMessageId: await store.lastMessageId(),
  };
}

async function retained(store: SessionStore): Promise<unknown> {
  const outlines: { topicName: string }[] = [];
  for await (const outline of store.loadRetained()) outlines.push({ ...outline });
  outlines.sort((a, b) => compare(a.topicName, b.topicName));
  const messages = await store.readRetained(outlines.map((outline) => outline.topicName));
  return { outlines, messages: messages.map((message) => message && comparableMessage(message)) };
}

/** Every message that is on its way to many, by its messageId. */
export async function fanOuts(store: SessionStore): Promise<unknown[]> {
  const found: { message: MessageRecord; next: number }[] = [];
  for await (const { message, next } of store.loadFanOuts()) found.push({ message, next });
  return found
    .toSorted((a, b) => a.message.messageId - b.message.messageId)
    .map(({ message, next }) => ({ message: comparableMessage(message), next }));
}

function plainSession(session: SessionRecord): unknown {
  const subscriptions = session.subscriptions.toSorted((a, b) =>
    compare(a.topicFilter, b.topicFilter),
  );
  const { will } = session;
  const plainWill = will && {
    ...will,
    payload: [...will.payload],
    properties: will.properties && [...will.properties],
  };
  return {
    ...session,
    subscriptions: subscriptions.map((subscription) => ({ ...subscription })),
    receivedPacketIds: [...session.receivedPacketIds],
    will: plainWill,
  };
}

/** Without its position, which is each store's own affair, and without what a released one has lost. */
export function plainDelivery(queued: QueuedDelivery): Record<string, unknown> {
  const { position: _, subscriptionIdentifiers: identifiers, ...rest } = queued;
  const { messageId } = queued.message;
  return {
    ...rest,
    subscriptionIdentifiers: identifiers && [...identifiers],
    message: queued.released ? { messageId } : comparableMessage(queued.message),
  };
}

/** Bytes as plain arrays, because stores give them in different classes. */
export function comparableMessage(message: MessageRecord): Record<string, unknown> {
  const { payload, properties } = message;
  return {
    ...plainMessage(message),
    payload: [...payload],
    properties: properties && [...properties],
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
