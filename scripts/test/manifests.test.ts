import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../step.js';
import { publishablePackages } from '../workspace.js';

type Exports = Record<string, Record<string, string>>;

const read = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
const workspace = read(root);

test.each(publishablePackages().map(({ manifest, path }) => [manifest.name, path]))(
  'the manifest of %s says what a registry shows',
  (_name, path) => {
    const manifest = read(path);
    const { license, engines, type } = workspace;
    expect(manifest).toMatchObject({ license, engines, type, sideEffects: false });
    expect(manifest['description']).toMatch(/^[A-Z].*\.$/);
    expect(manifest['keywords']).toEqual(expect.arrayContaining(['mqtt', 'mqtt5']));
    expect(manifest['files']).toEqual(
      manifest['bin'] === undefined ? ['dist', 'src'] : ['bin', 'dist', 'src'],
    );
  },
);

test.each(publishablePackages().map(({ manifest }) => [manifest.name, manifest] as const))(
  'what %s exports in the workspace, and no more, it exports when it is published',
  (_name, { exports = {}, publishConfig }) => {
    const published: Exports = {};
    for (const [entry, { '@wellhead/source': source = '', ...rest }] of Object.entries(exports)) {
      published[entry] = rest;
      const built = source.replace(/^\.\/src\/(.*)\.ts$/, './dist/$1');
      expect(rest).toEqual({ types: `${built}.d.ts`, default: `${built}.js` });
    }
    expect(publishConfig).toEqual({ access: 'public', exports: published });
  },
);
