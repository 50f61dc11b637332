import type { Database, RowWriter, StoredRow } from './database.ts';
import { keyRange, Kind } from './keys.ts';
import type { StoredSession } from './stored-session.ts';

/**
 * The rows that one write transaction changes, over those of the database: what is put and removed within it is
 * seen by the rest of it, and costs nothing when both happen.
 */
export class RowBatch {
  readonly #database: Database;
  readonly #rows = new Map<string, Row>();
  /** Sessions whose rows are out of date, written at the end. */
  readonly sessions: Set<StoredSession> = new Set();
  /** Which kinds of rows of which sessions are among the changes. */
  readonly #touched = new Set<number>();

  constructor(database: Database) {
    this.#database = database;
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  get(key: Buffer): Uint8Array | undefined {
    if (this.#rows.size === 0) return this.#database.get(key);
    const row = this.#rows.get(key.toString('latin1'));
    return row === undefined ? this.#database.get(key) : row.value;
  }

  has(key: Buffer): boolean {
    return this.get(key) !== undefined;
  }

  put(key: Buffer, value: Uint8Array): void {
    this.#set(key, value);
  }

  remove(key: Buffer): void {
    this.#set(key, undefined);
  }

  touches(kind: Kind, sessionNumber: number): boolean {
    return this.#touched.has(kind * 2 ** 32 + sessionNumber);
  }

  /** Up to `limit` rows of one session, in no order. */
  ofSession(kind: Kind, sessionNumber: number, limit: number): StoredRow[] {
    const { start, end } = keyRange(kind, sessionNumber);
    const found: StoredRow[] = [];
    if (this.touches(kind, sessionNumber)) {
      for (const { key, value } of this.#rows.values()) {
        if (value === undefined || found.length === limit) continue;
        if (key.compare(start) >= 0 && key.compare(end) < 0) found.push({ key, value });
      }
    }
    for (const row of this.#database.range(start, end)) {
      if (found.length === limit) break;
      if (!this.#rows.has(row.key.toString('latin1'))) found.push(row);
    }
    return found;
  }

  writeTo(writer: RowWriter): void {
    for (const { key, value } of this.#rows.values()) {
      if (value === undefined) writer.remove(key);
      else writer.put(key, value);
    }
  }

  #set(key: Buffer, value: Uint8Array | undefined): void {
    const kind = key[0];
    if (kind === Kind.queue || kind === Kind.place || kind === Kind.subscription) {
      this.#touched.add(kind * 2 ** 32 + key.readUInt32BE(1));
    }
    this.#rows.set(key.toString('latin1'), { key, value });
  }
}

interface Row {
  readonly key: Buffer;
  /** Undefined when it is to be removed. */
  readonly value: Uint8Array | undefined;
}
