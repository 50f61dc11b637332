import { readFileSync, writeFileSync } from 'node:fs';
import { scenarios } from './bench-case.ts';
import { brokerKinds } from './brokers/broker-kinds.ts';
import { type BrokerKind, BrokerStartError } from './brokers/broker-process.ts';
import { caseName } from './case-name.ts';
import { caseSets } from './case-sets.ts';
import { type Invocation, type ReportFiles, parseCommandLine } from './command-line.ts';
import { compareBrokers } from './compare.ts';
import { type Comparison, failures } from './comparison.ts';
import { help } from './help.ts';
import { type Metric, metrics } from './metrics.ts';
import { Progress } from './progress.ts';
import { withUnit } from './report/format.ts';
import { htmlReport } from './report/html.ts';
import { markdownReport } from './report/markdown.ts';
import { textReport } from './report/text.ts';
import { textTable } from './report/text-table.ts';
import { runCase } from './run-case.ts';

/**
 * The program `wellhead-bench`. Resolves with the exit status: 0, or 1 when a message was lost, came
 * twice or out of order, or 2 when nothing could be run.
 *
 * @param args without the names of interpreter and program
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await obey(parseCommandLine(args));
  } catch (error) {
    if (!(error instanceof BrokerStartError) && !isFileError(error)) throw error;
    return refuse(error.message);
  }
}

async function obey(invocation: Invocation): Promise<number> {
  switch (invocation.type) {
    case 'help':
      process.stdout.write(help);
      return 0;
    case 'list':
      process.stdout.write(listOfCases());
      return 0;
    case 'refusal':
      return refuse(invocation.message);
    case 'report':
      return report(invocation.file, invocation.files);
    case 'run':
      return run(invocation);
    case 'compare':
      return compare(invocation);
  }
}

async function run({ bench, broker, times, json }: Invocation & { type: 'run' }): Promise<number> {
  const kind = brokerKinds[broker];
  const refusal = kind.refusal(bench);
  if (refusal !== undefined) return refuse(`${broker} cannot run ${caseName(bench)}: ${refusal}`);
  const progress = new Progress(process.stderr);
  progress.begin(1);
  const title = `${caseName(bench)} ${broker}`;
  const outcome = await progress.run(title, (tell) => runCase(bench, kind, times, tell));
  // the keys of a record of metrics
  const figures = Object.entries(outcome.metrics) as [Metric, number][];
  const rows = figures.map(([metric, value]) => [
    metrics[metric].title,
    withUnit(value, metrics[metric].unit),
  ]);
  process.stdout.write(json ? `${JSON.stringify(outcome)}\n` : textTable(rows));
  return outcome.failure === undefined ? 0 : 1;
}

async function compare(invocation: Invocation & { type: 'compare' }): Promise<number> {
  const { cases, peers, rounds, times, files } = invocation;
  const kinds = [brokerKinds.wellhead];
  for (const peer of peers) {
    const isThere = await isInstalled(brokerKinds[peer]);
    if (isThere || !invocation.arePeersUsual) kinds.push(brokerKinds[peer]);
  }
  const progress = new Progress(process.stderr);
  const roundDone = (soFar: Comparison): void => writeReports(soFar, files);
  const comparison = await compareBrokers({ cases, kinds, rounds, times, progress, roundDone });
  process.stdout.write(`\n${textReport(comparison)}`);
  return failures(comparison).length === 0 ? 0 : 1;
}

async function isInstalled(kind: BrokerKind): Promise<boolean> {
  try {
    await kind.version();
    return true;
  } catch (error) {
    if (!(error instanceof BrokerStartError)) throw error;
    process.stderr.write(`without ${kind.name}: ${error.message}\n`);
    return false;
  }
}

function report(file: string, files: ReportFiles): number {
  // what `compare --json` has written
  const comparison = JSON.parse(readFileSync(file, 'utf8')) as Comparison;
  writeReports(comparison, files);
  process.stdout.write(textReport(comparison));
  return 0;
}

function writeReports(comparison: Comparison, { json, html, markdown }: ReportFiles): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(comparison, undefined, 2)}\n`);
  if (html !== undefined) writeFileSync(html, htmlReport(comparison));
  if (markdown !== undefined) writeFileSync(markdown, markdownReport(comparison));
}

function listOfCases(): string {
  const sets = Object.entries(caseSets).map(
    ([name, cases]) => `${name}:\n${cases.map((one) => `  ${one}\n`).join('')}`,
  );
  return `${sets.join('\n')}\nscenarios: ${scenarios.join(', ')}\n`;
}

function refuse(message: string): number {
  process.stderr.write(`wellhead-bench: ${message}\n`);
  return 2;
}

function isFileError(error: unknown): error is Error {
  return error instanceof SyntaxError || (error instanceof Error && 'syscall' in error);
}
