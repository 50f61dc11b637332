import { expect, test } from 'vitest';
import { campaign } from './campaign.ts';

const seed = Number(process.env['WELLHEAD_FUZZ_SEED'] ?? 1);
const steps = Number(process.env['WELLHEAD_FUZZ_STEPS'] ?? 400_000);

test(`${steps} steps from seed ${seed}`, { timeout: Infinity }, async () => {
  const started = performance.now();
  const found = await campaign(seed, steps);
  console.log(`${Math.round((steps * 1000) / (performance.now() - started))} steps per second`);
  expect(found?.report).toBeUndefined();
});
