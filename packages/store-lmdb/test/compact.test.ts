import { statSync } from 'node:fs';
import type { SessionChange } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { checkStore, openLmdbStore } from '@wellhead/store-lmdb';
import { compact } from '../src/compact.ts';
import { DataDirectory } from '../src/data-directory.ts';
import { Database } from '../src/database.ts';
import { dump } from './dump.ts';
import { withDirectory } from './support.ts';

const SESSION = { clientId: 'c', epoch: 1 } as const;

test.each(['disk', 'os'] as const)(
  'a file that is mostly empty becomes small, and says the same (%s)',
  async (durability) => {
    await withDirectory(async (path) => {
      const before = await fillAndDrain(path, durability);
      const directory = new DataDirectory(path);
      const size = statSync(directory.dataFile).size;
      const database = new Database({
        path: directory.dataFile,
        waitsForDisk: durability === 'disk',
      });
      expect(await compact(directory, database, 2 ** 20)).toBe(true);
      expect(statSync(directory.dataFile).size).toBeLessThan(size / 4);
      expect(statSync(directory.dataFile).mode & 0o777).toBe(0o600);
      expect(await checkStore(path)).toEqual([]);
      await using store = await openLmdbStore({ directory: path, durability });
      expect(await dump(store)).toEqual(before);
      await store.commit([enqueued(9_999)]);
      expect(store.sizes().deliveries).toBe(11);
    });
  },
);

test('a small file stays as it is', async () => {
  await withDirectory(async (path) => {
    await fillAndDrain(path, 'os');
    const directory = new DataDirectory(path);
    const database = new Database({ path: directory.dataFile, waitsForDisk: false });
    expect(await compact(directory, database)).toBe(false);
    await database.close();
  });
});

/** What a store says that had much, and has little. */
async function fillAndDrain(directory: string, durability: 'disk' | 'os'): Promise<unknown> {
  await using store = await openLmdbStore({ directory, durability });
  await store.commit([
    { type: 'session-opened', ...SESSION, sessionExpiryInterval: 60, protocolVersion: 5 },
  ]);
  const ids = Array.from({ length: 2_000 }, (_, index) => index + 1);
  for (let from = 0; from < ids.length; from += 100) {
    await store.commit(ids.slice(from, from + 100).map((id) => enqueued(id)));
  }
  await store.commit(
    ids.slice(10).map((messageId) => ({ type: 'settled', ...SESSION, messageIds: [messageId] })),
  );
  return await dump(store);
}

function enqueued(messageId: number): SessionChange {
  const rest = { qos: 1, retain: false, properties: undefined, publishedAt: 1 } as const;
  const none = { subscriptionIdentifiers: undefined, sharedFilter: undefined };
  const payload = new Uint8Array(5_000).fill(messageId);
  return {
    type: 'enqueued',
    message: { messageId, topicName: 't', payload, expiresAt: Infinity, publisherId: 'p', ...rest },
    deliveries: [{ ...SESSION, qos: 1, retain: false, packetId: 0, ...none }],
  };
}
