// The packages of the workspace, read from the folders that pnpm-workspace.yaml names.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './step.js';

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, Record<string, string>>} [exports]
 * @property {{ exports?: Record<string, Record<string, string>> }} [publishConfig]
 *
 * @typedef {{ folder: string, path: string, manifest: Manifest }} WorkspacePackage
 * `folder` is its last name, `path` is absolute.
 */

/**
 * @param {readonly string[]} parents
 * @returns {WorkspacePackage[]}
 */
export function packagesUnder(parents) {
  return parents
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name)))
    .filter((path) => existsSync(join(path, 'package.json')))
    .map((path) => ({ folder: basename(path), path, manifest: readManifest(path) }));
}

/** What users can install: packages/ and apps/, less what is private. */
export function publishablePackages() {
  return packagesUnder(['packages', 'apps']).filter(({ manifest }) => !manifest.private);
}

/** Every package.json, relative to the root. */
export function manifestFiles() {
  const members = packagesUnder(['packages', 'apps', 'examples']);
  return [
    'package.json',
    ...members.map(({ path }) => join(path, 'package.json').slice(root.length + 1)),
  ];
}

/** @param {string} path @returns {Manifest} */
function readManifest(path) {
  return JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
}
