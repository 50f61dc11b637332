import type { SessionChange } from '@wellhead/session-store';
import type { ClientConnection } from '../client-connection.ts';
import type { BrokerContext } from '../context.ts';
import type { Host } from '../host.ts';
import { loadPage } from '../queue.ts';
import type { Session } from '../session.ts';

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
    this.#readPages(context);
    const commit = this.#commit(context);
    const { dirty } = turn;
    turn.dirty = [];
    this.#everythingHasLeft = true;
    for (const connection of dirty) this.#flush(connection, commit);
    context.publication.endTurn(this.#everythingHasLeft && this.#waiting.length === 0);
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
    for (const connection of continuing)
      guard(context, connection, () => connection.continue(context.now));
  }

  #readPages(context: BrokerContext): void {
    const readable = this.#readable;
    if (readable.length === 0) return;
    this.#readable = [];
    for (const session of readable) {
      const { connection } = session;
      if (connection !== undefined) guard(context, connection, () => loadPage(context, session));
    }
  }

  /** Hands the turn's changes to the store; returns the number of the commit that has not settled, 0 if all have. */
  #commit(context: BrokerContext): number {
    const { store, turn } = context;
    const { changes, reading } = turn;
    let pending: Promise<void> | undefined;
    if (changes.length > 0) {
      turn.changes = [];
      pending = commitOf(store, changes);
    }
    if (pending !== undefined) this.#await(context, pending, reading);
    else if (reading.length > 0) this.#readable.push(...reading);
    if (reading.length > 0) {
      turn.reading = [];
      turn.wake();
    }
    return turn.unsettled > 0 ? this.#lastCommit : 0;
  }

  #await(context: BrokerContext, pending: Promise<void>, reading: readonly Session[]): void {
    const { turn } = context;
    const commit = ++this.#lastCommit;
    turn.unsettled++;
    const stored = pending.catch((error: unknown) => {
      context.observer.fault?.(error, 'store');
      this.#withdraw(commit);
    });
    const settled = stored.then(() => {
      this.#settledPromises.delete(settled);
      turn.unsettled--;
      this.#settledCommit = commit;
      this.#readable.push(...reading);
      this.#release();
      turn.wake();
    });
    this.#settledPromises.add(settled);
  }

  /** A commit has failed: what it was to stand for is not said, and the connections that wait for it end. */
  #withdraw(commit: number): void {
    for (const connection of this.#waiting) {
      if (!connection.held.some((output) => output.commit === commit)) continue;
      connection.held = [];
      connection.outbox.abandon();
      connection.end(UNSPECIFIED_ERROR, 'the store failed', true);
      connection.link.destroy();
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

  #flush(connection: ClientConnection, commit: number): void {
    connection.dirty = false;
    const mustWait = connection.held.length > 0 || (connection.gated && commit > 0);
    connection.gated = false;
    if (mustWait) {
      if (connection.held.length === 0) this.#waiting.push(connection);
      connection.held.push({ commit: this.#lastCommit, chunks: connection.outbox.take() });
      connection.outbox.abandon();
      return;
    }
    if (connection.congested && !connection.closing) {
      this.#everythingHasLeft = false;
      return;
    }
    if (connection.outbox.bytes > 0) this.#write(connection, connection.outbox.take());
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

/** An error in one connection ends that connection, and nothing else. */
export function guard(context: BrokerContext, connection: ClientConnection, run: () => void): void {
  try {
    run();
  } catch (error) {
    context.observer.fault?.(error, 'connection');
    try {
      connection.fail(IMPLEMENTATION_SPECIFIC_ERROR, 'internal error');
    } catch (secondError) {
      context.observer.fault?.(secondError, 'connection');
      connection.link.destroy();
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

const UNSPECIFIED_ERROR = 0x80;
const IMPLEMENTATION_SPECIFIC_ERROR = 0x83;
