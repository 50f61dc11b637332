import { statSync } from 'node:fs';
import {
  checkChanges,
  StoreError,
  type FanOutRecord,
  type LoadOptions,
  type MessageRecord,
  type QueuedDelivery,
  type RetainedRecord,
  type SessionChange,
  type SessionRecord,
  type SessionStore,
  type StoreSizes,
  type StoreSupport,
} from '@wellhead/session-store';
import { applyChange } from './apply-change.ts';
import { CommitQueue, type PendingCommit } from './commit-queue.ts';
import type { Database, StoredRow } from './database.ts';
import { readFanOut } from './fan-outs.ts';
import { keyRange, Kind } from './keys.ts';
import { loadState } from './load-state.ts';
import { readPage } from './read-queue.ts';
import { findRetained, readRetainedRow } from './retained.ts';
import type { Room } from './room.ts';
import { RowBatch } from './row-batch.ts';
import { recordOf } from './sessions.ts';
import { FEW_ROWS, MANY_ROWS, type StoreState } from './store-state.ts';
import { closedError, failure, unapplied } from './store-failure.ts';
import { beginTransaction, endTransaction } from './transaction.ts';

/** How durable a commit is when it settles: on the disk, with the operating system, or in memory only. */
export type Durability = 'disk' | 'os' | 'memory';

export interface LmdbSessionStoreOptions {
  readonly database: Database;
  readonly dataFile: string;
  readonly durability: Durability;
  readonly room: Room;
  /** Bytes from which on what the journal holds moves to rows. */
  readonly journalLimit: number;
  /** Called when nothing more fits: may give back what is free, and close the database to do so. */
  readonly compact?: () => Promise<unknown>;
  /** Called once, after the database is closed. */
  readonly onClose: () => Promise<void>;
}

/**
 * The store over one LMDB database. One write transaction is under way at a time; commits that come meanwhile share
 * the next one. Memory is always in step with the transaction under way, so what a failed one left there is thrown
 * away and read again from the database.
 */
export class LmdbSessionStore implements SessionStore {
  readonly supports: StoreSupport = { durable: true, shared: false };
  readonly #options: LmdbSessionStoreOptions;
  readonly #database: Database;
  readonly #queue = new CommitQueue();
  #state: StoreState;
  #isWriting = false;
  /** The last transaction has failed, and another one like it would. */
  #hasFailed = false;
  /** LMDB must not be read: to do so after it was closed ends the process. */
  #isReopening = false;
  /** Called when the transaction under way is over, before the next begins. */
  #waiting: (() => void)[] = [];
  /** Why the database cannot be read; the next commit tries again. */
  #broken: unknown;
  #closing: Promise<void> | undefined;

  /** Reads the database; throws what reading throws. */
  constructor(options: LmdbSessionStoreOptions) {
    this.#options = options;
    this.#database = options.database;
    this.#state = loadState(options.database);
  }

