import { describe, test } from 'vitest';
import { type PairMaker, transportCases } from '@wellhead/transport/kit';
import { memoryPair, type MemoryPairOptions, randomSplit } from '@wellhead/transport/memory';

describe.each<[string, () => MemoryPairOptions]>([
  ['whole writes', () => ({})],
  ['stable chunks', () => ({ stableChunks: true })],
  ['pieces of 4093 bytes', () => ({ split: 4093 })],
  ['pieces of any size', () => ({ split: randomSplit(42) })],
])('memory pair, %s', (_name, options) => {
  const makePair: PairMaker = async () => {
    const [client, server] = memoryPair(options());
    return { client, server, [Symbol.asyncDispose]: async () => client.sever() };
  };
  test.each(transportCases.map(({ name, run }) => [name, run] as const))('%s', (_case, run) =>
    run(makePair),
  );
});
