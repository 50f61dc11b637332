import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessionStoreCases } from '@wellhead/session-store/kit';
import { describe, test } from 'vitest';
import { Database, LmdbSessionStore, Room } from '../src/index.ts';

describe.each([0, 2_000, 8 * 2 ** 20])('with a journal of %i bytes', (journalLimit) => {
  for (const storeCase of sessionStoreCases) {
    test.skipIf(storeCase.needs === 'shared')(storeCase.name, async () => {
      const directory = mkdtempSync(join(tmpdir(), 'wellhead-store-'));
      const dataFile = join(directory, 'data.lmdb');
      try {
        await storeCase.run(async () => {
          const database = new Database({ path: dataFile, waitsForDisk: false });
          const room = new Room(database, directory, Infinity);
          const onClose = async (): Promise<void> => {};
          return new LmdbSessionStore({ database, dataFile, durability: 'os', room, journalLimit, onClose });
        });
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
  }
});
