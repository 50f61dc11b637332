import { SequenceChecker } from '../measure/sequence-checker.ts';
import type { BenchCase } from '../bench-case.ts';
import { LoadClient, type LoadContext, contextOf } from './load-client.ts';
import type { LoadOutcome } from './load-outcome.ts';
import type { LoadTask } from './load-request.ts';
import { storeMessages } from './store-messages.ts';
import { usageOf, workMetrics } from './usage.ts';
import { Arrivals } from './arrivals.ts';

/** Many retained messages, which a new subscriber then gets all; a few times, to have enough to measure. */
export async function loadRetained(task: LoadTask): Promise<LoadOutcome> {
  const { bench, brokerPids, progress } = task;
  const context = contextOf(task);
  const targets = Array.from({ length: bench.count }, (_, index) => ({
    topicName: `bench/site${index % 100}/device${Math.floor(index / 100)}/state`,
    receivers: 0,
  }));
  progress('retaining');
  const bytesPerRetained = await storeMessages(task, context, targets, { retain: true });

  progress('warming up');
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    await subscribeToAll(context, bench, `warm-up-${round}`);
  }
  progress('delivering');
  const before = usageOf(brokerPids);
  let lost = 0;
  let doubled = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const found = await subscribeToAll(context, bench, `retained-${round}`);
    lost += found.lost;
    doubled += found.doubled;
  }
  const after = usageOf(brokerPids);
  const delivered = ROUNDS * bench.count - lost;
  const metrics = { ...workMetrics(before, after, delivered), bytesPerRetained };
  // topics come in any order
  return { metrics, lost, doubled, reordered: 0 };
}

async function subscribeToAll(
  context: LoadContext,
  bench: BenchCase,
  clientId: string,
): Promise<{ lost: number; doubled: number }> {
  // one stream per topic: each has exactly one message, its number is that of the topic
  const checker = new SequenceChecker(bench.count, { gaps: false });
  const arrivals = new Arrivals(bench.count);
  const role = {
    message(_publisher: number, sequence: number) {
      if (checker.accept(sequence, 0)) arrivals.add();
    },
    acknowledged() {},
    endTurn() {},
  };
  const client = await LoadClient.connect(context, role, { clientId });
  await client.subscribe(['#']);
  const missing = await arrivals.all();
  client.leave();
  return { lost: missing, doubled: checker.doubled };
}

const WARM_UP_ROUNDS = 2;
const ROUNDS = 5;
