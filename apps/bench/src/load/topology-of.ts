import type { BenchCase } from '../bench-case.ts';
import type { Target } from './publisher.ts';
import type { Topology } from './topology.ts';
import { wildTopology } from './wild-topology.ts';

export function topologyOf(bench: BenchCase): Topology {
  const { scenario, publishers, subscribers, count } = bench;
  switch (scenario) {
    case 'fanin':
      return {
        subscribers: times(subscribers, () => ['bench/#']),
        publishers: times(publishers, (i) => [target(`bench/t${i}`, subscribers)]),
        gaps: false,
      };
    case 'turn':
    case 'fanout':
      return {
        subscribers: times(subscribers, () => ['bench/t']),
        publishers: times(publishers, () => [target('bench/t', subscribers)]),
        gaps: false,
      };
    case 'shared':
      return {
        subscribers: times(subscribers, () => ['$share/benchmark/bench/#']),
        publishers: times(publishers, (i) => [target(`bench/t${i}`, 1)]),
        gaps: true,
      };
    case 'wild':
      return wildTopology(publishers, count);
    default:
      return {
        subscribers: times(publishers, (i) => [`bench/t${i}`]),
        publishers: times(publishers, (i) => [target(`bench/t${i}`, 1)]),
        gaps: false,
      };
  }
}

function target(topicName: string, receivers: number): Target {
  return { topicName, receivers };
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
