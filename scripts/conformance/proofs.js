// Which tests prove a statement: those that vitest lists, going by the ids in their names.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { root, runTool } from '../step.js';
import { citations } from './citations.js';

/**
 * @typedef {import('./statements.js').Version} Version
 * @typedef {{ name: string, file: string }} ListedTest `file` relative to the root
 *
 * @typedef {object} Proofs
 * @property {string[]} cases cases of the suite that our broker passes
 * @property {string[]} tables files of other tests, shortened: `codec/connect`
 * @property {string[]} client the same, of the package of the client
 */

/** Every test of the workspace, named as it runs; without isolation because nothing runs here. @returns {Promise<ListedTest[]>} */
export async function listTests() {
  const folder = mkdtempSync(join(tmpdir(), 'wellhead-tests-'));
  try {
    const list = join(folder, 'tests.json');
    const { ok, output } = await runTool('vitest', ['list', '--no-isolate', `--json=${list}`]);
    if (!ok) throw new Error(`vitest cannot list the tests:\n${output}`);
    /** @type {ListedTest[]} */
    const tests = JSON.parse(readFileSync(list, 'utf8'));
    return tests.map(({ name, file }) => ({
      name,
      file: relative(root, file).replaceAll(sep, '/'),
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export class ProofIndex {
  /** @type {Map<string, Proofs>} */
  #proofs = new Map();

  /** @param {readonly ListedTest[]} tests */
  constructor(tests) {
    for (const test of tests) {
      for (const { version, id } of citations(test.name)) this.#add(this.of(version, id), test);
    }
  }

  /** @param {Version} version @param {string} id @returns {Proofs} */
  of(version, id) {
    const key = `${version} ${id}`;
    const proofs = this.#proofs.get(key) ?? { cases: [], tables: [], client: [] };
    this.#proofs.set(key, proofs);
    return proofs;
  }

  /** @param {Proofs} proofs @param {ListedTest} test */
  #add(proofs, { name, file }) {
    const caseId = file === suiteFile ? caseName.exec(name)?.[1] : undefined;
    if (caseId) proofs.cases.push(caseId);
    else {
      const list = file.startsWith('packages/client/') ? proofs.client : proofs.tables;
      const short = shortened(file);
      if (!list.includes(short)) list.push(short);
      list.sort(); // vitest lists files in any order
    }
  }
}

/** `packages/codec/test/connect.test.ts` is `codec/connect`. @param {string} file */
function shortened(file) {
  return file
    .replace(/^(?:packages|apps)\//, '')
    .replace('/test/', '/')
    .replace('.test.ts', '');
}

const suiteFile = 'packages/conformance/test/wellhead.test.ts';
const caseName = /(?:^| > )(\d\.\d(?:\.\d)?\/\S+): /;
