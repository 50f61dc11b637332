// npm run release: what changesets would publish, or the publishing itself.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getReleasePlan from '@changesets/get-release-plan';
import { packAll } from './pack.js';
import { StepFailure, root, toolEnvironment } from './step.js';
import { publishablePackages } from './workspace.js';

/** Shows the pending release; publishes nothing and asks no registry. */
export async function showRelease() {
  const { changesets, releases } = await getReleasePlan(root);
  const next = new Map(releases.map(({ name, newVersion }) => [name, newVersion]));
  const folder = mkdtempSync(join(tmpdir(), 'wellhead-release-'));
  try {
    const packed = await packAll(publishablePackages(), folder);
    const rows = packed
      .filter(({ manifest }) => changesets.length === 0 || next.has(manifest.name))
      .map(({ manifest, files, bytes }) => [
        manifest.name,
        manifest.version,
        next.get(manifest.name) ?? manifest.version,
        `${files.length}`,
        `${(bytes / 1024).toFixed(1)} kB`,
      ]);
    console.log(`\n${table([['package', 'now', 'published as', 'files', 'size'], ...rows])}`);
    console.log(`\n${changesets.length} pending changesets; nothing was published.`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function publishRelease() {
  const { changesets } = await getReleasePlan(root);
  if (changesets.length > 0) {
    console.error(
      `${changesets.length} changesets are pending: run 'npx changeset version', commit, and release again.`,
    );
    throw new StepFailure('release');
  }
  // Publishing may ask for a one-time password, so it gets the terminal.
  const options = { cwd: root, stdio: /** @type {const} */ ('inherit'), env: toolEnvironment() };
  const { status } = spawnSync('changeset', ['publish'], options);
  process.exitCode = status ?? 1;
}

/** @param {readonly (readonly string[])[]} rows */
function table(rows) {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
