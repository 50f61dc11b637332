import type {
  MessageRecord,
  QueuedDelivery,
  SessionChange,
  SessionRecord,
  SessionStore,
  StoreSizes,
} from '@wellhead/session-store';
import { NaiveStore, newPlace, type Place } from './naive-store.ts';

/** A place whose stores have one fault: how changes go in, or how records come out. */
interface Fault {
  readonly commit?: (
    store: NaiveStore,
    changes: readonly SessionChange[],
    place: Place,
  ) => Promise<void>;
  readonly change?: (change: SessionChange) => readonly SessionChange[];
  readonly session?: (session: SessionRecord) => SessionRecord;
  readonly queue?: (queue: readonly QueuedDelivery[]) => readonly QueuedDelivery[];
  readonly readAfter?: (after: number) => number;
  readonly message?: (message: MessageRecord) => MessageRecord;
  readonly sizes?: (sizes: StoreSizes) => StoreSizes;
  readonly lastMessageId?: (place: Place) => number;
  readonly reopen?: (place: Place) => void;
}

class FaultyStore extends NaiveStore {
  readonly #fault: Fault;
  readonly #inner: NaiveStore;

  constructor(place: Place, fault: Fault) {
    super(place);
    this.#fault = fault;
    this.#inner = new NaiveStore(place);
  }

