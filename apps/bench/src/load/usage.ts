import { cpuSeconds, residentBytes, waitingSeconds } from '../measure/process-tree.ts';

/** What broker and generator have used so far. */
export interface Usage {
  /** Seconds, of a clock that only runs forward. */
  readonly at: number;
  readonly brokerCpu: number;
  readonly brokerWaiting: number;
  readonly generatorCpu: number;
  readonly residentBytes: number;
}

export function usageOf(brokerPids: readonly number[]): Usage {
  const own = process.cpuUsage();
  return {
    at: performance.now() / 1000,
    brokerCpu: cpuSeconds(brokerPids),
    brokerWaiting: waitingSeconds(brokerPids),
    generatorCpu: (own.user + own.system) / 1e6,
    residentBytes: residentBytes(brokerPids),
  };
}

/** The figures that every scenario has. */
export function workMetrics(
  before: Usage,
  after: Usage,
  delivered: number,
): Record<
  'cpuPerMessage' | 'rate' | 'brokerCpu' | 'brokerWaiting' | 'generatorCpu' | 'resident',
  number
> {
  const seconds = after.at - before.at;
  const brokerCpu = after.brokerCpu - before.brokerCpu;
  return {
    cpuPerMessage: (1e6 * brokerCpu) / delivered,
    rate: delivered / seconds,
    brokerCpu: (100 * brokerCpu) / seconds,
    brokerWaiting: (100 * (after.brokerWaiting - before.brokerWaiting)) / seconds,
    generatorCpu: (100 * (after.generatorCpu - before.generatorCpu)) / seconds,
    resident: after.residentBytes / MEGABYTE,
  };
}

const MEGABYTE = 1_000_000;
