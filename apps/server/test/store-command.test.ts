import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { Program } from './program.ts';
import { withFolder } from './temporary-folder.ts';
import { Wellhead, programFile, runWellhead } from './wellhead.ts';

test('info tells how much there is, for people and for programs, also while a broker runs', async () => {
  await withFolder(async (folder) => {
    await using server = await Wellhead.start(['--data', folder]);
    await fill(server.address('mqtt').url);
    const people = await run(['info', folder]);
    expect(people.status).toBe(0);
    expect(people.stdout).toContain(`directory     ${folder}`);
    expect(people.stdout).toContain('sessions      1');
    expect(people.stdout).toContain('queued        3 deliveries');
    expect(people.stdout).toContain('retained      1 message, 3 bytes');
    const programs = await run(['info', '--json', folder]);
    const expected = { directory: folder, sessions: 1, deliveries: 3, retained: 1, messages: 4 };
    expect(JSON.parse(programs.stdout[0] ?? '')).toMatchObject(expected);
    expect(await run(['check', folder])).toEqual({
      status: 0,
      stdout: ['everything fits together'],
      stderr: [],
    });
  });
});

test('what is exported can be imported elsewhere, by way of a file or of a pipe', async () => {
  await withFolder(async (folder) => {
    const [data, file, byFile, byPipe] = ['data', 'lines', 'by-file', 'by-pipe'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string]; // four names make four paths
    await filled(data);
    expect(await run(['export', data, file])).toEqual({ status: 0, stdout: [], stderr: [] });
    expect(statSync(file).mode & 0o077).toBe(0);
    const exported = await run(['export', data]);
    expect(`${exported.stdout.join('\n')}\n`).toBe(readFileSync(file, 'utf8'));
    expect(exported.stdout.length).toBeGreaterThan(4);
    for (const line of exported.stdout) expect(JSON.parse(line)).toHaveProperty('type');

    expect((await run(['import', byFile, file])).status).toBe(0);
    const wellhead = [process.execPath, programFile, 'store'].join(' ');
    await using pipe = new Program('sh', [
      '-c',
      `${wellhead} export ${data} | ${wellhead} import ${byPipe}`,
    ]);
    expect((await pipe.end).status).toBe(0);
    for (const copy of [byFile, byPipe]) {
      expect((await run(['export', copy])).stdout).toEqual(exported.stdout);
      expect((await run(['check', copy])).status).toBe(0);
    }
  });
});

