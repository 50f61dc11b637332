// Installs with the pinned pnpm, and only when a manifest or the lockfile changed since the last time.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runTool } from './step.js';
import { manifestFiles } from './workspace.js';

const stampFile = join(root, 'node_modules', '.wellhead-install');

/** @returns {Promise<import('./step.js').Outcome>} */
export async function installWorkspace() {
  const stamp = fingerprint();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    return { ok: true, note: 'up to date' };
  }
  const outcome = await pinnedPnpm(['install', '--frozen-lockfile']);
  if (outcome.ok) writeFileSync(stampFile, stamp);
  return outcome;
}

/** @param {string[]} args */
function pinnedPnpm(args) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (`pnpm@${installedPnpm()}` === packageManager) return runTool('pnpm', args);
  // A fresh clone has no pnpm yet: npm, which comes with Node, fetches exactly this one.
  const shell = process.platform === 'win32';
  return runTool('npx', ['--yes', packageManager, ...args], { shell });
}

function installedPnpm() {
  const manifest = join(root, 'node_modules', 'pnpm', 'package.json');
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined;
}

function fingerprint() {
  const hash = createHash('sha256');
  hash.update(`${process.version} ${process.platform} ${process.arch}\n`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc', ...manifestFiles()]) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}
