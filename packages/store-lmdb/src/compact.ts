import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import type { DataDirectory } from './data-directory.ts';
import type { Database } from './database.ts';
import { verifyDataFile } from './verify-data-file.ts';

/**
 * Replaces a data file that is mostly free pages by a copy without them: LMDB uses free pages again, and never gives
 * them back. The copy is whole and flushed before it takes the name. Gives true when the database, closed then, has a
 * new file; when there is no room for the copy, all stays as it is.
 */
export async function compact(
  directory: DataDirectory,
  database: Database,
  smallest: number = SMALLEST,
): Promise<boolean> {
  const { dataFile } = directory;
  const copy = `${dataFile}.compact`;
  rmSync(copy, { force: true }); // of a process that was killed
  const { used, file } = database.usage();
  if (file < smallest || used * 4 > file) return false;
  try {
    await database.copyTo(copy);
    flush(copy);
    if (verifyDataFile(copy) !== undefined) throw new Error('the copy is not sound');
    chmodSync(copy, 0o600);
  } catch {
    rmSync(copy, { force: true });
    return false;
  }
  await database.close();
  renameSync(copy, dataFile);
  rmSync(`${dataFile}-lock`, { force: true });
  directory.flush();
  return true;
}

function flush(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const SMALLEST = 64 * 1024 * 1024;
