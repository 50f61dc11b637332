import { versionNames } from '../conformance-case.ts';
import {
  bySection,
  type CaseFailure,
  type CaseResult,
  mandatoryFailures,
  type RunReport,
} from '../run-report.ts';
import { statementText } from '../statements.ts';
import type { TranscriptEntry } from '../transcript.ts';

/** The report for a terminal: failures with what was sent and came, what was skipped, the table by section. */
export function textReport(report: RunReport): string {
  const failed = report.results.filter(({ status }) => status === 'failed');
  return [
    ...failed.map(failureText),
    skippedText(report.results),
    tableText(report),
    summary(report),
    '',
  ].join('\n');
}

/** `412 passed, 3 failed (2 must, 1 should), 20 skipped in 12.3 s`. */
export function summary(report: RunReport): string {
  const count = (status: string): number =>
    report.results.filter((result) => result.status === status).length;
  const levels = (['must', 'should', 'practice'] as const)
    .map((level) => [level, failuresOf(report, level)] as const)
    .filter(([, failures]) => failures > 0)
    .map(([level, failures]) => `${failures} ${level}`);
  const detail = levels.length > 0 ? ` (${levels.join(', ')})` : '';
  const seconds = (report.duration / 1000).toFixed(1);
  const verdict = mandatoryFailures(report).length === 0 ? 'conforming' : 'not conforming';
  return `${report.target}: ${count('passed')} passed, ${count('failed')} failed${detail}, ${count('skipped')} skipped in ${seconds} s: ${verdict}`;
}

/** The transcript of a failure, a line an entry, the bytes below. */
export function transcriptText(entries: readonly TranscriptEntry[]): string {
  return entries.map(entryText).join('\n');
}

function failuresOf(report: RunReport, level: string): number {
  return report.results.filter(({ status, case: c }) => status === 'failed' && c.level === level)
    .length;
}

function failureText(result: CaseResult): string {
  const { case: one, failure } = result;
  return [
    `FAILED ${one.id} (${one.level}): ${one.title}`,
    failure ? indent(failureBody(failure, versionNames[one.version]), 2) : '',
    '',
  ].join('\n');
}

function failureBody(failure: CaseFailure, version: string): string {
  const { statement } = failure;
  const words = statement ? statementText(version, statement) : undefined;
  return [
    ...(statement ? [`statement  [${statement}]${words ? ` ${words}` : ''}`] : []),
    `expected   ${failure.expected}`,
    `received   ${failure.received}`,
    'transcript',
    indent(transcriptText(failure.transcript), 2),
  ].join('\n');
}

function entryText({ at, client, direction, text, hex }: TranscriptEntry): string {
  const line = `${String(at).padStart(6)} ms ${client} ${arrows[direction]} ${text}`;
  return hex === '' ? line : `${line}\n${' '.repeat(14)}${hex}`;
}

function skippedText(results: readonly CaseResult[]): string {
  const reasons = new Map<string, number>();
  for (const { status, reason = '' } of results) {
    if (status === 'skipped') reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return [...reasons].map(([reason, count]) => `SKIPPED ${count}: ${reason}\n`).join('');
}

function tableText(report: RunReport): string {
  const rows = bySection(report.results).map((row) => [
    versionNames[row.version],
    row.section,
    String(row.passed),
    String(row.failed),
    String(row.skipped),
  ]);
  const all = [['MQTT', 'section', 'passed', 'failed', 'skipped'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return `${all.map((row) => rowText(row, widths)).join('\n')}\n`;
}

function rowText(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    .join('  ');
}

function indent(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by));
}

const arrows = { sent: '→', received: '←', event: '·' } as const;
