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
