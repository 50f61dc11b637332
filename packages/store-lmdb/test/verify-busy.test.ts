import { readFileSync } from 'node:fs';
import type * as Fs from 'node:fs';
import { join } from 'node:path';
import type { SessionChange } from '@wellhead/session-store';
import { beforeEach, expect, test, vi } from 'vitest';
import { openLmdbStore } from '@wellhead/store-lmdb';
import { verifyDataFile } from '../src/verify-data-file.ts';
import { withDirectory } from './support.ts';

// A broker writes while somebody walks the pages of its file: whoever has read an old meta page finds under the numbers
// in it what was written since.

const PAGE = 4096;
const before = vi.hoisted(() => ({ metas: new Uint8Array(0), reads: 0 }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  const readSync = (
    file: number,
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number => {
    const isOld = position <= PAGE && before.reads > 0;
    if (!isOld) return fs.readSync(file, into, offset, length, position);
    before.reads--;
    into.set(before.metas.subarray(position, position + length), offset);
    return length;
  };
  return { ...fs, readSync };
});

beforeEach(() => {
  before.reads = 0;
});

test.each<[string, number, string | undefined]>([
  ['what it has written is no damage', 2, undefined],
  ['but a file that nobody writes to is damaged', Infinity, 'page'],
])('while a broker writes, %s', async (_name, reads, expected) => {
  await withDirectory(async (directory) => {
    const file = join(directory, 'data.lmdb');
    {
      await using store = await openLmdbStore({ directory });
      await store.commit([OPENED]);
      for (let id = 1; id <= 400; id++) await store.commit([enqueued(id)]);
    }
    before.metas = readFileSync(file).subarray(0, 2 * PAGE);
    {
      await using store = await openLmdbStore({ directory });
      for (let id = 401; id <= 800; id++) {
        await store.commit([enqueued(id), { ...SETTLED, messageIds: [id - 400] }]);
      }
    }
    expect(verifyDataFile(file, Infinity)).toBe(undefined);
    before.reads = reads;
    const reason = verifyDataFile(file, Infinity);
    if (expected === undefined) expect(reason).toBe(undefined);
    else expect(reason).toContain(expected);
  });
});

const OPENED: SessionChange = {
  type: 'session-opened',
  clientId: 'c',
  epoch: 1,
  sessionExpiryInterval: 60,
  protocolVersion: 5,
};
const SETTLED = { type: 'settled', clientId: 'c', epoch: 1 } as const;

function enqueued(messageId: number): SessionChange {
  const payload = new Uint8Array(20_000).fill(messageId);
  const rest = { qos: 1, retain: false, properties: undefined, publishedAt: 1 } as const;
  const how = { epoch: 1, qos: 1, retain: false, packetId: 0 } as const;
  const none = { subscriptionIdentifiers: undefined, sharedFilter: undefined };
  return {
    type: 'enqueued',
    message: { messageId, topicName: 't', payload, expiresAt: Infinity, publisherId: 'p', ...rest },
    deliveries: [{ clientId: 'c', ...how, ...none }],
  };
}