  override async commit(changes: readonly SessionChange[]): Promise<void> {
    const { change, commit } = this.#fault;
    const wrong = change ? changes.flatMap((each) => change(each)) : changes;
    await (commit ? commit(this.#inner, wrong, this.place) : super.commit(wrong));
  }

  override async *load(options?: { signal?: AbortSignal }): AsyncIterable<SessionRecord> {
    for await (const session of super.load(options))
      yield this.#fault.session?.(session) ?? session;
  }

  override async readQueue(
    clientId: string,
    after: number,
    limit: number,
  ): Promise<QueuedDelivery[]> {
    const { readAfter, queue, message } = this.#fault;
    const page = await super.readQueue(clientId, readAfter?.(after) ?? after, limit);
    const wrong = queue?.(page) ?? page;
    return wrong.map((queued) => ({
      ...queued,
      message: message?.(queued.message) ?? queued.message,
    }));
  }

  override async readRetained(
    topicNames: readonly string[],
  ): Promise<(MessageRecord | undefined)[]> {
    const messages = await super.readRetained(topicNames);
    return messages.map((message) => message && (this.#fault.message?.(message) ?? message));
  }

  override sizes(): StoreSizes {
    return this.#fault.sizes?.(super.sizes()) ?? super.sizes();
  }

  override async lastMessageId(): Promise<number> {
    return this.#fault.lastMessageId?.(this.place) ?? super.lastMessageId();
  }
}

/** What the kit is given: each call opens the store of one faulty place. */
export function openFaulty(fault: Fault): () => Promise<SessionStore> {
  let place: Place | undefined;
  return async () => {
    if (place) fault.reopen?.(place);
    place ??= newPlace();
    return new FaultyStore(place, fault);
  };
}

const ignoring =
  (type: SessionChange['type']) =>
  (change: SessionChange): SessionChange[] =>
    change.type === type ? [] : [change];

const withFirst =
  (type: 'released' | 'settled') =>
  (change: SessionChange): SessionChange[] => [
    change.type === type ? { ...change, messageIds: change.messageIds.slice(0, 1) } : change,
  ];

const inState = (
  place: Place,
): { sessions: { record: SessionRecord; queue: QueuedDelivery[] }[] } => place.state;

export const faults: readonly [name: string, fault: Fault][] = [
  ['applies the first half of a refused commit', { commit: halfOfARefusedOne }],
  [
    'applies changes in the reverse order',
    { commit: (store, changes) => store.commit(changes.toReversed()) },
  ],
  [
    'takes what was handed over behind a refused commit',
    { commit: (_store, changes, place) => new NaiveStore(place).commit(changes) },
  ],
  ['ignores epochs', { commit: withCurrentEpochs }],
  [
    'refuses and says nothing',
    { commit: (store, changes) => store.commit(changes).catch(() => {}) },
  ],
  [
    'commits after it said so',
    {
      commit: async (store, changes) =>
        void setImmediate(() => void store.commit(changes).catch(() => {})),
    },
  ],
  [
    'keeps the array of a commit for later',
    {
      commit: async (store, changes) =>
        void setTimeout(() => void store.commit(changes).catch(() => {}), 1),
    },
  ],
  [
    'reads a queue by messageId',
    { queue: (queue) => queue.toSorted((a, b) => a.message.messageId - b.message.messageId) },
  ],
  ['reads a queue backwards', { queue: (queue) => queue.toReversed() }],
  ['reads every page from the head', { readAfter: () => 0 }],
  [
    'leaves out the first delivery of each next page',
    { readAfter: (after) => (after > 0 ? after + 1 : 0) },
  ],
  ['uses positions again', { commit: withUsedPositions }],
  [
    'forgets Packet Identifiers',
    { queue: (queue) => queue.map((queued) => ({ ...queued, packetId: 0 })) },
  ],
  ['forgets that a delivery was sent', { change: ignoring('sent') }],
  ['forgets that a delivery was released', { change: ignoring('released') }],
  ['settles only the first of several', { change: withFirst('settled') }],
  ['releases only the first of several', { change: withFirst('released') }],
  [
    'settles a delivery that is released',
    { change: (change) => [change.type === 'released' ? { ...change, type: 'settled' } : change] },
  ],
  [
    'sends the last of several first',
    {
      change: (change) => [
        change.type === 'sent'
          ? {
              ...change,
              messageIds: change.messageIds.toReversed(),
              packetIds: change.packetIds.toReversed(),
            }
          : change,
      ],
    },
  ],
  ['never settles', { change: ignoring('settled') }],
  ['forgets receipts', { change: ignoring('received') }],
  ['never releases receipts', { change: ignoring('receipt-released') }],
  ['forgets wills', { change: ignoring('will-set') }],
  ['never clears wills', { change: ignoring('will-cleared') }],
  [
    'forgets when a will is due',
    {
      session: (session) => ({
        ...session,
        will: session.will && { ...session.will, publishAt: Infinity },
      }),
    },
  ],
  ['never clears retained messages', { change: ignoring('retained-cleared') }],
  ['forgets subscriptions that ended', { change: ignoring('unsubscribed') }],
  ['forgets deadlines', { session: (session) => ({ ...session, expiresAt: Infinity }) }],
  [
    'keeps deadlines as seconds',
    {
      session: (session) => ({
        ...session,
        expiresAt: Math.floor(session.expiresAt / 1000) * 1000,
      }),
    },
  ],
  [
    'takes every session for connected',
    { session: (session) => ({ ...session, connected: true }) },
  ],
  ['forgets what is on its way to many', { change: ignoring('fan-out-set') }],
  [
    'starts a message for many again',
    {
      change: (change) => [change.type === 'fan-out-set' ? { ...change, next: 0 } : change],
    },
  ],
  ['never ends what is on its way to many', { change: ignoring('fan-out-cleared') }],
  ['keeps a removed session', { change: ignoring('session-removed') }],
  ['empties a session that is taken over', { commit: emptyOnTakeOver }],
  [
    'cuts payloads at the first zero',
    {
      message: (message) => ({
        ...message,
        payload: message.payload.slice(0, Math.max(0, message.payload.indexOf(0))),
      }),
    },
  ],
  ['forgets properties', { message: (message) => ({ ...message, properties: undefined }) }],
  [
    'forgets when a message expires',
    { message: (message) => ({ ...message, expiresAt: Infinity }) },
  ],
  [
    'forgets subscription identifiers',
    {
      queue: (queue) => queue.map((queued) => ({ ...queued, subscriptionIdentifiers: undefined })),
    },
  ],
  [
    'forgets the shared filter',
    { queue: (queue) => queue.map((queued) => ({ ...queued, sharedFilter: undefined })) },
  ],
  ['cuts long names', { change: withShortNames }],
  [
    'counts a message for each session',
    { sizes: (sizes) => ({ ...sizes, messages: sizes.deliveries }) },
  ],
  [
    'remembers only messages that are there',
    {
      lastMessageId: (place) =>
        Math.max(
          0,
          ...inState(place).sessions.flatMap(({ queue }) =>
            queue.map(({ message }) => message.messageId),
          ),
        ),
    },
  ],
  ['is empty when it is opened again', { reopen: (place) => Object.assign(place, newPlace()) }],
  [
    'forgets what is in flight when it is opened again',
    {
      reopen: (place) =>
        inState(place).sessions.forEach(
          (session) => (session.queue = session.queue.filter(({ packetId }) => packetId === 0)),
        ),
    },
  ],
];

async function halfOfARefusedOne(
  store: NaiveStore,
  changes: readonly SessionChange[],
): Promise<void> {
  try {
    await store.commit(changes);
  } catch (error) {
    await store.commit(changes.slice(0, changes.length >> 1)).catch(() => {});
    throw error;
  }
}

async function withCurrentEpochs(
  store: NaiveStore,
  changes: readonly SessionChange[],
  place: Place,
): Promise<void> {
  const epochs = new Map(
    inState(place).sessions.map(({ record }) => [record.clientId, record.epoch]),
  );
  const current = <T extends { clientId: string; epoch: number }>(fenced: T): T => ({
    ...fenced,
    epoch: epochs.get(fenced.clientId) ?? fenced.epoch,
  });
  const trusting = changes.map((change) => {
    if (change.type === 'session-opened') epochs.set(change.clientId, change.epoch);
    else if (change.type === 'enqueued')
      return { ...change, deliveries: change.deliveries.map(current) };
    else if ('clientId' in change) return current(change);
    return change;
  });
  await store.commit(trusting);
}

async function withUsedPositions(
  store: NaiveStore,
  changes: readonly SessionChange[],
  place: Place,
): Promise<void> {
  await store.commit(changes);
  const queues = inState(place).sessions.map(({ queue }) => queue);
  if (queues.every((queue) => queue.length === 0)) place.state.lastPosition = 0;
}

async function emptyOnTakeOver(
  store: NaiveStore,
  changes: readonly SessionChange[],
  place: Place,
): Promise<void> {
  const taken = changes.flatMap((change) => {
    const record = inState(place).sessions.find(
      (session) => 'clientId' in change && session.record.clientId === change.clientId,
    )?.record;
    if (change.type !== 'session-opened' || !record || record.epoch >= change.epoch)
      return [change];
    return [
      { type: 'session-removed', clientId: record.clientId, epoch: record.epoch } as const,
      change,
    ];
  });
  await store.commit(taken);
}

function withShortNames(change: SessionChange): readonly SessionChange[] {
  const short = (name: string): string => name.slice(0, 1900);
  if (change.type === 'retained-set') {
    return [
      { ...change, message: { ...change.message, topicName: short(change.message.topicName) } },
    ];
  }
  if (change.type === 'enqueued') {
    return [
      {
        ...change,
        deliveries: change.deliveries.map((each) => ({ ...each, clientId: short(each.clientId) })),
      },
    ];
  }
  return ['clientId' in change ? { ...change, clientId: short(change.clientId) } : change];
}
