import type { SessionChange } from '@wellhead/session-store';
import type { ClientConnection } from '../client-connection.ts';
import { beginStall } from '../connection-deadline.ts';
import type { BrokerContext } from '../context.ts';
import { deliverAnew, withoutOutdated } from '../deliver-anew.ts';
import { guard } from '../guard.ts';
import type { Host } from '../host.ts';
import { continueConnections } from '../share-of-turn.ts';
import { type PageRequest, countWithin } from '../turn.ts';
import { commitOf } from './commit-of.ts';
import { holdBackAsker } from './congestion.ts';
import { splitFree, takeFree } from './free-packets.ts';
import { HopelessChanges } from './hopeless-changes.ts';
import { PageReader } from './page-reader.ts';
import { RefusedSessions } from './refused-sessions.ts';
import { isRetriable, withoutStale } from './stale-changes.ts';
import { workOn } from './turn-work.ts';
import { changesToRetry, withdrawHeld } from './withdraw.ts';

/**
 * The end of each turn: goes on with what was put off, commits what has changed, and writes once to
 * each connection that has something to say. What stands for a change leaves after its commit.
 */
export class TurnDriver {
  readonly #context: BrokerContext;
  readonly #host: Host;
  readonly #pages: PageReader;
  #lastCommit = 0;
  #settledCommit = 0;
  #waiting: ClientConnection[] = [];
  /** For some of them the commits have settled. */
  #isReleasing = false;
  /** Settles with the last commit. */
  #tail: Promise<unknown> = Promise.resolve();
  /** The last commit that was handed over when one was refused: all up to there are refused, and come first again. */
  #refusedUntil = 0;
  #isRetryDue = false;
  #isToDoAnew = false;
  /** Commits under way of what has failed before: pages show nothing of it yet. */
  #secondTries = 0;
  readonly #refused: RefusedSessions;
  readonly #hopeless: HopelessChanges;
  readonly #settledPromises = new Set<Promise<void>>();
  #everythingHasLeft = true;
  #hasEnded = false;
  /** Called at the begin of each turn, for work that comes from the host program. */
  readonly #before: () => void;

  constructor(context: BrokerContext, host: Host, before: () => void) {
    this.#context = context;
    this.#host = host;
    this.#before = before;
    this.#pages = new PageReader(context);
    this.#refused = new RefusedSessions(context);
    this.#hopeless = new HopelessChanges(context);
  }

  /** No turn follows: the store is being closed. */
  end(): void {
    this.#hasEnded = true;
  }

