import { describe, test } from 'vitest';
import { transportCases } from '@wellhead/transport/kit';
import { pairMakers } from './pairs.ts';

describe.each(pairMakers)('%s', (_name, makePair) => {
  test.each(transportCases)('$name', { timeout: 10_000 }, ({ run }) => run(makePair));
});
