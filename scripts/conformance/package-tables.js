// The part of the statements that @wellhead/conformance carries for its reports.

import { versions } from './statements.js';

/** @param {import('./problems.js').Tables} tables @returns {(readonly [file: string, text: string])[]} */
export function packageTables(tables) {
  return versions.map((version) => {
    const short = version === '5.0' ? '5' : '311';
    const lines = [...tables[version].values()]
      .filter(({ server }) => server)
      .map(({ id, text }) => `${id} ${text.replaceAll(/[\\`]|\$(?={)/g, String.raw`\$&`)}\n`);
    return [`packages/conformance/src/statements-${short}.ts`, source(version, short, lines)];
  });
}

/** @param {string} version @param {string} short @param {readonly string[]} lines */
function source(version, short, lines) {
  return `// From docs/statements/mqtt-${version}.tsv, by \`npm run conformance:matrix\`.

/** The normative statements of MQTT ${version} that a server shows to the outside, in our own words: an id and its text a line. */
export const statements${short}: string = \`
${lines.join('')}\`;
`;
}
