import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StoreError } from '@wellhead/session-store';

/** What `format.json` says of the rest. */
export interface Format {
  readonly format: number;
  /** Whether the data file was written without waiting for the disk, so that LMDB has to look for its last flushed state. */
  readonly overlapping: boolean;
}

/** The files of a store: `format.json`, `data.lmdb`, LMDB's lock file, and what was set aside. */
export class DataDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  get dataFile(): string {
    return join(this.path, 'data.lmdb');
  }

  /** Makes it, for its owner alone, or makes sure that it can be written. */
  prepare(): void {
    try {
      makeDirectory(this.path);
      if (!statSync(this.path).isDirectory()) throw new Error('it is no directory');
      accessSync(this.path, constants.R_OK | constants.W_OK | constants.X_OK);
      for (const file of [this.dataFile, `${this.dataFile}-lock`, this.#formatFile]) {
        if (!existsSync(file)) continue;
        accessSync(file, constants.R_OK | constants.W_OK);
        if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
      }
    } catch (error) {
      throw this.refusal(error);
    }
  }

  /** Undefined for a new directory; a string says what is wrong with it. Throws `STORE_FORMAT` when it is newer. */
  readFormat(): Format | string | undefined {
    if (!existsSync(this.#formatFile)) {
      return existsSync(this.dataFile) ? 'format.json is missing' : undefined;
    }
    const format = parseFormat(readFileSync(this.#formatFile, 'utf8'));
    if (typeof format !== 'string' && format.format > FORMAT) {
      throw new StoreError(
        'STORE_FORMAT',
        `The data directory ${this.path} has format ${format.format}, and this version knows formats up to ${FORMAT}. ` +
          'Use the version that wrote it, or another directory.',
      );
    }
    return format;
  }

  /** Replaces the file at once and for good. */
  writeFormat(overlapping: boolean): void {
    const temporary = `${this.#formatFile}.new`;
    try {
      const file = openSync(temporary, 'w', 0o600);
      writeSync(file, `${JSON.stringify({ format: FORMAT, overlapping })}\n`);
      fsyncSync(file);
      closeSync(file);
      renameSync(temporary, this.#formatFile);
      this.flush();
    } catch (error) {
      throw this.refusal(error);
    }
  }

  /** Makes the names of files durable, where a directory can be flushed. */
  flush(): void {
    if (process.platform === 'win32') return;
    const directory = openSync(this.path, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }

  /** Gives the data file another name, beside the one that will be made. Undefined when there is none. */
  setAside(now: Date): string | undefined {
    rmSync(`${this.dataFile}-lock`, { force: true });
    rmSync(this.#formatFile, { force: true });
    if (!existsSync(this.dataFile)) return undefined;
    const name = join(this.path, `data.damaged-${now.toISOString().replaceAll(':', '-')}.lmdb`);
    renameSync(this.dataFile, name);
    this.flush();
    return name;
  }

  /** What a failure to use the directory means. */
  refusal(cause: unknown): StoreError {
    if (cause instanceof StoreError) return cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (/EACCES|EPERM|EROFS|permission denied|read-only/i.test(reason)) {
      const advice = 'Give it to the user that this process runs as, or choose another directory.';
      const message = `The data directory ${this.path} cannot be written: ${reason}. ${advice}`;
      return new StoreError('STORE_READ_ONLY', message, { cause });
    }
    const message = `The data directory ${this.path} cannot be opened: ${reason}`;
    return new StoreError('STORE_FAILED', message, { cause });
  }

  get #formatFile(): string {
    return join(this.path, 'format.json');
  }
}

/** As `recursive` of mkdirSync, which never comes back where a system has no new folders in one that is there, as /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(path)) throw error; // otherwise somebody else has made it meanwhile
  }
}

function parseFormat(text: string): Format | string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'format' in value) {
      const { format } = value;
      const overlapping = 'overlapping' in value && value.overlapping === true;
      if (typeof format === 'number' && format > 0) return { format, overlapping };
    }
  } catch {
    // said below
  }
  return 'format.json cannot be read';
}

const FORMAT = 1;
