import { expect, test } from 'vitest';
import { type Comparison, failures, figure } from '../src/comparison.ts';
import { judgeGoals } from '../src/judge-goals.ts';
import { median } from '../src/measure/median.ts';
import { htmlReport } from '../src/report/html.ts';
import { markdownReport } from '../src/report/markdown.ts';
import { textReport } from '../src/report/text.ts';

const run = (cpuPerMessage: number, failure?: string) => ({
  metrics: { cpuPerMessage, rate: 1e6 },
  lost: failure ? 3 : 0,
  doubled: 0,
  reordered: 0,
  ...(failure && { failure }),
});

const comparison: Comparison = {
  date: '2026-01-02T03:04:05.678Z',
  machine: { kernel: 'Linux 6.1', cpu: 'Some <CPU>', cores: 2, memory: '4 GiB', node: 'v20.20.2' },
  times: { warmUp: 1, seconds: 2 },
  rounds: 3,
  brokers: [
    { name: 'wellhead', version: 'Wellhead 1', configuration: 'node wellhead.js' },
    { name: 'wellhead-disk', version: 'Wellhead 1 on disk', configuration: '--data DIR' },
    { name: 'mosquitto', version: 'Mosquitto 2', configuration: 'persistence false' },
    { name: 'aedes', version: 'Aedes 1', configuration: 'createBroker()' },
  ],
  results: [
    { name: 'p2p-10-10-w100', broker: 'wellhead', runs: [run(0.1), run(0.3), run(0.2)] },
    { name: 'p2p-10-10-w100-durable', broker: 'wellhead', runs: [run(0.2)] },
    { name: 'p2p-10-10-w100-durable', broker: 'wellhead-disk', runs: [run(0.3)] },
    { name: 'p2p-10-10-w100', broker: 'mosquitto', runs: [run(10), run(9), run(11)] },
    { name: 'p2p-10-10-w100', broker: 'aedes', runs: [run(1), run(0.1, '3 lost'), run(1)] },
    { name: 'p2p-10-10-w100-props', broker: 'wellhead', runs: [run(0.4), run(0.4), run(0.4)] },
    { name: 'p2p-10-10-w100-props', broker: 'aedes', runs: [], refusal: 'no MQTT 5' },
  ],
};

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
  [[7], 7],
  [[], NaN],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('a figure is the median of the runs that did not fail', () => {
  expect(figure(comparison, 'p2p-10-10-w100', 'mosquitto', 'cpuPerMessage')).toBe(10);
  expect(figure(comparison, 'p2p-10-10-w100', 'aedes', 'cpuPerMessage')).toBe(1);
  expect(figure(comparison, 'p2p-10-10-w100-props', 'aedes', 'cpuPerMessage')).toBeUndefined();
  expect(failures(comparison)).toEqual(['p2p-10-10-w100, aedes, round 2: 3 lost']);
});

test('goals are judged by ratios, either way', () => {
  const verdicts = judgeGoals(comparison).map(({ bound, measured, isReached }) => [
    bound,
    measured,
    isReached,
  ]);
  expect(verdicts).toEqual([
    ['≥ 45×', '50×', true],
    ['≤ 1.5×', '2×', false],
    ['≥ 8×', '5×', false],
    ['≤ 1.1×', '1.5×', false],
  ]);
});

test('the table shows ratios, refusals and failed runs', () => {
  const text = textReport(comparison);
  expect(text).toMatch(/p2p-10-10-w100 +0\.200 +10\.0 +50\.0× +1\.00 +5\.00×/);
  expect(text).toMatch(/p2p-10-10-w100-props +0\.400 +no MQTT 5/);
  expect(text).toContain('round 2: 3 lost');
  expect(text).toContain('NOT REACHED');
});

test('the document says where and how it was measured', () => {
  const markdown = markdownReport(comparison);
  expect(markdown).toContain('2026-01-02: 2 cores of Some <CPU>, 4 GiB, Linux 6.1, Node 20.20.2');
  expect(markdown).toContain('Median of 3 interleaved rounds, 2 s each after 1 s of warm-up');
  expect(markdown).toContain('1 of 4 reached');
  expect(markdown).toContain('persistence false');
});

test('the page needs nothing from outside and escapes what it shows', () => {
  const html = htmlReport(comparison);
  expect(html).not.toMatch(/https?:|<script|<link|src=|@import|url\(/);
  expect(html).toContain('Some &lt;CPU>');
  expect(html).toContain('prefers-color-scheme: dark');
  expect(html.match(/<figure>/g)).toHaveLength(3);
});
