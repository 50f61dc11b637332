import { type Comparison, figure } from './comparison.ts';
import { type Goal, goals } from './goals.ts';
import { metrics } from './metrics.ts';
import { significant, withUnit } from './report/format.ts';

export interface Judgement {
  readonly goal: Goal;
  /** What it is about, in words. */
  readonly title: string;
  readonly bound: string;
  readonly measured: string;
  /** `undefined` when it was not measured. */
  readonly isReached: boolean | undefined;
}

/** Compares what was found with the goals whose cases were run at all. */
export function judgeGoals(comparison: Comparison): Judgement[] {
  const names = new Set(comparison.results.map(({ name }) => name));
  const brokers = new Set(comparison.brokers.map(({ name }) => name));
  return goals
    .filter(({ cases, of }) => names.has(cases[0] ?? '') && brokers.has(of ?? 'wellhead'))
    .map((goal) => judge(comparison, goal));
}

function judge(comparison: Comparison, goal: Goal): Judgement {
  const { cases, metric, of = 'wellhead', against, atLeast, atMost } = goal;
  const [name = '', secondCase = ''] = cases;
  const ours = figure(comparison, name, of, metric);
  const other =
    against === 'nothing'
      ? undefined
      : against === 'second case'
        ? figure(comparison, secondCase, of, metric)
        : figure(comparison, name, against, metric);
  const value = against === 'nothing' ? ours : ratio(goal, ours, other);
  const { unit, title } = metrics[metric];
  const words =
    against === 'nothing' ? (n: number) => withUnit(n, unit) : (n: number) => `${round(n)}×`;
  const opponent = against === 'second case' ? secondCase : against;
  return {
    goal,
    title: `${name}: ${of === 'wellhead' ? '' : `${of}, `}${title}${against === 'nothing' ? '' : ` against ${opponent}`}`,
    bound: atLeast === undefined ? `≤ ${words(atMost ?? NaN)}` : `≥ ${words(atLeast)}`,
    measured: value === undefined ? 'not measured' : words(value),
    isReached:
      value === undefined
        ? undefined
        : value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity),
  };
}

/** "At least" means how many times better; "at most" means ours as a multiple. */
function ratio(
  goal: Goal,
  ours: number | undefined,
  other: number | undefined,
): number | undefined {
  if (ours === undefined || other === undefined) return undefined;
  return goal.atLeast === undefined ? ours / other : other / ours;
}

function round(value: number): string {
  return value >= 10
    ? value.toFixed(0)
    : significant(value)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '');
}
