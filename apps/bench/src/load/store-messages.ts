import { setTimeout as sleep } from 'node:timers/promises';
import { LoadClient, type LoadContext } from './load-client.ts';
import type { LoadTask } from './load-request.ts';
import { MessageFlow } from './message-flow.ts';
import { Publisher, type Target } from './publisher.ts';
import { usageOf } from './usage.ts';

/** Publishes `count` messages that the broker has to keep. Resolves with how many bytes one takes. */
export async function storeMessages(
  { brokerPids, bench }: LoadTask,
  context: LoadContext,
  targets: readonly Target[],
  { retain = false }: { readonly retain?: boolean } = {},
): Promise<number> {
  const flow = new MessageFlow({
    publishers: 1,
    subscribers: 1,
    window: WINDOW,
    isAcknowledged: true,
    gaps: false,
    turn: context.turn,
  });
  const qos = bench.qos === 0 ? 1 : bench.qos;
  const storing = { ...context, bench: { ...bench, qos, window: WINDOW } };
  const publisher = new Publisher(storing, flow, 0, targets, { retain });
  publisher.left = bench.count;
  publisher.client = await LoadClient.connect(context, publisher, { clientId: 'storing' });
  flow.completed = () => publisher.client?.touch();
  await sleep(SETTLE);
  const before = usageOf(brokerPids).residentBytes;
  publisher.client.touch();
  while (publisher.left > 0 || !flow.isEmpty) await sleep(STEP);
  await sleep(SETTLE);
  const bytes = usageOf(brokerPids).residentBytes - before;
  publisher.client.leave();
  return bytes / bench.count;
}

const WINDOW = 500;
/** Milliseconds. */
const STEP = 20;
const SETTLE = 1000;
