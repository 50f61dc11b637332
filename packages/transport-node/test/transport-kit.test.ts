import { describe, test } from 'vitest';
import { transportCases } from '@wellhead/transport/kit';
import { pairMakers } from './pairs.ts';

describe.each(pairMakers)('%s', (_name, makePair) => {
  test.each(transportCases.map(({ name, run }) => [name, run] as const))('%s', (_case, run) =>
    run(makePair),
  );
});
