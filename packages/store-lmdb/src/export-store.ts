import {
  StoreError,
  type DeliveryRecord,
  type MessageRecord,
  type SessionChange,
  type SessionRecord,
  type SessionStore,
  plainMessage,
} from '@wellhead/session-store';
import { changeOfLine, changeToLine } from './change-json.ts';

/**
 * What a store holds as lines of JSON: the changes that make another store the same. Bytes are base64, times
 * without end are `"never"`. Nobody may commit meanwhile. Lines carry no newline.
 */
export async function* exportStore(store: SessionStore): AsyncIterable<string> {
  yield HEADER;
  for await (const outlines of batches(store.loadRetained(), PAGE)) {
    const messages = await store.readRetained(outlines.map(({ topicName }) => topicName));
    for (const message of messages)
      if (message) yield changeToLine({ type: 'retained-set', message: plainMessage(message) });
  }
  for await (const session of store.load()) {
    for (const change of changesOf(session)) yield changeToLine(change);
    for await (const change of queueOf(store, session)) yield changeToLine(change);
    if (!session.connected) yield changeToLine(closed(session));
  }
  for await (const { message, next } of store.loadFanOuts())
    yield changeToLine({ type: 'fan-out-set', message: plainMessage(message), next });
  const last = { ...NOBODYS_MESSAGE, messageId: await store.lastMessageId() };
  if (last.messageId > 0) yield changeToLine({ type: 'enqueued', message: last, deliveries: [] });
}

/** Commits exported lines to an empty store. Rejects with `STORE_INVALID_CHANGE`, naming the line, when one cannot be read. */
export async function importStore(
  store: SessionStore,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  const { sessions, messages } = store.sizes();
  if (sessions + messages > 0) throw unreadable('the store that shall take them is not empty');
  let number = 0;
  let changes: SessionChange[] = [];
  for await (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    if (number === 1) {
      checkHeader(line);
      continue;
    }
    const change = changeOfLine(line);
    if (typeof change === 'string') throw unreadable(`line ${number}: ${change}`);
    if (changes.push(change) < PAGE) continue;
    await store.commit(changes);
    changes = [];
  }
  if (number === 0) throw unreadable('there are none');
  await store.commit(changes);
}

function changesOf(session: SessionRecord): SessionChange[] {
  const { clientId, epoch, sessionExpiryInterval, protocolVersion, userName, will } = session;
  return [
    {
      type: 'session-opened',
      clientId,
      epoch,
      sessionExpiryInterval,
      protocolVersion,
      userName,
    },
    ...session.subscriptions.map(
      (subscription) => ({ type: 'subscribed', clientId, epoch, subscription }) as const,
    ),
    ...session.receivedPacketIds.map(
      (packetId) => ({ type: 'received', clientId, epoch, packetId }) as const,
    ),
    ...(will ? [{ type: 'will-set', clientId, epoch, will } as const] : []),
  ];
}

async function* queueOf(store: SessionStore, session: SessionRecord): AsyncIterable<SessionChange> {
  const { clientId, epoch } = session;
  for (let after = 0; ;) {
    const page = await store.readQueue(clientId, after, PAGE);
    for (const queued of page) {
      const { message, released, position, ...how } = queued;
      const delivery: DeliveryRecord = { clientId, epoch, ...how };
      yield { type: 'enqueued', message: plainMessage(message), deliveries: [delivery] };
      const { messageId } = message;
      if (released) yield { type: 'released', clientId, epoch, messageIds: [messageId] };
      after = position;
    }
    if (page.length === 0) return;
  }
}

function closed(session: SessionRecord): SessionChange {
  const { clientId, epoch, expiresAt, sessionExpiryInterval } = session;
  return { type: 'session-closed', clientId, epoch, expiresAt, sessionExpiryInterval };
}

async function* batches<T>(values: AsyncIterable<T>, size: number): AsyncIterable<T[]> {
  let batch: T[] = [];
  for await (const value of values) {
    if (batch.push(value) < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function checkHeader(line: string): void {
  if (line.trim() !== HEADER) throw unreadable('line 1 is not the header of a known format');
}

function unreadable(reason: string): StoreError {
  return new StoreError('STORE_INVALID_CHANGE', `These lines cannot be imported: ${reason}.`);
}

const HEADER = '{"type":"wellhead-store","format":1}';
const PAGE = 256;

/** Carries the last messageId, so that the store that is imported to goes on behind it. */
const NOBODYS_MESSAGE: MessageRecord = {
  messageId: 0,
  topicName: '-',
  payload: new Uint8Array(0),
  qos: 0,
  retain: false,
  properties: undefined,
  publishedAt: 0,
  expiresAt: Infinity,
  publisherId: undefined,
};
