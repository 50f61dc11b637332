// npm start, npm test, npm run build, npm run release, npm run bench, npm run crash, npm run fuzz: all that a fresh clone needs, given Node and npm.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Wellhead needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const { installWorkspace } = await import('./install.js');
const { removeStaleOutput } = await import('./stale-output.js');
const { Report, StepFailure, runTool } = await import('./step.js');

const [command = '', ...args] = process.argv.slice(2);
const commands = new Map(
  Object.entries({ start, build, test, release, bench, micro, crash, fuzz }),
);

try {
  await (commands.get(command) ?? usage)();
} catch (error) {
  if (!(error instanceof StepFailure)) throw error;
  process.exitCode = 1;
}

async function start() {
  // Standard output belongs to the program that starts.
  const steps = new Report(process.stderr);
  await prepare(steps);
  // The broker runs in this process, so signals and the exit status need no forwarding.
  const bin = new URL('../apps/server/bin/wellhead.js', import.meta.url);
  process.argv.splice(1, Infinity, fileURLToPath(bin), 'start', ...args);
  stopWithParent();
  await import(bin.href);
}

/** npm puts a shell between itself and us, which a signal to npm ends without a word to us. */
function stopWithParent() {
  const parent = process.ppid;
  const watch = () => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  };
  setInterval(watch, 500).unref();
}

async function build() {
  await prepare(new Report(process.stdout));
}

async function test() {
  const { runChecks } = await import('./checks.js');
  const steps = new Report(process.stdout);
  try {
    await prepare(steps);
    await runChecks(steps, args);
  } finally {
    console.log(`\n${steps.summary()}`);
    if (steps.failed > 0) process.exitCode = 1;
  }
}

async function release() {
  // what is published stays published: a misspelt --dry-run must not do it
  if (args.length > 1 || (args.length === 1 && args[0] !== '--dry-run')) {
    console.error('Usage: npm run release [-- --dry-run]');
    process.exitCode = 1;
    return;
  }
  await prepare(new Report(process.stdout));
  const { showRelease, publishRelease } = await import('./release.js');
  await (args.includes('--dry-run') ? showRelease() : publishRelease());
}

async function bench() {
  await prepare(new Report(process.stderr));
  const program = new URL('../apps/bench/dist/main.js', import.meta.url);
  const { main } = await import(program.href);
  process.exitCode = await main(['compare', ...args]);
}

async function crash() {
  await prepare(new Report(process.stderr));
  const program = new URL('../apps/crash/dist/main.js', import.meta.url);
  const { main } = await import(program.href);
  process.exitCode = await main(args);
}

/** Plays more cases than `npm test` does, or those of another seed, against the broker in process. */
async function fuzz() {
  const { parseArgs } = await import('node:util');
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: { seed: { type: 'string' }, steps: { type: 'string' }, help: { type: 'boolean' } },
    }));
  } catch (error) {
    console.error(`fuzz: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    process.exitCode = 1;
    return;
  }
  if (values.help === true) {
    console.log('Usage: npm run fuzz -- [--seed <n>] [--steps <n>]\n');
    console.log(
      'Plays generated packet sequences against the broker in process. A broken rule is printed',
    );
    console.log(
      'as its shortest sequence. Defaults: seed 1, 200000 steps. Exit status 1 when one was broken.',
    );
    return;
  }
  await new Report(process.stderr).must('install', installWorkspace);
  process.env['WELLHEAD_FUZZ_SEED'] = values.seed ?? '1';
  process.env['WELLHEAD_FUZZ_STEPS'] = values.steps ?? '200000';
  const files = ['--project', 'broker-core', 'test/fuzz/fuzz.test.ts'];
  const { status } = spawnSync('node_modules/.bin/vitest', ['run', ...files], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

async function micro() {
  await prepare(new Report(process.stderr));
  const { runMicroBenchmarks } = await import('./micro-benchmarks.js');
  await runMicroBenchmarks(args);
}

/** @param {import('./step.js').Report} steps */
async function prepare(steps) {
  await steps.must('install', installWorkspace);
  await steps.must('build', async () => {
    removeStaleOutput();
    return runTool('turbo', ['run', 'build', '--output-logs=errors-only']);
  });
}

async function usage() {
  console.error(
    'Usage: node scripts/run.js start | build | test | release [--dry-run] | bench | micro | crash | fuzz',
  );
  process.exitCode = 1;
}
