import type { BenchCase } from './bench-case.ts';
import { caseName } from './case-name.ts';
import type { CaseResult, ComparedBroker, Comparison } from './comparison.ts';
import type { BrokerKind } from './brokers/broker-process.ts';
import type { LoadOutcome } from './load/load-outcome.ts';
import { describeMachine } from './measure/machine.ts';
import type { Progress } from './progress.ts';
import { type RunTimes, runCase } from './run-case.ts';

export interface CompareOptions {
  readonly cases: readonly BenchCase[];
  /** Ours first. */
  readonly kinds: readonly BrokerKind[];
  readonly rounds: number;
  readonly times: RunTimes;
  readonly progress: Progress;
}

/**
 * Runs every case against every broker, round after round, so that what happens on the machine in the
 * meantime happens to all of them.
 */
export async function compareBrokers(options: CompareOptions): Promise<Comparison> {
  const { cases, kinds, rounds, times, progress } = options;
  const brokers: ComparedBroker[] = [];
  for (const kind of kinds) {
    const version = await kind.version();
    brokers.push({ name: kind.name, version, configuration: kind.configuration() });
  }
  const entries = cases.flatMap((bench) =>
    kinds.map((kind) => {
      const runs: LoadOutcome[] = [];
      return { bench, kind, runs };
    }),
  );
  const possible = entries.filter(({ bench, kind }) => kind.refusal(bench) === undefined);
  progress.begin(possible.length * rounds);
  for (let round = 1; round <= rounds; round++) {
    for (const { bench, kind, runs } of possible) {
      const title = `${caseName(bench)} ${kind.name}${rounds > 1 ? ` (round ${round})` : ''}`;
      runs.push(await progress.run(title, (tell) => runCase(bench, kind, times, tell)));
    }
  }
  const results = entries.map(({ bench, kind, runs }): CaseResult => {
    const refusal = kind.refusal(bench);
    const name = caseName(bench);
    return { name, broker: kind.name, runs, ...(refusal !== undefined && { refusal }) };
  });
  const date = new Date().toISOString();
  return { date, machine: describeMachine(), times, rounds, brokers, results };
}
