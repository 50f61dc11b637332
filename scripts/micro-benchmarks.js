// Each packages/<name>/bench/*.js is a program that measures one thing of its package, with mitata.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packagesUnder } from './workspace.js';

/** @param {readonly string[]} names of packages, or of files without `.js`; all when there are none */
export async function runMicroBenchmarks(names) {
  for (const { folder, path } of packagesUnder(['packages'])) {
    const bench = join(path, 'bench');
    if (!existsSync(bench)) continue;
    for (const file of readdirSync(bench).filter((name) => name.endsWith('.js'))) {
      const isWanted = [folder, file.slice(0, -'.js'.length)].some((name) => names.includes(name));
      if (names.length === 0 || isWanted) await runProgram(join(bench, file), path);
    }
  }
}

/** @param {string} file @param {string} cwd */
async function runProgram(file, cwd) {
  const child = spawn(process.execPath, ['--expose-gc', file], { cwd, stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  if (status !== 0) process.exitCode = 1;
}
