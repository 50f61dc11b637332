import { setTimeout as sleep } from 'node:timers/promises';
import { LoadClient, type LoadContext } from './load-client.ts';
import type { Metrics } from './load-outcome.ts';
import type { LoadTask } from './load-request.ts';
import type { MessageFlow } from './message-flow.ts';
import { usageOf } from './usage.ts';

/**
 * Connects a subscriber for each list of filters. When there are thousands of filters, says what one
 * costs.
 */
export async function subscribeAll(
  { bench, brokerPids }: LoadTask,
  context: LoadContext,
  subscribers: readonly (readonly string[])[],
  flow: MessageFlow,
): Promise<Metrics> {
  const clients: LoadClient[] = [];
  for (const index of subscribers.keys()) {
    const role = {
      message: (publisher: number, sequence: number, sentAt: number) =>
        flow.deliver(index, publisher, sequence, sentAt),
      acknowledged() {},
      endTurn() {},
    };
    clients.push(
      await LoadClient.connect(context, role, { clientId: `sub-${index}`, isKept: bench.durable }),
    );
  }
  const filters = subscribers.reduce((sum, list) => sum + list.length, 0);
  if (filters >= MANY) await warmUp(context);
  const before = usageOf(brokerPids);
  await Promise.all(
    clients.map((client, index) => subscribeInParts(client, subscribers[index] ?? [])),
  );
  if (filters < MANY) return {};
  const cpu = usageOf(brokerPids).brokerCpu - before.brokerCpu;
  await sleep(SETTLE);
  const bytes = usageOf(brokerPids).residentBytes - before.residentBytes;
  return { filtersPerCpuSecond: filters / cpu, bytesPerFilter: bytes / filters };
}

/** Somebody subscribes to a few thousand other filters, and leaves. */
async function warmUp(context: LoadContext): Promise<void> {
  const role = { message() {}, acknowledged() {}, endTurn() {} };
  const client = await LoadClient.connect(context, role, { clientId: 'warm-up' });
  await subscribeInParts(
    client,
    Array.from({ length: MANY }, (_, index) =>
      index % 2 === 0 ? `warm/${index}/up` : `warm/+/${index}/#`,
    ),
  );
  client.leave();
  await sleep(SETTLE);
}

/** A packet of all filters might be larger than a broker allows. */
async function subscribeInParts(client: LoadClient, filters: readonly string[]): Promise<void> {
  for (let start = 0; start < filters.length; start += FILTERS_A_PACKET) {
    await client.subscribe(
      filters.slice(start, start + FILTERS_A_PACKET),
      1 + start / FILTERS_A_PACKET,
    );
  }
}

const FILTERS_A_PACKET = 100;
/** From here on the cost of one filter is more than noise. */
const MANY = 5000;
/** Milliseconds for a broker to finish what it does in the background. */
const SETTLE = 1000;
