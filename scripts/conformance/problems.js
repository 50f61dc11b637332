// What is wrong with the proofs: ids that do not exist, statements without a test.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../step.js';
import { packagesUnder } from '../workspace.js';
import { citations, strayIds } from './citations.js';
import { statementFile, versions } from './statements.js';

/**
 * @typedef {import('./statements.js').Version} Version
 * @typedef {import('./statements.js').Statements} Statements
 * @typedef {Readonly<Record<Version, Statements>>} Tables
 * @typedef {import('./proofs.js').ListedTest} ListedTest
 * @typedef {import('./proofs.js').ProofIndex} ProofIndex
 */

/** @param {Tables} tables @param {ProofIndex} proofs @returns {Generator<string, void>} */
export function* unproven(tables, proofs) {
  for (const version of versions) {
    for (const { id, server, codec, observable, note } of tables[version].values()) {
      const { cases, tables: elsewhere } = proofs.of(version, id);
      const what = `${id} of ${version}`;
      if (server && cases.length === 0)
        yield `${what}: no case of the suite proves it for a server`;
      if (codec && elsewhere.length === 0) yield `${what}: no test proves it for the codec`;
      if (!observable && note === '')
        yield `${what}: ${statementFile(version)} says not why it is not observable`;
    }
  }
}

/** In the names of tests. @param {Tables} tables @param {readonly ListedTest[]} tests */
export function* wrongTestNames(tables, tests) {
  for (const { name, file } of tests) {
    for (const id of unknownIds(tables, name)) yield `${file}: a test cites ${id}: ${name}`;
    for (const id of strayIds(name)) {
      yield `${file}: a test cites ${id}, which counts only as [MQTT-n.n.n-n] or [MQTT-n.n.n-n @3.1.1]: ${name}`;
    }
  }
}

/** In the comments of sources and tests, and in the documents. @param {Tables} tables */
export function* wrongCitations(tables) {
  for (const file of citingFiles()) {
    for (const id of unknownIds(tables, readFileSync(file, 'utf8'))) {
      yield `${relative(root, file)}: cites ${id}`;
    }
  }
}

/** @param {Tables} tables @param {string} text @returns {string[]} */
function unknownIds(tables, text) {
  return citations(text)
    .filter(({ version, id }) => !tables[version].has(id))
    .map(({ version, id }) => `${id}, which ${version} does not have`);
}

function citingFiles() {
  const folders = packagesUnder(['packages', 'apps']).flatMap(({ path }) =>
    ['src', 'test'].map((name) => join(path, name)),
  );
  return [...folders, join(root, 'docs')].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(?:ts|md)$/.test(file))
      .map((file) => join(folder, file)),
  );
}
