import type { SessionStore } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { checkStore, openLmdbStore } from '@wellhead/store-lmdb';
import { linesOf, runChild } from './child.ts';
import { withDirectory } from './support.ts';

// Commits one message after the other to two queues, and settles old ones; says what was acknowledged.
const PROGRAM = `
  const store = await openLmdbStore({ directory, durability: process.env.DURABILITY ?? 'disk' });
  const sessions = ['a', 'b'].map((clientId) => ({ clientId, epoch: 1 }));
  if (store.sizes().sessions === 0) {
    await store.commit(sessions.map((session) => (
      { type: 'session-opened', ...session, sessionExpiryInterval: 60, protocolVersion: 5 })));
  }
  const how = { qos: 1, retain: false, packetId: 0 };
  const deliveries = sessions.map((session) => ({ ...session, ...how }));
  const rest = { topicName: 't', qos: 1, retain: false, publishedAt: 1, expiresAt: Infinity };
  let messageId = await store.lastMessageId();
  for (;;) {
    const commits = [];
    for (let left = 5; left > 0; left--) {
      const id = ++messageId;
      const payload = Buffer.alloc(100 + (id % 7) * 1000, String(id) + ' ');
      const changes = [{ type: 'enqueued', message: { messageId: id, payload, ...rest }, deliveries }];
      if (id > 400) changes.push({ type: 'settled', ...sessions[0], messageIds: [id - 400] });
      commits.push(Promise.resolve(store.commit(changes)).then(() => say(id)));
    }
    await Promise.all(commits);
  }`;

test('[MQTT-4.3.2-4] what was acknowledged is there after kill -9, in order, each commit whole or not at all', async () => {
  await withDirectory(async (directory) => {
    let acknowledged = 0;
    for (let kill = 1; kill <= 6; kill++) {
      const child = runChild(PROGRAM, directory);
      const enough = acknowledged + 150 * kill + kill * kill * 7;
      await linesOf(child, (line) => {
        acknowledged = Math.max(acknowledged, Number(line));
        if (acknowledged >= enough) child.kill('SIGKILL');
      });
      expect(await checkStore(directory)).toEqual([]);
      await using store = await openLmdbStore({
        directory,
        onDamage: (damage) => expect(damage).toBe(undefined),
      });
      await expectWhole(store, acknowledged);
    }
  });
});

async function expectWhole(store: SessionStore, acknowledged: number): Promise<void> {
  const last = await store.lastMessageId();
  expect(last).toBeGreaterThanOrEqual(acknowledged);
  expect(await queueOf(store, 'b')).toEqual(range(1, last));
  // the settlement is in the commit of its message
  expect(await queueOf(store, 'a')).toEqual(range(Math.max(1, last - 399), last));
}

async function queueOf(store: SessionStore, clientId: string): Promise<number[]> {
  const ids: number[] = [];
  for (let after = 0; ;) {
    const page = await store.readQueue(clientId, after, 100);
    for (const { message, position } of page) {
      expect(Buffer.from(message.payload).toString()).toMatch(new RegExp(`^${message.messageId} `));
      ids.push(message.messageId);
      after = position;
    }
    if (page.length === 0) return ids;
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
