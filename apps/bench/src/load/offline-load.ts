import { once } from 'node:events';
import { SequenceChecker } from '../measure/sequence-checker.ts';
import { Arrivals } from './arrivals.ts';
import { LoadClient, type LoadContext, contextOf } from './load-client.ts';
import type { LoadOutcome } from './load-outcome.ts';
import type { LoadTask } from './load-request.ts';
import { storeMessages } from './store-messages.ts';
import { usageOf, workMetrics } from './usage.ts';

/**
 * Messages queue up for a client that is away, which then comes back and gets them; once with some
 * messages, to warm the broker up, and once with all.
 */
export async function loadOffline(task: LoadTask): Promise<LoadOutcome> {
  const { bench } = task;
  const context = contextOf(task);
  const fewer = { ...bench, count: Math.ceil(bench.count / 5) };
  await awayAndBack({ ...task, bench: fewer }, context, 'warm-up');
  return awayAndBack(task, context, 'away');
}

async function awayAndBack(
  task: LoadTask,
  context: LoadContext,
  clientId: string,
): Promise<LoadOutcome> {
  const { bench, brokerPids, progress } = task;
  const checker = new SequenceChecker(1, { gaps: false });
  const arrivals = new Arrivals(bench.count);
  const role = {
    message(_publisher: number, sequence: number) {
      if (checker.accept(0, sequence)) arrivals.add();
    },
    acknowledged() {},
    endTurn() {},
  };
  const session = { clientId, isKept: true };
  const topicName = `bench/queue/${clientId}`;
  await subscribeAndLeave(await LoadClient.connect(context, role, session), topicName);

  progress('queueing');
  const bytesPerQueued = await storeMessages(task, context, [{ topicName, receivers: 0 }]);

  progress('delivering');
  const before = usageOf(brokerPids);
  const client = await LoadClient.connect(context, role, session);
  const lost = await arrivals.all();
  const after = usageOf(brokerPids);
  client.leave();
  const { doubled, reordered } = checker;
  const metrics = { ...workMetrics(before, after, bench.count - lost), bytesPerQueued };
  return { metrics, lost, doubled, reordered };
}

async function subscribeAndLeave(client: LoadClient, topicFilter: string): Promise<void> {
  await client.subscribe([topicFilter]);
  const closed = once(client.channel.socket, 'close');
  client.leave();
  await closed;
}
