import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SessionChange } from '@wellhead/session-store';
import { MemorySessionStore } from '@wellhead/session-store/memory';

type Step = {
  readonly do: 'enqueue' | 'enqueue old' | 'send' | 'settle' | 'release';
  readonly at: number;
};

const steps = fc.array(
  fc.record({
    do: fc.constantFrom(
      'enqueue',
      'enqueue',
      'enqueue',
      'enqueue old',
      'send',
      'settle',
      'release',
    ),
    at: fc.nat(1000),
  }) as fc.Arbitrary<Step>,
  { maxLength: 400 },
);

test('a queue behaves as two plain arrays, one of what is in flight and one of what waits', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 50 }), (list, pageSize) => {
      const [store, model] = [openedStore(), new Model()];
      for (const step of list) {
        const change = model.change(step);
        if (change) void store.commit([change]);
      }
      expect(read(store, pageSize)).toEqual(model.read());
      expect(store.sizes().deliveries).toBe(model.read().length);
    }),
    { numRuns: 300 },
  );
});

test('a queue of 50,000 is drained in pages, each message sent and settled', () => {
  const store = openedStore();
  const model = new Model();
  for (let at = 0; at < 50_000; at++) void store.commit([model.enqueue()]);
  for (let next = 1; next <= 50_000;) {
    const page = store.readQueue('c', 0, 1000);
    const messageIds = page.map(({ message }) => message.messageId);
    const packetIds = page.map(() => 1);
    void store.commit([{ type: 'sent', ...SESSION, messageIds, packetIds }]);
    for (const { message } of page) expect(message.messageId).toBe(next++);
    void store.commit([{ type: 'settled', ...SESSION, messageIds }]);
  }
  expect(store.readQueue('c', 0, 1)).toEqual([]);
  expect(store.sizes()).toMatchObject({ deliveries: 0, messages: 0 });
});

test('a delivery that stays at the head does not keep the space of all that pass it', () => {
  const store = openedStore();
  const model = new Model();
  void store.commit([
    model.enqueue(),
    { type: 'sent', ...SESSION, messageIds: [1], packetIds: [1] },
  ]);
  for (let messageId = 2; messageId < 20_000; messageId++) {
    void store.commit([
      model.enqueue(),
      { type: 'sent', ...SESSION, messageIds: [messageId], packetIds: [2] },
    ]);
    void store.commit([{ type: 'settled', ...SESSION, messageIds: [messageId] }]);
  }
  expect(read(store, 10)).toEqual([[1, 1, false]]);
});

test('commit() answers at once, and keeps what it was given', () => {
  const store = openedStore();
  const change = new Model().enqueue();
  expect(store.commit([change])).toBeUndefined();
  expect(store.readQueue('c', 0, 1)[0]?.message).toBe(change.type === 'enqueued' && change.message);
});

test('a refused commit is a rejected promise, not a throw', async () => {
  const refused = new MemorySessionStore().commit([new Model().enqueue()]);
  await expect(refused).rejects.toMatchObject({
    name: 'StoreError',
    code: 'STORE_STALE_EPOCH',
    clientId: 'c',
  });
});

const SESSION = { clientId: 'c', epoch: 1 } as const;

function openedStore(): MemorySessionStore {
  const store = new MemorySessionStore();
  void store.commit([
    { type: 'session-opened', ...SESSION, sessionExpiryInterval: 60, protocolVersion: 4 },
  ]);
  return store;
}

function read(store: MemorySessionStore, pageSize: number): unknown[] {
  const all: unknown[] = [];
  for (let after = 0; ;) {
    const page = store.readQueue('c', after, pageSize);
    if (page.length === 0) return all;
    for (const { message, packetId, released } of page)
      all.push([message.messageId, packetId, released]);
    after = page.at(-1)?.position ?? 0;
  }
}

/** Makes changes, and does them to arrays. */
class Model {
  #last = 0;
  #inFlight: { id: number; packetId: number; released: boolean }[] = [];
  #waiting: number[] = [];

  read(): unknown[] {
    const inFlight = this.#inFlight.map(({ id, packetId, released }) => [id, packetId, released]);
    return [...inFlight, ...this.#waiting.map((id) => [id, 0, false])];
  }

  change({ do: what, at }: Step): SessionChange | undefined {
    const all = [...this.#inFlight.map(({ id }) => id), ...this.#waiting];
    const messageId = all[at % (all.length || 1)] ?? 0;
    if (what === 'enqueue') return this.enqueue();
    if (what === 'enqueue old') return this.enqueue(1 + (at % (this.#last || 1)));
    if (messageId === 0) return undefined;
    if (what === 'send') return this.#send(messageId, 1 + at);
    if (what === 'settle') return this.#settle(messageId);
    return this.#release(messageId);
  }

  enqueue(messageId = this.#last + 1): SessionChange {
    this.#last = Math.max(this.#last, messageId);
    const there =
      this.#waiting.includes(messageId) || this.#inFlight.some(({ id }) => id === messageId);
    if (!there) this.#waiting.push(messageId);
    return { type: 'enqueued', message: { ...MESSAGE, messageId }, deliveries: [DELIVERY] };
  }

  #send(messageId: number, packetId: number): SessionChange {
    if (this.#waiting.includes(messageId))
      this.#inFlight.push({ id: messageId, packetId, released: false });
    this.#waiting = this.#waiting.filter((id) => id !== messageId);
    return { type: 'sent', ...SESSION, messageIds: [messageId], packetIds: [packetId] };
  }

  #settle(messageId: number): SessionChange {
    this.#inFlight = this.#inFlight.filter(({ id }) => id !== messageId);
    this.#waiting = this.#waiting.filter((id) => id !== messageId);
    return { type: 'settled', ...SESSION, messageIds: [messageId] };
  }

  #release(messageId: number): SessionChange {
    for (const each of this.#inFlight) if (each.id === messageId) each.released = true;
    return { type: 'released', ...SESSION, messageIds: [messageId] };
  }
}

const MESSAGE = {
  topicName: 't',
  payload: new Uint8Array(8),
  qos: 1,
  retain: false,
  properties: undefined,
  publishedAt: 0,
  expiresAt: Infinity,
  publisherId: undefined,
} as const;

const DELIVERY = {
  ...SESSION,
  qos: 1,
  retain: false,
  subscriptionIdentifiers: undefined,
  sharedFilter: undefined,
  packetId: 0,
} as const;
