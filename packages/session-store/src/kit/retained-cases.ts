import assert from 'node:assert/strict';
import type { RetainedRecord } from '../records.ts';
import type { SessionChange } from '../session-change.ts';
import type { SessionStore } from '../session-store.ts';
import { comparableMessage, queueIds } from './read-store.ts';
import { delivery, first, message, opened, richMessage } from './records.ts';
import { stateCases, type StoreCase } from './store-case.ts';

const RICH = richMessage(9, undefined);
const LONG = 'level/'.repeat(10_000);
const TOPICS = [LONG, `${LONG}a`, ...Array.from({ length: 300 }, (_, index) => `many/${index}`)];

/** Retained messages. */
export const retainedCases: readonly StoreCase[] = [
  ...stateCases(
    '[MQTT-3.3.1-5] a retained message replaces that of the same topic, and no other',
    [[set(1, 'a'), set(2, 'b')], [set(3, 'a')]],
    async (store) => {
      const read = await store.readRetained(['b', 'x', 'a', 'b']);
      assert.deepEqual(
        read.map((kept) => kept?.messageId),
        [2, undefined, 3, 2],
      );
      const { retained, retainedBytes, messages, messageBytes } = store.sizes();
      assert.deepEqual([retained, retainedBytes, messages, messageBytes], [2, 8, 2, 8]);
    },
  ),

  ...stateCases(
    '[MQTT-3.3.1-6] a retained message that was cleared is gone',
    [[set(1, 'a'), set(2, 'b')], [clear('a')], [clear('a'), clear('never')]],
    async (store) => {
      assert.deepEqual(
        (await store.readRetained(['a', 'b'])).map((kept) => kept?.messageId),
        [undefined, 2],
      );
      assert.deepEqual(
        (await outlines(store)).map(({ topicName }) => topicName),
        ['b'],
      );
      assert.deepEqual([store.sizes().retained, store.sizes().messages], [1, 1]);
      assert.equal(await store.lastMessageId(), 2);
    },
  ),

  ...stateCases(
    'a retained message comes back whole, and its outline says what routing needs',
    [[{ type: 'retained-set', message: RICH }]],
    async (store) => {
      const [kept] = await store.readRetained([RICH.topicName]);
      assert.deepEqual(kept && comparableMessage(kept), comparableMessage(RICH));
      assert.deepEqual(await outlines(store), [
        { topicName: RICH.topicName, messageId: 9, expiresAt: 1_700_000_060_000, size: 9 },
      ]);
    },
  ),

  ...stateCases(
    'a message that is queued and retained is stored once, and goes with the last use',
    [
      [opened('c'), { type: 'enqueued', message: message(1), deliveries: [delivery('c')] }],
      [{ type: 'retained-set', message: message(1) }],
    ],
    async (store) => {
      const topic = message(1).topicName;
      assert.deepEqual([store.sizes().messages, store.sizes().messageBytes], [1, 4]);
      await store.commit([{ type: 'settled', ...first('c'), messageIds: [1] }]);
      assert.equal((await store.readRetained([topic]))[0]?.payload.length, 4);
      assert.equal(store.sizes().messages, 1);
      await store.commit([{ type: 'enqueued', message: message(1), deliveries: [delivery('c')] }]);
      await store.commit([clear(topic)]);
      assert.deepEqual(await queueIds(store, 'c'), [1]);
      assert.equal(store.sizes().messages, 1);
      await store.commit([{ type: 'session-removed', ...first('c') }]);
      assert.deepEqual([store.sizes().messages, store.sizes().messageBytes], [0, 0]);
    },
  ),

  ...stateCases(
    'the same message retained again is still there, once',
    [[set(1, 'a')], [set(1, 'a')]],
    async (store) => {
      assert.equal((await store.readRetained(['a']))[0]?.messageId, 1);
      assert.deepEqual([store.sizes().messages, store.sizes().retainedBytes], [1, 4]);
      await store.commit([clear('a')]);
      assert.equal(store.sizes().messages, 0);
    },
  ),

  ...stateCases(
    'topics may be long, alike, and many',
    [TOPICS.map((topicName, index) => set(index + 1, topicName))],
    async (store) => {
      const read = await store.readRetained(TOPICS);
      assert.deepEqual(
        read.map((kept) => kept?.topicName),
        TOPICS,
      );
      assert.equal((await outlines(store)).length, TOPICS.length);
    },
  ),
];

async function outlines(store: SessionStore): Promise<RetainedRecord[]> {
  const all: RetainedRecord[] = [];
  for await (const outline of store.loadRetained()) all.push({ ...outline });
  return all;
}

function set(messageId: number, topicName: string): SessionChange {
  return { type: 'retained-set', message: message(messageId, { topicName, retain: true }) };
}

function clear(topicName: string): SessionChange {
  return { type: 'retained-cleared', topicName };
}
