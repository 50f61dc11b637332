import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SessionChange, SessionStore } from '@wellhead/session-store';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkStore, openLmdbStore, type StoreDamage } from '@wellhead/store-lmdb';
import { verifyDataFile } from '../src/verify-data-file.ts';
import { withDirectory } from './support.ts';

const PAGE = 4096;

test.each<[string, (file: string) => void]>([
  ['truncated to nothing but its first page', (file) => truncateSync(file, PAGE)],
  ['truncated in the middle', (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
  ['truncated to a few bytes', (file) => truncateSync(file, 10)],
  [
    'something else altogether',
    (file) => writeFileSync(file, Buffer.alloc(50_000, 'no database ')),
  ],
  ['zero in its meta pages', (file) => overwrite(file, 0, Buffer.alloc(2 * PAGE))],
  [
    'zero from its third page on',
    (file) => overwrite(file, 2 * PAGE, Buffer.alloc(statSync(file).size - 2 * PAGE)),
  ],
])('a data file that is %s is set aside, and said', async (_name, damage) => {
  await withDirectory(async (directory) => {
    const file = await fill(directory);
    damage(file);
    const damaged = readFileSync(file);
    expect(await checkStore(directory)).toHaveLength(1);
    const told: StoreDamage[] = [];
    {
      await using store = await openLmdbStore({ directory, onDamage: (each) => told.push(each) });
      expect(store.sizes()).toMatchObject({ sessions: 0, messages: 0 });
      await store.commit([opened('new')]);
    }
    expect(told).toHaveLength(1);
    const { setAside = '' } = told[0] ?? {};
    expect(setAside).toMatch(/data\.damaged-[\dTZ.-]+\.lmdb$/);
    expect(readFileSync(setAside).equals(damaged)).toBe(true);
    await using store = await openLmdbStore({ directory });
    expect(store.sizes().sessions).toBe(1);
  });
});

test('a format file that cannot be read counts as damage', async () => {
  await withDirectory(async (directory) => {
    await fill(directory);
    writeFileSync(join(directory, 'format.json'), '{"form');
    const told: StoreDamage[] = [];
    await using _ = await openLmdbStore({ directory, onDamage: (each) => told.push(each) });
    expect(told[0]?.reason).toContain('format.json');
    expect(readdirSync(directory).filter((name) => name.includes('damaged'))).toHaveLength(1);
  });
});

test('a sound file has nothing against it, however much it holds', async () => {
  await withDirectory(async (directory) => {
    expect(verifyDataFile(await fill(directory), Infinity)).toBe(undefined);
    expect(await checkStore(directory)).toEqual([]);
  });
});

test('a page of noise anywhere is set aside or harmless: nothing crashes', async () => {
  await withDirectory(async (directory) => {
    const file = await fill(directory);
    const sound = readFileSync(file);
    const pages = sound.length / PAGE;
    const noise = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.constant(new Uint8Array(PAGE)),
      fc.uint8Array({ minLength: PAGE, maxLength: PAGE }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(pages - 1), fc.nat(PAGE - 64), noise, async (page, offset, bytes) => {
        writeFileSync(file, sound);
        overwrite(file, page * PAGE + (bytes.length === PAGE ? 0 : offset), bytes);
        await using store = await openLmdbStore({
          directory,
          durability: 'os',
          onDamage: () => {},
        });
        await readEverything(store);
      }),
      { numRuns: 40 },
    );
  });
});

/** A record that cannot be read is said, when it is asked for. */
async function readEverything(store: SessionStore): Promise<void> {
  try {
    for await (const { clientId } of store.load()) {
      for (let after = 0; ;) {
        const page = await store.readQueue(clientId, after, 256);
        after = page.at(-1)?.position ?? after;
        if (page.length === 0) break;
      }
    }
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
  }
}

/** A store with sessions, rows of messages, and a journal. */
async function fill(directory: string): Promise<string> {
  await using store = await openLmdbStore({ directory });
  await store.commit([opened('c'), opened('d')]);
  for (let batch = 0; batch < 30; batch++) {
    const changes = Array.from({ length: 40 }, (_, index) => enqueued(batch * 40 + index + 1));
    await store.commit(changes);
  }
  return join(directory, 'data.lmdb');
}

function opened(clientId: string): SessionChange {
  const opening = { type: 'session-opened', clientId, epoch: 1 } as const;
  return { ...opening, sessionExpiryInterval: 60, protocolVersion: 5 };
}

function enqueued(messageId: number): SessionChange {
  const payload = new Uint8Array(messageId % 10 === 0 ? 20_000 : 2_000).fill(messageId);
  const how = { epoch: 1, qos: 1, retain: false, packetId: 0 } as const;
  const none = { subscriptionIdentifiers: undefined, sharedFilter: undefined };
  const rest = { qos: 1, retain: false, properties: undefined, publishedAt: 1 } as const;
  return {
    type: 'enqueued',
    message: { messageId, topicName: 't', payload, expiresAt: Infinity, publisherId: 'p', ...rest },
    deliveries: ['c', 'd'].map((clientId) => ({ clientId, ...how, ...none })),
  };
}

function overwrite(path: string, position: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}
