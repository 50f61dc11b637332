// What `npm test` runs after the build. Each check counts as one, each test as one.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runTool } from './step.js';
import { provideTestPrograms } from './test-programs.js';

export const checks = /** @type {const} */ ([
  ['type-check', 'tsc', '-b'],
  ['lint', 'oxlint'],
  ['format', 'oxfmt', '--check'],
  ['knip', 'knip', '--treat-config-hints-as-errors'],
  ['sherif', 'sherif'],
  ['boundaries', 'node', 'scripts/check-boundaries.js'],
  ['turbo tags', 'turbo', 'boundaries'],
  ['exports', 'node', 'scripts/check-exports.js'],
  ['error docs', 'node', 'scripts/check-errors.js'],
  ['statements', 'node', 'scripts/conformance-matrix.js', '--check'],
]);

/**
 * @param {import('./step.js').Report} steps
 * @param {readonly string[]} testArgs what to hand to vitest, such as `--project codec`
 */
export async function runChecks(steps, testArgs) {
  await steps.run('programs', provideTestPrograms);
  for (const [name, program, ...args] of checks) {
    await steps.run(name, () => runTool(program, args));
  }
  await steps.run('tests', () => runTests(testArgs));
}

/** @param {readonly string[]} args */
async function runTests(args) {
  const resultFile = join(root, 'node_modules', '.cache', 'test-results.json');
  rmSync(resultFile, { force: true });
  const outputs = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`];
  const { ok, output } = await runTool('vitest', ['run', ...outputs, ...args]);
  const counts = countTests(resultFile);
  // A file that cannot be loaded, or an error outside any test, fails a run whose tests all passed.
  if (!ok && counts.failed === 0) counts.failed = 1;
  return { ok: ok && counts.failed === 0, output, counts, note: `${counts.passed} passed` };
}

/** @param {string} file */
function countTests(file) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  /** @type {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} */
  let results;
  try {
    results = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return counts; // the run died before it could say; its exit status tells
  }
  for (const { status, assertionResults } of results.testResults) {
    if (status === 'failed' && assertionResults.length === 0) counts.failed++;
    for (const test of assertionResults) {
      if (test.status === 'passed') counts.passed++;
      else if (test.status === 'failed') counts.failed++;
      else counts.skipped++;
    }
  }
  return counts;
}
