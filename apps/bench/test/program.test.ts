import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../bin/wellhead-bench.js', import.meta.url));

test.each(['p2p-2-2-w3-q2', 'ws-fanout-1-3-w2-v5-subid', 'retained-30'])(
  'a small run of %s finds every message where it belongs',
  async (name) => {
    const { status, stdout } = await bench([
      'run',
      name,
      '--seconds',
      '0.1',
      '--warm-up',
      '0',
      '--json',
    ]);
    const { metrics, ...found } = JSON.parse(stdout);
    expect(found).toEqual({ lost: 0, doubled: 0, reordered: 0 });
    expect(metrics.rate).toBeGreaterThan(0);
    expect(status).toBe(0);
  },
);

test('a run on disk tells how long acknowledgements take, and leaves nothing behind', async () => {
  const place = await mkdtemp(join(tmpdir(), 'bench-'));
  const args = ['p2p-2-2-w3-q1-durable', '--broker', 'wellhead-disk', '--seconds', '0.1', '--json'];
  const { status, stdout } = await bench(['run', ...args], { WELLHEAD_BENCH_DATA: place });
  expect([status, JSON.parse(stdout)]).toMatchObject([
    0,
    { lost: 0, metrics: { ackP99: expect.any(Number) } },
  ]);
  expect(await readdir(place)).toEqual([]);
  await rm(place, { recursive: true });
});

test('fifty messages wait for a client that is away', async () => {
  const { status, stdout } = await bench(['run', 'offline-50', '--json']);
  const { metrics, ...found } = JSON.parse(stdout);
  expect([status, found]).toEqual([0, { lost: 0, doubled: 0, reordered: 0 }]);
  expect(metrics.bytesPerQueued).toEqual(expect.any(Number));
  expect(metrics.rate).toBeGreaterThan(0);
});

test.each([
  [['run', 'p2q'], "wellhead-bench: There is no scenario in 'p2q'"],
  [['run', 'shared', '--broker', 'aedes'], 'aedes cannot run shared-10-10-w100: no MQTT 5'],
  [['report', '/nonexistent.json'], 'wellhead-bench: ENOENT'],
])('%j ends with status 2 and a reason', async (args, complaint) => {
  const { status, stderr } = await bench(args);
  expect(stderr).toContain(complaint);
  expect(status).toBe(2);
});

function bench(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [bin, ...args],
      { env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}
