import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Campaign } from './campaign.ts';
import { readArguments } from './command-line.ts';
import { report } from './report.ts';

/** `npm run crash`: resolves with the exit status, 1 when anything was found that must not happen. */
export async function main(args: readonly string[]): Promise<number> {
  const settings = readArguments(args);
  if ('text' in settings) {
    (settings.status === 0 ? process.stdout : process.stderr).write(settings.text);
    return settings.status;
  }
  const { seed, flags } = settings;
  const started = performance.now();
  const directory = settings.directory ?? mkdtempSync(join(tmpdir(), 'wellhead-crash-'));
  const isOver = (): boolean => performance.now() - started > settings.seconds * 1000;
  console.log(`seed ${seed}, data in ${directory}`);
  const campaign = new Campaign({
    kills: settings.kills,
    seed,
    directory,
    flags,
    isOver,
    onKill: (kills, { findings, ledger, early }) => {
      if (kills % 10 !== 0 && kills !== settings.kills) return;
      const { acknowledged, delivered } = ledger.totals;
      const found = findings.total === 0 ? 'nothing wrong' : `${findings.total} FINDINGS`;
      console.log(
        `${String(kills).padStart(5)} kills (${early} early), ${acknowledged} acknowledged, ${delivered} delivered, ${found}`,
      );
    },
  });
  await campaign.run();
  console.log(report(campaign, (performance.now() - started) / 1000));
  const isFine = campaign.findings.total === 0;
  if (isFine && settings.directory === undefined) rmSync(directory, { recursive: true });
  return isFine ? 0 : 1;
}
