import assert from 'node:assert/strict';
import { MemorySessionStore } from '../memory-session-store.ts';
import type { SessionStore } from '../session-store.ts';
import { History, live } from './history-cases.ts';
import { dump, queueIds } from './read-store.ts';
import { enqueued, opened } from './records.ts';
import type { OpenStore, StoreCase } from './store-case.ts';

/** What has settled outlives the process. A crash in the middle of a commit needs a process of its own, and is the adapter's to test. */
export const crashCases: readonly StoreCase[] = [
  {
    name: '[MQTT-4.1.0-1] what was committed is there after a crash',
    needs: 'durable',
    async run(open: OpenStore): Promise<void> {
      const store = await open();
      await store.commit([opened('c')]);
      // none waits for the one before
      await Promise.all([1, 2, 3, 4, 5].map(async (id) => store.commit([enqueued(id, 'c')])));
      await crash(open, store);
      await using next = await open();
      assert.deepEqual(await queueIds(next, 'c'), [1, 2, 3, 4, 5]);
    },
  },
  ...[5, 6, 7].map((seed) => ({
    name: `random history ${seed} goes on over several crashes`,
    needs: 'durable' as const,
    async run(open: OpenStore): Promise<void> {
      const [memory, history] = [new MemorySessionStore(), new History(seed)];
      for (let opening = 0; opening < 4; opening++) {
        const store = await open();
        assert.deepEqual(await dump(store), await dump(memory));
        await live(store, memory, history, 40);
        await crash(open, store);
      }
      await using store = await open();
      assert.deepEqual(await dump(store), await dump(memory));
    },
  })),
];

async function crash(open: OpenStore, store: SessionStore): Promise<void> {
  if (open.crash) await open.crash(store);
  else await store[Symbol.asyncDispose]();
}
