// Each error `code` in the sources has its heading in docs/errors.md, and each heading its code.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './step.js';
import { packagesUnder } from './workspace.js';

const documented = new Set(headings(readFileSync(join(root, 'docs', 'errors.md'), 'utf8')));
const thrown = new Set(sourceFiles().flatMap((file) => codes(readFileSync(file, 'utf8'))));

for (const code of thrown) {
  if (!documented.has(code)) fail(`${code} has no heading in docs/errors.md`);
}
for (const code of documented) {
  if (!thrown.has(code)) fail(`docs/errors.md describes ${code}, which no source has`);
}

/** @param {string} markdown */
function headings(markdown) {
  return Array.from(
    markdown.matchAll(/^#+ `?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`?\s*$/gm),
    ([, code]) => code,
  );
}

/**
 * Codes are declared in two ways: by a class, `readonly code: string = 'MQTT_…'`, and as a union,
 * `type StoreErrorCode = 'STORE_…' | …`.
 * @param {string} source
 */
function codes(source) {
  const declarations = [
    ...source.matchAll(/\bcode\b\s*(?::[^=\n;]*)?=\s*'[^']+'/g),
    ...source.matchAll(/\btype \w*ErrorCode\s*=[^;]*/g),
  ];
  return declarations.flatMap(([text]) =>
    Array.from(text.matchAll(/'([A-Z][A-Z0-9_]+)'/g), ([, code]) => code),
  );
}

function sourceFiles() {
  return packagesUnder(['packages', 'apps']).flatMap(({ path }) =>
    readdirSync(join(path, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(path, 'src', file)),
  );
}

/** @param {string} message */
function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
