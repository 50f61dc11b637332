import type { MessageRecord, QueuedDelivery } from '@wellhead/session-store';
import { ByteReader } from './byte-reader.ts';
import { type DeliveryState, readDelivery } from './delivery.ts';
import { numberOfKey, queueKey } from './keys.ts';
import { findMessage } from './messages.ts';
import { FIRST_WAITING } from './queues.ts';
import type { StoreState } from './store-state.ts';
import type { StoredSession } from './stored-session.ts';

/** A page of a queue. The batch must not have changes among its rows. */
export function readPage(
  state: StoreState,
  session: StoredSession,
  after: number,
  limit: number,
): QueuedDelivery[] {
  const page: QueuedDelivery[] = [];
  session.page = undefined;
  if (after < FIRST_WAITING - 1) {
    addPart(state, session, { after, end: FIRST_WAITING, part: session.inFlight }, limit, page);
  }
  if (page.length < limit) {
    const from = Math.max(after, FIRST_WAITING - 1);
    const { waiting } = session;
    addPart(state, session, { after: from, end: 2 * FIRST_WAITING, part: waiting }, limit, page);
  }
  return page;
}

interface Part {
  readonly after: number;
  readonly end: number;
  /** What the journal has of it. */
  readonly part: ReadonlyMap<number, Placed> | undefined;
}

interface Placed extends DeliveryState {
  readonly position: number;
}

/** Merges rows and journal by position. */
function addPart(
  state: StoreState,
  session: StoredSession,
  { after, end, part }: Part,
  limit: number,
  page: QueuedDelivery[],
): void {
  const others = behind(part, after);
  let other = others.next();
  if (session.rowDeliveries > 0) {
    const read = (session.page ??= new Map());
    const [from, to] = [queueKey(session.number, after + 1), queueKey(session.number, end)];
    for (const { key, value } of state.database.range(from, to)) {
      const position = numberOfKey(key);
      for (; other.done !== true && other.value.position < position; other = others.next())
        if (page.length < limit) page.push(toQueued(state, other.value, other.value.position));
      if (page.length === limit) return;
      const queued = toQueued(state, readDelivery(new ByteReader(value)), position);
      read.set(queued.message.messageId, queued);
      page.push(queued);
    }
  }
  for (; other.done !== true && page.length < limit; other = others.next())
    page.push(toQueued(state, other.value, other.value.position));
}

function* behind(
  part: ReadonlyMap<number, Placed> | undefined,
  after: number,
): Generator<Placed, undefined> {
  for (const delivery of part?.values() ?? []) if (delivery.position > after) yield delivery;
  return undefined;
}

function toQueued(state: StoreState, delivery: DeliveryState, position: number): QueuedDelivery {
  const { messageId, qos, retain, subscriptionIdentifiers, sharedFilter, packetId } = delivery;
  const { released } = delivery;
  const message = (released ? undefined : findMessage(state, messageId)) ?? without(messageId);
  return {
    message,
    qos,
    retain,
    subscriptionIdentifiers,
    sharedFilter,
    packetId,
    released,
    position,
  };
}

/** A released delivery has no content. */
function without(messageId: number): MessageRecord {
  return {
    messageId,
    topicName: '',
    payload: new Uint8Array(0),
    qos: 0,
    retain: false,
    properties: undefined,
    publishedAt: 0,
    expiresAt: Infinity,
    publisherId: undefined,
  };
}
