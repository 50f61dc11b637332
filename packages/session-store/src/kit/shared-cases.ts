import assert from 'node:assert/strict';
import { StoreError } from '../store-error.ts';
import { dump, queueIds } from './read-store.ts';
import { enqueued, first, opened, sent } from './records.ts';
import type { OpenStore, StoreCase } from './store-case.ts';

/** Several brokers over one store. */
export const sharedCases: readonly StoreCase[] = [
  {
    name: 'what one broker committed, another sees',
    needs: 'shared',
    async run(open: OpenStore): Promise<void> {
      await using one = await open();
      await using other = await open();
      await one.commit([opened('c'), enqueued(1, 'c'), sent('c', 1, 7)]);
      assert.deepEqual(await queueIds(other, 'c'), [1]);
      assert.deepEqual(await dump(other), await dump(one));
    },
  },
  {
    name: 'a broker whose session another took over is fenced off',
    needs: 'shared',
    async run(open: OpenStore): Promise<void> {
      await using one = await open();
      await using other = await open();
      await one.commit([opened('c')]);
      await other.commit([opened('c', 2)]);
      await assert.rejects(
        async () => one.commit([enqueued(1, 'c')]),
        (error: unknown) => error instanceof StoreError && error.code === 'STORE_STALE_EPOCH',
      );
      await other.commit([{ type: 'settled', ...first('c'), epoch: 2, messageIds: [1] }]);
      assert.deepEqual(await queueIds(other, 'c'), []);
    },
  },
];
