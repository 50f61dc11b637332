import { type Comparison, caseNames, failures, figure } from '../comparison.ts';
import { type Judgement, judgeGoals } from '../judge-goals.ts';
import { metrics } from '../metrics.ts';
import { detailRows, mainMetric } from './comparison-rows.ts';
import { significant, withUnit } from './format.ts';
import { pageStyle } from './page-style.ts';

/** One page that needs nothing else: bars for each case, goals, all figures, configuration. */
export function htmlReport(comparison: Comparison): string {
  const { date, machine, brokers } = comparison;
  const place = `${machine.cores} cores of ${machine.cpu}, ${machine.kernel}, Node ${machine.node.slice(1)}`;
  const legend = brokers.map(
    ({ version }, index) => `<li><i class="b${index}"></i>${escaped(version)}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Wellhead: brokers compared</title>
<style>${pageStyle}</style>
</head>
<body>
<h1>Brokers compared</h1>
<p>${escaped(date.slice(0, 10))}, ${escaped(place)}. Work done per second of the broker's CPU time: longer is better.</p>
<ul class="legend">${legend.join('')}</ul>
<section class="charts">${caseNames(comparison)
    .map((name) => chart(comparison, name))
    .join('')}</section>
${goalSection(judgeGoals(comparison))}
${failureSection(failures(comparison))}
<h2>All figures</h2>
<div class="wide">${table(detailRows(comparison))}</div>
<h2>Configuration</h2>
${brokers.map(({ version, configuration }) => `<h3>${escaped(version)}</h3><pre>${escaped(configuration)}</pre>`).join('')}
</body>
</html>
`;
}

function chart(comparison: Comparison, name: string): string {
  const metric = mainMetric(name);
  const values = comparison.brokers.map((broker) => figure(comparison, name, broker.name, metric));
  // what one costs in microseconds, turned into how many there are in a second
  const perSecond = values.map((value) => (value === undefined ? undefined : 1e6 / value));
  const longest = Math.max(...perSecond.map((value) => value ?? 0));
  const rows = comparison.brokers.map((broker, index) => {
    const value = perSecond[index];
    if (value === undefined) return row(index, broker.name, 0, 'not measured');
    const cost = withUnit(values[index] ?? NaN, metrics[metric].unit);
    return row(index, broker.name, (100 * value) / longest, `${significant(value)}/s · ${cost}`);
  });
  return `<figure><figcaption>${escaped(name)}</figcaption>${rows.join('')}</figure>`;
}

function row(index: number, broker: string, percent: number, label: string): string {
  const width = percent.toFixed(2);
  return `<div class="row"><span>${escaped(broker)}</span><div class="bar"><i class="b${index}" style="width:${width}%"></i></div><span>${escaped(label)}</span></div>`;
}

function goalSection(judgements: readonly Judgement[]): string {
  if (judgements.length === 0) return '';
  const rows = judgements.map(({ title, bound, measured, isReached }) => {
    const verdict = isReached === undefined ? '–' : isReached ? '✓ reached' : '✗ not reached';
    const style = isReached === false ? ' class="missed"' : '';
    return `<tr${style}><td>${escaped(title)}</td><td>${bound}</td><td>${measured}</td><td>${verdict}</td></tr>`;
  });
  const reached = judgements.filter(({ isReached }) => isReached === true).length;
  const head = '<tr><th>goal</th><th>bound</th><th>measured</th><th></th></tr>';
  return `<h2>Goals: ${reached} of ${judgements.length} reached</h2><div class="wide"><table>${head}${rows.join('')}</table></div>`;
}

function failureSection(faults: readonly string[]): string {
  if (faults.length === 0) return '';
  const items = faults.map((line) => `<li class="missed">${escaped(line)}</li>`);
  return `<h2>Failed runs</h2><ul>${items.join('')}</ul>`;
}

function table(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells, index) => {
    const tag = index === 0 ? 'th' : 'td';
    return `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  });
  return `<table>${lines.join('')}</table>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
