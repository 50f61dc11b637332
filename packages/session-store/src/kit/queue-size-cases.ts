import assert from 'node:assert/strict';
import { loadSession } from './read-store.ts';
import { delivery, enqueued, first, ids, message, opened, sent, settled } from './records.ts';
import { stateCases, type StoreCase } from './store-case.ts';

/** What a queue counts for. */
export const queueSizeCases: readonly StoreCase[] = [
  ...stateCases(
    'a session counts its queue',
    [
      [opened('c'), enqueued(1, 'c'), sent('c', 1, 1), enqueued(2, 'c'), enqueued(3, 'c')],
      [settled('c', 2)],
    ],
    async (store) => {
      const session = await loadSession(store, 'c');
      assert.deepEqual([session?.queuedMessages, session?.queuedBytes], [2, 8]);
    },
  ),

  ...stateCases(
    'Subscription Identifiers count eight bytes each, in queues alone, while their messages do',
    [
      [opened('c'), enqueued(1, 'c')],
      ids(2, 5).map((id) => {
        const deliveries = [
          delivery('c', { qos: 2, subscriptionIdentifiers: [1, 2, 268_435_455] }),
        ];
        return { type: 'enqueued', message: message(id), deliveries };
      }),
      [sent('c', 2, 2), sent('c', 3, 3), { type: 'released', ...first('c'), messageIds: [2] }],
      [settled('c', 4), settled('c', 2)],
    ],
    async (store) => {
      const session = await loadSession(store, 'c');
      assert.deepEqual([session?.queuedMessages, session?.queuedBytes], [3, 4 + 2 * 28]);
      assert.equal(store.sizes().messageBytes, 12);
      await store.commit([settled('c', 1), settled('c', 3), settled('c', 5)]);
      assert.equal((await loadSession(store, 'c'))?.queuedBytes, 0);
    },
  ),

  ...stateCases(
    'a Topic Name counts with what it has beyond 128 characters',
    [
      [
        opened('c'),
        {
          type: 'enqueued',
          message: message(1, { topicName: 'n'.repeat(1_128) }),
          deliveries: [delivery('c')],
        },
        { type: 'retained-set', message: message(2, { topicName: 'n'.repeat(128) }) },
      ],
    ],
    async (store) => {
      assert.equal((await loadSession(store, 'c'))?.queuedBytes, 1_004);
      assert.deepEqual([store.sizes().messageBytes, store.sizes().retainedBytes], [1_008, 4]);
      await store.commit([settled('c', 1)]);
      assert.equal((await loadSession(store, 'c'))?.queuedBytes, 0);
      assert.equal(store.sizes().messageBytes, 4);
    },
  ),
];
