import type { MessageRecord } from '@wellhead/session-store';
import {
  type DeliveryRecord,
  type FanOutRecord,
  type QueuedDelivery,
  type RetainedRecord,
  type SessionChange,
  type SessionRecord,
  type SessionStore,
  StoreError,
  type StoreSizes,
  type StoreSupport,
} from '@wellhead/session-store';
import { MemorySessionStore } from '@wellhead/session-store/memory';
import { serialOf } from './payload.ts';
import type { StoreMode } from './step.ts';
import { InjectedError } from './violation.ts';

type Status = 'pending' | 'settled' | 'failed';

/** A store that answers when it is told to, and refuses commits when it is told to. It notes what has become of each change. */
export class ReluctantStore implements SessionStore {
  readonly supports: StoreSupport;
  readonly mode: StoreMode;
  /** Survives the broker. */
  readonly inner: MemorySessionStore;
  /** Commits that are going to be refused. */
  failing = 0;
  hasFailed = false;
  /** Everything is answered at once from now on. */
  isWilling = false;
  /** Called for each message of a commit that is refused. */
  refused: (message: MessageRecord, deliveries: readonly DeliveryRecord[]) => void = () =>
    undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #status = new Map<string, Status>();
  readonly #settled = new Map<string, number>();
  /** What it is called that a message gets its Packet Identifier, by session and message. */
  readonly #sendings = new Map<string, string[]>();
  #unsettled = 0;
  /** Commits that are refused, and nobody has been told yet. */
  #refusing = 0;
  /** Commits that the store inside has refused, when it was their turn. */
  #refused = 0;

  constructor(mode: StoreMode, inner: MemorySessionStore = new MemorySessionStore()) {
    this.mode = mode;
    this.inner = inner;
    this.supports = { durable: mode !== 'at-once', shared: false };
  }

  /** Answers that have not been given. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get unsettledCommits(): number {
    return this.#unsettled;
  }

  /** Gives the oldest answers; how many it gave. */
  settle(count: number): number {
    const given = this.#waiting.splice(0, count);
    for (const give of given) give();
    return given.length;
  }

  /** What has become of a change by its name, see {@link namesOf}; `undefined` when there was none. */
  status(name: string): Status | undefined {
    return this.#status.get(name);
  }

  /** How many changes of a name are settled. */
  settledTimes(name: string): number {
    return this.#settled.get(name) ?? 0;
  }

  commit(given: readonly SessionChange[]): Promise<void> | undefined {
    const changes = given.slice();
    // what comes behind a commit that is going to be refused is refused as well
    const mustFail = this.failing > 0 || this.#refusing > 0;
    if (mustFail) {
      this.failing = Math.max(0, this.failing - 1);
      this.hasFailed = true;
      this.#refusing++;
    }
    const isNow = (this.mode === 'at-once' || this.isWilling) && this.#waiting.length === 0;
    if (isNow && !mustFail) {
      const answer = this.inner.commit(changes);
      this.#note(changes, answer === undefined ? 'settled' : 'failed');
      return answer;
    }
    this.#note(changes, 'pending');
    this.#unsettled++;
    const early = this.mode === 'in-order' || mustFail ? undefined : this.inner.commit(changes);
    early?.catch(() => undefined);
    const isRefusal = mustFail || early !== undefined;
    if (early !== undefined) this.#refusing++;
    const known = this.#refused;
    const answer = this.#answer(async () => {
      this.#unsettled--;
      try {
        if (mustFail || known !== this.#refused)
          throw new StoreError('STORE_FULL', 'as told', { cause: new InjectedError('full') });
        await (this.mode === 'in-order' ? this.#inTurn(changes) : early);
        this.#note(changes, 'settled');
      } catch (error) {
        this.#note(changes, 'failed');
        for (const change of changes)
          if (change.type === 'enqueued') this.refused(change.message, change.deliveries);
        throw error;
      }
    });
    // the first to hear of it, just before the broker
    if (isRefusal) answer.catch(() => this.#refusing--);
    return answer;
  }

  #inTurn(changes: readonly SessionChange[]): Promise<void> | undefined {
    const refused = this.inner.commit(changes);
    if (refused !== undefined) this.#refused++;
    return refused;
  }

  load(): AsyncIterable<SessionRecord> {
    return this.inner.load();
  }

  loadRetained(): AsyncIterable<RetainedRecord> {
    return this.inner.loadRetained();
  }

  loadFanOuts(): AsyncIterable<FanOutRecord> {
    return this.inner.loadFanOuts();
  }

  lastMessageId(): number {
    return this.inner.lastMessageId();
  }

  readQueue(
    clientId: string,
    after: number,
    limit: number,
  ): readonly QueuedDelivery[] | Promise<readonly QueuedDelivery[]> {
    if (this.mode === 'at-once') return this.inner.readQueue(clientId, after, limit);
    // as of now: what is not settled need not be seen
    const page = this.inner.readQueue(clientId, after, limit);
    return this.#answer(async () => page);
  }

  readRetained(
    topicNames: readonly string[],
  ): readonly (MessageRecord | undefined)[] | Promise<readonly (MessageRecord | undefined)[]> {
    if (this.mode === 'at-once') return this.inner.readRetained(topicNames);
    const found = this.inner.readRetained(topicNames);
    return this.#answer(async () => found);
  }

  sizes(): StoreSizes {
    return this.inner.sizes();
  }

  /** The store outlives its brokers. */
  async [Symbol.asyncDispose](): Promise<void> {}

  #answer<T>(give: () => Promise<T>): Promise<T> {
    const isNow = this.isWilling || this.mode === 'at-once';
    if (isNow && this.#waiting.length === 0) return give();
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(give()));
    });
  }

  #namesOf(change: SessionChange): string[] {
    if (change.type === 'sent') {
      const { clientId, messageIds } = change;
      return messageIds.flatMap((id) => this.#sendings.get(`${clientId} ${id}`) ?? []);
    }
    if (change.type !== 'enqueued') return namesOf(change);
    const serial = serialOf(change.message.payload);
    for (const { clientId, retain } of change.deliveries)
      this.#sendings.set(`${clientId} ${change.message.messageId}`, [
        `sent ${clientId} ${serial} ${retain}`,
      ]);
    return namesOf(change);
  }

  #note(changes: readonly SessionChange[], status: Status): void {
    for (const change of changes) {
      for (const name of this.#namesOf(change)) {
        this.#status.set(name, status);
        if (status === 'settled') this.#settled.set(name, this.settledTimes(name) + 1);
      }
    }
  }
}

/** What stands for a change in the checks: what it lets the broker say. */
function namesOf(change: SessionChange): string[] {
  switch (change.type) {
    case 'enqueued': {
      const serial = serialOf(change.message.payload);
      // a retained message that comes by a new subscription was acknowledged long ago
      const isReplay = change.deliveries.every(({ retain }) => retain);
      return [
        ...(isReplay ? [] : [`message ${serial}`]),
        ...change.deliveries.flatMap(({ clientId, packetId, retain }) =>
          packetId > 0 ? [`sent ${clientId} ${serial} ${retain}`] : [],
        ),
      ];
    }
    case 'retained-set':
      return [`retained ${serialOf(change.message.payload)}`];
    case 'received':
    case 'receipt-released':
      return [`${change.type} ${change.clientId} ${change.packetId}`];
    case 'subscribed':
      return [`subscribed ${change.clientId} ${change.subscription.topicFilter}`];
    case 'unsubscribed':
      return [`unsubscribed ${change.clientId} ${change.topicFilter}`];
    case 'session-opened':
      return [`opened ${change.clientId}`];
    default:
      return [];
  }
}
