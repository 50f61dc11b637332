import { type BenchCase, CaseError } from './bench-case.ts';
import { caseName, parseCase } from './case-name.ts';
import { goals } from './goals.ts';

/** Named lists of cases, for `--scenarios`. */
export const caseSets: { readonly [name: string]: readonly string[] } = {
  /** A few minutes: the shape of things. */
  quick: [
    'p2p-10-10-w100',
    'p2p-10-10-w1',
    'fanin-10-1-w100',
    'fanout-1-100-w100',
    'p2p-10-10-w100-q1',
    'p2p-10-10-w100-q2',
    'wild-20-50K-w20',
    'latency-100-100-r5K',
  ],
  /** All that a goal was set for. */
  goals: [...new Set(goals.flatMap(({ cases }) => cases))],
  /** What durability costs: kept for sessions that stay, and what need not be kept. */
  durable: [
    'p2p-100-100-w10-q1-200b-durable',
    'p2p-100-100-w10-q2-200b-durable',
    'p2p-100-100-w10-q1-200b',
    'p2p-10-10-w100-durable',
    'p2p-10-10-w100',
  ],
  /** Other transports and large payloads. */
  transports: ['tls-p2p-10-10-w100', 'tls-p2p-10-10-w1', 'ws-p2p-10-10-w100', 'ws-p2p-10-10-w1'],
};

/** The cases of a comma-separated list of sets and case names, each once. Throws `CaseError`. */
export function selectCases(list: string): BenchCase[] {
  const names = list.split(',').flatMap((word) => caseSets[word.trim()] ?? [word.trim()]);
  if (list.trim() === '') throw new CaseError('Say which scenarios.');
  const cases = names.map(parseCase);
  return [...new Map(cases.map((bench) => [caseName(bench), bench])).values()];
}
