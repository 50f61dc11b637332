// What a release would upload: each package packed by pnpm, which fills in publishConfig and versions.

import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runTool } from './step.js';

/**
 * @typedef {import('./workspace.js').WorkspacePackage} WorkspacePackage
 * @typedef {WorkspacePackage & { tarball: string, files: readonly string[], bytes: number }} PackedPackage
 */

/**
 * @param {readonly WorkspacePackage[]} packages
 * @param {string} destination
 */
export async function packAll(packages, destination) {
  /** @type {PackedPackage[]} */
  const packed = [];
  for (const pkg of packages) packed.push(await pack(pkg, destination));
  return packed;
}

/**
 * @param {WorkspacePackage} pkg
 * @param {string} destination
 * @returns {Promise<PackedPackage>}
 */
async function pack(pkg, destination) {
  const args = ['pack', '--json', '--pack-destination', destination];
  const { ok, stdout, output } = await runTool('pnpm', args, { cwd: pkg.path });
  if (!ok) throw new Error(`${pkg.manifest.name} cannot be packed: ${output.trim()}`);
  /** @type {{ filename: string, files: { path: string }[] }} */
  const { filename, files } = JSON.parse(stdout);
  const tarball = join(destination, basename(filename));
  return { ...pkg, tarball, files: files.map(({ path }) => path), bytes: statSync(tarball).size };
}
