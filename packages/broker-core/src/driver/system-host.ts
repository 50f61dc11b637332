import type { Host } from '../host.ts';

/** It never changes, and asking costs as much as asking for the time since. */
const ORIGIN = performance.timeOrigin;

/** The clock and the event loop of Node. The clock is steady: a change of the wall clock disconnects nobody. */
export const systemHost: Host = Object.freeze({
  now: () => Math.floor(ORIGIN + performance.now()),
  // immediates run when the readable sockets were read, and before the loop waits again: one write a turn
  soon: (run: () => void) => void setImmediate(run),
  later(run: () => void, milliseconds: number) {
    const timer = setTimeout(run, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
});
