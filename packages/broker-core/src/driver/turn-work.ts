import type { BrokerContext } from '../context.ts';

/** One share of what takes many turns; the next turn is somebody else's. */
export function workOn({ ends, observer, turn }: BrokerContext): void {
  const first = turn.work.shift();
  if (first === undefined) return;
  ends.begin();
  let hasMore = false;
  try {
    hasMore = first.step();
  } catch (error) {
    observer.fault?.(error, 'turn');
    first.abandoned?.();
  }
  if (hasMore) turn.work.push(first);
  if (turn.work.length > 0) turn.wake();
}
