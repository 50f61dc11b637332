import type { SessionChange } from '@wellhead/session-store';

/** A commit that waits for its write transaction. */
export interface PendingCommit {
  readonly changes: readonly SessionChange[];
  resolve(): void;
  reject(error: Error): void;
}

/** Commits in the order of the calls; those that come while a transaction is under way share the next one. */
export class CommitQueue {
  #commits: PendingCommit[] = [];

  get isEmpty(): boolean {
    return this.#commits.length === 0;
  }

  add(changes: readonly SessionChange[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#commits.push({ changes, resolve, reject });
    });
  }

  /** As many as make a transaction. */
  take(): PendingCommit[] {
    let changes = 0;
    let count = 0;
    for (const commit of this.#commits) {
      if (count > 0 && changes + commit.changes.length > LARGEST_TRANSACTION) break;
      changes += commit.changes.length;
      count++;
    }
    return this.#commits.splice(0, count);
  }
}

const LARGEST_TRANSACTION = 20_000;
