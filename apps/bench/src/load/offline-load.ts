import { once } from 'node:events';
import { SequenceChecker } from '../measure/sequence-checker.ts';
import { Arrivals } from './arrivals.ts';
import { LoadClient, contextOf } from './load-client.ts';
import type { LoadOutcome } from './load-outcome.ts';
import type { LoadTask } from './load-request.ts';
import { storeMessages } from './store-messages.ts';
import { usageOf, workMetrics } from './usage.ts';

/** Messages queue up for a client that is away, which then comes back and gets them. */
export async function loadOffline(task: LoadTask): Promise<LoadOutcome> {
  const { bench, brokerPids, progress } = task;
  const context = contextOf(task);
  const checker = new SequenceChecker(1, { gaps: false });
  const arrivals = new Arrivals(bench.count);
  const role = {
    message(_publisher: number, sequence: number) {
      if (checker.accept(0, sequence)) arrivals.add();
    },
    acknowledged() {},
    endTurn() {},
  };
  const session = { clientId: 'away', isKept: true };
  const before = await LoadClient.connect(context, role, session);
  await before.subscribe(['bench/queue']);
  const closed = once(before.channel.socket, 'close');
  before.leave();
  await closed;

  progress('queueing');
  const targets = [{ topicName: 'bench/queue', receivers: 0 }];
  const bytesPerQueued = await storeMessages(task, context, targets);

  progress('delivering');
  const start = usageOf(brokerPids);
  await LoadClient.connect(context, role, session);
  const lost = await arrivals.all();
  const end = usageOf(brokerPids);
  const { doubled, reordered } = checker;
  const metrics = { ...workMetrics(start, end, bench.count - lost), bytesPerQueued };
  return { metrics, lost, doubled, reordered };
}
