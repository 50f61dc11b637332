/** Light or dark, as the reader's system is. */
export const pageStyle: string = `
:root {
  color-scheme: light dark;
  --text: #1b2330; --soft: #5b6778; --line: #dce1e8; --page: #fff; --card: #f6f8fa;
  --b0: #0b7a75; --b1: #8a94a3; --b2: #c3a15a; --b3: #7a6fb0; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e9f0; --soft: #9aa6b6; --line: #2c3542; --page: #11161d; --card: #18202a;
    --b0: #35c2b8; --b1: #77839a; --b2: #c9a55c; --b3: #9d92d6; --bad: #ff8a80;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.75rem; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.25rem; }
h3 { margin: 1.25rem 0 .25rem; font-size: 1rem; }
p { margin: .25rem 0 1rem; color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: 0 0 1rem; padding: 0; list-style: none; font-size: .875rem; }
.legend i { display: inline-block; width: .75rem; height: .75rem; margin-right: .5rem; border-radius: 2px; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(26rem, 1fr)); gap: 1rem; }
@media (max-width: 30rem) { .charts { grid-template-columns: 1fr; } }
figure { margin: 0; padding: .75rem 1rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card); }
figcaption { margin-bottom: .5rem; font: 600 .875rem/1.4 ui-monospace, monospace; }
.row { display: grid; grid-template-columns: 6.5rem 1fr 9.5rem; gap: .5rem; align-items: center; font-size: .8125rem; line-height: 1.75; }
.row span:last-child { color: var(--soft); text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar i { display: block; height: .75rem; min-width: 2px; border-radius: 0 3px 3px 0; }
.b0 { background: var(--b0); } .b1 { background: var(--b1); } .b2 { background: var(--b2); } .b3 { background: var(--b3); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .8125rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: bottom; }
th { color: var(--soft); font-weight: 600; }
td:first-child, th:first-child { text-align: left; white-space: nowrap; }
td:nth-child(2), th:nth-child(2) { text-align: left; }
.missed { color: var(--bad); }
pre { margin: 0; padding: .75rem 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--card); font: .8125rem/1.5 ui-monospace, monospace; }
`;
