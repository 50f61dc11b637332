import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { main } from '../src/index.ts';
import { agreeingServer } from './broken-servers.ts';

async function run(...args: string[]): Promise<{ status: number; out: string; error: string }> {
  const said = { out: '', error: '' };
  const status = await main(args, {
    out: (text) => void (said.out += text),
    error: (text) => void (said.error += text),
  });
  return { status, ...said };
}

test.each<[string[], RegExp]>([
  [['--frobnicate'], /unknown option '--frobnicate'/],
  [['--version', '4'], /Allowed choices are all, 3\.1, 3\.1\.1, 5\.0/],
  [['--reporter', 'xml'], /Allowed choices are text, json, junit, markdown/],
  [['--jobs', '0'], /It must be a whole number from 1 to 99999\./],
  [['--timeout', 'soon'], /It must be a whole number from 1 to 99999\./],
  [['mqtt://a', 'mqtt://b'], /too many arguments/],
  [['http://127.0.0.1'], /expected mqtt:\/\/host:port or ws:/],
  [['mqtt://:::'], /not a URL/],
  [['--fixture', 'nonsense=1'], /no fixture is called nonsense/],
  [['--fixture', 'authorization'], /expected name=value/],
  [['--fixture', 'authorization=?publish=a'], /lacks subscribe=/],
  [['--fixtures', '/no/such/file.json'], /no such file/],
  [['--known', '/no/such/file.json'], /no such file/],
])('%j is refused with one line and exit status 2', async (args, message) => {
  const { status, out, error } = await run(...args);
  expect(status).toBe(2);
  expect(out).toBe('');
  expect(error).toMatch(message);
  expect(error).toMatch(/^wellhead-conformance: /);
  expect(error.trim().split('\n')).toHaveLength(1);
});

test('a broker that cannot be reached is one line and exit status 2', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  const { status, error } = await run(`mqtt://127.0.0.1:${port}`);
  expect(status).toBe(2);
  expect(error).toMatch(
    /^wellhead-conformance: cannot reach mqtt:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED.*\n$/,
  );
});

test('a run without failures is exit status 0, one with a mandatory failure 1', async () => {
  await using server = await agreeingServer();
  const good = await run(server.target, '--only', '5.0/ping/pingresp');
  expect(good.out).toMatch(/: 1 passed, 0 failed, 0 skipped in .*: conforming\n$/);
  expect(good.status).toBe(0);
  const bad = await run(server.target, '--only', '5.0/data/reserved-type', '--timeout', '1');
  expect(bad.out).toMatch(/FAILED 5\.0\/data\/reserved-type \(must\)/);
  expect(bad.status).toBe(1);
});

test('failures below MUST leave the exit status at 0', async () => {
  await using server = await agreeingServer();
  const { out, status } = await run(server.target, ...['--only', overlong, '--timeout', '1']);
  expect(out).toContain('1 failed (1 practice)');
  expect(status).toBe(0);
});

test('known failures are not failures, and unknown passes are', async () => {
  await using server = await agreeingServer();
  const known = join(temporaryFolder(), 'known.json');
  writeFileSync(known, JSON.stringify({ [overlong]: 'it agrees with everything' }));
  const flags = ['--timeout', '1', '--known', known];
  const same = await run(server.target, '--only', overlong, ...flags);
  expect(same).toMatchObject({ status: 0, error: '' });
  writeFileSync(known, JSON.stringify({ '5.0/ping/pingresp': 'wrong' }));
  const better = await run(server.target, '--only', '5.0/ping/pingresp', ...flags);
  expect(better).toMatchObject({
    status: 1,
    error: 'known to fail, but it passed: 5.0/ping/pingresp\n',
  });
});

test('--output writes the report to a file', async () => {
  await using server = await agreeingServer();
  const file = join(temporaryFolder(), 'report.json');
  const { out } = await run(
    server.target,
    ...['--only', 'MQTT-3.12.4-1', '--version', '5.0', '--reporter', 'json', '--output', file],
  );
  expect(out).toBe('');
  expect(JSON.parse(readFileSync(file, 'utf8')).conforming).toBe(true);
});

test('--list prints the cases of a version and pattern, and reaches nobody', async () => {
  const { status, out } = await run('--list', '--version', '5.0', '--only', '5.0/ping/*');
  expect(status).toBe(0);
  expect(out.split('\n')).toEqual([
    expect.stringMatching(
      /^5\.0\/ping\/pingresp {2}\(must\) {2}A PINGREQ .* {2}\[MQTT-3\.12\.4-1\]$/,
    ),
    expect.stringMatching(/^5\.0\/ping\/each-pingresp /),
    '',
  ]);
});

test.each([[[]], [['--list']]])(
  'a pattern that matches nothing is said so: exit status 2 %j',
  async (flags) => {
    await using server = await agreeingServer();
    const only = ['--only', 'MQTT-9.*', '--version', '5.0'];
    expect(await run(server.target, ...only, ...flags)).toEqual({
      status: 2,
      out: '',
      error: 'wellhead-conformance: no case of these versions matches MQTT-9.*\n',
    });
  },
);

test('--help describes every fixture and is exit status 0', async () => {
  const { status, out } = await run('--help');
  expect(status).toBe(0);
  expect(out).toContain('enhanced-authentication: an Authentication Method');
});

const overlong = '5.0/data/remaining-length-overlong';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  made.push(folder);
  return folder;
}
