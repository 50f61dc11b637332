import type { BrokerName } from './brokers/broker-process.ts';
import type { LoadOutcome } from './load/load-outcome.ts';
import { median } from './measure/median.ts';
import type { Machine } from './measure/machine.ts';
import type { Metric } from './metrics.ts';
import type { RunTimes } from './run-case.ts';

/** Everything that a comparison has found; what `--json` writes. */
export interface Comparison {
  readonly date: string;
  readonly machine: Machine;
  readonly times: RunTimes;
  readonly rounds: number;
  /** Ours is the first. */
  readonly brokers: readonly ComparedBroker[];
  readonly results: readonly CaseResult[];
}

export interface ComparedBroker {
  readonly name: BrokerName;
  readonly version: string;
  readonly configuration: string;
}

/** All runs of one case against one broker. */
export interface CaseResult {
  readonly name: string;
  readonly broker: BrokerName;
  readonly runs: readonly LoadOutcome[];
  /** Why there are none. */
  readonly refusal?: string;
}

/** The median of the runs that did not fail; `undefined` when there is none. */
export function figure(
  { results }: Comparison,
  name: string,
  broker: BrokerName,
  metric: Metric,
): number | undefined {
  const runs =
    results.find((result) => result.name === name && result.broker === broker)?.runs ?? [];
  const values = runs
    .filter(({ failure }) => failure === undefined)
    .map(({ metrics }) => metrics[metric] ?? NaN)
    .filter((value) => Number.isFinite(value));
  return values.length === 0 ? undefined : median(values);
}

/** What went wrong in which runs, one line each. */
export function failures({ results }: Comparison): string[] {
  return results.flatMap(({ name, broker, runs }) =>
    runs.flatMap(({ failure }, round) =>
      failure === undefined ? [] : [`${name}, ${broker}, round ${round + 1}: ${failure}`],
    ),
  );
}

/** Names of the cases, in the order in which they were run. */
export function caseNames({ results }: Comparison): string[] {
  return [...new Set(results.map(({ name }) => name))];
}
