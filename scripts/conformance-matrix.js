// Which test proves which statement of MQTT: writes docs/conformance.md, and with --check says instead
// what is stale, cited wrongly, or not proven.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { matrixDocument } from './conformance/markdown.js';
import { packageTables } from './conformance/package-tables.js';
import { unproven, wrongCitations, wrongTestNames } from './conformance/problems.js';
import { listTests, ProofIndex } from './conformance/proofs.js';
import { readStatements } from './conformance/statements.js';
import { root } from './step.js';

const tables = readStatements();
const tests = await listTests();
const proofs = new ProofIndex(tests);
const files = [['docs/conformance.md', matrixDocument(tables, proofs)], ...packageTables(tables)];

const problems = [
  ...wrongTestNames(tables, tests),
  ...wrongCitations(tables),
  ...unproven(tables, proofs),
];
for (const [file = '', text = ''] of files) {
  const path = join(root, file);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (process.argv.includes('--check'))
    problems.push(`${file} is stale: npm run conformance:matrix`);
  else writeFileSync(path, text);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
