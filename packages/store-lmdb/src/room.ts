import { statfsSync } from 'node:fs';
import { type SessionChange, messageBytes } from '@wellhead/session-store';
import type { Database } from './database.ts';

/**
 * Refuses what would grow the store before the disk is full, so that there is room left for what shrinks it: a
 * delivery that is over is a change too. `limit` is in bytes, Infinity for the disk's own.
 */
export class Room {
  readonly #database: Database;
  readonly #directory: string;
  readonly #limit: number;
  #budget = 0;
  #reserve = 0;
  #measuredAt = -Infinity;
  #closedUntil = -Infinity;
  #hasGrown = false;

  constructor(database: Database, directory: string, limit: number) {
    this.#database = database;
    this.#directory = directory;
    this.#limit = limit;
  }

  /** Whether there is room for a commit; if so, it is taken. */
  take(changes: readonly SessionChange[]): boolean {
    const { content, state } = growthOf(changes);
    const growth = content + state;
    if (growth === 0) return true;
    const now = performance.now();
    if (now < this.#closedUntil) return false;
    if (growth > this.#budget || now - this.#measuredAt > MEASURED_EVERY) this.#measure(now);
    // whoever comes for what is there makes room, and comes with a session, a Will and subscriptions
    const budget = content > 0 ? this.#budget : this.#budget + this.#reserve / 2;
    if (growth > budget) return false;
    this.#budget -= growth;
    this.#hasGrown = true;
    return true;
  }

  /** The commits of a transaction are all here: whether one of them grows the store. */
  endTransaction(): boolean {
    const hasGrown = this.#hasGrown;
    this.#hasGrown = false;
    return hasGrown;
  }

  /** Whether a failed write can have had no room: half of a write that does not fit is an input/output error to LMDB. */
  get isNearlyFull(): boolean {
    const { bavail, bsize, blocks } = statfsSync(this.#directory);
    return bavail * bsize < Math.min(LARGEST_RESERVE, (blocks * bsize) / 8);
  }

  /** The disk was full after all: nothing that grows for a moment. */
  wasFull(): void {
    this.#closedUntil = performance.now() + CLOSED_FOR;
    this.#budget = 0;
  }

  #measure(now: number): void {
    const { used, file, size } = this.#database.usage();
    const { bavail, bsize, blocks } = statfsSync(this.#directory);
    const total = Math.min(blocks * bsize, this.#limit);
    const reserve = Math.min(LARGEST_RESERVE, Math.max(SMALLEST_RESERVE, total / 16));
    // free pages inside the file lie scattered: a value that needs several in a row may not find them
    const onDisk = bavail * bsize + Math.max(0, size - file) + (file - used) / 2;
    this.#reserve = reserve;
    this.#budget = Math.min(onDisk, this.#limit - used) - reserve;
    this.#measuredAt = now;
  }
}

/** What a commit may come to need, with its share of pages that are written anew: for messages, and for who gets them. */
function growthOf(changes: readonly SessionChange[]): { content: number; state: number } {
  let content = 0;
  let state = 0;
  for (const change of changes) {
    switch (change.type) {
      case 'enqueued':
        if (change.deliveries.length === 0) break;
        content += 2 * messageBytes(change.message) + ROW + change.deliveries.length * SMALL_ROW;
        break;
      case 'retained-set':
      case 'fan-out-set':
        content += 2 * messageBytes(change.message) + ROW;
        break;
      case 'will-set':
        state += change.will.payload.length + ROW;
        break;
      case 'session-opened':
        // a session that is there must be able to come for its queue
        if (change.epoch === 1) state += ROW;
        break;
      case 'subscribed':
        state += ROW;
        break;
      default:
    }
  }
  return { content, state };
}

const ROW = 600;
const SMALL_ROW = 150;
const MEASURED_EVERY = 200;
const CLOSED_FOR = 250;
const SMALLEST_RESERVE = 512 * 1024;
const LARGEST_RESERVE = 32 * 1024 * 1024;
