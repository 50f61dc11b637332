import { versionNames } from '../conformance-case.ts';
import { bySection, type CaseResult, type RunReport } from '../run-report.ts';
import { summary, transcriptText } from './text.ts';

/** The report as a page: the summary, the table by section, the failures, what was skipped. */
export function markdownReport(report: RunReport): string {
  const of = (status: string): readonly CaseResult[] =>
    report.results.filter((result) => result.status === status);
  return [
    `# MQTT conformance of ${escapeMarkdown(report.target)}`,
    summary(report),
    table(report),
    ...section('Failed', of('failed').map(failureText)),
    ...section('Skipped', [of('skipped').map(skippedLine).join('\n')]),
    '',
  ].join('\n\n');
}

function table(report: RunReport): string {
  const rows = bySection(report.results).map(
    (row) =>
      `| ${versionNames[row.version]} | ${row.section} | ${row.passed} | ${row.failed} | ${row.skipped} |`,
  );
  return ['| MQTT | section | passed | failed | skipped |', '|---|---|--:|--:|--:|', ...rows].join(
    '\n',
  );
}

function section(title: string, parts: readonly string[]): readonly string[] {
  return parts.join('') === '' ? [] : [`## ${title}`, ...parts];
}

function failureText({ case: one, failure }: CaseResult): string {
  return [
    `### \`${one.id}\` (${one.level})`,
    `${escapeMarkdown(one.title)} [${failure?.statement}]`,
    `- expected: ${escapeMarkdown(failure?.expected ?? '')}\n- received: ${escapeMarkdown(failure?.received ?? '')}`,
    `\`\`\`text\n${transcriptText(failure?.transcript ?? [])}\n\`\`\``,
  ].join('\n\n');
}

function skippedLine({ case: one, reason = '' }: CaseResult): string {
  return `- \`${one.id}\`: ${escapeMarkdown(reason)}`;
}

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#]/g, String.raw`\$&`);
}
