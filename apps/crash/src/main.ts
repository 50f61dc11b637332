import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Campaign } from './campaign.ts';
import { type Settings, readArguments } from './command-line.ts';
import { report, reportFindings } from './report.ts';
import { scenes } from './scenes.ts';

/** `npm run crash`: resolves with the exit status, 1 when anything was found that must not happen. */
export async function main(args: readonly string[]): Promise<number> {
  const settings = readArguments(args);
  if ('text' in settings) {
    (settings.status === 0 ? process.stdout : process.stderr).write(settings.text);
    return settings.status;
  }
  const parent = settings.directory ?? mkdtempSync(join(tmpdir(), 'wellhead-crash-'));
  console.log(`seed ${settings.seed}, data in ${parent}`);
  let found = await kill(settings, join(parent, 'killed'));
  for (const [index, { name, play }] of scenes.entries()) {
    const directory = join(parent, `full-${index}`);
    mkdirSync(directory, { recursive: true });
    const findings = await play(directory, settings.seed);
    const outcome =
      typeof findings === 'string' ? `skipped: ${findings}` : reportFindings(findings);
    console.log(`${name}: ${outcome}`);
    found += typeof findings === 'string' ? 0 : findings.total;
  }
  if (found === 0 && settings.directory === undefined) rmSync(parent, { recursive: true });
  return found === 0 ? 0 : 1;
}

async function kill(settings: Settings, directory: string): Promise<number> {
  const started = performance.now();
  const campaign = new Campaign({
    kills: settings.kills,
    seed: settings.seed,
    directory,
    flags: settings.flags,
    isOver: () => performance.now() - started > settings.seconds * 1000,
    onKill: (kills, { findings, ledger, early }) => {
      if (kills % 10 !== 0 && kills !== settings.kills) return;
      const { acknowledged, delivered } = ledger.totals;
      const found = findings.total === 0 ? 'nothing wrong' : `${findings.total} FINDINGS`;
      const counts = `${acknowledged} acknowledged, ${delivered} delivered`;
      console.log(`${String(kills).padStart(5)} kills (${early} early), ${counts}, ${found}`);
    },
  });
  await campaign.run();
  console.log(report(campaign, (performance.now() - started) / 1000));
  return campaign.findings.total;
}
