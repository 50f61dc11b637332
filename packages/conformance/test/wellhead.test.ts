import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allCases, type CaseResult, runConformance, textReport } from '../src/index.ts';
import { caseName } from './case-name.ts';
import { startWellhead, type WellheadSubject } from './subjects/wellhead-subject.ts';

// The suite runs once, beside itself as it always does; each case is then a test of its own.
describe('our broker passes every case of every level', () => {
  const results = new Map<string, CaseResult>();
  let subject: WellheadSubject;

  beforeAll(async () => {
    subject = await startWellhead();
    const { target, webSocket, fixtures } = subject;
    const report = await runConformance(target, { webSocket, fixtures, jobs: 8, timeout: 10_000 });
    for (const result of report.results) results.set(result.case.id, result);
  }, 120_000);

  afterAll(() => subject[Symbol.asyncDispose]());

  for (const one of allCases) {
    test(caseName(one), () => {
      const result = results.get(one.id);
      expect(result?.status, result && explain(result)).toBe('passed');
    });
  }
});

/** What was sent, expected and received, or why the case did not run. */
function explain(result: CaseResult): string {
  const report = { target: '', startedAt: '', duration: 0, results: [result] };
  return result.reason ?? textReport(report);
}
