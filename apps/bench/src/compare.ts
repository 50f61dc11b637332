import type { BenchCase } from './bench-case.ts';
import { caseName } from './case-name.ts';
import type { CaseResult, ComparedBroker, Comparison } from './comparison.ts';
import { type BrokerKind, BrokerStartError } from './brokers/broker-process.ts';
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
  /** Is told what is known after each round. */
  readonly roundDone?: (comparison: Comparison) => void;
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
    kinds.map((kind): Entry => ({ bench, kind, runs: [], refusal: kind.refusal(bench) })),
  );
  const comparison = (): Comparison => ({
    date: new Date().toISOString(),
    machine: describeMachine(),
    times,
    rounds,
    brokers,
    results: entries.map(resultOf),
  });
  const possible = entries.filter(({ refusal }) => refusal === undefined);
  progress.begin(possible.length * rounds);
  for (let round = 1; round <= rounds; round++) {
    for (const { bench, kind, runs } of possible) {
      const title = `${caseName(bench)} ${kind.name}${rounds > 1 ? ` (round ${round})` : ''}`;
      runs.push(await progress.run(title, (tell) => runOrFail(bench, kind, times, tell)));
    }
    options.roundDone?.(comparison());
  }
  return comparison();
}

interface Entry {
  readonly bench: BenchCase;
  readonly kind: BrokerKind;
  readonly runs: LoadOutcome[];
  readonly refusal: string | undefined;
}

function resultOf({ bench, kind, runs, refusal }: Entry): CaseResult {
  const name = caseName(bench);
  return { name, broker: kind.name, runs, ...(refusal !== undefined && { refusal }) };
}

/** A broker that does not start once is no reason to throw away an hour of results. */
async function runOrFail(...args: Parameters<typeof runCase>): Promise<LoadOutcome> {
  try {
    return await runCase(...args);
  } catch (error) {
    if (!(error instanceof BrokerStartError)) throw error;
    return { metrics: {}, lost: 0, doubled: 0, reordered: 0, failure: error.message };
  }
}
