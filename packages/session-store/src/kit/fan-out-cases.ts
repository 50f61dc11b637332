import assert from 'node:assert/strict';
import type { SessionChange } from '../session-change.ts';
import { comparableMessage, fanOuts, queueIds } from './read-store.ts';
import { delivery, message, opened, richMessage } from './records.ts';
import { stateCases, type StoreCase } from './store-case.ts';

const RICH = richMessage(7, 'p');

/** Messages on their way to more sessions than one commit holds. */
export const fanOutCases: readonly StoreCase[] = [
  ...stateCases(
    'a message on its way to many comes back whole, and as far as it had come',
    [[set(7, 0)], [set(7, 3)], [{ type: 'fan-out-set', message: RICH, next: 900 }]],
    async (store) => {
      assert.deepEqual(await fanOuts(store), [{ message: comparableMessage(RICH), next: 900 }]);
      assert.equal(await store.lastMessageId(), 7);
      const { messages, messageBytes, deliveries, retained } = store.sizes();
      assert.deepEqual([messages, messageBytes, deliveries, retained], [0, 0, 0, 0]);
    },
  ),

  ...stateCases(
    'one that has reached all is gone, the others stay, and one that never was changes nothing',
    [
      [set(1, 1), set(2, 2), set(3, 3)],
      [clear(2), clear(9)],
      [set(4, 0), clear(4)],
    ],
    async (store) => {
      const expected = [1, 3].map((id) => ({ message: comparableMessage(message(id)), next: id }));
      assert.deepEqual(await fanOuts(store), expected);
      assert.equal(await store.lastMessageId(), 4);
    },
  ),

  ...stateCases(
    'it is nothing to the queues that have the same message',
    [
      [opened('c'), { type: 'enqueued', message: message(1), deliveries: [delivery('c')] }],
      [set(1, 5)],
      [clear(1)],
    ],
    async (store) => {
      assert.deepEqual(await queueIds(store, 'c'), [1]);
      assert.deepEqual([store.sizes().messages, store.sizes().messageBytes], [1, 4]);
    },
  ),
];

function set(messageId: number, next: number): SessionChange {
  return { type: 'fan-out-set', message: message(messageId), next };
}

function clear(messageId: number): SessionChange {
  return { type: 'fan-out-cleared', messageId };
}
