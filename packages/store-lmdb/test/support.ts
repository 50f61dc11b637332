import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionStore } from '@wellhead/session-store';
import { Database } from '../src/database.ts';
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
  const database = new Database({ path: dataFile, waitsForDisk: false });
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
