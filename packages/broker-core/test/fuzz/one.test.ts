import { writeSync } from 'node:fs';
import { test } from 'vitest';
import { CASE_LENGTH } from './campaign.ts';
import { generateCase } from './generate.ts';
import { Player } from './player.ts';
import { shrink, findViolation } from './shrink.ts';
import { printCase } from './step.ts';

test('one', { timeout: Infinity }, async () => {
  const all = generateCase(Number(process.env['SEED']), CASE_LENGTH);
  const v = await findViolation(all);
  if (v === undefined) return;
  const given = await shrink(all, v.rule);
  writeSync(1, printCase(given));
  const player = new Player(given);
  await player.begin();
  for (const [at, step] of given.steps.entries()) {
    writeSync(1, `${at} ${JSON.stringify(step)}\n`);
    await player.step(step);
    for (const s of player.context.sessions) writeSync(1, `   ${s.clientId} queued ${s.queuedMessages} bytes ${s.queuedBytes} inMemory ${s.inMemory} newest ${s.newestInMemory} loading ${s.loading} restoring ${s.isRestoring} pending ${s.pending?.length} window ${s.window?.size}\n`);
    writeSync(1, `   store waiting ${player.store.waiting} ${JSON.stringify(player.store.sizes())}\n`);
  }
  await player.end();
});
