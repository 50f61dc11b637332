import { expect, test } from 'vitest';
import { runConformance, textReport } from '../src/index.ts';
import { startWellhead } from './subjects/wellhead-subject.ts';

test('our broker passes every case of every level, with every fixture', { timeout: 90_000 }, async () => {
  await using subject = await startWellhead();
  const { target, webSocket, fixtures } = subject;
  const report = await runConformance(target, { webSocket, fixtures, jobs: 8, timeout: 10_000 });
  const failed = report.results.filter(({ status }) => status === 'failed');
  expect(failed, textReport({ ...report, results: failed })).toEqual([]);
});
