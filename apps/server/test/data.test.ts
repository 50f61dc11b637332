import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { withFolder } from './temporary-folder.ts';
import { Wellhead, fieldsOf, runWellhead } from './wellhead.ts';

const free = ['--port', '0', '--no-ws'];
const isRoot = process.getuid?.() === 0;

test('without a word about it, data is kept in ./data, flushed to disk, readable by its owner alone', async () => {
  await withFolder(async (folder) => {
    await using running = runWellhead(free, undefined, { cwd: folder });
    await running.stderr.find((line) => line.includes('Ctrl-C'));
    const said = running.stderr.all.join('\n');
    expect(said).toContain(`data   ${join(folder, 'data')}`);
    expect(said).toContain('survives a crash and a power loss');
    const modes = ['.', ...readdirSync(join(folder, 'data'))].map(
      (name) => statSync(join(folder, 'data', name)).mode & 0o077,
    );
    expect(new Set(modes)).toEqual(new Set([0]));
    running.signal('SIGTERM');
    expect((await running.end).status).toBe(0);
  });
});

test('--memory leaves nothing behind', async () => {
  await withFolder(async (folder) => {
    await using running = runWellhead(['--memory', ...free], undefined, { cwd: folder });
    await running.stderr.find((line) => line.includes('Ctrl-C'));
    running.signal('SIGTERM');
    expect((await running.end).status).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a session, its queue and a retained message are there after SIGKILL, and the greeting says so', async () => {
  await withFolder(async (folder) => {
    {
      await using server = await Wellhead.start(['--data', folder]);
      await useIt(server.address('mqtt').url);
    }
    await using running = runWellhead([...free, '--data', folder]);
    await running.stderr.find((line) =>
      line.includes('found there: 1 session, 1 queued message, 1 retained message'),
    );
    const ready = running.stderr.all.find((line) => line.includes('url=mqtt://')) ?? '';
    const url = /url=(\S+)/.exec(ready)?.[1] ?? '';
    const client = await connectAsync(url, { clientId: 'c', clean: false, reconnectPeriod: 0 });
    const [topicName, payload] = await new Promise<[string, string]>((resolve) => {
      client.once('message', (topic, bytes) => resolve([topic, bytes.toString()]));
    });
    expect([topicName, payload]).toEqual(['queued/1', 'one']);
    await client.endAsync();
  });
});

test.each([
  ['os', 'perhaps not a power loss'],
  ['memory', 'a crash may lose'],
])('--durability %s is said', async (durability, what) => {
  await withFolder(async (folder) => {
    const args = [...free, '--data', folder, '--durability', durability];
    await using running = runWellhead(args);
    await running.stderr.find((line) => line.includes('Ctrl-C'));
    expect(running.stderr.all.join('\n')).toContain(what);
  });
});

test('the JSON log says where, how durable, and how much', async () => {
  await withFolder(async (folder) => {
    await using server = await Wellhead.start(['--data', folder]);
    const line = server.program.stderr.all.find((text) => text.includes('data is kept in'));
    const kept = { directory: folder, durability: 'disk', sessions: 0, queued: 0, retained: 0 };
    expect(fieldsOf(line ?? '')).toMatchObject(kept);
    expect(await server.stop()).toBe(0);
  });
});

test.each<[string, (dataFile: string) => void]>([
  ['truncated', (file) => writeFileSync(file, readFileSync(file).subarray(0, 5000))],
  ['overwritten', (file) => writeFileSync(file, 'this is no database '.repeat(2000))],
])('a data file that was %s is set aside, loudly, and the broker starts', async (_how, damage) => {
  await withFolder(async (folder) => {
    const directory = join(folder, 'data');
    {
      await using server = await Wellhead.start(['--data', directory]);
      await useIt(server.address('mqtt').url);
    }
    damage(join(directory, 'data.lmdb'));
    await using running = runWellhead([...free, '--data', directory]);
    await running.stderr.find((line) => line.includes('Ctrl-C'));
    const errors = running.stderr.all.filter((line) => line.includes(' error '));
    expect(errors).toHaveLength(1);
    const setAside = readdirSync(directory).find((name) => name.startsWith('data.damaged-')) ?? '';
    expect(errors[0]).toContain(`the data in ${directory} is damaged`);
    expect(errors[0]).toContain(join(directory, setAside));
    expect(existsSync(join(directory, setAside))).toBe(true);
  });
});

test('a directory in use: one line with its path, and exit status 1; whoever has it goes on', async () => {
  await withFolder(async (folder) => {
    await using server = await Wellhead.start(['--data', folder]);
    await expectRefusal(folder, undefined, 'in use by process');
    const client = await connectAsync(server.address('mqtt').url, { reconnectPeriod: 0 });
    await client.endAsync();
  });
});

test('a directory of a newer format: the same', async () => {
  await withFolder(async (folder) => {
    writeFileSync(join(folder, 'format.json'), '{"format":9}\n');
    await expectRefusal(folder, undefined, 'has format 9');
    expect(readdirSync(folder)).toEqual(['format.json']);
  });
});

test('a directory that cannot be written: the same', async () => {
  await withFolder(async (folder) => {
    chmodSync(folder, 0o555);
    await expectRefusal(folder, isRoot ? 65_534 : undefined, 'cannot be written');
    chmodSync(folder, 0o700);
  });
});

test('a file in place of the directory: the same', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'data');
    writeFileSync(file, '');
    await expectRefusal(file, undefined, 'cannot be opened');
  });
});

async function expectRefusal(
  directory: string,
  uid: number | undefined,
  why: string,
): Promise<void> {
  await using running = runWellhead([...free, '--data', directory], undefined, { uid });
  expect(await running.end).toEqual({ status: 1, signal: null });
  expect(running.stderr.all).toEqual([expect.stringMatching(/^wellhead: The data directory /)]);
  expect(running.stderr.all[0]).toContain(directory);
  expect(running.stderr.all[0]).toContain(why);
}

/** Leaves a session `c` with one queued message, and one retained message. */
async function useIt(url: string): Promise<void> {
  const client = await connectAsync(url, { clientId: 'c', clean: false, reconnectPeriod: 0 });
  await client.subscribeAsync('queued/#', { qos: 1 });
  await client.endAsync();
  const other = await connectAsync(url, { reconnectPeriod: 0 });
  await other.publishAsync('queued/1', 'one', { qos: 1 });
  await other.publishAsync('retained', 'two', { qos: 1, retain: true });
  await other.endAsync();
}
