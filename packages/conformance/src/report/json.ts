import { versionNames } from '../conformance-case.ts';
import { type CaseResult, mandatoryFailures, type RunReport, sectionOf } from '../run-report.ts';

/** The whole run as one JSON object; bytes are hexadecimal. */
export function jsonReport(report: RunReport): string {
  const { target, startedAt, duration, results } = report;
  const conforming = mandatoryFailures(report).length === 0;
  const cases = results.map(resultObject);
  const content = { target, startedAt, duration: Math.round(duration), conforming, cases };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

function resultObject({ case: one, status, duration, reason, failure }: CaseResult): object {
  const { id, title, statements, level } = one;
  return {
    id,
    title,
    version: versionNames[one.version],
    section: sectionOf(one),
    level,
    statements,
    status,
    duration: Math.round(duration),
    ...(reason === undefined ? {} : { reason }),
    ...(failure === undefined ? {} : { failure }),
  };
}
