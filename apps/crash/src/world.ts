import type { Chronicle } from './chronicle.ts';
import type { Findings } from './findings.ts';
import type { Ledger } from './ledger.ts';

/** What all clients of a campaign share. */
export interface World {
  readonly chronicle: Chronicle;
  readonly findings: Findings;
  readonly ledger: Ledger;
  /** Where the broker listens now. */
  port: number;
  /** The broker was told to die or is not there: connections may end. */
  isDown: boolean;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits until something is so, as long as `patience` (milliseconds) allows since the last progress; false when it never was. */
export async function until(
  isSo: () => boolean,
  patience: number,
  progress: () => unknown = () => 0,
): Promise<boolean> {
  let last = progress();
  let deadline = performance.now() + patience;
  while (!isSo()) {
    if (performance.now() > deadline) return false;
    await sleep(10);
    const now = progress();
    if (now !== last) deadline = performance.now() + patience;
    last = now;
  }
  return true;
}
