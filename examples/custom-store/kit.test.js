// An adapter's test: every case of the kit, in a place of its own, and what only the adapter can test.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sessionStoreCases } from '@wellhead/session-store/kit';
import { FileMap, MemoryMap } from './key-value-map.js';
import { KeyValueSessionStore } from './key-value-session-store.js';

const cases = sessionStoreCases.filter(({ needs }) => needs !== 'shared');
const timeLimit = { timeout: 30_000 }; // a run that fails may never settle

/** Its process dies after so many writes. */
class DyingMap extends MemoryMap {
  writesLeft = Infinity;

  async set(key, value) {
    if (this.writesLeft-- <= 0) throw new Error('dead');
    await super.set(key, value);
  }
}

await test('over a map in memory', async (t) => {
  for (const { name, run } of cases) {
    const rows = new Map();
    const open = () => KeyValueSessionStore.open(new MemoryMap(rows));
    const crash = async () => {}; // the store is let alone, and the rows stay
    await t.test(name, timeLimit, () => run(Object.assign(open, { crash })));
  }
});

await test('over a file', { concurrency: 8 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'custom-store-'));
  const tests = cases.map(({ name, run }, number) => {
    let map;
    const open = async () => {
      map = await FileMap.open(join(folder, `${number}`));
      return KeyValueSessionStore.open(map);
    };
    const crash = () => map.close(); // under the store, which has rows to write yet
    return t.test(name, timeLimit, () => run(Object.assign(open, { crash })));
  });
  await Promise.all(tests);
  await rm(folder, { recursive: true });
});

await test('a crash in the middle of a commit leaves all of it, or nothing', async () => {
  const session = { clientId: 'c', epoch: 1 };
  const opened = { type: 'session-opened', ...session, sessionExpiryInterval: 60 };
  const changes = [
    { type: 'received', ...session, packetId: 5 },
    { type: 'retained-set', message: { messageId: 1, topicName: 'a', payload: Uint8Array.of(1) } },
  ];
  const outcomes = new Set();
  for (let writes = 0; writes < 10; writes++) {
    const rows = new Map();
    const before = await KeyValueSessionStore.open(new MemoryMap(rows));
    await before.commit([opened]);
    await before[Symbol.asyncDispose]();

    const map = new DyingMap(rows);
    const dying = await KeyValueSessionStore.open(map);
    map.writesLeft = writes;
    await dying.commit(changes).catch(() => {});
    await dying.readRetained([]).catch(() => {}); // puts the rows in their places, as far as it gets

    const after = await KeyValueSessionStore.open(new MemoryMap(rows));
    for await (const { receivedPacketIds } of after.load())
      outcomes.add(`${receivedPacketIds.length} of 1, ${after.sizes().retained} of 1`);
  }
  assert.deepEqual([...outcomes], ['0 of 1, 0 of 1', '1 of 1, 1 of 1']);
});
