// Transactions over a map that cannot set two keys at once. A database that has transactions needs none of this.

import { deserialize, serialize } from 'node:v8';

export class AtomicRows {
  #map;
  #unfinished; // what the last transaction wrote, until it is in its places
  #turn = Promise.resolve();

  static async open(map) {
    const last = await map.get('commit'); // it may have been cut off; to write it twice does no harm
    return new this(map, last ? deserialize(last) : []);
  }

  constructor(map, unfinished) {
    this.#map = map;
    this.#unfinished = unfinished;
  }

  /**
   * Runs `task` with a draft of its own, after all that came before: nobody sees half of another's changes.
   * It settles when they are kept; when it rejects, none of them is.
   */
  transact(task) {
    const result = this.#turn.then(async () => {
      await this.#finish();
      const draft = new Draft(this.#map);
      const answer = await task(draft);
      await this.#commit(draft.changes);
      return answer;
    });
    this.#turn = result.catch(() => {}); // one that fails does not spoil the next
    return result;
  }

  async close() {
    try {
      await this.transact(() => {});
    } finally {
      await this.#map.close();
    }
  }

  /**
   * All changes become the value of one key. Before this is set nothing has happened, and then everything has:
   * what is left, the keys themselves, can be done as often as it takes.
   */
  async #commit(changes) {
    if (changes.size === 0) return;
    const entries = Array.from(changes, ([key, row]) => [key, row && serialize(row)]);
    await this.#map.set('commit', serialize(entries));
    this.#unfinished = entries;
  }

  async #finish() {
    const writes = this.#unfinished.map(([key, value]) =>
      value ? this.#map.set(key, value) : this.#map.delete(key),
    );
    await Promise.all(writes);
    this.#unfinished = [];
  }
}

/** The rows as they will be: those of the map, and changes over them. Rows are replaced, never changed. */
class Draft {
  /** @type {import('./key-value-map.js').KeyValueMap} */
  #map;
  changes = new Map();

  constructor(map) {
    this.#map = map;
  }

  async get(key) {
    return this.changes.has(key) ? this.changes.get(key) : this.stored(key);
  }

  set(key, row) {
    this.changes.set(key, row);
  }

  delete(key) {
    this.changes.set(key, undefined);
  }

  /** Keys that begin with `prefix`, in ascending order from behind `after` on. */
  async list(prefix, after, limit) {
    if (this.changes.size === 0) return this.#map.list(prefix, after, limit);
    const keys = new Set(await this.#map.list(prefix, after, Infinity));
    for (const [key, row] of this.changes) {
      if (!row) keys.delete(key);
      else if (key.startsWith(prefix) && key > after) keys.add(key);
    }
    return [...keys].toSorted().slice(0, limit);
  }

  /** Each row that was replaced or is gone, with -1, and each that replaces it or is new, with 1. */
  async differences() {
    const all = [];
    for (const [key, row] of this.changes) {
      const [kind, name] = key.split('\0');
      const before = await this.stored(key);
      if (before) all.push({ kind, name, row: before, sign: -1 });
      if (row) all.push({ kind, name, row, sign: 1 });
    }
    return all;
  }

  async stored(key) {
    const value = await this.#map.get(key);
    return value && deserialize(value);
  }
}

/** The rows whose keys begin with `prefix`, with their keys. */
export async function readPage(draft, prefix, after, limit) {
  const keys = await draft.list(prefix, after, limit);
  return Promise.all(keys.map(async (key) => [key, await draft.get(key)]));
}

/** No name in MQTT has U+0000 in it [MQTT-1.5.4-2], and numbers of one length sort by their size. */
export function rowKey(...parts) {
  const texts = parts.map((part) =>
    typeof part === 'number' ? `${part}`.padStart(16, '0') : part,
  );
  return texts.join('\0');
}
