import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchCase } from './bench-case.ts';
import { parseCase } from './case-name.ts';
import type { BrokerKind } from './brokers/broker-process.ts';
import type { LoadOutcome } from './load/load-outcome.ts';
import type { LoadReport } from './load/load-process.ts';
import type { LoadRequest } from './load/load-request.ts';

/** How long to load. */
export interface RunTimes {
  /** Seconds before anything is measured. @default 1 */
  readonly warmUp: number;
  /** Seconds of measuring; scenarios with a fixed number of messages take what they take. @default 2 */
  readonly seconds: number;
}

export const defaultTimes: RunTimes = Object.freeze({ warmUp: 1, seconds: 2 });

/** Runs one case against a fresh broker. Rejects when the broker does not start. */
export async function runCase(
  bench: BenchCase,
  kind: BrokerKind,
  times: RunTimes,
  progress: (what: string) => void,
): Promise<LoadOutcome> {
  progress('starting');
  await using broker = await kind.start(bench.transport);
  const { address, pid: brokerPid } = broker;
  const request: LoadRequest = { bench, address, brokerPid, prefix: '', ...times };
  if (bench.scenario !== 'turn') return judged(await generateLoad(request, progress));
  return judged(await loadBesideBystander(request, progress));
}

/**
 * A pair of clients that has nothing to do with the load tells how long the broker attends to nobody
 * else. It has a process of its own, or it would wait for the load generator too.
 */
async function loadBesideBystander(
  request: LoadRequest,
  progress: (what: string) => void,
): Promise<LoadOutcome> {
  const bench = { ...parseCase('latency-1-1-r1K'), transport: request.bench.transport };
  const warmUp = request.warmUp + 1;
  const [load, bystander] = await Promise.all([
    generateLoad({ ...request, seconds: request.seconds + 2 }, progress),
    generateLoad({ ...request, bench, warmUp, prefix: 'bystander-' }, () => {}),
  ]);
  const { p50 = NaN, p99 = NaN, p999 = NaN } = bystander.metrics;
  // a bystander that could not keep its pace is what was to be found out
  const failure =
    load.failure ?? (bystander.metrics.p99 === undefined ? bystander.failure : undefined);
  return {
    metrics: { ...load.metrics, p50, p99, p999 },
    lost: load.lost + bystander.lost,
    doubled: load.doubled + bystander.doubled,
    reordered: load.reordered + bystander.reordered,
    ...(failure !== undefined && { failure }),
  };
}

/** A run in which messages went missing, came twice or overtook each other has failed. */
function judged(outcome: LoadOutcome): LoadOutcome {
  const { lost, doubled, reordered } = outcome;
  const faults = Object.entries({ lost, doubled, reordered }).filter(([, count]) => count > 0);
  if (faults.length === 0) return outcome;
  const counts = faults.map(([what, count]) => `${count} ${what}`).join(', ');
  return { ...outcome, failure: outcome.failure ? `${outcome.failure}; ${counts}` : counts };
}

/** In a process of its own, so that neither its work nor its garbage disturbs anybody. */
function generateLoad(
  request: LoadRequest,
  progress: (what: string) => void,
): Promise<LoadOutcome> {
  const generator = fork(loadProgram, { execArgv: ['--max-semi-space-size=32'] });
  return new Promise((resolve, reject) => {
    generator.on('message', (report: LoadReport) => {
      if (report.type === 'progress') progress(report.what);
      else if (report.type === 'outcome') resolve(report.outcome);
      else resolve(failed(report.message));
    });
    generator.once('error', reject);
    generator.once('exit', (status) =>
      resolve(failed(`the load generator ended with status ${status}`)),
    );
    generator.send(request);
  });
}

function failed(failure: string): LoadOutcome {
  return { metrics: {}, lost: 0, doubled: 0, reordered: 0, failure };
}

const loadProgram = fileURLToPath(new URL('./load/load-process.js', import.meta.url));
