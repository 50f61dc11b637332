import { versionNames } from '../conformance-case.ts';
import { type CaseResult, type RunReport, sectionOf } from '../run-report.ts';
import { transcriptText } from './text.ts';

/** JUnit XML, one test suite a version and section. */
export function junitReport(report: RunReport): string {
  const suites = groups(report.results);
  const body = [...suites].map(([name, results]) => suiteXml(name, results)).join('\n');
  const seconds = (report.duration / 1000).toFixed(3);
  const attributes = `name="${escapeXml(report.target)}" ${counts(report.results)} time="${seconds}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes}>\n${body}\n</testsuites>\n`;
}

function groups(results: readonly CaseResult[]): ReadonlyMap<string, CaseResult[]> {
  const suites = new Map<string, CaseResult[]>();
  for (const result of results) {
    const name = `MQTT ${versionNames[result.case.version]} ${sectionOf(result.case)}`;
    const suite = suites.get(name);
    if (suite) suite.push(result);
    else suites.set(name, [result]);
  }
  return suites;
}

function suiteXml(name: string, results: readonly CaseResult[]): string {
  const cases = results.map(caseXml).join('\n');
  return `  <testsuite name="${escapeXml(name)}" ${counts(results)}>\n${cases}\n  </testsuite>`;
}

function caseXml({ case: one, status, duration, reason = '', failure }: CaseResult): string {
  const seconds = (duration / 1000).toFixed(3);
  const open = `    <testcase classname="${escapeXml(one.id)}" name="${escapeXml(one.title)}" time="${seconds}"`;
  if (status === 'passed') return `${open}/>`;
  const inner =
    status === 'skipped'
      ? `<skipped message="${escapeXml(reason)}"/>`
      : `<failure type="${one.level}" message="${escapeXml(`[${failure?.statement}] expected ${failure?.expected}; received ${failure?.received}`)}">${escapeXml(transcriptText(failure?.transcript ?? []))}</failure>`;
  return `${open}>${inner}</testcase>`;
}

function counts(results: readonly CaseResult[]): string {
  const of = (status: string): number =>
    results.filter((result) => result.status === status).length;
  return `tests="${results.length}" failures="${of('failed')}" skipped="${of('skipped')}"`;
}

/** Also drops the control characters that XML 1.0 cannot hold. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
