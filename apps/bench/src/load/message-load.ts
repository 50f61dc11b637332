import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchCase } from '../bench-case.ts';
import { LoadClient, type LoadContext, contextOf } from './load-client.ts';
import type { LoadOutcome, Metrics } from './load-outcome.ts';
import type { LoadTask } from './load-request.ts';
import { MessageFlow } from './message-flow.ts';
import { pace } from './pace.ts';
import { Publisher } from './publisher.ts';
import { stallReaders } from './stalled-readers.ts';
import { subscribeAll } from './subscribers.ts';
import type { Topology } from './topology.ts';
import { topologyOf } from './topology-of.ts';
import type { Turn } from './turn.ts';
import { usageOf, workMetrics } from './usage.ts';

/**
 * How many times longer cases at a fixed rate warm up: an engine compiles what is used often, beside the
 * broker's own thread, and at some thousand messages a second seconds pass before it has.
 */
export const pacedWarmUp = 8;

/** Publishers and subscribers at work: closed loops, or an open one at a fixed rate. */
export async function loadMessages(task: LoadTask): Promise<LoadOutcome> {
  const { bench, progress } = task;
  const context = contextOf(task);
  const topology = topologyOf(bench);
  const flow = flowOf(bench, topology, context.turn);
  progress('subscribing');
  const subscribing = await subscribeAll(task, context, topology.subscribers, flow);
  const publishers = await connectPublishers(context, topology, flow);
  if (bench.scenario === 'stall') await stallReaders(context, progress);
  const stopPacing = bench.rate > 0 ? pace(publishers, bench.rate, flow) : () => {};
  for (const { client } of publishers) client?.touch();

  progress('warming up');
  await sleep(task.warmUp * (bench.rate > 0 ? pacedWarmUp : 1) * 1000);
  progress('measuring');
  const metrics = await measure(task, flow);
  flow.isSending = false;
  stopPacing();
  await drain(flow, progress);
  const { lost, checker } = flow;
  const { doubled, reordered } = checker;
  const failure = failureOf(bench, metrics);
  return { metrics: { ...subscribing, ...metrics }, lost, doubled, reordered, ...failure };
}

async function measure(
  { brokerPids, seconds }: LoadTask,
  flow: MessageFlow,
): Promise<Metrics & { rate: number }> {
  const before = usageOf(brokerPids);
  const deliveredBefore = flow.delivered;
  flow.isMeasuring = true;
  await sleep(seconds * 1000);
  flow.isMeasuring = false;
  const after = usageOf(brokerPids);
  const { latency, acknowledgement, delivered } = flow;
  return {
    ...workMetrics(before, after, delivered - deliveredBefore),
    p50: latency.percentile(0.5),
    p99: latency.percentile(0.99),
    p999: latency.percentile(0.999),
    ...(acknowledgement.count > 0 && {
      ackP50: acknowledgement.percentile(0.5),
      ackP99: acknowledgement.percentile(0.99),
    }),
  };
}

function failureOf(bench: BenchCase, { rate }: { rate: number }): { failure?: string } {
  if (rate === 0) return { failure: 'nothing was delivered' };
  // the last messages of a window may be delivered after it
  if (rate < 0.95 * bench.rate) return { failure: `only ${Math.round(rate)} messages a second` };
  return {};
}

/** What is on the way may arrive, as long as something does. */
async function drain(flow: MessageFlow, progress: (what: string) => void): Promise<void> {
  progress('draining');
  for (let idle = 0, delivered = -1; !flow.isEmpty && idle < PATIENCE; idle++) {
    if (flow.delivered !== delivered) idle = 0;
    delivered = flow.delivered;
    await sleep(DRAIN_STEP);
  }
}

function flowOf(bench: BenchCase, topology: Topology, turn: Turn): MessageFlow {
  return new MessageFlow({
    publishers: topology.publishers.length,
    subscribers: topology.subscribers.length,
    window: bench.window,
    isAcknowledged: bench.qos > 0,
    gaps: topology.gaps,
    turn,
  });
}

async function connectPublishers(
  context: LoadContext,
  topology: Topology,
  flow: MessageFlow,
): Promise<Publisher[]> {
  const publishers = topology.publishers.map(
    (targets, i) => new Publisher(context, flow, i, targets),
  );
  for (const [index, publisher] of publishers.entries()) {
    publisher.client = await LoadClient.connect(context, publisher, { clientId: `pub-${index}` });
  }
  flow.completed = (index) => publishers[index]?.client?.touch();
  return publishers;
}

/** Milliseconds, and how many of them without a message mean that none will come. */
const DRAIN_STEP = 50;
const PATIENCE = 60;
