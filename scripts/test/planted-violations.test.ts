import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checks } from '../checks.js';
import { root } from '../step.js';
import { PlantedTree, type Planted } from './planted-tree.ts';

type Row = readonly [violation: string, check: string, planted: Planted, complaint: RegExp];

const pure = 'packages/topic-matcher/src/planted.ts';

let tree: PlantedTree;

beforeAll(() => {
  tree = new PlantedTree();
});

afterAll(() => tree[Symbol.dispose]());

test.each<Row>([
  [
    'a type error',
    'type-check',
    { [pure]: 'export const n: number = "one";\n' },
    /planted\.ts.*TS2322/,
  ],
  ['an enum', 'type-check', { [pure]: 'export enum E { A }\n' }, /planted\.ts.*TS1294/],
  [
    'a Node global',
    'type-check',
    { [pure]: 'export const p: string = process.cwd();\n' },
    /TS2591/,
  ],
  [
    'bad format',
    'format',
    { [pure]: 'export const  n = "one"\n' },
    /topic-matcher\/src\/planted\.ts/,
  ],
  [
    'an unused file',
    'knip',
    { [pure]: 'export const n = 1;\n' },
    /topic-matcher\/src\/planted\.ts/,
  ],
  [
    'an unused dependency',
    'knip',
    manifest('packages/transport', (m) => ({ ...m, dependencies: { ws: 'catalog:' } })),
    /ws\s+packages\/transport\/package\.json/,
  ],
  [
    'a second version of a dependency',
    'sherif',
    {
      ...manifest('packages/transport', (m) => ({ ...m, devDependencies: { pino: '^9.0.0' } })),
      ...manifest('packages/codec', (m) => ({ ...m, devDependencies: { pino: '^10.0.0' } })),
    },
    /pino/,
  ],
  [
    'an arrow that points down',
    'boundaries',
    manifest('packages/codec', (m) => ({
      ...m,
      dependencies: { '@wellhead/protocol': 'workspace:^' },
    })),
    /codec: may not depend on @wellhead\/protocol/,
  ],
  [
    'a third-party dependency without a decision',
    'boundaries',
    manifest('packages/codec', (m) => ({ ...m, dependencies: { ws: 'catalog:' } })),
    /codec: may not depend on ws/,
  ],
  [
    'a package without a row of arrows',
    'boundaries',
    { 'packages/stray/package.json': '{ "name": "@wellhead/stray" }\n' },
    /'stray' has no row/,
  ],
  [
    'published exports that differ from the workspace',
    'boundaries',
    manifest('packages/codec', (m) => ({ ...m, publishConfig: { exports: { '.': {} } } })),
    /codec: publishConfig\.exports/,
  ],
  [
    'an arrow against the layers',
    'turbo tags',
    manifest('packages/session-store', (m) => ({
      ...m,
      dependencies: { '@wellhead/broker-core': 'workspace:^' },
    })),
    /@wellhead\/session-store/,
  ],
  [
    'an error code without a paragraph',
    'error docs',
    { [pure]: "export class E extends Error {\n  readonly code: string = 'MQTT_PLANTED';\n}\n" },
    /MQTT_PLANTED has no heading/,
  ],
  [
    'an error code of a union without a paragraph',
    'error docs',
    { [pure]: "export type PlantedErrorCode =\n  | 'PLANTED_ONE'\n  | 'PLANTED_TWO';\n" },
    /PLANTED_TWO has no heading/,
  ],
  [
    'a paragraph about no error',
    'error docs',
    { 'docs/errors.md': `${read('docs/errors.md')}\n## MQTT_PLANTED\n` },
    /describes MQTT_PLANTED/,
  ],
  [
    'statements that are cited wrongly, have no proof, or are not in the matrix',
    'statements',
    {
      'packages/topic-matcher/test/planted.test.ts': `import { test } from 'vitest';
test('[MQTT-4.7.9-9] of no version', () => {});
test('[MQTT-4.12.0-1 @3.1.1] of the other version', () => {});
test('MQTT-4.7.1-1 without brackets', () => {});
`,
      [pure]: '/** [MQTT-4.7.9-8] */\nexport const n = 1;\n',
      'docs/statements/mqtt-5.0.tsv': `${read('docs/statements/mqtt-5.0.tsv')}${[
        'MQTT-6.0.0-9\tWebSocket\tserver\tblack-box server\tNobody proves it.\t\n',
        'MQTT-6.0.0-10\tWebSocket\tboth\tcodec\tNobody proves it.\t\n',
        'MQTT-6.0.0-11\tWebSocket\tboth\tnot observable\tNobody says why.\t\n',
      ].join('')}`,
    },
    new RegExp(
      [
        'planted.test.ts: a test cites MQTT-4.7.9-9, which 5.0 does not have',
        'planted.test.ts: a test cites MQTT-4.12.0-1, which 3.1.1 does not have',
        'planted.test.ts: a test cites MQTT-4.7.1-1, which counts only as',
        'planted.ts: cites MQTT-4.7.9-8, which 5.0 does not have',
        'MQTT-6.0.0-9 of 5.0: no case',
        'MQTT-6.0.0-10 of 5.0: no test',
        'MQTT-6.0.0-11 of 5.0: .* not observable',
        'docs/conformance.md is stale',
      ].join('.*'),
      's',
    ),
  ],
  [
    'code, and types, that are not where exports says',
    'exports',
    {
      ...exportsOf('packages/protocol', { types: './dist/index.d.ts', default: './dist/gone.js' }),
      ...exportsOf('packages/transport', { types: './dist/gone.d.ts', default: './dist/index.js' }),
    },
    // the first is publint's complaint, the second that of arethetypeswrong
    /@wellhead\/protocol: .*gone\.js.*@wellhead\/transport: FallbackCondition/s,
  ],
])(
  'refused: %s (%s)',
  async (_violation, check, planted, complaint) => {
    using _planted = tree.plant(planted);
    const [, program = '', ...args] = checks.find(([name]) => name === check) ?? [];
    const { ok, output } = await tree.run(program, args);
    expect(output).toMatch(complaint);
    expect(ok).toBe(false);
  },
  120_000,
);

type Manifest = Record<string, unknown>;

function manifest(folder: string, change: (manifest: Manifest) => Manifest): Planted {
  const file = `${folder}/package.json`;
  return { [file]: `${JSON.stringify(change(JSON.parse(read(file))), null, 2)}\n` };
}

function exportsOf(folder: string, target: Record<string, string>): Planted {
  return manifest(folder, (m) => ({
    ...m,
    exports: { '.': target },
    publishConfig: { exports: { '.': target } },
  }));
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}
