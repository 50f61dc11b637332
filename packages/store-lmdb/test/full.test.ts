import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError, type SessionChange, type SessionStore } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { checkStore, openLmdbStore } from '@wellhead/store-lmdb';
import { openFailing, withDirectory } from './support.ts';

const SESSION = { clientId: 'c', epoch: 1 } as const;

test('a store that has reached its limit refuses what grows, takes what shrinks, and goes on when there is room', async () => {
  await withDirectory(async (directory) => {
    await using store = await openLmdbStore({ directory, durability: 'os', mapSize: 6 * 2 ** 20 });
    await fillAndDrain(store);
    expect(store.sizes().bytesOnDisk).toBeLessThan(12 * 2 ** 20);
  });
});

test('a full disk does the same', async (context) => {
  await withDirectory(async (parent) => {
    const directory = join(parent, 'disk');
    mkdirSync(directory);
    const options = ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', directory];
    if (spawnSync('mount', options).status !== 0) return context.skip('mounting is not allowed');
    try {
      {
        await using store = await openLmdbStore({ directory: join(directory, 'data') });
        await fillAndDrain(store);
      }
      expect(await checkStore(join(directory, 'data'))).toEqual([]);
    } finally {
      spawnSync('umount', [directory]);
    }
  });
});

test('when the disk is full behind its back, the store applies nothing, and recovers', async (context) => {
  await withDirectory(async (parent) => {
    const directory = join(parent, 'disk');
    mkdirSync(directory);
    const options = ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', directory];
    if (spawnSync('mount', options).status !== 0) return context.skip('mounting is not allowed');
    try {
      const data = join(directory, 'data');
      const stone = join(directory, 'stone');
      {
        await using store = await openLmdbStore({ directory: data });
        const others = Array.from({ length: 20 }, (_, index) => ({
          clientId: `o${index}`,
          epoch: 1,
        }));
        await store.commit([opened(), enqueued(1)]);
        await store.commit(others.map((session) => ({ ...opened(), ...session })));
        spawnSync('dd', ['if=/dev/zero', `of=${stone}`, 'bs=64k']);
        // a change that is not counted as growth, and is larger than all that is left
        const ids = Array.from({ length: 60_000 }, (_, index) => index + 1);
        const received = others.flatMap((session) =>
          ids.map((packetId) => ({ type: 'received', ...session, packetId }) as const),
        );
        await expectFull(store, received);
        await expectFull(store, [enqueued(2)]);
        expect(await queueIds(store)).toEqual([1]);
        spawnSync('rm', [stone]);
        await eventually(() => store.commit([enqueued(2)]));
        expect(await queueIds(store)).toEqual([1, 2]);
      }
      expect(await checkStore(data)).toEqual([]);
    } finally {
      spawnSync('umount', [directory]);
    }
  });
});

test('who reads while a failed write is undone waits for it', async () => {
  await withDirectory(async (directory) => {
    let isFailing = false;
    await using store = openFailing(directory, () => isFailing);
    await store.commit([opened(), enqueued(1), retained('t')]);
    isFailing = true;
    const read = store
      .commit([enqueued(2), retained('u')])
      ?.then(undefined, () => Promise.all([queueIds(store), store.readRetained(['t', 'u'])]));
    const [ids, found] = (await read) ?? [];
    expect(ids).toEqual([1]);
    expect(found).toMatchObject([{ topicName: 't' }, undefined]);
    isFailing = false;
    await store.commit([enqueued(2)]);
    expect(await queueIds(store)).toEqual([1, 2]);
  });
});

async function fillAndDrain(store: SessionStore): Promise<void> {
  await store.commit([opened()]);
  let last = 0;
  for (let round = 1; round <= 3; round++) {
    const first = last + 1;
    for (;;) {
      try {
        await store.commit([enqueued(last + 1)]);
        last++;
      } catch (error) {
        expect(error).toBeInstanceOf(StoreError);
        expect(error).toMatchObject({ code: 'STORE_FULL' });
        break;
      }
    }
    expect(last).toBeGreaterThan(first + 50);
    expect((await queueIds(store)).length).toBe(last - first + 1);
    for (let messageId = first; messageId <= last; messageId++) {
      await store.commit([{ type: 'settled', ...SESSION, messageIds: [messageId] }]);
    }
    expect(store.sizes()).toMatchObject({ messages: 0, deliveries: 0 });
    await eventually(() => store.commit([{ ...opened(), epoch: 1, clientId: `new ${round}` }]));
  }
}

async function expectFull(store: SessionStore, changes: readonly SessionChange[]): Promise<void> {
  await expect(store.commit(changes)).rejects.toMatchObject({ code: 'STORE_FULL' });
}

/** Tries again while the store says that it is full. */
async function eventually(commit: () => Promise<void> | undefined): Promise<void> {
  for (;;) {
    try {
      return await commit();
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'STORE_FULL') throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function queueIds(store: SessionStore): Promise<number[]> {
  const ids: number[] = [];
  for (let after = 0; ;) {
    const page = await store.readQueue('c', after, 100);
    ids.push(...page.map(({ message }) => message.messageId));
    after = page.at(-1)?.position ?? after;
    if (page.length === 0) return ids;
  }
}

function opened(): Extract<SessionChange, { type: 'session-opened' }> {
  return { type: 'session-opened', ...SESSION, sessionExpiryInterval: 60, protocolVersion: 5 };
}

function retained(topicName: string): SessionChange {
  const enqueue = enqueued(7);
  if (enqueue.type !== 'enqueued') throw new TypeError('it is one');
  return { type: 'retained-set', message: { ...enqueue.message, topicName } };
}

function enqueued(messageId: number): SessionChange {
  const payload = new Uint8Array(10_000).fill(messageId);
  const rest = { qos: 1, retain: false, properties: undefined, publishedAt: 1 } as const;
  const none = { subscriptionIdentifiers: undefined, sharedFilter: undefined };
  return {
    type: 'enqueued',
    message: { messageId, topicName: 't', payload, expiresAt: Infinity, publisherId: 'p', ...rest },
    deliveries: [{ ...SESSION, qos: 1, retain: false, packetId: 0, ...none }],
  };
}
