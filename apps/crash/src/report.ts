import type { Campaign } from './campaign.ts';

/** What a campaign has found, for people. */
export function report(campaign: Campaign, seconds: number): string {
  const { chronicle, early, findings, ledger } = campaign;
  const { acknowledged, refused, delivered, repeated, wills } = ledger.totals;
  const lines = [
    '',
    `${chronicle.kills} kills, ${early} of them before the broker listened, in ${seconds.toFixed(0)} s`,
    `${acknowledged} messages acknowledged and ${refused} refused; ${delivered} delivered, ${repeated} of them again at QoS 1; ${wills} wills due`,
    '',
    ...Array.from(findings.counts, ([kind, count]) => `  ${String(count).padStart(7)}  ${kind}`),
  ];
  for (const { kind, text, history } of findings.shown) {
    lines.push('', `${kind}: ${text}`, ...history.map((line) => `  ${line}`));
  }
  return lines.join('\n');
}
