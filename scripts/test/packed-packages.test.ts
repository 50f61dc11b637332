import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packAll } from '../pack.js';
import { exampleProblem, readmeExample } from '../example.js';
import { runTool } from '../step.js';
import { publishablePackages } from '../workspace.js';
import { typesWithoutName } from './public-types.ts';

// A user's folder: outside the workspace, with npm, and with nothing but the packed packages.
// made when a test runs: that this file is only read, to list its tests, leaves nothing behind
const folder = join(tmpdir(), `wellhead-user-${randomUUID()}`);
beforeAll(() => mkdirSync(folder, { mode: 0o700 }));
const packages = publishablePackages();

beforeAll(async () => {
  const packed = await packAll(packages, folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const tarballs = packed.map(({ tarball }) => tarball);
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs];
  const { ok, output } = await runTool('npm', args, { cwd: folder });
  if (!ok) throw new Error(`npm cannot install the packed packages:\n${output}`);
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const installed = (name: string, file: string): string =>
  readFileSync(join(folder, 'node_modules', name, file), 'utf8');

const installedFiles = (name: string): string[] =>
  readdirSync(join(folder, 'node_modules', name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name: file }) => join(parentPath, file))
    .map((path) => relative(join(folder, 'node_modules', name), path))
    .filter((path) => !path.startsWith('node_modules/'));

test.each(packages.map(({ manifest }) => manifest.name))(
  'the example in the README of %s runs with the packed package',
  async (name) => {
    const example = readmeExample(installed(name, 'README.md'));
    expect(await exampleProblem(example, folder)).toBeUndefined();
  },
);

test.each(packages.map(({ manifest }) => manifest.name))(
  '%s is published without the workspace condition, and with a licence',
  (name) => {
    expect(installed(name, 'package.json')).not.toContain('@wellhead/source');
    expect(installed(name, 'package.json')).not.toContain('workspace:');
    expect(installed(name, 'LICENSE')).toContain('MIT License');
  },
);

test.each(packages.map(({ manifest }) => manifest.name))(
  '%s is published with what a user needs: code, types, what their maps point to, README and licence',
  (name) => {
    const files = installedFiles(name);
    const others = files.filter((file) => !/^(dist|src)\/.*\.(js|ts|map)$|^bin\//.test(file));
    expect(others.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json']);
    for (const file of files.filter((one) => one.endsWith('.map'))) {
      const { sources }: { sources: string[] } = JSON.parse(installed(name, file));
      for (const source of sources) expect(files).toContain(join(dirname(file), source));
    }
  },
);

test('every type in the signatures of @wellhead/broker-core can be imported from it', () => {
  const entry = join(folder, 'node_modules/@wellhead/broker-core/dist/index.d.ts');
  expect(typesWithoutName(entry)).toEqual([]);
});

test('the installed program says its version', async () => {
  const program = join(folder, 'node_modules', '.bin', 'wellhead');
  const { stdout } = await runTool(program, ['--version'], { cwd: folder });
  const { version }: { version: string } = JSON.parse(installed('wellhead', 'package.json'));
  expect(stdout).toContain(version);
});
