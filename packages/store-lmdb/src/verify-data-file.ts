import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Says why a data file cannot be one that LMDB has written, or undefined when nothing speaks against it. LMDB maps
 * its file and trusts it: a page that is missing or is not what it should be ends the process. So the pages are looked at
 * before: both meta pages, then the tree from its root, each page's number, kind and bounds, up to a number of pages.
 */
export function verifyDataFile(
  path: string,
  maximumPages: number = MAXIMUM_PAGES,
): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    return size === 0 ? undefined : new DataFile(file, size).verify(maximumPages);
  } finally {
    closeSync(file);
  }
}

interface Meta {
  readonly pageSize: number;
  readonly roots: readonly number[];
  readonly lastPage: number;
  readonly transaction: bigint;
  /** The newest state may not be on the disk: LMDB decides which of two it takes. */
  readonly isUnflushed: boolean;
}

class DataFile {
  readonly #file: number;
  #size: number;
  #page = Buffer.alloc(0);
  #lastPage = 0;

  constructor(file: number, size: number) {
    this.#file = file;
    this.#size = size;
  }

  verify(maximumPages: number): string | undefined {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const metas = this.#metas();
      if (typeof metas === 'string') return metas;
      const meta = newestOf(metas);
      if (meta.isUnflushed) return this.#verifyUnflushed(metas);
      this.#page = Buffer.allocUnsafe(meta.pageSize);
      this.#lastPage = meta.lastPage;
      this.#size = fstatSync(this.#file).size;
      const reason = this.#walk(meta.roots, maximumPages);
      if (reason === undefined || !this.#hasMoved(meta)) return reason;
    }
    return undefined; // too much is written meanwhile to say anything against it
  }

  /** LMDB decides which state it takes, and its pages are not looked at; but one of the two must have all of them. */
  #verifyUnflushed(metas: readonly Meta[]): string | undefined {
    const hasAll = metas.some(({ lastPage, pageSize }) => (lastPage + 1) * pageSize <= this.#size);
    return hasAll ? undefined : 'it has been cut off';
  }

  /** A broker has written since: pages that the state of then does not need any more may hold something else by now. */
  #hasMoved({ transaction }: Meta): boolean {
    const metas = this.#metas();
    return typeof metas === 'object' && newestOf(metas).transaction !== transaction;
  }

  #metas(): readonly [Meta, Meta] | string {
    const head = Buffer.alloc(HEADER + META);
    if (readSync(this.#file, head, 0, head.length, 0) < head.length) return 'it is too short';
    const first = parseMeta(head);
    if (typeof first === 'string') return first;
    const { pageSize } = first;
    if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) {
      return `a page size of ${pageSize} is impossible`;
    }
    if (readSync(this.#file, head, 0, head.length, pageSize) < head.length) {
      return 'its second meta page is missing';
    }
    const second = parseMeta(head);
    if (typeof second === 'string') return second;
    return second.pageSize === pageSize ? [first, second] : 'its meta pages contradict each other';
  }

  /** Breadth first, so that what leads to much is seen first. */
  #walk(roots: readonly number[], maximumPages: number): string | undefined {
    const pages = roots.filter((root) => root >= 0);
    for (let next = 0; next < pages.length && next < maximumPages; next++) {
      if (pages.length > this.#lastPage + 1) return 'its pages form a circle';
      const reason = this.#check(pages[next] ?? 0, pages);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  #check(page: number, pages: number[]): string | undefined {
    if (!this.#isWithin(page, 1)) return `page ${page} is missing`;
    const bytes = this.#page;
    if (readSync(this.#file, bytes, 0, bytes.length, page * bytes.length) < bytes.length) {
      return `page ${page} is missing`;
    }
    const flags = bytes.readUInt16LE(FLAGS);
    if (number64(bytes, 0) !== page || (flags & (BRANCH | LEAF)) === 0) {
      return `page ${page} is not what it should be`;
    }
    const count = bytes.readUInt16LE(LOWER) >> 1;
    const end = HEADER + 2 * count;
    if (end > bytes.length) return `page ${page} is overfull`;
    for (let index = 0; index < count; index++) {
      const node = HEADER + bytes.readUInt16LE(HEADER + 2 * index);
      const isSound = node >= end && node + NODE <= bytes.length;
      if (!isSound || !this.#checkNode(node, flags, pages)) return `page ${page} is damaged`;
    }
    return undefined;
  }

  #checkNode(node: number, flags: number, pages: number[]): boolean {
    const bytes = this.#page;
    const low = bytes.readUInt32LE(node);
    const nodeFlags = bytes.readUInt16LE(node + 4);
    const data = node + NODE + bytes.readUInt16LE(node + 6);
    if ((flags & BRANCH) !== 0) {
      pages.push(nodeFlags * 2 ** 32 + low);
      return data <= bytes.length;
    }
    if ((nodeFlags & BIG_DATA) === 0) return data + low <= bytes.length;
    if (data + OVERFLOW > bytes.length) return false;
    return this.#isWithin(number64(bytes, data), number64(bytes, data + 16));
  }

  #isWithin(page: number, count: number): boolean {
    const end = page + count;
    return page >= 2 && end <= this.#lastPage + 1 && end * this.#page.length <= this.#size;
  }
}

function newestOf([first, second]: readonly [Meta, Meta]): Meta {
  return first.transaction >= second.transaction ? first : second;
}

function parseMeta(page: Buffer): Meta | string {
  const isMeta = (page.readUInt16LE(FLAGS) & META_PAGE) !== 0;
  if (!isMeta || page.readUInt32LE(HEADER) !== MAGIC) return 'it is no LMDB file';
  if ((page.readUInt32LE(HEADER + 4) & 0xffff) !== DATA_VERSION)
    return 'its LMDB version is unknown';
  return {
    pageSize: page.readUInt32LE(TREES),
    isUnflushed: (page.readUInt16LE(TREES + 4) & OVERLAPPING_SYNC) !== 0,
    roots: [number64(page, TREES + ROOT), number64(page, TREES + TREE + ROOT)],
    lastPage: number64(page, TREES + 2 * TREE),
    transaction: page.readBigUInt64LE(TREES + 2 * TREE + 8),
  };
}

/** -1, as an unsigned number, stands for none. */
function number64(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigInt64LE(offset));
}

const ATTEMPTS = 5;
// lmdb 3.5, structs MDB_page_header, MDB_meta, MDB_db, MDB_node and MDB_ovpage on 64-bit little-endian machines
const HEADER = 24;
const FLAGS = 18;
const LOWER = 20;
const META = 136;
const MAGIC = 0xbeef_c0de;
const DATA_VERSION = 2;
const TREES = HEADER + 24;
const TREE = 48;
const ROOT = 40;
const NODE = 8;
const OVERFLOW = 24;
const BRANCH = 1;
const LEAF = 2;
const META_PAGE = 8;
const BIG_DATA = 1;
const OVERLAPPING_SYNC = 0x1000;
/** About half a second's worth. */
const MAXIMUM_PAGES = 200_000;
