import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleOf, exampleProblem, readmeExample } from '../example.js';
import { root, runTool } from '../step.js';
import { packagesUnder, publishablePackages } from '../workspace.js';

test.each(publishablePackages().map(({ manifest, path }) => [manifest.name, path]))(
  'the example in the README of %s runs in the workspace',
  async (_name, path) => {
    const example = readmeExample(readFileSync(join(path, 'README.md'), 'utf8'));
    expect(await exampleProblem(example, path)).toBeUndefined();
  },
);

test.each(packagesUnder(['examples']).map(({ folder, path }) => [folder, path]))(
  'examples/%s runs',
  async (_folder, path) => {
    const example = exampleOf(readFileSync(join(path, 'index.js'), 'utf8'));
    expect(await exampleProblem(example, path)).toBeUndefined();
  },
);

test('the store of examples/custom-store passes the kit', { timeout: 120_000 }, async () => {
  const cwd = join(root, 'examples', 'custom-store');
  const args = ['--test', '--test-reporter=tap'];
  const { ok, stdout } = await runTool(process.execPath, args, { cwd });
  expect(stdout.match(/^ *not ok .*$/gm) ?? []).toEqual([]);
  expect(ok).toBe(true);
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(200);
});

const block = (code: string): string => `# Name\n\n\`\`\`js example\n${code}\n\`\`\`\n`;

test.each([
  ['no example', '# Name\n\n```js\n1;\n```\n', 'expected one block'],
  ['two examples', block('1; // prints: 1') + block('2; // prints: 2'), 'expected one block'],
  ['an example that proves nothing', block('1;'), 'nowhere what it prints'],
])('a README with %s is refused', (_what, markdown, complaint) => {
  expect(() => readmeExample(markdown)).toThrow(complaint);
});

test.each([
  ['runs as it says', 'console.log("a\\nb"); // prints: a\n// prints: b', 'no problem'],
  ['prints something else', 'console.log("b"); // prints: a', 'printed:\nb\nexpected:\na'],
  ['throws', 'throw new Error("broken"); // prints: a', 'broken'],
])('an example that %s', async (_what, code, complaint) => {
  const problem = await exampleProblem(readmeExample(block(code)), import.meta.dirname);
  expect(problem ?? 'no problem').toContain(complaint);
});
