import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionStore } from '@wellhead/session-store';
import { compact } from './compact.ts';
import { DataDirectory } from './data-directory.ts';
import { Database } from './database.ts';
import { DirectoryLock, inUse } from './directory-lock.ts';
import { LmdbSessionStore, type Durability } from './lmdb-session-store.ts';
import { Room } from './room.ts';
import { verifyDataFile } from './verify-data-file.ts';

export interface LmdbStoreOptions {
  /** Made, for its owner alone, when it is not there. One process at a time. */
  readonly directory: string;
  /**
   * When a commit settles. `disk`: it is flushed, and survives a power loss. `os`: the operating system has it, and it
   * survives the end of the process. `memory`: it is on its way.
   *
   * @default 'disk'
   */
  readonly durability?: Durability;
  /** Told when a data file could not be used and was set aside. Without it, standard error is. */
  readonly onDamage?: (damage: StoreDamage) => void;
  /**
   * Largest number of bytes in use; beyond, commits that need more are refused with `STORE_FULL`.
   *
   * @default Infinity
   */
  readonly mapSize?: number;
}

/** A data file that could not be used. The store began empty. */
export interface StoreDamage {
  readonly directory: string;
  /** Where the file is now; undefined when there was none. */
  readonly setAside: string | undefined;
  readonly reason: string;
}

/**
 * Opens the durable store in a directory. Rejects with a `StoreError` that names the path and what to do: in use by
 * another process, not writable, of a newer format. A damaged data file is set aside instead, and the store begins empty.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<SessionStore> {
  const directory = new DataDirectory(options.directory);
  directory.prepare();
  const lock = await DirectoryLock.take(directory.path);
  try {
    const release = (): Promise<void> => lock.release();
    return await openLocked(directory, options, release);
  } catch (error) {
    await lock.release();
    throw directory.refusal(error);
  }
}

async function openLocked(
  directory: DataDirectory,
  options: LmdbStoreOptions,
  onClose: () => Promise<void>,
): Promise<SessionStore> {
  const format = directory.readFormat();
  const reason = typeof format === 'string' ? format : damageOf(directory.dataFile);
  if (reason === undefined) {
    try {
      const overlapping = typeof format === 'object' && format.overlapping;
      return await openSound(directory, options, overlapping, onClose);
    } catch (error) {
      if (!isDamage(error)) throw error;
      setAside(directory, options, error instanceof Error ? error.message : String(error));
    }
  } else {
    setAside(directory, options, reason);
  }
  return openSound(directory, options, false, onClose);
}

function damageOf(dataFile: string): string | undefined {
  // whoever has made the one has made the other
  const isGone = !existsSync(dataFile) && existsSync(`${dataFile}-lock`);
  return isGone ? 'its data file is missing' : verifyDataFile(dataFile);
}

async function openSound(
  directory: DataDirectory,
  options: LmdbStoreOptions,
  wasOverlapping: boolean,
  onClose: () => Promise<void>,
): Promise<SessionStore> {
  const { dataFile } = directory;
  const durability = options.durability ?? 'disk';
  const waitsForDisk = durability === 'disk';
  if (waitsForDisk && wasOverlapping) await settleOn(dataFile);
  directory.writeFormat(!waitsForDisk);
  let database = new Database({ path: dataFile, waitsForDisk });
  try {
    if (!(await readersGone(database))) throw inUse(directory.path, '');
    if (await compact(directory, database))
      database = new Database({ path: dataFile, waitsForDisk });
    directory.flush();
    const room = new Room(database, directory.path, options.mapSize ?? Infinity);
    const journalLimit = JOURNAL_LIMIT;
    const opened = database;
    return new LmdbSessionStore({
      database,
      dataFile,
      durability,
      room,
      journalLimit,
      compact: () => compact(directory, opened, COMPACTED_WHEN_FULL),
      onClose,
    });
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Who only looks, as `inspectStore` and `checkStore` do, is gone in a moment; a broker that the lock does not know of is not. */
async function readersGone(database: Database): Promise<boolean> {
  for (let looks = 0; looks < LOOKS_FOR_READERS; looks++) {
    if (!database.hasReaders()) return true;
    await sleep(BETWEEN_LOOKS);
  }
  return false;
}

/** Lets LMDB find the last flushed state of a file that was written without waiting, and makes it the only one. */
async function settleOn(dataFile: string): Promise<void> {
  const database = new Database({ path: dataFile, waitsForDisk: false });
  await database.write((writer) => writer.put(Buffer.of(0xff), Buffer.of(1)));
  await database.close();
}

function setAside(directory: DataDirectory, options: LmdbStoreOptions, reason: string): void {
  const setAsideAs = directory.setAside(new Date());
  const damage = { directory: directory.path, setAside: setAsideAs, reason };
  if (options.onDamage) options.onDamage(damage);
  else console.error(`The data in ${damage.directory} is damaged (${reason}); it was set aside.`);
}

/** An error of LMDB about its file, or a record that cannot be read. */
function isDamage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.name === 'DamagedRecord' ||
    /MDB_(INVALID|CORRUPTED|PAGE_NOTFOUND|VERSION_MISMATCH|BAD_)/.test(error.message)
  );
}

/** Bytes of a data file from which on it is worth it, when nothing more fits. */
const COMPACTED_WHEN_FULL = 4 * 1024 * 1024;
/** What messages that are delivered soon may take before they get rows: bytes, in the file and about as many in memory. */
const JOURNAL_LIMIT = 8 * 1024 * 1024;
/** For five seconds. */
const LOOKS_FOR_READERS = 50;
/** Milliseconds. */
const BETWEEN_LOOKS = 100;
