import { closeSync, openSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RowWriter } from './database.ts';

/** What the database knows of its file. */
export interface FileUsage {
  /** Bytes up to the end of the last page that was ever used. */
  readonly file: number;
  /** Bytes of pages in use. */
  readonly used: number;
  readonly leafPages: number;
  /** Bytes of the file, used or not. */
  readonly size: number;
}

/**
 * Keeps the data file longer than LMDB has used it, so that LMDB writes only where there is room already: when a write
 * of its own fails, lmdb 3.5 damages its memory, and the process may end. Here the same failure (the disk is full, a
 * quota, a limit of file sizes) is an exception before anything has happened.
 */
export class FileSpace {
  readonly #path: string;
  readonly #usage: () => FileUsage;
  /** Bytes that are certainly there behind the last used page. */
  #ahead = 0;

  constructor(path: string, usage: () => FileUsage) {
    this.#path = path;
    this.#usage = usage;
  }

  /**
   * Before a write transaction. Throws what the operating system says when the file cannot be made long enough; a
   * transaction that frees more than it takes may use what is kept for such a moment, others what was freed.
   */
  reserve(cost: TransactionCost, mayUseReserve: boolean): void {
    const most = cost.bytes(Infinity);
    if (this.#ahead < most + RESERVE) this.#prepare(cost, mayUseReserve);
    this.#ahead -= most;
  }

  /** The database was opened anew. */
  forget(): void {
    this.#ahead = 0;
  }

  #prepare(cost: TransactionCost, mayUseReserve: boolean): void {
    const usage = this.#usage();
    const bytes = cost.bytes(usage.leafPages);
    const wanted = bytes + RESERVE;
    let error: unknown;
    let { size } = usage;
    if (size - usage.file < wanted) {
      const step = Math.min(LARGEST_STEP, Math.max(SMALLEST_STEP, usage.file / 8));
      error = lengthen(this.#path, usage.file + wanted + step - size);
      size = sizeOf(this.#path);
    }
    this.#ahead = size - usage.file;
    if (error === undefined || this.#ahead >= wanted) return;
    // single pages surely go where others were, several in a row perhaps; those of the last transactions are not free yet
    const free = usage.file - usage.used;
    const fits = this.#ahead >= bytes || (cost.isScattered && bytes <= free / 2);
    if (!fits || (!mayUseReserve && bytes > free / 4)) throw error;
  }
}

/** Counts the pages that a write transaction may need: written anew, split, in a row for large values, and for its list of free pages. */
export class TransactionCost implements RowWriter {
  #rows = 0;
  #inlineBytes = 0;
  #overflowBytes = 0;

  put(key: Uint8Array, value: Uint8Array): void {
    this.#rows++;
    const size = key.length + value.length + NODE;
    if (size <= LARGEST_INLINE) this.#inlineBytes += size;
    else this.#overflowBytes += value.length + PAGE;
  }

  remove(): void {
    this.#rows++;
  }

  /** No value needs several pages in a row. */
  get isScattered(): boolean {
    return this.#overflowBytes === 0;
  }

  /** At most about; `leaves` are those of the tree as it is. */
  bytes(leaves: number): number {
    const copied = Math.min(this.#rows, leaves) * PAGE;
    // leaves are at least half full after a split, and there are far fewer branches than leaves
    const split = this.#inlineBytes * 2;
    const branches = (copied + split) / 16 + FEW_PAGES * PAGE;
    const pages = (copied + split + branches + this.#overflowBytes) / PAGE;
    return copied + split + branches + this.#overflowBytes + pages * 16;
  }
}

export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Appends zeros, so that nothing that is there can be touched; gives the error that keeps it from being all. */
function lengthen(path: string, length: number): unknown {
  let file: number | undefined;
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    const possible = Math.min(length, bavail * bsize - LEFT_TO_OTHERS);
    file = openSync(path, 'a', 0o600);
    const zeros = Buffer.alloc(AT_ONCE);
    for (let left = possible; left > 0;)
      left -= writeSync(file, zeros, 0, Math.min(left, zeros.length));
    return possible < length ? new Error('no space left on device') : undefined;
  } catch (error) {
    return error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The size of a page; larger ones, on few machines, hold more. */
const PAGE = 4_096;
const NODE = 16;
/** What does not fit half a page gets pages of its own. */
const LARGEST_INLINE = 2_000;
/** Branches from the root down, of this tree and of that of free pages. */
const FEW_PAGES = 16;
/** For what frees room, when the file cannot grow. */
const RESERVE = 512 * 1024;
/** A disk without a free block would not let a broker start. */
const LEFT_TO_OTHERS = 256 * 1024;
const SMALLEST_STEP = 512 * 1024;
const LARGEST_STEP = 4 * 1024 * 1024;
const AT_ONCE = 64 * 1024;
