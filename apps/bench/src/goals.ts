import type { BrokerName } from './brokers/broker-process.ts';
import type { Metric } from './metrics.ts';

/** A figure that was promised, and how to find out whether it holds. */
export interface Goal {
  /** The cases that it needs: the first is the one that it is about. */
  readonly cases: readonly string[];
  readonly metric: Metric;
  /** Whose figure it is about. @default 'wellhead' */
  readonly of?: BrokerName;
  /**
   * The figure is compared with that of another broker for the same case, with one's own for the second
   * case, or stands alone.
   */
  readonly against: BrokerName | 'second case' | 'nothing';
  /** How many times better ours is, for a comparison; the figure itself, if it stands alone. */
  readonly atLeast?: number;
  /** Ours as a multiple of the other, for a comparison; the figure itself, if it stands alone. */
  readonly atMost?: number;
}

export const goals: readonly Goal[] = [
  ...cheaperThanMosquitto({
    'p2p-10-10-w100': 45,
    'p2p-100-100-w100': 45,
    'p2p-100-100-w10': 8,
    'fanin-10-1-w100': 60,
    'fanin-50-1-w20': 15,
    'fanout-1-100-w100': 50,
    'fanout-1-100-w10': 8,
    'fanout-1-1K-w5': 5,
    'p2p-10-10-w1': 1.2,
    'fanout-1-1K-w1': 1.4,
    'p2p-10-10-w20-4096b': 4,
    'p2p-4-4-w4-65536b': 4.5,
    'p2p-10-10-w100-q1': 35,
    'p2p-100-100-w5-q1': 4,
    'fanout-1-100-w20-q1': 9,
    'p2p-10-10-w1-q1': 1.2,
    'p2p-10-10-w100-q2': 40,
  }),
  ...['latency-100-100-r5K', 'latency-100-100-r5K-q1'].flatMap((name): Goal[] => [
    { cases: [name], metric: 'cpuPerMessage', against: 'mosquitto', atMost: 1 },
    { cases: [name], metric: 'p50', against: 'mosquitto', atMost: 1.2 },
    { cases: [name], metric: 'p99', against: 'mosquitto', atMost: 1 },
  ]),
  ...costsAtMost(1.5, [
    ['p2p-10-10-w100-props', 'p2p-10-10-w100'],
    ['p2p-10-10-w100-subid', 'p2p-10-10-w100-v5'],
    ['p2p-10-10-w100-alias', 'p2p-10-10-w100-v5'],
    ['fanout-1-100-w100-subid', 'fanout-1-100-w100-v5'],
    ['fanout-1-100-w100-alias', 'fanout-1-100-w100-v5'],
  ]),
  ...cheaperThanMosquitto({ 'wild-20-50K-w20': 8, 'retained-100K': 3.5, 'offline-50K': 4.5 }),
  alone('wild-20-50K-w20', 'filtersPerCpuSecond', { atLeast: 400_000 }),
  alone('wild-20-50K-w20', 'bytesPerFilter', { atMost: 500 }),
  alone('retained-100K', 'bytesPerRetained', { atMost: 600 }),
  alone('offline-50K', 'bytesPerQueued', { atMost: 500 }),
  alone('connect-10K', 'cpuPerConnect', { atMost: 120 }),
  alone('connect-10K', 'bytesPerConnection', { atMost: 6000 }),
  alone('connect-10K', 'memoryReturned', { atLeast: 50 }),
  alone('tls-connect-1K', 'bytesPerConnection', { atMost: 45_000 }),
  alone('turn-1-1K-w100', 'p99', { atMost: 10 }),
  ...costsAtMost(1.2, [['stall-100-100-r5K', 'latency-100-100-r5K']]),
  {
    cases: ['stall-100-100-r5K', 'latency-100-100-r5K'],
    metric: 'p99',
    against: 'second case',
    atMost: 1.2,
  },
  ...cheaperThanAedes(8, [
    'p2p-10-10-w100',
    'p2p-100-100-w100',
    'p2p-100-100-w10',
    'fanin-10-1-w100',
    'fanin-50-1-w20',
    'fanout-1-100-w100',
    'fanout-1-100-w10',
    'p2p-10-10-w20-4096b',
    'p2p-10-10-w100-q1',
    'fanout-1-100-w20-q1',
    'p2p-10-10-w100-q2',
    'wild-20-50K-w20',
  ]),
  ...cheaperThanAedes(1.8, ['p2p-10-10-w1', 'fanout-1-1K-w1', 'p2p-10-10-w1-q1']),
  ...onDisk('p2p-100-100-w10-q1-200b-durable', [
    { metric: 'rate', against: 'nothing', atLeast: 60_000 },
    { metric: 'cpuPerMessage', against: 'mosquitto', atLeast: 3 },
    { metric: 'cpuPerMessage', against: 'wellhead', atMost: 2.5 },
  ]),
  // what need not be kept costs nothing: QoS 0 to sessions that stay, and sessions that end
  ...['p2p-10-10-w100-durable', 'p2p-100-100-w10-q1-200b'].flatMap((name) =>
    onDisk(name, [{ metric: 'cpuPerMessage', against: 'wellhead', atMost: 1.1 }]),
  ),
];

function cheaperThanMosquitto(factors: { readonly [name: string]: number }): Goal[] {
  return Object.entries(factors).map(([name, atLeast]) => ({
    cases: [name],
    metric: 'cpuPerMessage',
    against: 'mosquitto',
    atLeast,
  }));
}

function cheaperThanAedes(atLeast: number, names: readonly string[]): Goal[] {
  return names.map((name) => ({
    cases: [name],
    metric: 'cpuPerMessage',
    against: 'aedes',
    atLeast,
  }));
}

function costsAtMost(atMost: number, pairs: readonly (readonly [string, string])[]): Goal[] {
  return pairs.map((cases) => ({ cases, metric: 'cpuPerMessage', against: 'second case', atMost }));
}

function onDisk(name: string, bounds: readonly Omit<Goal, 'cases' | 'of'>[]): Goal[] {
  return bounds.map((bound) => ({ cases: [name], of: 'wellhead-disk', ...bound }));
}

function alone(
  name: string,
  metric: Metric,
  bound: { readonly atLeast: number } | { readonly atMost: number },
): Goal {
  return { cases: [name], metric, against: 'nothing', ...bound };
}
