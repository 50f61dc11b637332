import { type SessionChange, StoreError } from '@wellhead/session-store';
import type { ClientConnection } from '../client-connection.ts';
import type { BrokerContext } from '../context.ts';
import { guard } from '../guard.ts';
import type { Host } from '../host.ts';
import { loadPage } from '../queue.ts';
import type { Session } from '../session.ts';
import { changesToRetry, withdrawPromises } from './withdraw.ts';

/**
 * The end of each turn: goes on with what was put off, commits what has changed, and writes once to
 * each connection that has something to say. What stands for a change leaves after its commit.
 */
export class TurnDriver {
  readonly #context: BrokerContext;
  readonly #host: Host;
  /** Sessions whose changes are committed and whose next page may be read. */
  #readable: Session[] = [];
  #lastCommit = 0;
  #settledCommit = 0;
  readonly #waiting: ClientConnection[] = [];
  /** Settles with the last commit. */
  #tail: Promise<unknown> = Promise.resolve();
  /** Changes of failed commits that are to be tried again, in order, before any others. */
  #retried: SessionChange[] = [];
  #isRetryDue = false;
  readonly #settledPromises = new Set<Promise<void>>();
  #everythingHasLeft = true;
  /** Called at the begin of each turn, for work that comes from the host program. */
  readonly #before: () => void;

  constructor(context: BrokerContext, host: Host, before: () => void) {
    this.#context = context;
    this.#host = host;
    this.#before = before;
  }

  run(): void {
    const context = this.#context;
    const { turn } = context;
    context.now = this.#host.now();
    turn.begin();
    this.#before();
    this.#continue(context);
    this.#work(context);
    this.#readPages(context);
    this.#flushAll(context, this.#commit(context));
  }

  /** Settles when everything that was committed until now has settled. */
  async settled(): Promise<void> {
    while (this.#settledPromises.size > 0) await Promise.allSettled(this.#settledPromises);
  }

  /** The transport of a connection can take more. */
  drained(connection: ClientConnection): void {
    connection.congested = false;
    connection.stalledSince = 0;
    connection.resumeReading();
    const { turn } = this.#context;
    turn.touch(connection);
    turn.continueLater(connection);
  }

  #continue(context: BrokerContext): void {
    const { turn } = context;
    const { continuing } = turn;
    if (continuing.length === 0) return;
    turn.continuing = [];
    for (const connection of continuing) guard(connection, () => connection.continue(context.now));
  }

