import { MemorySessionStore } from '@wellhead/session-store/memory';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkStore, exportStore, importStore, openLmdbStore } from '@wellhead/store-lmdb';
import { DataDirectory } from '../src/data-directory.ts';
import { dump } from './dump.ts';
import { History, steps } from './history.ts';
import { openSmallJournal, withDirectory } from './support.ts';

const openings = fc.array(fc.array(steps, { minLength: 1, maxLength: 30 }), {
  minLength: 1,
  maxLength: 4,
});

test('whatever happens, the store says what the memory store says, and counts right, over several openings', async () => {
  const journals = fc.constantFrom(0, 500, 2_000, 20_000);
  await fc.assert(
    fc.asyncProperty(openings, journals, async (lives, journalLimit) => {
      await withDirectory(async (directory) => {
        new DataDirectory(directory).writeFormat(true);
        const [memory, history] = [new MemorySessionStore(), new History()];
        for (const life of lives) {
          await using store = openSmallJournal(directory, journalLimit);
          expect(await dump(store)).toEqual(await dump(memory));
          const commits = life.map((list) => history.commit(list));
          for (const changes of commits) await memory.commit(changes);
          // all at once: they share transactions
          await Promise.all(commits.map(async (changes) => store.commit(changes)));
          expect(await dump(store)).toEqual(await dump(memory));
        }
        expect(await checkStore(directory)).toEqual([]);
      });
    }),
    { numRuns: 60 },
  );
});

test('an export, imported, is the same store', async () => {
  await fc.assert(
    fc.asyncProperty(openings, async ([life = []]) => {
      await withDirectory(async (directory) => {
        await using first = await openLmdbStore({
          directory: `${directory}/first`,
          durability: 'os',
        });
        const history = new History();
        for (const list of life) await first.commit(history.commit(list));
        await using second = await openLmdbStore({
          directory: `${directory}/second`,
          durability: 'os',
        });
        await importStore(second, exportStore(first));
        expect(await dump(second)).toEqual(await dump(first));
      });
    }),
    { numRuns: 20 },
  );
});
