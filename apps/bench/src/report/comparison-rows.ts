import { type Comparison, caseNames, figure } from '../comparison.ts';
import type { BrokerName } from '../brokers/broker-process.ts';
import { type Metric, metrics } from '../metrics.ts';
import { significant } from './format.ts';

/** The figure that a case is about. */
export function mainMetric(name: string): Metric {
  return /(^|-)connect-/.test(name) ? 'cpuPerConnect' : 'cpuPerMessage';
}

/** A row for each case: the main figure of each broker, and how many times ours is better. */
export function ratioRows(comparison: Comparison): string[][] {
  const [ours, ...peers] = comparison.brokers.map(({ name }) => name);
  const head = ['CPU µs per message', ours ?? '', ...peers.flatMap((peer) => [peer, 'ratio'])];
  const rows = caseNames(comparison).map((name) => {
    const metric = mainMetric(name);
    const own = ours === undefined ? undefined : figure(comparison, name, ours, metric);
    const cells = peers.flatMap((peer) => {
      const value = figure(comparison, name, peer, metric);
      const ratio = own === undefined || value === undefined ? '' : `${significant(value / own)}×`;
      return [cell(comparison, name, peer, metric), ratio];
    });
    return [name, ours ? cell(comparison, name, ours, metric) : '', ...cells];
  });
  return [head, ...rows];
}

/** A row for each case and broker with everything that was measured. */
export function detailRows(comparison: Comparison): string[][] {
  const columns = usedMetrics(comparison);
  const head = ['case', 'broker', ...columns.map(heading)];
  const rows = comparison.results.map(({ name, broker }) => [
    name,
    broker,
    ...columns.map((metric) => cell(comparison, name, broker, metric)),
  ]);
  return [head, ...rows];
}

/** What was measured in any case, in the order of the list of metrics. */
function usedMetrics({ results }: Comparison): Metric[] {
  const found = new Set(
    results.flatMap(({ runs }) => runs.flatMap((run) => Object.keys(run.metrics))),
  );
  // the keys of a record of metrics
  return (Object.keys(metrics) as Metric[]).filter((metric) => found.has(metric));
}

function heading(metric: Metric): string {
  const { title, unit } = metrics[metric];
  return unit === '/s' ? title : `${title}, ${unit}`;
}

function cell(comparison: Comparison, name: string, broker: BrokerName, metric: Metric): string {
  const value = figure(comparison, name, broker, metric);
  if (value !== undefined) return significant(value);
  const result = comparison.results.find((one) => one.name === name && one.broker === broker);
  if (result?.refusal !== undefined) return result.refusal;
  const hasFailed = result?.runs.some(({ failure }) => failure !== undefined) === true;
  return hasFailed && metric === mainMetric(name) ? 'failed' : '';
}
