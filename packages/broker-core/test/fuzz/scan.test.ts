import { appendFileSync } from 'node:fs';
import { test } from 'vitest';
import { CASE_LENGTH } from './campaign.ts';
import { generateCase } from './generate.ts';
import { findViolation, shrink } from './shrink.ts';
import { printCase } from './step.ts';

test('scan', { timeout: Infinity }, async () => {
  const from = Number(process.env['FROM'] ?? 1);
  const count = Number(process.env['COUNT'] ?? 100);
  const show = Number(process.env['SHOW'] ?? 3);
  const only = process.env['RULE'];
  const found = new Map<string, { seed: number; message: string }[]>();
  const started = performance.now();
  for (let seed = from; seed < from + count; seed++) {
    appendFileSync('/tmp/scan.log', `${seed}\n`);
    const violation = await findViolation(generateCase(seed, CASE_LENGTH));
    if (violation === undefined) continue;
    const list = found.get(violation.rule) ?? [];
    found.set(violation.rule, list);
    list.push({ seed, message: violation.message });
  }
  let out = `${Math.round((count * CASE_LENGTH * 1000) / (performance.now() - started))} steps/s\n`;
  for (const [rule, list] of found) out += `${rule}: ${list.length} (${list.slice(0, 5).map((one) => one.seed).join(' ')})\n`;
  let shown = 0;
  for (const [rule, list] of found) {
    if (only !== undefined && only !== rule) continue;
    for (const one of list.slice(0, only === undefined ? 1 : show)) {
      if (shown++ >= (only === undefined ? 20 : show)) break;
      const short = await shrink(generateCase(one.seed, CASE_LENGTH), rule);
      const last = await findViolation(short);
      out += `\n--- seed ${one.seed}: ${last?.message}\n${printCase(short)}\n`;
    }
  }
  console.log(out);
});
