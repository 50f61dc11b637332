import { setTimeout as sleep } from 'node:timers/promises';
import { LoadClient, type LoadContext, contextOf } from './load-client.ts';
import type { LoadOutcome } from './load-outcome.ts';
import type { LoadTask } from './load-request.ts';
import { usageOf } from './usage.ts';

/** A storm of connections, which then sit idle with a subscription each, and then leave. */
export async function loadConnections(task: LoadTask): Promise<LoadOutcome> {
  const { bench, brokerPids, progress } = task;
  const context = contextOf(task);
  await comeAndGo(context);
  const before = usageOf(brokerPids);
  progress('connecting');
  const clients = await connectMany(context, bench.count, 'idle');
  const connected = usageOf(brokerPids);
  progress('subscribing');
  await Promise.all(clients.map((client, index) => client.subscribe([`bench/idle/${index}`])));
  await sleep(SETTLE);
  const idle = usageOf(brokerPids);
  progress('leaving');
  for (const client of clients) client.leave();
  const cpu = connected.brokerCpu - before.brokerCpu;
  const grown = idle.residentBytes - before.residentBytes;
  const returned = await memoryReturned(brokerPids, idle.residentBytes, grown);
  const seconds = connected.at - before.at;
  const metrics = {
    rate: bench.count / seconds,
    brokerCpu: (100 * cpu) / seconds,
    generatorCpu: (100 * (connected.generatorCpu - before.generatorCpu)) / seconds,
    resident: idle.residentBytes / 1e6,
    cpuPerConnect: (1e6 * cpu) / bench.count,
    bytesPerConnection: grown / bench.count,
    memoryReturned: (100 * returned) / grown,
  };
  return { metrics, lost: 0, doubled: 0, reordered: 0 };
}

/** Bytes that the broker gives back. A garbage collector waits until it is sure that nobody comes. */
async function memoryReturned(
  pids: readonly number[],
  before: number,
  grown: number,
): Promise<number> {
  let returned = 0;
  for (let second = 0; second < PATIENCE && returned < 0.9 * grown; second++) {
    await sleep(1000);
    returned = Math.max(returned, before - usageOf(pids).residentBytes);
  }
  return returned;
}

/** A little traffic, to warm the broker up. */
async function comeAndGo(context: LoadContext): Promise<void> {
  for (let round = 0; round < 5; round++) {
    const clients = await connectMany(context, 200, `guest-${round}`);
    await Promise.all(clients.map((client) => client.subscribe(['bench/guest'])));
    for (const client of clients) client.leave();
    await sleep(SETTLE / 10);
  }
}

async function connectMany(
  context: LoadContext,
  count: number,
  prefix: string,
): Promise<LoadClient[]> {
  const clients: LoadClient[] = [];
  const role = { message() {}, acknowledged() {}, endTurn() {} };
  let next = 0;
  const connectSome = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      // a port of 127.0.0.1 that was used is not free again at once; the loopback device has more addresses
      const localAddress = `127.0.0.${2 + (index % 200)}`;
      clients.push(
        await LoadClient.connect(context, role, { clientId: `${prefix}-${index}`, localAddress }),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, connectSome));
  return clients;
}

/** Connections that are being made at the same time. */
const AT_ONCE = 100;
/** Milliseconds. */
const SETTLE = 3000;
/** Seconds. */
const PATIENCE = 20;
