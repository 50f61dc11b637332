import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Campaign, type CampaignOptions } from '../src/campaign.ts';
import { report, reportFindings } from '../src/report.ts';
import { scenes } from '../src/scenes.ts';

// made when a test runs: that this file is only read, to list its tests, leaves nothing behind
const folder = join(tmpdir(), `wellhead-crash-${randomUUID()}`);
beforeAll(() => mkdirSync(folder, { mode: 0o700 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const seed = Number(process.env['WELLHEAD_CRASH_SEED'] ?? 1);

async function campaign(options: Omit<CampaignOptions, 'seed' | 'directory'>): Promise<Campaign> {
  const directory = mkdtempSync(join(folder, 'data-'));
  const made = new Campaign({ seed, directory, ...options });
  await made.run();
  return made;
}

test('what was acknowledged survives 20 kills', { timeout: 240_000 }, async () => {
  const killed = await campaign({ kills: 20 });
  expect(killed.findings.total, report(killed, 0)).toBe(0);
  expect(killed.chronicle.kills).toBe(20);
  expect(killed.ledger.totals.acknowledged).toBeGreaterThan(500);
});

describe('a store that has no room or fails: nothing is acknowledged that is not stored', () => {
  test.for(scenes)('$name', { timeout: 120_000 }, async ({ play }, { skip }) => {
    const findings = await play(mkdtempSync(join(folder, 'full-')), seed);
    if (typeof findings === 'string') skip(findings);
    else expect(findings.total, reportFindings(findings)).toBe(0);
  });
});

test('what is planted is found: the data is gone after a kill', { timeout: 120_000 }, async () => {
  const wiped = await campaign({
    kills: 4,
    patience: 500,
    onDead: (directory) => rmSync(directory, { recursive: true, force: true }),
  });
  const { counts } = wiped.findings;
  const kinds = ['sessions without Session Present', 'lost', 'retained missing or stale'] as const;
  for (const kind of kinds) expect(counts.get(kind), kind).toBeGreaterThan(0);
});
