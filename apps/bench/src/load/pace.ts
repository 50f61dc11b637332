import type { MessageFlow } from './message-flow.ts';
import type { Publisher } from './publisher.ts';

/**
 * Publishes at a fixed rate, in turn from each publisher. A message says when it should have been sent:
 * a broker, or a generator, that comes too late for some time shows in the latency of everything that
 * waited. Returns what ends it.
 *
 * The loop does not sleep: a timer would be late by up to a millisecond, many times what is measured.
 * Only at a slow pace, where a millisecond is what is measured, it leaves the CPU to others.
 */
export function pace(
  publishers: readonly Publisher[],
  rate: number,
  flow: MessageFlow,
): () => void {
  const interval = 1000 / rate;
  const begin = performance.now() + interval;
  let count = 0;
  let isRunning = true;
  const tick = (): void => {
    if (!isRunning) return;
    const now = performance.now();
    for (let due = begin + count * interval; due <= now; due = begin + count * interval) {
      const which = count % publishers.length;
      // without room the broker is seconds behind: what is not sent is missed in the rate
      if (flow.room(which) > 0) publishers[which]?.send(1, due);
      count++;
    }
    if (interval < 1) setImmediate(tick);
    else setTimeout(tick, 1);
  };
  tick();
  return () => {
    isRunning = false;
  };
}
