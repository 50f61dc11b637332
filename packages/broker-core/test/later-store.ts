import {
  refusedBehind,
  type FanOutRecord,
  type MessageRecord,
  type QueuedDelivery,
  type RetainedRecord,
  type SessionChange,
  type SessionRecord,
  type SessionStore,
  type StoreSizes,
} from '@wellhead/session-store';
import { MemorySessionStore } from '@wellhead/session-store/memory';

/** What a process leaves behind: closing the broker closes nothing, so that another one may start on it. */
export class KeptStore extends MemorySessionStore {
  override async [Symbol.asyncDispose](): Promise<void> {}
}

interface PendingCommit {
  readonly changes: readonly SessionChange[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A store that takes its time: commits are applied and settle when the test says so, reads are promises. */
export class LaterStore implements SessionStore {
  readonly supports: SessionStore['supports'] = { durable: true, shared: false };
  readonly kept: KeptStore;
  /** While false, commits are done at once. */
  isHeld = false;
  commits = 0;
  readonly pending: PendingCommit[] = [];
  /** Why a commit was refused, until its caller has been told. */
  #refusal: unknown;

  constructor(kept: KeptStore = new KeptStore()) {
    this.kept = kept;
  }

  commit(changes: readonly SessionChange[]): Promise<void> | undefined {
    this.commits++;
    if (this.#refusal !== undefined) return Promise.reject(refusedBehind(this.#refusal));
    if (!this.isHeld) return this.kept.commit(changes);
    const settled = new Promise<void>((resolve, reject) => {
      this.pending.push({ changes: [...changes], resolve, reject });
    });
    settled.catch(() => (this.#refusal = undefined));
    return settled;
  }

  /** The oldest commit becomes durable. */
  settle(): void {
    const commit = this.pending.shift();
    if (commit === undefined) throw new Error('no commit is pending');
    this.#apply(commit.changes);
    commit.resolve();
  }

  /** The oldest commits become durable, but the promise of the last one settles first. */
  settleInReverse(): void {
    const commits = this.pending.splice(0);
    for (const { changes } of commits) this.#apply(changes);
    for (const { resolve } of commits.toReversed()) resolve();
  }

  settleAll(): void {
    while (this.pending.length > 0) this.settle();
  }

  /** From now on the store is quick. */
  release(): void {
    this.isHeld = false;
    this.settleAll();
  }

  /** The oldest commit fails, and those behind it with it: nothing of them is kept. */
  fail(error: unknown): void {
    const [first, ...behind] = this.pending.splice(0);
    if (first === undefined) return;
    this.#refusal = error;
    first.reject(error);
    for (const { reject } of behind) reject(refusedBehind(error));
  }

  #apply(changes: readonly SessionChange[]): void {
    if (this.kept.commit(changes) !== undefined) throw new Error('the store refuses a commit');
  }

  load(): AsyncIterable<SessionRecord> {
    return this.kept.load();
  }

  loadRetained(): AsyncIterable<RetainedRecord> {
    return this.kept.loadRetained();
  }

  loadFanOuts(): AsyncIterable<FanOutRecord> {
    return this.kept.loadFanOuts();
  }

  lastMessageId(): Promise<number> {
    return Promise.resolve(this.kept.lastMessageId());
  }

  async readQueue(
    clientId: string,
    after: number,
    limit: number,
  ): Promise<readonly QueuedDelivery[]> {
    return this.kept.readQueue(clientId, after, limit);
  }

  async readRetained(
    topicNames: readonly string[],
  ): Promise<readonly (MessageRecord | undefined)[]> {
    return this.kept.readRetained(topicNames);
  }

  sizes(): StoreSizes {
    return this.kept.sizes();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // whatever is still under way is done before a store closes
    this.release();
  }
}
