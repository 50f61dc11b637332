import type { SessionChange, SessionStore } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { openSmallJournal, withDirectory } from './support.ts';

const SESSION = { clientId: 'c', epoch: 1 } as const;

// What the journal says of inbound Packet Identifiers must outlive the entry that says it, and must not be said twice.
test.each<[string, readonly (readonly [received: number, released: number])[], number[]]>([
  [
    'held',
    [
      [3, 0],
      [1, 0],
      [2, 0],
    ],
    [3, 1, 2],
  ],
  [
    'held again after their release',
    [
      [3, 0],
      [1, 0],
      [0, 3],
      [3, 0],
      [2, 0],
    ],
    [1, 3, 2],
  ],
  [
    'released in the entry that holds them',
    [
      [7, 7],
      [8, 0],
    ],
    [8],
  ],
  [
    'released later',
    [
      [7, 0],
      [8, 0],
      [0, 7],
      [0, 8],
    ],
    [],
  ],
])(
  '[MQTT-4.3.3-10] Packet Identifiers that were %s are so after opening again',
  async (_name, steps, expected) => {
    for (const journalLimit of [0, 300, 2_000, 1_000_000]) {
      for (let between = 0; between <= 6; between++) {
        await withDirectory(async (directory) => {
          {
            await using store = openSmallJournal(directory, journalLimit);
            await store.commit([opened()]);
            let messageId = 0;
            // one stays in use, so that the journal is not empty
            await store.commit([enqueued(++messageId)]);
            for (const [packetId, released] of steps) {
              await store.commit([
                ...(packetId > 0 ? [{ type: 'received', ...SESSION, packetId } as const] : []),
                ...(released > 0
                  ? [{ type: 'receipt-released', ...SESSION, packetId: released } as const]
                  : []),
              ]);
              for (let left = between; left > 0; left--) {
                await store.commit([enqueued(++messageId), settled(messageId - 1)]);
              }
            }
            // the row is written when the journal still has what led to it
            if (between % 2 === 0) await store.commit([closed()]);
            expect(await receivedOf(store)).toEqual(expected);
          }
          await using store = openSmallJournal(directory, journalLimit);
          expect(await receivedOf(store)).toEqual(expected);
        });
      }
    }
  },
);

async function receivedOf(store: SessionStore): Promise<readonly number[]> {
  for await (const session of store.load()) return session.receivedPacketIds;
  return [];
}

function opened(): SessionChange {
  return { type: 'session-opened', ...SESSION, sessionExpiryInterval: 60, protocolVersion: 5 };
}

function closed(): SessionChange {
  return { type: 'session-closed', ...SESSION, expiresAt: 1, sessionExpiryInterval: 60 };
}

function settled(messageId: number): SessionChange {
  return { type: 'settled', ...SESSION, messageIds: [messageId] };
}

function enqueued(messageId: number): SessionChange {
  const rest = { qos: 1, retain: false, properties: undefined, publishedAt: 1 } as const;
  const none = { subscriptionIdentifiers: undefined, sharedFilter: undefined };
  const payload = new Uint8Array(100);
  return {
    type: 'enqueued',
    message: { messageId, topicName: 't', payload, expiresAt: Infinity, publisherId: 'p', ...rest },
    deliveries: [{ ...SESSION, qos: 1, retain: false, packetId: 0, ...none }],
  };
}
