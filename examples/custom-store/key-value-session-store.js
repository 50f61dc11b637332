// A session store over a map that knows no more than get, set, delete and list. Its rows, by key:
//
//   session <clientId>             the session's record, as `load` gives it
//   queue <clientId> <position>    a delivery
//   place <clientId> <messageId>   where in the queue that message's delivery stands
//   message <messageId>            a message, once for all who use it
//   uses <messageId>               how many deliveries and retained messages do
//   retained <topicName>           an outline, as `loadRetained` gives it
//   fan-out <messageId>            a message on its way to many, as `loadFanOuts` gives it
//   counters                       sizes, and the last numbers that were given

import { checkChanges, refusedBehind, StoreError } from '@wellhead/session-store';
import { applyChanges, NOTHING } from './apply-changes.js';
import { AtomicRows, readPage, rowKey } from './atomic-rows.js';

/** @implements {import('@wellhead/session-store').SessionStore} */
export class KeyValueSessionStore {
  supports = { durable: true, shared: false };
  #rows;
  #counters; // in memory too, because `sizes` answers at once
  #refusal; // of the commit that was refused last
  #disposal;

  /** The map (key-value-map.js) is the store's from now on. */
  static async open(map) {
    const rows = await AtomicRows.open(map);
    const counters = await rows.transact(async (draft) => (await draft.get('counters')) ?? NOTHING);
    return new this(rows, counters);
  }

  constructor(rows, counters) {
    this.#rows = rows;
    this.#counters = counters;
  }

  async commit(changes) {
    const known = this.#refusal;
    try {
      this.#counters = await this.#transact((draft) => {
        // one before this was refused, and whoever handed this over did not know it
        if (this.#refusal !== known) throw refusedBehind(this.#refusal);
        return this.#apply(draft, changes);
      });
    } catch (error) {
      if (this.#refusal === known) this.#refusal = error;
      throw error;
    }
  }

  async #apply(draft, changes) {
    const epochs = new Map();
    for (const { clientId } of changes.flatMap((change) => change.deliveries ?? change))
      epochs.set(clientId, (await draft.get(rowKey('session', clientId)))?.epoch);
    const error = checkChanges(changes, (clientId) => epochs.get(clientId));
    if (error) throw error;
    return applyChanges(draft, changes);
  }

  load(options) {
    return this.#load('session', options);
  }

  loadRetained(options) {
    return this.#load('retained', options);
  }

  loadFanOuts(options) {
    return this.#load('fan-out', options);
  }

  lastMessageId() {
    return this.#counters.lastMessageId;
  }

  readQueue(clientId, after, limit) {
    return this.#transact(async (draft) => {
      const behind = rowKey('queue', clientId, after);
      const page = await readPage(draft, rowKey('queue', clientId, ''), behind, limit);
      return Promise.all(page.map(([, row]) => readDelivery(draft, row)));
    });
  }

  readRetained(topicNames) {
    return this.#transact((draft) => {
      const messages = topicNames.map(async (topicName) => {
        const outline = await draft.get(rowKey('retained', topicName));
        return outline && draft.get(rowKey('message', outline.messageId));
      });
      return Promise.all(messages);
    });
  }

  sizes() {
    const { lastMessageId: _, lastPosition: __, ...sizes } = this.#counters;
    return sizes;
  }

  [Symbol.asyncDispose]() {
    this.#disposal ??= this.#rows.close();
    return this.#disposal;
  }

  async *#load(kind, { signal } = {}) {
    let page = [['']];
    while (page.length > 0) {
      signal?.throwIfAborted();
      const [after] = page.at(-1);
      page = await this.#transact((draft) => readPage(draft, rowKey(kind, ''), after, 100));
      for (const [, row] of page) yield row;
    }
  }

  async #transact(task) {
    if (this.#disposal) throw new StoreError('STORE_CLOSED', 'The store is closed.');
    try {
      return await this.#rows.transact(task);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError('STORE_FAILED', `The map failed: ${error.message}`, { cause: error });
    }
  }
}

async function readDelivery(draft, row) {
  const { messageId, size: _, ...delivery } = row;
  if (delivery.released) return { ...delivery, message: { messageId, ...NO_CONTENT } };
  return { ...delivery, message: await draft.get(rowKey('message', messageId)) };
}

const NO_CONTENT = { payload: new Uint8Array(0), properties: undefined };