  /** One share of what takes many turns. */
  #work(context: BrokerContext): void {
    const { turn } = context;
    const [first] = turn.work;
    if (first === undefined) return;
    let hasMore = false;
    try {
      hasMore = first.step();
    } catch (error) {
      context.observer.fault?.(error, 'turn');
    }
    if (!hasMore) turn.work.shift();
    if (turn.work.length > 0) turn.wake();
  }

  #readPages(context: BrokerContext): void {
    const readable = this.#readable;
    if (readable.length === 0) return;
    this.#readable = [];
    for (const session of readable) {
      const { connection } = session;
      if (connection !== undefined) guard(connection, () => loadPage(context, session));
    }
  }

  /** Hands the turn's changes to the store; returns the number of the commit that has not settled, 0 if all have. */
  #commit(context: BrokerContext): number {
    const { store, turn } = context;
    const { reading } = turn;
    let pending: Promise<void> | undefined;
    if (turn.changes.length > 0 || this.#isRetryDue) {
      const changes =
        this.#retried.length === 0 ? turn.changes : [...this.#retried, ...turn.changes];
      turn.changes = [];
      this.#retried = [];
      this.#isRetryDue = false;
      pending = commitOf(store, changes);
      if (pending !== undefined) this.#await(context, pending, changes, reading);
    }
    if (pending === undefined && reading.length > 0) this.#readable.push(...reading);
    if (reading.length > 0) {
      turn.reading = [];
      turn.wake();
    }
    return turn.unsettled > 0 ? this.#lastCommit : 0;
  }

  /** One commit is settled when all before it are, whatever order the store's promises settle in. */
  #await(
    context: BrokerContext,
    pending: Promise<void>,
    changes: readonly SessionChange[],
    reading: readonly Session[],
  ): void {
    const { turn } = context;
    const commit = ++this.#lastCommit;
    turn.unsettled++;
    const stored = pending.then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const settled = Promise.all([stored, this.#tail]).then(([failure]) => {
      this.#settledPromises.delete(settled);
      turn.unsettled--;
      this.#settledCommit = commit;
      context.now = this.#host.now();
      if (failure !== undefined) this.#failed(context, commit, changes, failure.error);
      this.#readable.push(...reading);
      this.#release();
      turn.wake();
    });
    this.#tail = settled;
    this.#settledPromises.add(settled);
  }

  /** What a failed commit was to stand for is not said; what it was to free is tried again. */
  #failed(
    context: BrokerContext,
    commit: number,
    changes: readonly SessionChange[],
    error: unknown,
  ): void {
    context.counters.storeFailures++;
    context.observer.fault?.(error, 'store');
    const retried = changesToRetry(context, changes);
    if (isRetriable(error) && retried.length > 0) {
      this.#retried.push(...retried);
      this.#host.later(() => {
        this.#isRetryDue = this.#retried.length > 0;
        context.turn.wake();
      }, RETRY_INTERVAL);
    }
    for (const connection of this.#waiting) {
      connection.held = connection.held.map((output) =>
        output.commit === commit ? withdrawPromises(connection, output) : output,
      );
    }
  }

  /** A commit has settled: what waited for it leaves. */
  #release(): void {
    const waiting = this.#waiting.splice(0);
    for (const connection of waiting) {
      const { held } = connection;
      while (held[0] !== undefined && held[0].commit <= this.#settledCommit) {
        this.#write(connection, held.shift()?.chunks ?? []);
      }
      if (held.length > 0) this.#waiting.push(connection);
      else this.#finish(connection);
    }
  }

  /** Writes to those who have something to say; to very many of them in several turns, so that reading goes on. */
  #flushAll(context: BrokerContext, commit: number): void {
    const { turn } = context;
    const { dirty } = turn;
    turn.dirty = dirty.length > WRITES_PER_TURN ? dirty.splice(WRITES_PER_TURN) : [];
    this.#everythingHasLeft = turn.dirty.length === 0;
    if (turn.dirty.length > 0) turn.wake();
    for (const connection of dirty) this.#flush(connection, commit);
    context.publication.endTurn(this.#everythingHasLeft && this.#waiting.length === 0);
  }

  #flush(connection: ClientConnection, commit: number): void {
    connection.dirty = false;
    const mustWait = connection.held.length > 0 || (connection.gated && commit > 0);
    connection.gated = false;
    if (mustWait) {
      if (connection.held.length === 0) this.#waiting.push(connection);
      connection.held.push({ commit: this.#lastCommit, ...connection.takeOutput() });
      connection.outbox.abandon();
      return;
    }
    if (connection.congested && !connection.closing) {
      this.#everythingHasLeft = false;
      return;
    }
    if (connection.outbox.bytes > 0) this.#write(connection, connection.takeOutput().chunks);
    this.#finish(connection);
  }

  #write(connection: ClientConnection, chunks: readonly Uint8Array[]): void {
    const { link, outbox } = connection;
    const { counters, limits, now } = this.#context;
    const [first] = chunks;
    if (first === undefined) return;
    for (const chunk of chunks) counters.bytesSent += chunk.length;
    const hasRoom = chunks.length === 1 ? link.write(first) : link.writev(chunks);
    if (link.pendingBytes === 0) {
      outbox.recycle();
    } else {
      outbox.abandon();
      this.#everythingHasLeft = false;
    }
    connection.congested = !hasRoom;
    if (hasRoom || connection.closing) return;
    if (connection.stalledSince === 0) {
      connection.stalledSince = now;
      connection.reschedule();
    }
    // somebody who only asks and never reads the answers must not fill the memory with them
    if (link.pendingBytes > limits.maximumPendingBytes) connection.pauseReading();
  }

  #finish(connection: ClientConnection): void {
    if (connection.closing && connection.held.length === 0) connection.link.close();
    else if (!connection.congested && (connection.session?.pending?.length ?? 0) > 0) {
      this.#context.turn.continueLater(connection);
    }
  }
}

function commitOf(
  store: BrokerContext['store'],
  changes: readonly SessionChange[],
): Promise<void> | undefined {
  try {
    return store.commit(changes);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** A store that was full or failed may do better later; one that says that the changes are wrong will not. */
function isRetriable(error: unknown): boolean {
  return (
    !(error instanceof StoreError) || error.code === 'STORE_FULL' || error.code === 'STORE_FAILED'
  );
}

/** A write costs some microseconds of system time. */
const WRITES_PER_TURN = 1_024;
/** Milliseconds. */
const RETRY_INTERVAL = 500;
