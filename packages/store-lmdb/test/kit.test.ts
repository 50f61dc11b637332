import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionStore } from '@wellhead/session-store';
import { type OpenStore, sessionStoreCases } from '@wellhead/session-store/kit';
import { describe, test } from 'vitest';
import { openLmdbStore } from '@wellhead/store-lmdb';
import { openSmallJournal, withDirectory } from './support.ts';

const cases = sessionStoreCases
  .filter(({ needs }) => needs !== 'shared')
  .map(({ name, run }) => [name, run] as const);

describe.each(['disk', 'os'] as const)('durability %s', (durability) => {
  test.each(cases)('%s', (_name, run) =>
    withDirectory((parent) =>
      run(opener(parent, (directory) => openLmdbStore({ directory, durability }))),
    ),
  );
});

describe('durability memory, which a crash may undo', () => {
  test.each(cases)('%s', (_name, run) =>
    withDirectory((directory) => run(() => openLmdbStore({ directory, durability: 'memory' }))),
  );
});

describe.each([0, 700, 3_000])('with rows from %i bytes of journal on', (journalLimit) => {
  test.each(cases)('%s', (_name, run) =>
    withDirectory((parent) =>
      run(opener(parent, async (directory) => openSmallJournal(directory, journalLimit))),
    ),
  );
});

/** A crash leaves what the operating system has: here, a copy of the files while the store is open. */
function opener(parent: string, open: (directory: string) => Promise<SessionStore>): OpenStore {
  let crashes = 0;
  const directory = (): string => join(parent, `${crashes}`);
  const crash = async (store: SessionStore): Promise<void> => {
    const before = directory();
    crashes++;
    cpSync(before, directory(), { recursive: true });
    await store[Symbol.asyncDispose]();
  };
  return Object.assign(() => open(directory()), { crash });
}
