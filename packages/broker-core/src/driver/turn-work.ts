import type { BrokerContext } from '../context.ts';

/** One share of what takes many turns. */
export function workOn({ observer, turn }: BrokerContext): void {
  const [first] = turn.work;
  if (first === undefined) return;
  let hasMore = false;
  try {
    hasMore = first.step();
  } catch (error) {
    observer.fault?.(error, 'turn');
    first.abandoned?.();
  }
  if (!hasMore) turn.work.shift();
  if (turn.work.length > 0) turn.wake();
}
