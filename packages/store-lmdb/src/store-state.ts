import type { StoreSizes } from '@wellhead/session-store';
import { ByteWriter } from './byte-writer.ts';
import { Counters } from './counters.ts';
import type { Database } from './database.ts';
import type { Content } from './delivery.ts';
import { Journal } from './journal.ts';
import { COUNTERS_KEY, keyRange, Kind } from './keys.ts';
import { RowBatch } from './row-batch.ts';
import type { StoredSession } from './stored-session.ts';

/** A few milliseconds' worth: nobody is served meanwhile. */
export const MANY_ROWS = 500;
export const FEW_ROWS = 20;

/** What memory holds of the store, in step with the rows of the database and the batch that changes them. */
export class StoreState {
  readonly database: Database;
  readonly counters: Counters;
  readonly journal: Journal;
  readonly sessions: Map<string, StoredSession> = new Map();
  /** Messages whose bytes are in the journal. */
  readonly contents: Map<number, Content> = new Map();
  contentBytes = 0;
  deliveries = 0;
  /** Numbers of removed sessions that still have rows. */
  readonly removed: Set<number> = new Set();
  /** Rows of removed sessions that one transaction removes; few when there is little room, for it writes each page anew. */
  removedAtOnce: number = MANY_ROWS;
  /** How many of them the transaction that is being made may still remove. */
  removable: number = MANY_ROWS;
  /** No message of a higher number has a row. */
  lastRowMessage: number;
  /** Some message with a row may be used more than once. */
  hasUses: boolean;
  /** The last messageId that the database has. */
  savedMessageId: number;
  /** Scratch for rows. */
  readonly writer: ByteWriter = new ByteWriter();
  /** Row changes of the commits that are being applied, and until the database has them. */
  batch: RowBatch;

  constructor(database: Database) {
    const counters = database.get(COUNTERS_KEY);
    this.database = database;
    this.counters = counters === undefined ? new Counters() : Counters.read(counters);
    this.journal = new Journal(this.counters.nextEntry);
    this.lastRowMessage = this.counters.lastMessageId;
    const uses = keyRange(Kind.uses);
    this.hasUses = hasAny(database.range(uses.start, uses.end));
    this.savedMessageId = this.counters.lastMessageId;
    this.batch = new RowBatch(database);
  }

  sizes(bytesOnDisk: number): StoreSizes {
    const { counters } = this;
    return {
      sessions: this.sessions.size,
      messages: this.contents.size + counters.rowMessages,
      messageBytes: this.contentBytes + counters.rowMessageBytes,
      deliveries: this.deliveries,
      retained: counters.retained,
      retainedBytes: counters.retainedBytes,
      bytesOnDisk,
    };
  }
}

function hasAny(rows: Iterable<unknown>): boolean {
  for (const _ of rows) return true;
  return false;
}
