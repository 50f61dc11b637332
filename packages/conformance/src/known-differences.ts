import { readFileSync } from 'node:fs';
import { allCases } from './all-cases.ts';
import type { RunReport } from './run-report.ts';

/** Case id to the reason why that subject fails it and the case is right. */
export type KnownDifferences = ReadonlyMap<string, string>;

/** Reads a JSON object of case id to reason; throws TypeError for anything else. */
export function readKnown(file: string): KnownDifferences {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof content !== 'object' || content === null) {
    throw new TypeError(`${file}: expected a JSON object of case id to reason`);
  }
  return new Map(Object.entries(content).map(([id, reason]) => [id, String(reason)]));
}

/**
 * What is not as known, a line each: a new failure of any level, a known one that passes, an id that
 * the suite does not have. Known cases that the run did not select are left alone.
 */
export function compareKnown(report: RunReport, known: KnownDifferences): readonly string[] {
  const results = new Map(report.results.map((result) => [result.case.id, result]));
  const news = report.results
    .filter(({ status, case: one }) => status === 'failed' && !known.has(one.id))
    .map(({ case: one }) => `new failure: ${one.id}`);
  const gone = [...known.keys()].flatMap((id) => {
    const status = results.get(id)?.status;
    if (status === undefined) return suite.has(id) ? [] : [`no such case: ${id}`];
    if (status === 'failed') return [];
    return [`known to fail, but it ${status === 'passed' ? 'passed' : 'was skipped'}: ${id}`];
  });
  return [...news, ...gone];
}

const suite: ReadonlySet<string> = new Set(allCases.map(({ id }) => id));
