import {
  createReadStream,
  createWriteStream,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { StoreError } from '@wellhead/session-store';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type StoreDamage,
  exportStore,
  importStore,
  inspectStore,
  openLmdbStore,
} from '@wellhead/store-lmdb';

/**
 * Writes what a directory holds to a new file, readable by its owner alone, or to standard output.
 * Rejects with one line to tell; a file that is not complete is removed.
 */
export async function exportDirectory(path: string, file: string | undefined): Promise<void> {
  checkDirectory(path, ITS_OWN);
  if (file !== undefined) checkDirectory(dirname(file), 'make it first');
  await inspectStore(path); // or a directory without data would be made, and a damaged one set aside
  await using store = await openLmdbStore({ directory: path, onDamage: refuseDamage });
  const lines = Readable.from(withNewlines(exportStore(store)));
  if (file === undefined) {
    await pipeline(lines, standardOutput(), { end: false });
    return;
  }
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
  try {
    await pipeline(lines, output);
  } catch (error) {
    if (isAlreadyThere(error))
      throw new Error(`The file ${file} is already there.`, { cause: error });
    rmSync(file, { force: true });
    throw error;
  }
}

/**
 * Fills a directory that is new or empty from a file, or from standard input. Rejects with one line to
 * tell; then what it has brought is removed.
 */
export async function importDirectory(path: string, file: string | undefined): Promise<void> {
  if (existsSync(path)) checkDirectory(path, 'give a new or empty directory');
  if (existsSync(path) && readdirSync(path).length > 0) {
    throw new Error(`The directory ${path} is not empty: import into a new one.`);
  }
  if (file !== undefined) checkFile(file, 'give one that `wellhead store export` has written');
  const input = file === undefined ? process.stdin : createReadStream(file);
  const failed = new Promise<never>((_, reject) => input.once('error', reject));
  const lines = createInterface({ input, crlfDelay: Infinity });
  try {
    await using store = await openLmdbStore({ directory: path });
    await Promise.race([importStore(store, lines), failed]);
  } catch (error) {
    // a broker may have taken the directory meanwhile: nothing there is ours
    const isOurs = !(error instanceof StoreError && error.code === 'STORE_IN_USE');
    const made = isOurs && existsSync(path) ? readdirSync(path) : [];
    for (const name of made) rmSync(join(path, name), { recursive: true });
    throw error;
  }
}

/** Throws one line to tell when there is no such directory. */
export function checkDirectory(path: string, remedy: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Error(`There is no directory ${path}: ${remedy}.`);
  if (!found.isDirectory()) throw new Error(`${path} is no directory: ${remedy}.`);
}

/** Something to read: a file, or a pipe. */
function checkFile(path: string, remedy: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Error(`There is no file ${path}: ${remedy}.`);
  if (found.isDirectory()) throw new Error(`${path} is a directory: ${remedy}.`);
}

function refuseDamage({ directory, reason }: StoreDamage): never {
  throw new Error(`The store in ${directory} is damaged: ${reason}.`);
}

async function* withNewlines(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield `${line}\n`;
}

function standardOutput(): Writable {
  return process.stdout;
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

/** What to do without the data directory. */
export const ITS_OWN = 'give the one that `wellhead start --data` has';
