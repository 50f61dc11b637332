import { join } from 'node:path';
import type { SessionChange } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { Database } from '../src/database.ts';
import { Kind, keyRange } from '../src/keys.ts';
import { openSmallJournal, withDirectory } from './support.ts';

const SESSION = { clientId: 'c', epoch: 1 } as const;
const LIMIT = 10_000;
const COMMITS = 150;

// A few bytes each in the file, but some hundred in memory: the limit is for both.
test.each<[string, (packetId: number) => SessionChange[]]>([
  ['receipts', (packetId) => [{ type: 'received', ...SESSION, packetId }]],
  [
    'receipts that are released at once',
    (packetId) => [
      { type: 'received', ...SESSION, packetId },
      { type: 'receipt-released', ...SESSION, packetId },
    ],
  ],
])(
  'entries of nothing but %s leave the journal when it is larger than its limit',
  async (_what, changes) =>
    withDirectory(async (directory) => {
      {
        await using store = openSmallJournal(directory, LIMIT);
        await store.commit([
          { type: 'session-opened', ...SESSION, sessionExpiryInterval: 60, protocolVersion: 5 },
        ]);
        // what is in use in the first entry keeps all of them, as long as they are within the limit
        await store.commit([enqueued()]);
        for (let packetId = 1; packetId <= COMMITS; packetId++)
          await store.commit(changes(packetId));
      }
      const database = new Database({ path: join(directory, 'data.lmdb'), waitsForDisk: false });
      const { start, end } = keyRange(Kind.journal);
      const entries = Array.from(database.range(start, end)).length;
      await database.close();
      // the limit is doubled for what frees room
      expect(entries).toBeLessThan((2 * LIMIT) / 300);
    }),
);

function enqueued(): SessionChange {
  return {
    type: 'enqueued',
    message: {
      messageId: 1,
      topicName: 't',
      payload: new Uint8Array(10),
      qos: 1,
      retain: false,
      properties: undefined,
      publishedAt: 1,
      expiresAt: Infinity,
      publisherId: 'p',
    },
    deliveries: [
      {
        ...SESSION,
        qos: 1,
        retain: false,
        packetId: 0,
        subscriptionIdentifiers: undefined,
        sharedFilter: undefined,
      },
    ],
  };
}
