// Each package has one example that runs, in its README: a block ```js example of plain JavaScript,
// in which comments `// prints: …` state, in order, the lines that it writes to standard output.
// The programs of examples/ keep to the same.

import { runTool } from './step.js';

/** @typedef {{ code: string, prints: string[] }} Example */

/**
 * @param {string} markdown
 * @returns {Example}
 */
export function readmeExample(markdown) {
  const blocks = [...markdown.matchAll(/^```js example\n(.*?)^```$/gms)];
  if (blocks.length !== 1) {
    throw new Error(`expected one block \`\`\`js example, found ${blocks.length}`);
  }
  return exampleOf(blocks[0]?.[1] ?? '');
}

/**
 * @param {string} code
 * @returns {Example}
 */
export function exampleOf(code) {
  const prints = Array.from(code.matchAll(/\/\/ prints: (.*)$/gm), (match) => match[1] ?? '');
  if (prints.length === 0) throw new Error('the example says nowhere what it prints: // prints: …');
  return { code, prints };
}

/**
 * Runs an example as if its code stood in a file of `folder`; `undefined` means that it did what
 * its comments say.
 * @param {Example} example
 * @param {string} folder
 */
export async function exampleProblem({ code, prints }, folder) {
  const args = ['--input-type=module', '--eval', code];
  const { ok, stdout, output } = await runTool(process.execPath, args, { cwd: folder });
  if (!ok) return `the example failed:\n${output}`;
  const printed = stdout.trimEnd();
  const expected = prints.join('\n');
  return printed === expected ? undefined : `printed:\n${printed}\nexpected:\n${expected}`;
}
