import { beforeAll, expect, test } from 'vitest';
import { PlantedTree } from './planted-tree.ts';

type Row = readonly [rule: string, file: string, code: string];

const pure = 'packages/codec/src';
const core = 'packages/broker-core/src';

const rows: readonly Row[] = [
  ['import(no-default-export)', `${pure}/planted-1.ts`, 'export default 1;'],
  ['house(no-export-all)', `${pure}/planted-2.ts`, "export * from './index.ts';"],
  ['typescript(no-explicit-any)', `${pure}/planted-3.ts`, 'export let x: any;'],
  [
    'typescript(no-non-null-assertion)',
    `${pure}/planted-4.ts`,
    'export const f = (x?: number): number => x!;',
  ],
  ['typescript(ban-ts-comment)', `${pure}/planted-5.ts`, '// @ts-ignore\nexport const x = 1;'],
  [
    'typescript(no-namespace)',
    `${pure}/planted-6.ts`,
    'export namespace N {\n  export type T = 1;\n}',
  ],
  [
    'house(reason-for-cast)',
    `${pure}/planted-7.ts`,
    'export const f = (x: unknown): number => x as number;',
  ],
  [
    'house(reason-for-disabling)',
    `${pure}/planted-8.ts`,
    '// oxlint-disable-next-line typescript/no-explicit-any\nexport let x: any;',
  ],
  ['unicorn(filename-case)', `${pure}/plantedNine.ts`, 'export const x = 1;'],
  ['house(no-vague-file-name)', `${pure}/utils.ts`, 'export const x = 1;'],
  ['eslint(max-lines)', `${pure}/planted-10.ts`, 'export type {};\n'.repeat(401)],
  [
    'eslint(max-lines-per-function)',
    `${pure}/planted-11.ts`,
    `export function f(): void {\n${'  f();\n'.repeat(40)}}`,
  ],
  [
    'typescript(no-floating-promises)',
    `${pure}/planted-12.ts`,
    'export const f = (p: () => Promise<void>): void => {\n  p();\n};',
  ],
  ['house(arrow)', `${pure}/planted-13.ts`, "export { Broker } from '@wellhead/broker-core';"],
  ['house(arrow)', `${pure}/planted-14.ts`, "export { test } from 'vitest';"],
  ['house(arrow)', `${pure}/planted-15.ts`, "export { x } from '../../protocol/src/index.ts';"],
  ['eslint(no-restricted-imports)', `${pure}/planted-16.ts`, "export { connect } from 'node:net';"],
  ['eslint(no-restricted-imports)', `${core}/planted-17.ts`, "export { connect } from 'node:net';"],
  ...['Date', 'setTimeout', 'setInterval', 'setImmediate', 'process', 'EventEmitter', 'Buffer'].map(
    (name): Row => [
      'eslint(no-restricted-globals)',
      `${core}/planted-${name.toLowerCase()}.ts`,
      `export const x: unknown = ${name};`,
    ],
  ),
];

const allowed: readonly Row[] = [
  [
    'eslint(no-restricted-globals)',
    `${core}/driver/planted-18.ts`,
    'export const now = (): number => Date.now();',
  ],
  [
    'eslint(no-restricted-imports)',
    `${core}/driver/planted-19.ts`,
    "export { connect } from 'node:net';",
  ],
  ['house(arrow)', `${core}/planted-20.ts`, "export type { Packet } from '@wellhead/codec';"],
  [
    'house(reason-for-cast)',
    `${pure}/planted-21.ts`,
    '// a number, because the caller checked\nexport const f = (x: unknown): number => x as number;',
  ],
  ['house(reason-for-cast)', `${pure}/planted-22.ts`, 'export const x = { a: 1 } as const;'],
];

type OxlintReport = { diagnostics: { code: string; filename: string }[] };

let complaints: Set<string>;

beforeAll(async () => {
  const planted = [...rows, ...allowed].map(([, file, code]) => [file, `${code}\n`] as const);
  using tree = new PlantedTree();
  tree.plant(Object.fromEntries(planted));
  const files = planted.map(([file]) => file);
  const { stdout } = await tree.run('oxlint', ['--format=json', ...files]);
  const { diagnostics }: OxlintReport = JSON.parse(stdout);
  complaints = new Set(diagnostics.map(({ code, filename }) => `${code} ${filename}`));
});

test.each(rows)('lint refuses by %s: %s', (rule, file) => {
  expect([...complaints]).toContain(`${rule} ${file}`);
});

test.each(allowed)('lint does not refuse by %s: %s', (rule, file) => {
  expect([...complaints]).not.toContain(`${rule} ${file}`);
});
