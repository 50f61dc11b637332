import { type Comparison, failures } from '../comparison.ts';
import { judgeGoals } from '../judge-goals.ts';
import { ratioRows } from './comparison-rows.ts';
import { textTable } from './text-table.ts';

/** What `compare` prints at the end. */
export function textReport(comparison: Comparison): string {
  const parts = [textTable(ratioRows(comparison))];
  const judgements = judgeGoals(comparison);
  if (judgements.length > 0) {
    const rows = judgements.map(({ title, bound, measured, isReached }) => [
      title,
      bound,
      measured,
      isReached === undefined ? '–' : isReached ? 'reached' : 'NOT REACHED',
    ]);
    parts.push(textTable([['goal', 'bound', 'measured', ''], ...rows]));
  }
  const faults = failures(comparison);
  if (faults.length > 0)
    parts.push(`Failed runs:\n${faults.map((line) => `  ${line}\n`).join('')}`);
  return parts.join('\n');
}
