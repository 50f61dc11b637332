import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { defaultCase } from '../src/bench-case.ts';
import { type BrokerKind, BrokerStartError } from '../src/brokers/broker-process.ts';
import { compareBrokers } from '../src/compare.ts';
import { Progress } from '../src/progress.ts';

const absent: BrokerKind = {
  name: 'wellhead',
  start: () => Promise.reject(new BrokerStartError('no such broker')),
  refusal: ({ protocolVersion }) => (protocolVersion === 5 ? 'no MQTT 5' : undefined),
  version: () => Promise.resolve('Absent 1'),
  configuration: () => '',
};

test('a broker that does not start fails its runs and nothing else', async () => {
  const roundsSeen: number[] = [];
  const comparison = await compareBrokers({
    cases: [defaultCase('p2p'), defaultCase('shared')],
    kinds: [absent],
    rounds: 2,
    times: { warmUp: 0, seconds: 1 },
    progress: new Progress(new PassThrough()),
    roundDone: ({ results }) => roundsSeen.push(results[0]?.runs.length ?? 0),
  });
  expect(roundsSeen).toEqual([1, 2]);
  expect(comparison.results).toMatchObject([
    {
      name: 'p2p-10-10-w100',
      runs: [{ failure: 'no such broker' }, { failure: 'no such broker' }],
    },
    { name: 'shared-10-10-w100', runs: [], refusal: 'no MQTT 5' },
  ]);
});
