import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SessionStore } from '@wellhead/session-store';
import { Database, type RowWriter } from '../src/database.ts';
import { LmdbSessionStore } from '../src/lmdb-session-store.ts';
import { Room } from '../src/room.ts';

/** Runs with a new directory, which is gone afterwards. */
export async function withDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'wellhead-store-'));
  try {
    return await run(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A store whose journal is so small that rows are made early; nothing is waited for. */
export function openSmallJournal(directory: string, journalLimit: number): SessionStore {
  mkdirSync(directory, { recursive: true });
  const dataFile = join(directory, 'data.lmdb');
  return openOver(new Database({ path: dataFile, waitsForDisk: false }), dataFile, journalLimit);
}

/** A store every write of which fails while `isFailing()`. */
export function openFailing(directory: string, isFailing: () => boolean): SessionStore {
  const dataFile = join(directory, 'data.lmdb');
  return openOver(new FailingDatabase(dataFile, isFailing), dataFile, 1);
}

/** A store that notes how many rows each of its transactions writes and removes. */
export function openCounting(directory: string, counts: number[]): SessionStore {
  const dataFile = join(directory, 'data.lmdb');
  return openOver(new CountingDatabase(dataFile, counts), dataFile, 1_000_000);
}

class CountingDatabase extends Database {
  readonly #counts: number[];

  constructor(path: string, counts: number[]) {
    super({ path, waitsForDisk: false });
    this.#counts = counts;
  }

  override async write(
    change: (writer: RowWriter) => void,
    options: { readonly frees?: boolean },
  ): Promise<void> {
    let count = 0;
    change({ put: () => count++, remove: () => count++ });
    this.#counts.push(count);
    await super.write(change, options);
  }
}

class FailingDatabase extends Database {
  readonly #isFailing: () => boolean;

  constructor(path: string, isFailing: () => boolean) {
    super({ path, waitsForDisk: false });
    this.#isFailing = isFailing;
  }

  override async write(change: (writer: RowWriter) => void): Promise<void> {
    if (this.#isFailing()) throw new Error('Input/output error');
    await super.write(change);
  }
}

function openOver(database: Database, dataFile: string, journalLimit: number): SessionStore {
  const directory = dirname(dataFile);
  const room = new Room(database, directory, Infinity);
  const onClose = async (): Promise<void> => {};
  return new LmdbSessionStore({
    database,
    dataFile,
    durability: 'os',
    room,
    journalLimit,
    onClose,
  });
}
