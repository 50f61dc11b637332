import type { Campaign } from './campaign.ts';
import type { Findings } from './findings.ts';

/** What a campaign has found, for people. */
export function report(campaign: Campaign, seconds: number): string {
  const { chronicle, early, findings, ledger } = campaign;
  const { acknowledged, refused, delivered, repeated, wills } = ledger.totals;
  return [
    '',
    `${chronicle.kills} kills, ${early} of them before the broker listened, in ${seconds.toFixed(0)} s`,
    `${acknowledged} messages acknowledged, ${refused} refused, ${wills} wills due`,
    `${delivered} deliveries, ${repeated} of them repeats at QoS 1`,
    '',
    ...Array.from(findings.counts, ([kind, count]) => `  ${String(count).padStart(7)}  ${kind}`),
    ...details(findings),
    '',
  ].join('\n');
}

/** The same of a scene, where nothing to say is the rule. */
export function reportFindings(findings: Findings): string {
  if (findings.total === 0) return 'nothing wrong';
  const counts = [...findings.counts].filter(([, count]) => count > 0);
  return [
    `${findings.total} FINDINGS`,
    ...counts.map(([kind, count]) => `  ${String(count).padStart(7)}  ${kind}`),
    ...details(findings),
  ].join('\n');
}

function details(findings: Findings): string[] {
  return findings.shown.flatMap(({ kind, text, history }) => [
    '',
    `${kind}: ${text}`,
    ...history.map((line) => `  ${line}`),
  ]);
}
