import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { MessageRecord } from '@wellhead/session-store';
import { MemorySessionStore } from '@wellhead/session-store/memory';

const COUNT = 50_000;

test('50,000 queued messages of 64 bytes cost at most 500 bytes each, records included', () => {
  const store = openWithSession();
  const before = memoryInUse();
  for (let messageId = 1; messageId <= COUNT; messageId++) enqueue(store, messageId);
  const each = (memoryInUse() - before) / COUNT;
  expect(store.sizes().deliveries).toBe(COUNT);

  expect(each).toBeLessThan(500);
});

test('a drained queue gives its memory back', () => {
  const store = openWithSession();
  const before = memoryInUse();
  for (let messageId = 1; messageId <= COUNT; messageId++) enqueue(store, messageId);
  drain(store);
  expect(store.sizes()).toMatchObject({ messages: 0, messageBytes: 0, deliveries: 0 });
  expect((memoryInUse() - before) / COUNT).toBeLessThan(50);
});

function openWithSession(): MemorySessionStore {
  const store = new MemorySessionStore();
  const opened = { type: 'session-opened', clientId: 'c', epoch: 1 } as const;
  void store.commit([{ ...opened, sessionExpiryInterval: 60, protocolVersion: 5 }]);
  return store;
}

function enqueue(store: MemorySessionStore, messageId: number): void {
  const delivery = {
    clientId: 'c',
    epoch: 1,
    qos: 1,
    retain: false,
    subscriptionIdentifiers: undefined,
    sharedFilter: undefined,
    packetId: 0,
  } as const;
  void store.commit([{ type: 'enqueued', message: message(messageId), deliveries: [delivery] }]);
}

function message(messageId: number): MessageRecord {
  return {
    messageId,
    topicName: 'plant/1/temperature',
    payload: new Uint8Array(64),
    qos: 1,
    retain: false,
    properties: undefined,
    publishedAt: 1_700_000_000_000 + messageId,
    expiresAt: Infinity,
    publisherId: 'publisher',
  };
}

function drain(store: MemorySessionStore): void {
  const session = { clientId: 'c', epoch: 1 } as const;
  for (;;) {
    const page = store.readQueue('c', 0, 100);
    if (page.length === 0) return;
    for (const {
      message: { messageId },
    } of page) {
      void store.commit([{ type: 'settled', ...session, messageIds: [messageId] }]);
    }
  }
}

function memoryInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The collector without a flag for the process. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
}
