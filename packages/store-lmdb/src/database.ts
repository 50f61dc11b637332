import { open, type RootDatabase } from 'lmdb';
import { asBuffer } from './byte-reader.ts';
import { FileSpace, type FileUsage, TransactionCost, sizeOf } from './file-space.ts';

export interface StoredRow {
  readonly key: Buffer;
  readonly value: Uint8Array;
}

/** What a write transaction does. */
export interface RowWriter {
  /** `value` must not change until the transaction is over. */
  put(key: Buffer, value: Uint8Array): void;
  remove(key: Buffer): void;
}

export interface DatabaseOptions {
  /** The data file. */
  readonly path: string;
  /** Whether a write is over when it is on the disk, or already when the operating system has it. */
  readonly waitsForDisk: boolean;
  /** Another process may have it open. */
  readonly readOnly?: boolean;
}

/**
 * One LMDB environment with one tree, opened by one process, written by one transaction at a time.
 *
 * With `waitsForDisk` it runs as LMDB was designed: pages, `fdatasync`, then the meta page through a descriptor
 * that writes synchronously; a transaction that fails has changed nothing. Without, it runs with overlapping
 * synchronisation: a transaction is over when it is visible, the flush follows, and after a power loss the last
 * flushed state is what LMDB finds.
 */
export class Database {
  readonly #options: DatabaseOptions;
  readonly #space: FileSpace;
  #root: RootDatabase<Buffer, Buffer>;
  #isOpen = true;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#space = new FileSpace(options.path, () => this.usage());
    this.#root = openRoot(options);
  }

  /** A copy, or undefined. */
  get(key: Buffer): Uint8Array | undefined {
    return this.#root.getBinary(key);
  }

  /** In ascending order of key, from `start` to before `end`, as of now. Not to be held over a turn. */
  range(start: Buffer, end: Buffer): Iterable<StoredRow> {
    return this.#root.getRange({ start, end });
  }

  /**
   * One transaction. Settles when it is as durable as the database is opened for; rejects when nothing was changed.
   * `change` is called twice: once to find out whether there is room for it. `frees` says that it frees more than it takes.
   */
  async write(
    change: (writer: RowWriter) => void,
    { frees = false }: { readonly frees?: boolean } = {},
  ): Promise<void> {
    const cost = new TransactionCost();
    change(cost);
    this.#space.reserve(cost, frees);
    const root = this.#root;
    const writer: RowWriter = {
      put: (key, value) => void root.put(key, asBuffer(value)),
      remove: (key) => void root.remove(key),
    };
    try {
      await root.batch(() => change(writer));
    } catch (error) {
      throw await reasonOf(error);
    }
  }

  /** Writes the pages in use to another file. */
  async copyTo(path: string): Promise<void> {
    await this.#root.backup(path, true);
  }

  /** After a failed write: LMDB may refuse everything until it is opened again. */
  async reopen(): Promise<void> {
    await this.close();
    this.#space.forget();
    this.#root = openRoot(this.#options);
    this.#isOpen = true;
  }

  /** Processes that read this environment, as LMDB's lock table has them; those that have died are struck off. */
  hasReaders(): boolean {
    this.#root.readerCheck();
    return /\d/.test(this.#root.readerList());
  }

  /** How much of the file is used, and in use. */
  usage(): FileUsage {
    const stats: unknown = this.#root.getStats();
    const pageSize = numberOf(stats, 'pageSize');
    const inUse = pagesOf(stats) + pagesOf(propertyOf(stats, 'free'));
    return {
      used: (inUse + 2) * pageSize,
      file: (numberOf(stats, 'lastPageNumber') + 1) * pageSize,
      leafPages: numberOf(stats, 'treeLeafPageCount'),
      size: sizeOf(this.#options.path),
    };
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      if (this.#options.readOnly !== true) await this.#root.flushed;
    } catch {
      // of a write whose commit was rejected
    }
    await this.#root.close();
  }
}

function openRoot({ path, waitsForDisk, readOnly }: DatabaseOptions): RootDatabase<Buffer, Buffer> {
  const options = {
    path,
    noSubdir: true,
    encoding: 'binary',
    keyEncoding: 'binary',
    permissionsMode: 0o600, // read by LMDB's binding, and not in its types
    overlappingSync: !waitsForDisk && process.platform !== 'win32',
    noSync: !waitsForDisk && process.platform === 'win32',
    separateFlushed: !waitsForDisk,
    eventTurnBatching: false,
    readOnly: readOnly === true,
    maxDbs: 1,
    maxReaders: 64,
  } as const;
  return open<Buffer, Buffer>(options);
}

/** lmdb rejects with an error that holds a promise of the reason. */
async function reasonOf(error: unknown): Promise<unknown> {
  const reason = propertyOf(error, 'commitError');
  if (!(reason instanceof Promise)) return error;
  try {
    await reason;
    return error;
  } catch (cause) {
    return cause;
  }
}

function pagesOf(stats: unknown): number {
  return (
    numberOf(stats, 'treeBranchPageCount') +
    numberOf(stats, 'treeLeafPageCount') +
    numberOf(stats, 'overflowPages')
  );
}

function numberOf(value: unknown, name: string): number {
  const property = propertyOf(value, name);
  return typeof property === 'number' ? property : 0;
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
