import { writeSync } from 'node:fs';
import { test } from 'vitest';
import { CASE_LENGTH } from './campaign.ts';
import { generateCase } from './generate.ts';
import { Player } from './player.ts';

test('one', { timeout: Infinity }, async () => {
  const given = generateCase(Number(process.env['SEED']), CASE_LENGTH);
  writeSync(1, JSON.stringify(given.limits) + given.store + '\n');
  const player = new Player(given);
  await player.begin();
  for (const [at, step] of given.steps.entries()) {
    writeSync(1, `${at} ${JSON.stringify(step)}\n`);
    await player.step(step);
  }
  writeSync(1, 'end\n');
  await player.end();
});