  commit(changes: readonly SessionChange[]): Promise<void> {
    if (this.#closing) return Promise.reject(closedError());
    const settled = this.#queue.add(changes);
    this.#pump();
    return settled;
  }

  async *load(options?: LoadOptions): AsyncIterable<SessionRecord> {
    this.#assertOpen();
    const state = this.#state;
    for (const session of state.sessions.values()) {
      options?.signal?.throwIfAborted();
      yield recordOf(state, session);
    }
  }

  async *loadRetained(options?: LoadOptions): AsyncIterable<RetainedRecord> {
    this.#assertOpen();
    const { start: first, end } = keyRange(Kind.retained);
    let start = first;
    for (;;) {
      options?.signal?.throwIfAborted();
      await this.#transactionOver();
      const rows = firstRows(this.#database.range(start, end), RETAINED_AT_ONCE);
      for (const row of rows) {
        options?.signal?.throwIfAborted();
        yield readRetainedRow(row.value);
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < RETAINED_AT_ONCE) return;
      start = Buffer.concat([last.key, Buffer.of(0)]);
    }
  }

  async *loadFanOuts(options?: LoadOptions): AsyncIterable<FanOutRecord> {
    this.#assertOpen();
    const { start, end } = keyRange(Kind.fanOut);
    await this.#transactionOver();
    for (const row of Array.from(this.#database.range(start, end))) {
      options?.signal?.throwIfAborted();
      yield readFanOut(row);
    }
  }

  lastMessageId(): number {
    return this.#state.counters.lastMessageId;
  }

  /** At once, unless rows of this queue are being written, or a failed write has closed the database for a moment. */
  readQueue(
    clientId: string,
    after: number,
    limit: number,
  ): readonly QueuedDelivery[] | Promise<readonly QueuedDelivery[]> {
    this.#assertOpen();
    if (this.#isReopening) {
      return this.#transactionOver().then(() => this.readQueue(clientId, after, limit));
    }
    const state = this.#state;
    const session = state.sessions.get(clientId);
    if (session === undefined) return [];
    if (state.batch.touches(Kind.queue, session.number)) {
      return this.#transactionOver().then(() => this.readQueue(clientId, after, limit));
    }
    return readPage(state, session, after, limit);
  }

  /** At once, unless a failed write has closed the database for a moment. */
  readRetained(
    topicNames: readonly string[],
  ): readonly (MessageRecord | undefined)[] | Promise<readonly (MessageRecord | undefined)[]> {
    this.#assertOpen();
    if (this.#isReopening) {
      return this.#transactionOver().then(() => this.readRetained(topicNames));
    }
    return topicNames.map((topicName) => findRetained(this.#state, topicName));
  }

  sizes(): StoreSizes {
    return this.#state.sizes(
      statSync(this.#options.dataFile, { throwIfNoEntry: false })?.size ?? 0,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    while (this.#isWriting || !this.#queue.isEmpty) await this.#transactionOver();
    try {
      await this.#database.close();
    } finally {
      await this.#options.onClose();
    }
  }

  #pump(): void {
    while (!this.#isWriting && (!this.#queue.isEmpty || this.#hasMoreToRemove)) {
      if (this.#broken !== undefined) {
        this.#rejectAll(this.#queue.take(), this.#broken);
        void this.#recover();
        return;
      }
      this.#transact(this.#queue.take());
    }
  }

  /** What a failed write was to remove waits for the next commit. */
  get #hasMoreToRemove(): boolean {
    return this.#state.removed.size > 0 && !this.#hasFailed;
  }

  #transact(commits: readonly PendingCommit[]): void {
    const state = this.#state;
    const { durability, journalLimit, room } = this.#options;
    let accepted = commits;
    let written: Promise<void> | undefined;
    try {
      beginTransaction(state);
      accepted = this.#applyAll(commits);
      const frees = !room.endTransaction();
      written = endTransaction(state, this.#database, { journalLimit, frees });
    } catch (error) {
      written = Promise.reject(error);
    }
    if (written === undefined || durability === 'memory')
      for (const commit of accepted) commit.resolve();
    if (written === undefined) return;
    this.#isWriting = true;
    written.then(
      () => {
        for (const commit of accepted) commit.resolve();
        this.#hasFailed = false;
        state.removedAtOnce = Math.min(2 * state.removedAtOnce, MANY_ROWS);
        this.#over();
      },
      (error: unknown) => {
        // in memory they are done, whatever becomes of the file
        const { code } = this.#rejectAll(durability === 'memory' ? [] : accepted, error);
        return this.#recover(code === 'STORE_FULL');
      },
    );
  }

  /** Up to the first that is refused: those behind it are refused with it. Gives those that were applied. */
  #applyAll(commits: readonly PendingCommit[]): readonly PendingCommit[] {
    for (const [index, commit] of commits.entries()) {
      const error = this.#refusal(commit.changes);
      if (error !== undefined) {
        this.#queue.refuse(commit, error, commits.slice(index + 1));
        return commits.slice(0, index);
      }
      for (const change of commit.changes) this.#apply(change);
    }
    return commits;
  }

  /** What it has begun is undone like a write that failed. */
  #apply(change: SessionChange): void {
    try {
      applyChange(this.#state, change);
    } catch (cause) {
      throw unapplied(change, cause);
    }
  }

  #refusal(changes: readonly SessionChange[]): StoreError | undefined {
    const error = checkChanges(changes, this.#epochOf);
    if (error) return error;
    if (this.#options.room.take(changes)) return undefined;
    const { dataFile } = this.#options;
    return new StoreError('STORE_FULL', `There is no room for more in ${dataFile}.`);
  }

  readonly #epochOf = (clientId: string): number | undefined =>
    this.#state.sessions.get(clientId)?.epoch;

  #over(): void {
    this.#state.batch = new RowBatch(this.#database);
    this.#isWriting = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
    this.#pump();
  }

  /** After a failed transaction the database is what it was before: so shall memory be. */
  async #recover(isFull = false): Promise<void> {
    this.#isWriting = true;
    this.#isReopening = true;
    // what is removed in smaller parts may do better
    this.#hasFailed = !isFull || this.#state.removedAtOnce === FEW_ROWS;
    try {
      // values of several pages may find no room among many free pages
      if (isFull) await this.#options.compact?.();
      await this.#database.reopen();
      this.#state = loadState(this.#database);
      if (isFull) this.#state.removedAtOnce = FEW_ROWS;
      this.#broken = undefined;
    } catch (error) {
      this.#broken = error;
    }
    this.#isReopening = false;
    this.#over();
  }

  #rejectAll(commits: readonly PendingCommit[], cause: unknown): StoreError {
    const { dataFile, room } = this.#options;
    const error = failure(cause, dataFile, room);
    if (error.code === 'STORE_FULL') room.wasFull();
    const [first, ...behind] = commits;
    if (first !== undefined) this.#queue.refuse(first, error, behind);
    return error;
  }

  #transactionOver(): Promise<void> {
    if (!this.#isWriting) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #assertOpen(): void {
    if (this.#closing) throw closedError();
    const { dataFile, room } = this.#options;
    if (this.#broken !== undefined) throw failure(this.#broken, dataFile, room);
  }
}

function firstRows(rows: Iterable<StoredRow>, limit: number): StoredRow[] {
  const first: StoredRow[] = [];
  for (const row of rows) if (first.push(row) === limit) break;
  return first;
}

const RETAINED_AT_ONCE = 1_000;