  run(now: number = this.#host.now()): void {
    if (this.#hasEnded) return;
    const context = this.#context;
    const { turn } = context;
    context.now = now;
    turn.begin();
    this.#before();
    if (this.#isReleasing) this.#release();
    continueConnections(context);
    workOn(context);
    this.#pages.read(this.#isTryingAgain);
    this.#flushAll(context, this.#commit(context));
    turn.end();
  }

  /** Settles when everything that was committed until now has settled. */
  async settled(): Promise<void> {
    while (this.#settledPromises.size > 0) await Promise.allSettled(this.#settledPromises);
  }

  /** Hands the turn's changes to the store; returns the number of the commit that promises must wait for, 0 for none. */
  #commit(context: BrokerContext): number {
    const { store, turn } = context;
    const reading = turn.takeReading();
    let pending: Promise<void> | undefined;
    // what failed first comes first: until all that failed behind it is here as well, nothing else is tried
    const isRefusing = this.#settledCommit < this.#refusedUntil;
    // and what is tried again goes together with what is made anew: the end of a Will with its message
    const mustWait =
      isRefusing || (turn.retried.length > 0 && (this.#secondTries > 0 || turn.later.length > 0));
    if (!mustWait && (turn.changes.length > 0 || this.#isRetryDue)) {
      const changes = turn.takeChanges();
      this.#isRetryDue = false;
      pending = commitOf(store, changes);
      // a store that is quick now still comes after what it has not settled, and releases what waits for it
      if (pending === undefined && this.#waiting.length + turn.unsettled > 0)
        pending = Promise.resolve();
      if (pending !== undefined) this.#await(context, pending, changes, reading);
      else this.#stored(context, changes);
    }
    if (pending === undefined && reading.length > 0) {
      if (mustWait || this.#isTryingAgain) turn.putOffReading(reading);
      else this.#pages.add(reading, turn.unsettled > 0 ? this.#tail : undefined);
    }
    // which number the next commit has is not known as long as others may be tried again before it
    if (isRefusing) return Infinity;
    // what is to be tried again is in the next commit
    if (turn.retried.length > 0) return this.#lastCommit + 1;
    return turn.unsettled > 0 ? this.#lastCommit : 0;
  }

  /** One commit is settled when all before it are, whatever order the store's promises settle in. */
  #await(
    context: BrokerContext,
    pending: Promise<void>,
    changes: readonly SessionChange[],
    reading: readonly PageRequest[],
    isSecondTry = false,
  ): void {
    const { turn } = context;
    const commit = ++this.#lastCommit;
    turn.unsettled++;
    if (isSecondTry) this.#secondTries++;
    const stored = pending.then(
      () => undefined,
      (error: unknown) => {
        this.#refusedUntil = Math.max(this.#refusedUntil, this.#lastCommit);
        return { error };
      },
    );
    const settled = Promise.all([stored, this.#tail]).then(([failure]) => {
      this.#settledPromises.delete(settled);
      try {
        this.#settled(context, commit, changes, failure, isSecondTry);
      } catch (error) {
        // whatever it is, the commits that follow must settle
        context.observer.fault?.(error, 'turn');
      }
      if (isSecondTry) this.#secondTries--;
      this.#pages.add(reading, undefined);
      turn.wake();
    });
    this.#tail = settled;
    this.#settledPromises.add(settled);
  }

  #settled(
    context: BrokerContext,
    commit: number,
    changes: readonly SessionChange[],
    failure: { readonly error: unknown } | undefined,
    isSecondTry: boolean,
  ): void {
    context.turn.unsettled--;
    this.#settledCommit = commit;
    context.now = this.#host.now();
    if (failure === undefined) this.#stored(context, changes);
    else this.#failed(context, commit, changes, failure.error, isSecondTry);
    if (context.turn.unsettled === 0) this.#refused.clear();
    this.#release();
  }

  #stored(context: BrokerContext, changes: readonly SessionChange[]): void {
    const { retained, turn } = context;
    retained.stored(changes);
    if (turn.later.length > 0) turn.later = withoutOutdated(turn.later, changes);
    if (turn.fates.size === 0) return;
    for (const change of changes) {
      turn.fates.get(change)?.taken();
      turn.fates.delete(change);
    }
  }

  /** What a failed commit was to stand for is not said; what it was to free is tried again. */
  #failed(
    context: BrokerContext,
    commit: number,
    changes: readonly SessionChange[],
    error: unknown,
    isSecondTry: boolean,
  ): void {
    context.counters.storeFailures++;
    context.observer.fault?.(error, 'store');
    // behind what is to be tried already, so that changes keep their order
    const isForLater = isSecondTry || this.#isWaitingToRetry;
    const all = changesToRetry(context, commit, changes, isForLater);
    const hopeful = this.#hopeless.without(all, error, isSecondTry);
    const retried = this.#refused.without(hopeful, commit, this.#lastCommit, isSecondTry);
    // without those that were refused for good the others may be taken; not past what is under way behind them
    const isFirst = !this.#isWaitingToRetry && context.turn.unsettled === 0;
    const isLess = retried.length < all.length && isFirst;
    const next =
      isForLater && !isLess
        ? this.#tryLater(context, retried, error)
        : this.#tryAlone(context, retried);
    if (context.turn.later.length > 0) this.#doAnewLater();
    for (const connection of this.#waiting) {
      guard(connection, () => {
        withdrawHeld(connection, commit, next, isSecondTry);
        if (isSecondTry) this.#write(connection, takeFree(connection));
      });
    }
    this.#refused.end();
  }

  /** What has failed twice waits for a better time, and so does all that is held. */
  get #isWaitingToRetry(): boolean {
    return this.#context.turn.retried.length > 0;
  }

  get #isTryingAgain(): boolean {
    return this.#secondTries > 0 || this.#isWaitingToRetry;
  }

  #doAnewLater(): void {
    if (this.#isToDoAnew) return;
    this.#isToDoAnew = true;
    this.#host.later(() => {
      this.#isToDoAnew = false;
      this.#doAnew();
      this.#context.turn.wake();
    }, RETRY_INTERVAL);
  }

  #doAnew(): void {
    this.#context.now = this.#host.now();
    deliverAnew(this.#context);
  }

  /**
   * At once, without the messages that were too much: a store that is full must not keep clients from
   * coming for what is in it, however much is published meanwhile. Gives the number of the commit.
   */
  #tryAlone(context: BrokerContext, retried: readonly SessionChange[]): number | undefined {
    if (retried.length === 0) return undefined;
    const pending = commitOf(context.store, retried) ?? Promise.resolve();
    this.#await(context, pending, retried, [], true);
    return this.#lastCommit;
  }

  /** With the next commit, or after a while. */
  #tryLater(
    context: BrokerContext,
    retried: readonly SessionChange[],
    error: unknown,
  ): number | undefined {
    const { turn } = context;
    // what depends on changes that are still to be made is not wrong for ever
    const isHopeful = isRetriable(error) || turn.retried.length > 0;
    const left = isHopeful ? retried : withoutStale(context, retried, error);
    if (left.length === 0) return undefined;
    turn.retried = turn.retried.concat(left); // not one argument each: they may be very many
    this.#host.later(() => {
      this.#doAnew();
      this.#isRetryDue = turn.retried.length > 0;
      turn.wake();
    }, RETRY_INTERVAL);
    return this.#lastCommit + 1;
  }

  /** A commit has settled: what waited for it leaves, to very many in several turns. */
  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#isReleasing = false;
    let writes = 0;
    for (const connection of waiting) {
      const { held } = connection;
      const isSettled = (held[0]?.commit ?? 0) <= this.#settledCommit;
      if (!isSettled || writes >= WRITES_PER_TURN) {
        this.#waiting.push(connection);
        this.#isReleasing ||= isSettled;
        continue;
      }
      writes++;
      guard(connection, () => {
        while (held[0] !== undefined && held[0].commit <= this.#settledCommit) {
          const output = held.shift();
          if (output === undefined) break;
          connection.donePromising(output.promises);
          this.#write(connection, output.chunks);
          if (output.slab !== undefined && connection.link.pendingBytes === 0)
            this.#context.slabs.release(output.slab);
        }
      });
      if (held.length > 0) this.#waiting.push(connection);
      else this.#finish(connection);
    }
    if (this.#isReleasing) this.#context.turn.wake();
  }

  /** Writes to those who have something to say; to very many of them in several turns, so that reading goes on. */
  #flushAll(context: BrokerContext, commit: number): void {
    const { publication, turn } = context;
    // what waits for this commit is held now, not when it is to be written: should it fail, it has to be found
    const held = commit > 0 && commit !== Infinity ? turn.takeGated() : NOBODY;
    const dirty = turn.takeDirty(WRITES_PER_TURN);
    publication.received.beforeWriting();
    for (const connection of held) this.#flush(connection, commit);
    const count = countWithin(BYTES_PER_TURN, dirty);
    if (count < dirty.length) turn.putBack(dirty.splice(count));
    this.#everythingHasLeft = !turn.isDirty;
    if (turn.isDirty) turn.wake();
    for (const connection of dirty) this.#flush(connection, commit);
    // a stream in this process may have answered meanwhile
    const hasLeft = this.#everythingHasLeft && !turn.isDirty && this.#waiting.length === 0;
    publication.received.endTurn(hasLeft, turn.isDirty ? undefined : held.concat(dirty));
  }

  #flush(connection: ClientConnection, commit: number): void {
    connection.dirty = false;
    const mustWait = connection.held.length > 0 || (connection.gated && commit > 0);
    connection.gated = false;
    if (mustWait && commit === Infinity) {
      connection.dirty = true;
      connection.gated = true;
      this.#context.turn.dirty.push(connection);
      this.#everythingHasLeft = false;
      return;
    }
    if (mustWait) {
      this.#hold(connection, commit);
      return;
    }
    if (connection.congested && !connection.closing) {
      this.#everythingHasLeft = false;
      holdBackAsker(connection);
      return;
    }
    if (connection.outbox.bytes > 0) {
      const { chunks, promises } = connection.takeOutput();
      connection.donePromising(promises);
      this.#write(connection, chunks);
    }
    this.#finish(connection);
  }

  #hold(connection: ClientConnection, commit: number): void {
    const { held, outbox } = connection;
    // nothing that follows may overtake what waits already
    const behind = held.at(-1)?.commit ?? 0;
    const { chunks, promises } = connection.takeOutput();
    const output = { commit: Math.max(commit, behind), chunks, promises, slab: outbox.abandon() };
    const { free, rest } = this.#isWaitingToRetry
      ? splitFree(connection, output)
      : { free: [], rest: output };
    if (rest !== undefined) {
      if (held.length === 0) this.#waiting.push(connection);
      held.push(rest);
    }
    this.#write(connection, free);
  }

  #write(connection: ClientConnection, chunks: readonly Uint8Array[]): void {
    const { link, outbox } = connection;
    const { counters, now } = this.#context;
    const [first] = chunks;
    if (first === undefined) return;
    for (const chunk of chunks) counters.bytesSent += chunk.length;
    const hasRoom = chunks.length === 1 ? link.write(first) : link.writev(chunks);
    const hasLeft = link.pendingBytes === 0;
    if (!hasLeft) this.#everythingHasLeft = false;
    // what was held is in memory that the outbox has let go of; bytes in it came later, and wait for their turn
    if (outbox.bytes === 0) {
      if (hasLeft) outbox.recycle();
      else outbox.abandon();
    }
    connection.congested = !hasRoom;
    if (hasRoom || connection.closing) return;
    beginStall(connection, now);
    holdBackAsker(connection);
  }

  #finish(connection: ClientConnection): void {
    const { closing, held, outbox } = connection;
    if (closing) {
      if (held.length === 0 && outbox.bytes === 0) connection.link.close();
    } else if (!connection.congested && connection.session?.hasWaiting === true) {
      this.#context.turn.continueLater(connection);
    }
  }
}

const NOBODY: readonly ClientConnection[] = [];
/** A write costs some microseconds of system time, and more for many bytes, which the system copies. */
const WRITES_PER_TURN = 256;
const BYTES_PER_TURN = 3 * 1024 * 1024;
/** Milliseconds. */
const RETRY_INTERVAL = 500;
