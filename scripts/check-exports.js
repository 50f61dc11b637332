// Packs each package and asks publint and arethetypeswrong what they think of the result.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { problemAffectsResolutionKind } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packAll } from './pack.js';
import { publishablePackages } from './workspace.js';

const esmResolutions = /** @type {const} */ (['node16-esm', 'bundler']);
const shownFields = ['entrypoint', 'typesFileName', 'fileName', 'moduleSpecifier', 'missing'];

const folder = mkdtempSync(join(tmpdir(), 'wellhead-exports-'));
try {
  for (const { manifest, tarball } of await packAll(publishablePackages(), folder)) {
    const data = readFileSync(tarball);
    for (const problem of [...(await publintProblems(data)), ...(await typeProblems(data))]) {
      console.error(`${manifest.name}: ${problem}`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {Buffer} data */
async function publintProblems(data) {
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(data).buffer } });
  return messages
    .filter(({ type }) => type !== 'suggestion')
    .map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

/** @param {Buffer} data */
async function typeProblems(data) {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(data)));
  if (!analysis.types) return ['no types found'];
  // Packages are ESM only: what `require` and the oldest resolution make of them is no promise.
  const promised = analysis.problems.filter((problem) =>
    esmResolutions.some((kind) => problemAffectsResolutionKind(problem, kind, analysis)),
  );
  return promised.map((problem) => `${problem.kind} ${JSON.stringify(problem, shownFields)}`);
}