describe('a store command that cannot be obeyed says why in one line, and changes nothing', () => {
  test.each<[string, string[], string]>([
    ['info', [], 'holds no store'],
    ['check', [], 'holds no store'],
    ['export', [], 'holds no store'],
    ['import', ['no-such-file'], 'There is no file no-such-file: give one that'],
  ])('%s of nothing', async (name, rest, reason) => {
    await withFolder(async (folder) => {
      expectComplaint(await run([name, folder, ...rest]), reason);
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  test.each(['info', 'check', 'export'])(
    '%s of a directory that is not there, or of a file',
    async (name) => {
      await withFolder(async (folder) => {
        const [missing, file] = [join(folder, 'missing'), join(folder, 'file')];
        writeFileSync(file, 'mine');
        const give = 'give the one that `wellhead start --data` has';
        expectComplaint(await run([name, missing]), `There is no directory ${missing}: ${give}`);
        expectComplaint(await run([name, file]), `${file} is no directory: ${give}`);
        expect(readdirSync(folder)).toEqual(['file']);
      });
    },
  );

  test('import from nothing, from a directory, and into a file', async () => {
    await withFolder(async (folder) => {
      const [data, file] = [join(folder, 'data'), join(folder, 'file')];
      const lines = 'give one that `wellhead store export` has written';
      expectComplaint(await run(['import', data, file]), `There is no file ${file}: ${lines}`);
      expectComplaint(await run(['import', data, folder]), `${folder} is a directory: ${lines}`);
      writeFileSync(file, 'mine');
      const give = 'give a new or empty directory';
      expectComplaint(await run(['import', file, file]), `${file} is no directory: ${give}`);
      expect(readdirSync(folder)).toEqual(['file']);
    });
  });

  test('export to a file in a directory that is not there', async () => {
    await withFolder(async (folder) => {
      const [data, missing] = [join(folder, 'data'), join(folder, 'missing')];
      await filled(data);
      const outcome = await run(['export', data, join(missing, 'file')]);
      expectComplaint(outcome, `There is no directory ${missing}: make it first`);
    });
  });

  test('export while a broker runs, and to a file that is there', async () => {
    await withFolder(async (folder) => {
      const data = join(folder, 'data');
      const file = join(folder, 'file');
      {
        await using _server = await Wellhead.start(['--data', data]);
        expectComplaint(await run(['export', data, file]), 'is in use by process');
        expect(existsSync(file)).toBe(false);
      }
      writeFileSync(file, 'mine');
      expectComplaint(await run(['export', data, file]), 'is already there');
      expect(readFileSync(file, 'utf8')).toBe('mine');
    });
  });

  test('import into a directory that is not empty', async () => {
    await withFolder(async (folder) => {
      await filled(join(folder, 'data'));
      writeFileSync(join(folder, 'file'), '{}');
      const names = readdirSync(join(folder, 'data'));
      const outcome = await run(['import', join(folder, 'data'), join(folder, 'file')]);
      expectComplaint(outcome, 'is not empty');
      expect(readdirSync(join(folder, 'data'))).toEqual(names);
    });
  });

  test('import of lines that are wrong leaves the directory empty', async () => {
    await withFolder(async (folder) => {
      await filled(join(folder, 'data'));
      const { stdout } = await run(['export', join(folder, 'data')]);
      const wrong = [...stdout.slice(0, -1), '{"type":"wrong"}'];
      writeFileSync(join(folder, 'file'), wrong.join('\n'));
      const outcome = await run(['import', join(folder, 'new'), join(folder, 'file')]);
      expectComplaint(outcome, `line ${wrong.length}: changes of type wrong are unknown`);
      expect(readdirSync(join(folder, 'new'))).toEqual([]);
    });
  });

  test('damage: nothing is set aside by looking', async () => {
    await withFolder(async (folder) => {
      await filled(folder);
      const dataFile = join(folder, 'data.lmdb');
      writeFileSync(dataFile, readFileSync(dataFile).subarray(0, 5000));
      for (const name of ['info', 'export']) expectComplaint(await run([name, folder]), 'damaged');
      const { status, stdout } = await run(['check', folder]);
      expect(status).toBe(1);
      expect(stdout).toEqual([expect.stringContaining('data.lmdb')]);
      expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
    });
  });
});

interface Outcome {
  readonly status: number | null;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

async function run(args: readonly string[]): Promise<Outcome> {
  await using running = runWellhead(['store', ...args]);
  running.endInput();
  const { status } = await running.end;
  return { status, stdout: running.stdout.all, stderr: running.stderr.all };
}

function expectComplaint(outcome: Outcome, reason: string): void {
  expect(outcome).toEqual({
    status: 1,
    stdout: [],
    stderr: [expect.stringMatching(/^wellhead: /)],
  });
  expect(outcome.stderr[0]).toContain(reason);
}

async function filled(directory: string): Promise<void> {
  await using server = await Wellhead.start(['--data', directory]);
  await fill(server.address('mqtt').url);
  await server.stop();
}

/** A session with three queued messages, and one retained message. */
async function fill(url: string): Promise<void> {
  const client = await connectAsync(url, { clientId: 'c', clean: false, reconnectPeriod: 0 });
  await client.subscribeAsync('queued/#', { qos: 2 });
  await client.endAsync();
  const other = await connectAsync(url, { reconnectPeriod: 0 });
  for (const qos of [1, 2, 1] as const) await other.publishAsync('queued/1', 'one', { qos });
  await other.publishAsync('retained', 'two', { qos: 1, retain: true });
  await other.endAsync();
}
