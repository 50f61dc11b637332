import assert from 'node:assert/strict';
import { MemorySessionStore } from '../memory-session-store.ts';
import type { SessionChange } from '../session-change.ts';
import type { SessionStore } from '../session-store.ts';
import { dump } from './read-store.ts';
import { closed, delivery, message, opened, subscription, will } from './records.ts';
import type { OpenStore, StoreCase } from './store-case.ts';

/** Long random lives, told to the store under test and to the memory store: both must say the same of them. */
export const historyCases: readonly StoreCase[] = [1, 2, 3, 4].flatMap((seed) => [
  {
    name: `random history ${seed} leaves what it leaves in the memory store`,
    async run(open: OpenStore): Promise<void> {
      await using store = await open();
      await live(store, new MemorySessionStore(), new History(seed), 120);
    },
  },
  {
    name: `random history ${seed} goes on over several openings`,
    needs: 'durable' as const,
    async run(open: OpenStore): Promise<void> {
      const [memory, history] = [new MemorySessionStore(), new History(seed)];
      for (let opening = 0; opening < 4; opening++) {
        await using store = await open();
        assert.deepEqual(await dump(store), await dump(memory));
        await live(store, memory, history, 40);
      }
    },
  },
]);

export async function live(
  store: SessionStore,
  memory: SessionStore,
  history: History,
  commits: number,
): Promise<void> {
  for (let commit = 1; commit <= commits; commit++) {
    const changes = history.next();
    const [expected, actual] = await Promise.allSettled(
      [memory, store].map(async (each) => each.commit(changes)),
    );
    assert.equal(actual?.status, expected?.status);
    if (commit % 10 === 0) assert.deepEqual(await dump(store), await dump(memory));
  }
}

/** Commits that depend on the seed alone; a few of them are refused. */
export class History {
  #state: number;
  #messageId = 0;
  readonly #epochs = new Map<string, number>();

  constructor(seed: number) {
    this.#state = seed * 2_654_435_761;
  }

  next(): SessionChange[] {
    const changes: SessionChange[] = [];
    for (let left = this.#below(8); left >= 0; left--) changes.push(this.#change());
    return changes;
  }

  #change(): SessionChange {
    const clientId = `client ${this.#below(5)}`;
    const epoch = this.#epochs.get(clientId);
    if (epoch === undefined || this.#below(20) === 0) return this.#open(clientId, (epoch ?? 0) + 1);
    const stale = this.#below(60) === 0;
    return this.#of({ clientId, epoch: stale ? epoch - 1 : epoch });
  }

  #open(clientId: string, epoch: number): SessionChange {
    this.#epochs.set(clientId, epoch);
    return opened(clientId, epoch);
  }

  #of(session: { readonly clientId: string; readonly epoch: number }): SessionChange {
    const recent = Math.max(1, this.#messageId - this.#below(12));
    const packetId = 1 + this.#below(12);
    const topicFilter = `filter ${this.#below(3)}`;
    const kinds: readonly (() => SessionChange)[] = [
      () => this.#enqueue(),
      () => this.#enqueue(),
      () => this.#enqueue(),
      () => ({ type: 'sent', ...session, messageIds: [recent], packetIds: [packetId] }),
      () => ({ type: 'sent', ...session, messageIds: [recent], packetIds: [packetId] }),
      () => ({ type: 'released', ...session, messageIds: [recent] }),
      () => ({ type: 'settled', ...session, messageIds: [recent] }),
      () => ({ type: 'settled', ...session, messageIds: [recent] }),
      () => ({ type: 'received', ...session, packetId }),
      () => ({ type: 'receipt-released', ...session, packetId }),
      () => ({
        type: 'subscribed',
        ...session,
        subscription: subscription(topicFilter, { qos: 2 }),
      }),
      () => ({ type: 'unsubscribed', ...session, topicFilter }),
      () => ({ type: 'will-set', ...session, will: will({ publishAt: recent }) }),
      () => ({ type: 'will-cleared', ...session }),
      () => ({ type: 'retained-set', message: this.#message(recent) }),
      () => ({ type: 'retained-cleared', topicName: `topic/${this.#below(10)}` }),
      () => ({ type: 'fan-out-set', message: this.#message(recent), next: packetId }),
      () => ({ type: 'fan-out-cleared', messageId: recent }),
      () => closed(session.clientId, 1000 + recent, session.epoch),
      () => this.#remove(session),
    ];
    return kinds[this.#below(kinds.length)]?.() ?? this.#enqueue();
  }

  /** A new message, or now and then an old one, for some of the sessions. */
  #enqueue(): SessionChange {
    const messageId = this.#below(10) === 0 ? Math.max(1, this.#messageId - 5) : ++this.#messageId;
    const deliveries = [...this.#epochs].flatMap(([clientId, epoch]) => {
      const packetId = this.#below(4) === 0 ? 1 + this.#below(1000) : 0;
      return this.#below(2) === 0 ? [delivery(clientId, { epoch, packetId })] : [];
    });
    return { type: 'enqueued', message: this.#message(messageId), deliveries };
  }

  #message(messageId: number): ReturnType<typeof message> {
    const properties = messageId % 3 === 0 ? Uint8Array.of(3, 0, 1, 97) : undefined;
    return message(messageId, { properties });
  }

  /** Half of them for good, as far as this history knows. */
  #remove(session: { readonly clientId: string; readonly epoch: number }): SessionChange {
    this.#epochs.delete(session.clientId);
    return { type: 'session-removed', ...session };
  }

  /** A whole number from 0 to below `limit`: Numerical Recipes' linear congruential generator, its upper bits. */
  #below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }
}
