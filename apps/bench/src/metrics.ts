/** What can be measured, with the unit in which the figure is kept. */
export const metrics: { readonly [name in Metric]: MetricInfo } = {
  /** User and system time of the broker's process tree. */
  cpuPerMessage: { title: 'CPU per delivered message', unit: 'µs', lessIsBetter: true },
  rate: { title: 'delivered messages a second', unit: '/s', lessIsBetter: false },
  brokerCpu: { title: 'CPU of the broker', unit: '%', lessIsBetter: true },
  /** Ready to run while others had the CPUs: with much of it, latencies are those of a crowded machine. */
  brokerWaiting: { title: 'broker in wait of a CPU', unit: '%', lessIsBetter: true },
  generatorCpu: { title: 'CPU of the load generator', unit: '%', lessIsBetter: true },
  p50: { title: 'latency p50', unit: 'ms', lessIsBetter: true },
  p99: { title: 'latency p99', unit: 'ms', lessIsBetter: true },
  p999: { title: 'latency p99.9', unit: 'ms', lessIsBetter: true },
  ackP50: { title: 'publish to acknowledgement p50', unit: 'ms', lessIsBetter: true },
  ackP99: { title: 'publish to acknowledgement p99', unit: 'ms', lessIsBetter: true },
  resident: { title: 'resident memory', unit: 'MB', lessIsBetter: true },
  filtersPerCpuSecond: {
    title: 'filters subscribed per CPU-second',
    unit: '/s',
    lessIsBetter: false,
  },
  bytesPerFilter: { title: 'memory per filter', unit: 'B', lessIsBetter: true },
  bytesPerRetained: { title: 'memory per retained message', unit: 'B', lessIsBetter: true },
  bytesPerQueued: { title: 'memory per queued message', unit: 'B', lessIsBetter: true },
  cpuPerConnect: { title: 'CPU per connection, to CONNACK', unit: 'µs', lessIsBetter: true },
  bytesPerConnection: { title: 'memory per idle connection', unit: 'B', lessIsBetter: true },
  memoryReturned: { title: 'memory returned when they left', unit: '%', lessIsBetter: false },
};

export type Metric =
  | 'cpuPerMessage'
  | 'rate'
  | 'brokerCpu'
  | 'brokerWaiting'
  | 'generatorCpu'
  | 'p50'
  | 'p99'
  | 'p999'
  | 'ackP50'
  | 'ackP99'
  | 'resident'
  | 'filtersPerCpuSecond'
  | 'bytesPerFilter'
  | 'bytesPerRetained'
  | 'bytesPerQueued'
  | 'cpuPerConnect'
  | 'bytesPerConnection'
  | 'memoryReturned';

export interface MetricInfo {
  readonly title: string;
  readonly unit: string;
  readonly lessIsBetter: boolean;
}
