import { refusedBehind, type SessionChange } from '@wellhead/session-store';

/** A commit that waits for its write transaction. */
export interface PendingCommit {
  readonly changes: readonly SessionChange[];
  resolve(): void;
  reject(error: Error): void;
}

/** Commits in the order of the calls; those that come while a transaction is under way share the next one. */
export class CommitQueue {
  #commits: PendingCommit[] = [];
  #refusal: Error | undefined;

  get isEmpty(): boolean {
    return this.#commits.length === 0;
  }

  add(changes: readonly SessionChange[]): Promise<void> {
    if (this.#refusal !== undefined) return Promise.reject(refusedBehind(this.#refusal));
    const settled = new Promise<void>((resolve, reject) => {
      this.#commits.push({ changes, resolve, reject });
    });
    // the first to hear of it, just before its caller
    settled.catch(() => (this.#refusal = undefined));
    return settled;
  }

  /** Refuses a commit and all behind it: those given, those that wait, and those that come before its caller is told. */
  refuse(commit: PendingCommit, error: Error, behind: readonly PendingCommit[]): void {
    this.#refusal = error;
    commit.reject(error);
    for (const other of [...behind, ...this.#commits.splice(0)]) other.reject(refusedBehind(error));
  }

  /** As many as make a transaction. */
  take(): PendingCommit[] {
    let work = 0;
    let count = 0;
    for (const commit of this.#commits) {
      work += workOf(commit.changes);
      if (count > 0 && work > LARGEST_TRANSACTION) break;
      count++;
    }
    return this.#commits.splice(0, count);
  }
}

/** What it takes to apply changes, in deliveries of a queue. */
function workOf(changes: readonly SessionChange[]): number {
  let work = 0;
  for (const change of changes) {
    if (change.type === 'enqueued') work += 1 + change.deliveries.length;
    else if ('messageIds' in change) work += change.messageIds.length;
    else if (change.type === 'session-removed') work += WORK_OF_REMOVAL;
    else work += change.type === 'received' || change.type === 'receipt-released' ? 1 : WORK_OF_ROW;
  }
  return work;
}

/** Its own rows; there may be any number of others. */
const WORK_OF_REMOVAL = 24;
/** A change that makes or removes a row. */
const WORK_OF_ROW = 8;
/** Nobody is served while a transaction is made: a few milliseconds, as a delivery takes one or two microseconds. */
const LARGEST_TRANSACTION = 4_000;
