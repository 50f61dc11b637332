import { expect, test } from 'vitest';
import {
  type CaseResult,
  compareKnown,
  defineCases,
  jsonReport,
  junitReport,
  mandatoryFailures,
  markdownReport,
  type RunReport,
  textReport,
} from '../src/index.ts';

const cases = defineCases(5, 'connect', [
  { name: 'a', title: 'It passes', statements: ['MQTT-3.1.2-3'], run: async () => undefined },
  {
    name: 'b',
    title: 'It <fails> & "so"',
    statements: ['MQTT-3.1.2-3'],
    run: async () => undefined,
  },
  { name: 'c', title: 'It is skipped', statements: ['MQTT-4.9.0-1'], run: async () => undefined },
  {
    name: 'd',
    title: 'It should',
    statements: ['MQTT-3.12.4-1'],
    level: 'should',
    run: async () => undefined,
  },
]);

const failure = {
  expected: 'the server to close the connection',
  received: 'PINGRESP | `x`',
  statement: 'MQTT-3.1.2-3',
  transcript: [
    { at: 1, client: 'A', direction: 'sent', text: 'CONNECT clientId="<x>"', hex: '10 02' },
    { at: 2, client: 'A', direction: 'received', text: 'PINGRESP', hex: 'd0 00' },
    { at: 3, client: 'A', direction: 'event', text: 'the connection is closed', hex: '' },
  ],
} as const;

const outcomes: readonly Omit<CaseResult, 'case'>[] = [
  { status: 'passed', duration: 5.4 },
  { status: 'failed', duration: 10, failure },
  { status: 'skipped', duration: 0, reason: 'fixture x is not offered' },
  { status: 'failed', duration: 10, failure },
];

const results = cases.flatMap((one, i) => {
  const outcome = outcomes[i];
  return outcome ? [{ case: one, ...outcome }] : [];
});

const report: RunReport = {
  target: 'mqtt://localhost:1883',
  startedAt: '2025-01-01T00:00:00.000Z',
  duration: 1234,
  results,
};

test('only failures of MUST cases are mandatory', () => {
  expect(mandatoryFailures(report).map(({ case: one }) => one.id)).toEqual(['5.0/connect/b']);
});

test('text: failures with statement and bytes, then skips, the table and one line', () => {
  expect(textReport(report)).toBe(`FAILED 5.0/connect/b (must): It <fails> & "so"
  statement  [MQTT-3.1.2-3] The server verifies that Connect Flags bit 0 is 0.
  expected   the server to close the connection
  received   PINGRESP | \`x\`
  transcript
         1 ms A → CONNECT clientId="<x>"
                  10 02
         2 ms A ← PINGRESP
                  d0 00
         3 ms A · the connection is closed

FAILED 5.0/connect/d (should): It should
  statement  [MQTT-3.1.2-3] The server verifies that Connect Flags bit 0 is 0.
  expected   the server to close the connection
  received   PINGRESP | \`x\`
  transcript
         1 ms A → CONNECT clientId="<x>"
                  10 02
         2 ms A ← PINGRESP
                  d0 00
         3 ms A · the connection is closed

SKIPPED 1: fixture x is not offered

MQTT  section           passed  failed  skipped
5.0   3.1 CONNECT            1       1        0
5.0   3.12 PINGREQ           0       1        0
5.0   4.9 Flow control       0       0        1

mqtt://localhost:1883: 1 passed, 2 failed (1 must, 1 should), 1 skipped in 1.2 s: not conforming
`);
});

test('json: the same, for programs', () => {
  const content = JSON.parse(jsonReport(report));
  expect(content).toMatchObject({ target: 'mqtt://localhost:1883', conforming: false });
  expect(content.cases).toHaveLength(4);
  expect(content.cases[1]).toEqual({
    id: '5.0/connect/b',
    title: 'It <fails> & "so"',
    version: '5.0',
    section: '3.1 CONNECT',
    level: 'must',
    statements: ['MQTT-3.1.2-3'],
    status: 'failed',
    duration: 10,
    failure,
  });
});

test('junit: suites by section, everything escaped', () => {
  const xml = junitReport(report);
  expect(xml).toContain(
    '<testsuites name="mqtt://localhost:1883" tests="4" failures="2" skipped="1" time="1.234">',
  );
  expect(xml).toContain(
    '<testsuite name="MQTT 5.0 3.1 CONNECT" tests="2" failures="1" skipped="0">',
  );
  expect(xml).toContain('name="It &lt;fails&gt; &amp; &quot;so&quot;"');
  expect(xml).toContain('<failure type="must" message="[MQTT-3.1.2-3] expected the server');
  expect(xml).toContain('<skipped message="fixture x is not offered"/>');
  expect(xml.match(/<(testcase|testsuite|testsuites)\b/g)).toHaveLength(1 + 3 + 4);
});

test('markdown: a page, everything escaped', () => {
  const page = markdownReport(report);
  expect(page).toContain('| 5.0 | 3.1 CONNECT | 1 | 1 | 0 |');
  expect(page).toContain('### `5.0/connect/b` (must)');
  expect(page).toContain(String.raw`- received: PINGRESP \| \`x\``);
  expect(page).toContain('- `5.0/connect/c`: fixture x is not offered');
});

test('known differences: a new failure and a known one that passes are told, the others not', () => {
  const known = new Map([
    ['5.0/connect/b', 'why'],
    ['5.0/connect/a', 'why'],
    ['5.0/connect/zz', 'why'],
    ['5.0/ping/pingresp', 'not selected'],
  ]);
  expect(compareKnown(report, known)).toEqual([
    'new failure: 5.0/connect/d',
    'known to fail, but it passed: 5.0/connect/a',
    'no such case: 5.0/connect/zz',
  ]);
});
