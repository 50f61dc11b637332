// The normative statements of MQTT, in our own words: docs/statements/mqtt-<version>.tsv.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../step.js';

/**
 * @typedef {object} Statement
 * @property {string} id `MQTT-3.1.2-1`
 * @property {string} text
 * @property {string} note why it is `not observable`, or what a test should know
 * @property {boolean} server a server shows it to the outside
 * @property {boolean} client
 * @property {boolean} codec its violation, or its form, is in the bytes of one packet
 * @property {boolean} observable
 *
 * @typedef {'5.0' | '3.1.1'} Version ids repeat between the two, with other meanings
 * @typedef {ReadonlyMap<string, Statement>} Statements by id, in the order of the specification
 */

export const versions = /** @type {const} */ (['5.0', '3.1.1']);

/** @param {Version} version */
export const statementFile = (version) => `docs/statements/mqtt-${version}.tsv`;

/** @returns {Readonly<Record<Version, Statements>>} */
export function readStatements() {
  return { '5.0': read('5.0'), '3.1.1': read('3.1.1') };
}

/** @param {Version} version @returns {Statements} */
function read(version) {
  const file = statementFile(version);
  const [, ...lines] = readFileSync(join(root, file), 'utf8').trimEnd().split('\n');
  const statements = lines.map((line) => parse(line, file));
  const byId = new Map(statements.map((statement) => [statement.id, statement]));
  if (byId.size < statements.length) throw new Error(`${file}: an id is there twice`);
  return byId;
}

/** @param {string} line @param {string} file @returns {Statement} */
function parse(line, file) {
  const [id = '', , , testable = '', text = '', note = '', ...more] = line.split('\t');
  const ways = testable.split(';');
  if (more.length > 0 || text === '' || ways.some((way) => !knownWays.has(way))) {
    throw new Error(`${file}: not a statement: ${line}`);
  }
  return {
    id,
    text,
    note,
    server: ways.includes('black-box server'),
    client: ways.includes('black-box client'),
    codec: ways.includes('codec'),
    observable: !ways.includes('not observable'),
  };
}

const knownWays = new Set(['black-box server', 'black-box client', 'codec', 'not observable']);
