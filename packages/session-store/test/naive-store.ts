import {
  plainMessage,
  checkChanges,
  identifierBytes,
  refusedBehind,
  type FanOutRecord,
  type MessageRecord,
  type QueuedDelivery,
  type RetainedRecord,
  type SessionChange,
  type SessionRecord,
  type SessionStore,
  StoreError,
  type StoreSizes,
} from '@wellhead/session-store';

/** Where a naive store keeps its state, so that another can be opened on it. */
export interface Place {
  state: State;
}

export function newPlace(): Place {
  return { state: { sessions: [], retained: [], fanOuts: [], lastMessageId: 0, lastPosition: 0 } };
}

/**
 * The contract in the plainest words: a commit works on a copy of everything, and keeps it when nothing was wrong.
 * Asynchronous, durable as long as its place, and shared by all who have the place.
 */
export class NaiveStore implements SessionStore {
  readonly supports = { durable: true, shared: true };
  protected readonly place: Place;
  #closed = false;
  /** Why a commit was refused, until its caller has been told. */
  #refusal: unknown;

  constructor(place: Place) {
    this.place = place;
  }

  async commit(changes: readonly SessionChange[]): Promise<void> {
    const done = this.#commit(changes);
    done.catch(() => (this.#refusal = undefined));
    await done;
  }

  async #commit(changes: readonly SessionChange[]): Promise<void> {
    this.#assertOpen();
    if (this.#refusal !== undefined) throw refusedBehind(this.#refusal);
    const next = structuredClone(this.place.state);
    const error = checkChanges(changes, (id) => find(next, id)?.record.epoch);
    if (error) throw (this.#refusal = error);
    for (const change of changes) apply(next, structuredClone(plainChange(change)));
    this.place.state = next;
  }

  async *load(options?: { signal?: AbortSignal }): AsyncIterable<SessionRecord> {
    this.#assertOpen();
    options?.signal?.throwIfAborted();
    for (const { record, queue } of this.place.state.sessions) {
      const queuedBytes = queue.reduce((sum, queued) => sum + queueSize(queued), 0);
      yield { ...record, queuedMessages: queue.length, queuedBytes };
    }
  }

  async *loadRetained(options?: { signal?: AbortSignal }): AsyncIterable<RetainedRecord> {
    this.#assertOpen();
    options?.signal?.throwIfAborted();
    for (const message of this.place.state.retained) {
      const { topicName, messageId, expiresAt } = message;
      yield { topicName, messageId, expiresAt, size: size(message) };
    }
  }

  async *loadFanOuts(options?: { signal?: AbortSignal }): AsyncIterable<FanOutRecord> {
    this.#assertOpen();
    options?.signal?.throwIfAborted();
    yield* this.place.state.fanOuts;
  }

  async lastMessageId(): Promise<number> {
    return this.place.state.lastMessageId;
  }

  async readQueue(clientId: string, after: number, limit: number): Promise<QueuedDelivery[]> {
    this.#assertOpen();
    const queue = find(this.place.state, clientId)?.queue ?? [];
    return queue
      .toSorted((a, b) => a.position - b.position)
      .filter(({ position }) => position > after)
      .slice(0, limit);
  }

  async readRetained(topicNames: readonly string[]): Promise<(MessageRecord | undefined)[]> {
    this.#assertOpen();
    const { retained } = this.place.state;
    return topicNames.map((name) => retained.find(({ topicName }) => topicName === name));
  }

  sizes(): StoreSizes {
    const { sessions, retained } = this.place.state;
    const deliveries = sessions.flatMap(({ queue }) => queue);
    const needed = [
      ...deliveries.filter(({ released }) => !released).map(({ message }) => message),
      ...retained,
    ];
    const messages = new Map(needed.map((message) => [message.messageId, message]));
    return {
      sessions: sessions.length,
      messages: messages.size,
      messageBytes: [...messages.values()].reduce((sum, message) => sum + size(message), 0),
      deliveries: deliveries.length,
      retained: retained.length,
      retainedBytes: retained.reduce((sum, message) => sum + size(message), 0),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('STORE_CLOSED', 'closed');
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Session {
  record: Mutable<SessionRecord>;
  queue: Mutable<QueuedDelivery>[];
}

interface State {
  sessions: Session[];
  retained: MessageRecord[];
  fanOuts: FanOutRecord[];
  lastMessageId: number;
  lastPosition: number;
}

function find(state: State, clientId: string): Session | undefined {
  return state.sessions.find(({ record }) => record.clientId === clientId);
}

function queueSize({ message, released, subscriptionIdentifiers }: QueuedDelivery): number {
  return released ? 0 : size(message) + identifierBytes(subscriptionIdentifiers);
}

function size({ payload, properties, topicName }: MessageRecord): number {
  return payload.length + (properties?.length ?? 0) + Math.max(0, topicName.length - 128);
}

function plainChange(change: SessionChange): SessionChange {
  return 'message' in change ? { ...change, message: plainMessage(change.message) } : change;
}

function apply(state: State, change: SessionChange): void {
  switch (change.type) {
    case 'enqueued':
      return enqueue(state, change);
    case 'retained-set':
      state.lastMessageId = Math.max(state.lastMessageId, change.message.messageId);
      state.retained = state.retained.filter((kept) => kept.topicName !== change.message.topicName);
      state.retained.push(change.message);
      return;
    case 'retained-cleared':
      state.retained = state.retained.filter((kept) => kept.topicName !== change.topicName);
      return;
    case 'fan-out-set': {
      const { message, next } = change;
      state.lastMessageId = Math.max(state.lastMessageId, message.messageId);
      state.fanOuts = [...fanOutsBut(state, message.messageId), { message, next }];
      return;
    }
    case 'fan-out-cleared':
      state.fanOuts = fanOutsBut(state, change.messageId);
      return;
    case 'session-opened':
      return open(state, change);
    case 'session-removed':
      state.sessions = state.sessions.filter(({ record }) => record.clientId !== change.clientId);
      return;
    default: {
      const session = find(state, change.clientId);
      if (session) applyToSession(state, session, change);
    }
  }
}

function fanOutsBut(state: State, messageId: number): FanOutRecord[] {
  return state.fanOuts.filter(({ message }) => message.messageId !== messageId);
}

function open(state: State, change: SessionChange & { type: 'session-opened' }): void {
  const { type: _, userName, ...opened } = change;
  const fresh = {
    subscriptions: [],
    receivedPacketIds: [],
    will: undefined,
    queuedMessages: 0,
    queuedBytes: 0,
  };
  const session = find(state, change.clientId);
  const record = {
    ...(session?.record ?? fresh),
    ...opened,
    userName,
    expiresAt: Infinity,
    connected: true,
  };
  if (session) session.record = record;
  else state.sessions.push({ record, queue: [] });
}

function enqueue(
  state: State,
  { message, deliveries }: SessionChange & { type: 'enqueued' },
): void {
  state.lastMessageId = Math.max(state.lastMessageId, message.messageId);
  for (const { clientId, epoch: _, ...delivery } of deliveries) {
    const queue = find(state, clientId)?.queue;
    if (!queue || queue.some((queued) => queued.message.messageId === message.messageId)) continue;
    const position = nextPosition(state, delivery.packetId === 0);
    queue.push({ ...delivery, message, released: false, position });
  }
}

/** In flight below a billion, waiting above: enough for tests. */
function nextPosition(state: State, waiting: boolean): number {
  state.lastPosition++;
  return waiting ? 1e9 + state.lastPosition : state.lastPosition;
}

function applyToSession(
  state: State,
  session: Session,
  change: SessionChange & { clientId: string },
): void {
  const { record, queue } = session;
  switch (change.type) {
    case 'session-closed':
      Object.assign(record, {
        connected: false,
        expiresAt: change.expiresAt,
        sessionExpiryInterval: change.sessionExpiryInterval,
      });
      return;
    case 'subscribed':
      record.subscriptions = [
        ...without(record, change.subscription.topicFilter),
        change.subscription,
      ];
      return;
    case 'unsubscribed':
      record.subscriptions = without(record, change.topicFilter);
      return;
    case 'sent':
      for (const [index, messageId] of change.messageIds.entries()) {
        const queued = of(queue, messageId);
        if (queued?.packetId !== 0) continue;
        queued.position = nextPosition(state, false);
        queued.packetId = change.packetIds[index] ?? 0;
      }
      return;
    case 'released':
      for (const messageId of change.messageIds) {
        const queued = of(queue, messageId);
        if (!queued?.packetId) continue;
        queued.released = true;
        queued.message = { ...queued.message, payload: new Uint8Array(0), properties: undefined };
      }
      return;
    case 'settled':
      session.queue = queue.filter(({ message }) => !change.messageIds.includes(message.messageId));
      return;
    case 'received':
      if (!record.receivedPacketIds.includes(change.packetId))
        record.receivedPacketIds = [...record.receivedPacketIds, change.packetId];
      return;
    case 'receipt-released':
      record.receivedPacketIds = record.receivedPacketIds.filter((id) => id !== change.packetId);
      return;
    case 'will-set':
      record.will = change.will;
      return;
    case 'will-cleared':
      record.will = undefined;
  }
}

function of(
  queue: readonly Mutable<QueuedDelivery>[],
  messageId: number,
): Mutable<QueuedDelivery> | undefined {
  return queue.find(({ message }) => message.messageId === messageId);
}

function without(record: SessionRecord, topicFilter: string): SessionRecord['subscriptions'] {
  return record.subscriptions.filter((subscription) => subscription.topicFilter !== topicFilter);
}
