import { expect, test } from 'vitest';
import { campaign } from './campaign.ts';
import type { Sabotage } from './player.ts';

// A fuzzer that finds nothing may be blind: each of these brokers is broken on purpose.
const SABOTAGES: readonly (readonly [name: string, sabotage: Sabotage])[] = [
  [
    'a session that ends leaves its routes behind',
    ({ router }) => void Object.assign(router, { remove: () => undefined }),
  ],
  [
    'a deadline that is cancelled stays',
    ({ deadlines }) => void Object.assign(deadlines, { cancel: () => undefined }),
  ],
  [
    'a retained message that is cleared stays',
    ({ retained }) => void Object.assign(retained, { remove: () => false }),
  ],
  [
    'every message has the same identifier',
    (context) => void Object.assign(context, { nextMessageId: () => 7 }),
  ],
];

test.each(SABOTAGES)('the fuzzer finds it: %s', { timeout: 120_000 }, async (_name, sabotage) => {
  const found = await campaign(1, 20_000, sabotage);
  expect(found?.report).toContain('The shortest sequence');
});
