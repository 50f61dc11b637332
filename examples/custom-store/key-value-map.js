// What the store is built on: a map that can get, set, delete and list, and two of that kind.

import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * One `set` or `delete` is all or nothing, and over when it settles. Several at once may end in any order.
 * @typedef {object} KeyValueMap
 * @property {(key: string) => Promise<Uint8Array | undefined>} get
 * @property {(key: string, value: Uint8Array) => Promise<void>} set
 * @property {(key: string) => Promise<void>} delete
 * @property {(prefix: string, after: string, limit: number) => Promise<string[]>} list
 *   the first keys behind `after` that begin with `prefix`, in ascending order
 * @property {() => Promise<void>} close
 */

/** As durable as the `Map` that it is given. @implements {KeyValueMap} */
export class MemoryMap {
  #rows;

  /** @param {Map<string, Uint8Array>} rows */
  constructor(rows = new Map()) {
    this.#rows = rows;
  }

  /** @param {string} key */
  async get(key) {
    return this.#rows.get(key);
  }

  /** @param {string} key @param {Uint8Array} value */
  async set(key, value) {
    this.#rows.set(key, value);
  }

  /** @param {string} key */
  async delete(key) {
    this.#rows.delete(key);
  }

  /** @param {string} prefix @param {string} after @param {number} limit */
  async list(prefix, after, limit) {
    const keys = [...this.#rows.keys()].filter((key) => key > after && key.startsWith(prefix));
    return keys.toSorted().slice(0, limit);
  }

  async close() {}
}

/** In memory, and in a file of lines `[key, value]` that grows until it is opened again. @implements {KeyValueMap} */
export class FileMap extends MemoryMap {
  #file;
  #length;
  /** @type {string[]} */
  #lines = [];
  /** @type {Promise<void> | undefined} a write that has not begun */
  #next;
  /** @type {Promise<void>} */
  #last = Promise.resolve();

  /** @param {string} path */
  static async open(path) {
    const rows = await readRows(path);
    const text = Array.from(rows, ([key, value]) => line(key, value)).join('');
    const file = await open(`${path}.new`, 'a', 0o600);
    await file.truncate(); // of what a crash left there
    await file.appendFile(text);
    await file.sync();
    await rename(`${path}.new`, path); // until here the old file is whole
    const folder = await open(dirname(path)); // which has to remember the rename
    await folder.sync();
    await folder.close();
    return new FileMap(rows, file, Buffer.byteLength(text));
  }

  /** @param {Map<string, Uint8Array>} rows @param {import('node:fs/promises').FileHandle} file @param {number} length */
  constructor(rows, file, length) {
    super(rows);
    this.#file = file;
    this.#length = length;
  }

  /** @override @param {string} key @param {Uint8Array} value */
  async set(key, value) {
    await this.#append(line(key, value));
    await super.set(key, value);
  }

  /** @override @param {string} key */
  async delete(key) {
    await this.#append(line(key));
    await super.delete(key);
  }

  /** @override */
  async close() {
    await this.#last;
    await this.#file.close();
  }

  /** Lines that come while a write is under way share the next one, and its flush. @param {string} text */
  #append(text) {
    this.#lines.push(text);
    if (!this.#next) {
      this.#next = this.#last.then(() => this.#write());
      this.#last = this.#next.catch(() => {}); // it is told to those who wait for it
    }
    return this.#next;
  }

  async #write() {
    const bytes = Buffer.from(this.#lines.splice(0).join(''));
    this.#next = undefined;
    try {
      await this.#file.appendFile(bytes);
      await this.#file.datasync();
      this.#length += bytes.length;
    } catch (error) {
      await this.#file.truncate(this.#length); // half a line would spoil the next
      throw error;
    }
  }
}

/** @param {string} key @param {Uint8Array} [value] */
function line(key, value) {
  return `${JSON.stringify([key, value && Buffer.from(value).toString('base64')])}\n`;
}

/** @param {string} path */
async function readRows(path) {
  /** @type {Map<string, Uint8Array>} */
  const rows = new Map();
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  // What follows the last end of line was being written when the process died, and never settled.
  for (const each of text.split('\n').slice(0, -1)) {
    const [key, value] = JSON.parse(each);
    if (value === null) rows.delete(key);
    else rows.set(key, Buffer.from(value, 'base64'));
  }
  return rows;
}
