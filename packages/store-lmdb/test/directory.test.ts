import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '@wellhead/session-store';
import { describe, expect, test } from 'vitest';
import { checkStore, inspectStore, openLmdbStore } from '@wellhead/store-lmdb';
import { Database } from '../src/database.ts';
import { linesOf, outputOf, runChild } from './child.ts';
import { withDirectory } from './support.ts';

const OPENED = { type: 'session-opened', clientId: 'c', epoch: 1 } as const;
const SESSION = { ...OPENED, sessionExpiryInterval: 60, protocolVersion: 5 } as const;
const isRoot = process.getuid?.() === 0;

test('the directory is made, and everything in it is for its owner alone', async () => {
  await withDirectory(async (parent) => {
    const directory = join(parent, 'some', 'where');
    await using store = await openLmdbStore({ directory });
    await store.commit([SESSION]);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const modes = readdirSync(directory).map(
      (name) => statSync(join(directory, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o600, 0o600]);
  });
});

test('files that others could read are closed to them', async () => {
  await withDirectory(async (directory) => {
    {
      await using _ = await openLmdbStore({ directory });
    }
    for (const name of readdirSync(directory)) chmodSync(join(directory, name), 0o664);
    await using _ = await openLmdbStore({ directory });
    const modes = readdirSync(directory).map(
      (name) => statSync(join(directory, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o600, 0o600]);
  });
});

test.runIf(process.platform === 'linux')('a directory that cannot be made is refused', async () => {
  const program = `await openLmdbStore({ directory }).catch((error) => say(error.code + error.message));`;
  const child = runChild(program, '/proc/wellhead/data');
  const limit = setTimeout(() => child.kill('SIGKILL'), 10_000); // one that never comes back leaves no process
  expect(await outputOf(child)).toEqual([
    expect.stringMatching(
      /^STORE_FAILEDThe data directory \/proc\/wellhead\/data cannot be opened/,
    ),
  ]);
  clearTimeout(limit);
});

test('a file is no directory', async () => {
  await withDirectory(async (parent) => {
    const directory = join(parent, 'file');
    writeFileSync(directory, '');
    expect((await refusal(directory)).message).toContain(`${directory} cannot be opened: it is no`);
  });
});

describe('a directory in use', () => {
  test('is refused within the process, and free once it is closed', async () => {
    await withDirectory(async (directory) => {
      {
        await using _ = await openLmdbStore({ directory });
        const error = await refusal(directory);
        expect(error.code).toBe('STORE_IN_USE');
        expect(error.message).toContain(directory);
      }
      await using _ = await openLmdbStore({ directory });
    });
  });

  test('is refused to another process, which names the holder, and free when the holder is killed', async () => {
    await withDirectory(async (directory) => {
      await withHolder(directory, async (pid) => {
        const error = await refusal(directory);
        expect(error.code).toBe('STORE_IN_USE');
        expect(error.message).toContain(`${directory} is in use by process ${pid}.`);
      });
      await using store = await openLmdbStore({ directory });
      expect(store.sizes().sessions).toBe(1);
    });
  });

  test('can be looked into, from outside and from inside', async () => {
    await withDirectory(async (directory) => {
      const expected = { directory, format: 1, sessions: 1, messages: 0 };
      await withHolder(directory, async () => {
        expect(await inspectStore(directory)).toMatchObject(expected);
        expect(await checkStore(directory)).toEqual([]);
      });
      await using store = await openLmdbStore({ directory });
      expect(await inspectStore(directory)).toMatchObject(expected);
      await store.commit([{ ...SESSION, clientId: 'd' }]);
      expect(await inspectStore(directory)).toMatchObject({ sessions: 2 });
    });
  });
});

test('one that is being looked into can be opened as soon as that is over', async () => {
  await withDirectory(async (directory) => {
    {
      await using store = await openLmdbStore({ directory });
      await store.commit([SESSION]);
    }
    const reader = new Database({
      path: join(directory, 'data.lmdb'),
      waitsForDisk: true,
      readOnly: true,
    });
    reader.get(Buffer.of(1));
    const child = runChild(`await openLmdbStore({ directory }); say('open');`, directory);
    const isOpen = outputOf(child);
    await new Promise((resolve) => child.once('spawn', resolve));
    await reader.close();
    expect(await isOpen).toEqual(['open']);
  });
});

test('a directory of a newer format is refused, and left as it is', async () => {
  await withDirectory(async (directory) => {
    {
      await using _ = await openLmdbStore({ directory });
    }
    writeFileSync(join(directory, 'format.json'), '{"format":2}');
    const before = readdirSync(directory);
    const error = await refusal(directory);
    expect(error.code).toBe('STORE_FORMAT');
    expect(error.message).toContain(directory);
    expect(readdirSync(directory)).toEqual(before);
  });
});

test.skipIf(!isRoot)('a directory that cannot be written is refused', async () => {
  await withDirectory(async (parent) => {
    chmodSync(parent, 0o755);
    const directory = join(parent, 'data');
    mkdirSync(directory, { mode: 0o500 });
    const nobody = 65_534;
    chownSync(directory, nobody, nobody);
    const program = `await openLmdbStore({ directory }).catch((error) => say(error.code + ' ' + error.message));`;
    const [line] = await outputOf(runChild(program, directory, { uid: nobody }));
    expect(line).toMatch(/^STORE_READ_ONLY /);
    expect(line).toContain(directory);
  });
});

test('a file in the place of the directory is refused', async () => {
  await withDirectory(async (parent) => {
    const directory = join(parent, 'data');
    writeFileSync(directory, '');
    const error = await refusal(directory);
    expect([error.code, error.message.includes(directory)]).toEqual(['STORE_FAILED', true]);
  });
});

test('what was written without waiting for the disk is there when it is opened with waiting, and back', async () => {
  await withDirectory(async (directory) => {
    for (const durability of ['os', 'disk', 'memory', 'disk', 'os'] as const) {
      await using store = await openLmdbStore({ directory, durability });
      const [epoch, sessions] = [store.sizes().sessions, store.sizes().sessions];
      await store.commit([{ ...SESSION, clientId: `c${sessions}`, epoch }]);
    }
    await using store = await openLmdbStore({ directory });
    expect(store.sizes().sessions).toBe(5);
  });
});

/** While another process has the directory open, with one session. It is killed in the end. */
async function withHolder(directory: string, run: (pid: number) => Promise<void>): Promise<void> {
  const program = `const store = await openLmdbStore({ directory });
    await store.commit([${JSON.stringify(SESSION)}]);
    say('open');
    setInterval(() => store, 1000);`;
  const child = runChild(program, directory);
  const ended = new Promise((resolve) => {
    child.once('close', resolve);
  });
  try {
    await new Promise<void>((resolve) => {
      void linesOf(child, () => resolve());
    });
    await run(child.pid ?? 0);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

async function refusal(directory: string): Promise<StoreError> {
  try {
    await using _ = await openLmdbStore({ directory });
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('it was opened');
}
