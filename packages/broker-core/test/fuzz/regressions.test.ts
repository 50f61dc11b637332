import { expect, test } from 'vitest';
import { findViolation } from './shrink.ts';
import type { FuzzCase } from './step.ts';

// Sequences that once broke a rule, as the fuzzer printed them. Add the next one here.
const REGRESSIONS: readonly (readonly [name: string, given: FuzzCase])[] = [
  [
    'a take-over at the moment that the session and its delayed Will are due',
    {
      store: 'later',
      limits: {},
      steps: [
        { do: 'connect', slot: 0, id: 'y', version: 4 },
        {
          do: 'subscribe',
          slot: 0,
          filters: [{ filter: '$share/h/shared/a', qos: 2, asPublished: true }],
        },
        { do: 'settle', count: 100 },
        { do: 'connect', slot: 3, id: 'y', version: 4, will: { topic: 'shared/a', qos: 1 } },
        {
          do: 'connect',
          slot: 0,
          id: 'y',
          version: 5,
          expiry: 1,
          will: { topic: 'a/c', qos: 1, delay: 1 },
        },
        { do: 'connect', slot: 0, id: 'x', version: 4, keepAlive: 60 },
        { do: 'jump', ms: 1000 },
      ],
    },
  ],
];

test.each(REGRESSIONS)('%s', async (_name, given) => {
  expect((await findViolation(given))?.message).toBeUndefined();
});
