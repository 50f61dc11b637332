import type { ConformanceCase } from './conformance-case.ts';
import type { TranscriptEntry } from './transcript.ts';

export type CaseStatus = 'passed' | 'failed' | 'skipped';

/** What became of one case. */
export interface CaseResult {
  readonly case: ConformanceCase;
  readonly status: CaseStatus;
  /** Milliseconds. */
  readonly duration: number;
  /** Why it was skipped. */
  readonly reason?: string;
  readonly failure?: CaseFailure;
}

export interface CaseFailure {
  readonly expected: string;
  readonly received: string;
  /** The statement broken: the first of the case, unless the failure names another. */
  readonly statement: string | undefined;
  readonly transcript: readonly TranscriptEntry[];
}

export interface RunReport {
  readonly target: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Milliseconds. */
  readonly duration: number;
  /** In the order of the suite. */
  readonly results: readonly CaseResult[];
}

/** A row of the table by section of the specification. */
export interface SectionRow {
  readonly version: ConformanceCase['version'];
  /** `3.1 CONNECT` */
  readonly section: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Failures at the level that decides the exit status. */
export function mandatoryFailures(report: RunReport): readonly CaseResult[] {
  return report.results.filter(({ status, case: c }) => status === 'failed' && c.level === 'must');
}

/** Counts by version and section, in the order of the specification. */
export function bySection(results: readonly CaseResult[]): readonly SectionRow[] {
  const rows = new Map<string, Mutable<SectionRow>>();
  for (const result of results) {
    const version = result.case.version;
    const section = sectionOf(result.case);
    const key = `${version} ${section}`;
    const row = rows.get(key) ?? { version, section, passed: 0, failed: 0, skipped: 0 };
    row[result.status] += 1;
    rows.set(key, row);
  }
  return [...rows.values()].toSorted(
    (a, b) => b.version - a.version || a.section.localeCompare(b.section, 'en', { numeric: true }),
  );
}

/** The section that the first statement of a case stands in: `3.1 CONNECT`. */
export function sectionOf({ statements: [statement = ''] }: ConformanceCase): string {
  const number = /^MQTT-(\d+\.\d+)/.exec(statement)?.[1] ?? '';
  return `${number} ${sectionTitles[number] ?? 'Other'}`.trim();
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

// The titles are the same in 3.1.1 and 5.0, except that 3.1.1 has no 3.15, 4.8 of shared subscriptions, 4.9 to 4.12.
const sectionTitles: { readonly [number: string]: string } = {
  '1.5': 'Data representation',
  '2.1': 'Fixed header',
  '2.2': 'Variable header',
  '2.3': 'Variable header',
  '3.1': 'CONNECT',
  '3.2': 'CONNACK',
  '3.3': 'PUBLISH',
  '3.4': 'PUBACK',
  '3.5': 'PUBREC',
  '3.6': 'PUBREL',
  '3.7': 'PUBCOMP',
  '3.8': 'SUBSCRIBE',
  '3.9': 'SUBACK',
  '3.10': 'UNSUBSCRIBE',
  '3.11': 'UNSUBACK',
  '3.12': 'PINGREQ',
  '3.13': 'PINGRESP',
  '3.14': 'DISCONNECT',
  '3.15': 'AUTH',
  '4.1': 'Session state',
  '4.2': 'Network Connections',
  '4.3': 'Quality of Service',
  '4.4': 'Message delivery retry',
  '4.5': 'Message receipt',
  '4.6': 'Message ordering',
  '4.7': 'Topic Names and Topic Filters',
  '4.8': 'Subscriptions',
  '4.9': 'Flow control',
  '4.10': 'Request / response',
  '4.11': 'Server redirection',
  '4.12': 'Enhanced authentication',
  '4.13': 'Handling errors',
  '6.0': 'WebSocket',
  '7.1': 'Conformance',
};
