// What a package.json may say: dependencies along scripts/arrows.js, and exports in the one shape
// that works in the workspace (TypeScript sources) and when published (dist). Imports are checked
// against the same arrows by the lint rule house/arrow.

import { isDeepStrictEqual } from 'node:util';
import { allowedDependencies } from './arrows.js';
import { packagesUnder } from './workspace.js';

for (const { folder, manifest } of packagesUnder(['packages', 'apps'])) {
  for (const problem of [...dependencyProblems(folder, manifest), ...exportProblems(manifest)]) {
    console.error(`${manifest.name}: ${problem}`);
    process.exitCode = 1;
  }
}

/**
 * @param {string} folder
 * @param {import('./workspace.js').Manifest} manifest
 * @returns {Generator<string, void>}
 */
function* dependencyProblems(folder, manifest) {
  const allowed = allowedDependencies(folder);
  if (!allowed) return yield `'${folder}' has no row in scripts/arrows.js`;
  const { dependencies, peerDependencies, optionalDependencies } = manifest;
  const listed = Object.entries({ ...dependencies, ...peerDependencies, ...optionalDependencies });
  for (const [name, range] of listed) {
    if (!allowed.includes(name)) yield `may not depend on ${name} (scripts/arrows.js)`;
    if (name.startsWith('@wellhead/') && range !== 'workspace:^') {
      yield `must depend on ${name} as workspace:^, not ${range}`;
    }
  }
}

/** @param {import('./workspace.js').Manifest} manifest */
function* exportProblems({ exports = {}, publishConfig }) {
  /** @type {Record<string, Record<string, string>>} */
  const published = {};
  for (const [entry, target] of Object.entries(exports)) {
    const file = entry === '.' ? 'index' : entry.slice('./'.length);
    published[entry] = { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` };
    const expected = { '@wellhead/source': `./src/${file}.ts`, ...published[entry] };
    if (!isDeepStrictEqual(target, expected)) {
      yield `exports['${entry}'] should be ${JSON.stringify(expected)}`;
    }
  }
  if (!isDeepStrictEqual(publishConfig?.exports ?? {}, published)) {
    yield `publishConfig.exports should be exports without '@wellhead/source'`;
  }
}
