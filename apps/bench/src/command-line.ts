import { parseArgs } from 'node:util';
import { type BenchCase, CaseError } from './bench-case.ts';
import { type BrokerName, brokerNames } from './brokers/broker-process.ts';
import { selectCases } from './case-sets.ts';
import { caseOptions, caseOfFlags } from './case-options.ts';
import { type RunTimes, defaultTimes } from './run-case.ts';

/** What a command line asks for. */
export type Invocation =
  | {
      readonly type: 'run';
      readonly bench: BenchCase;
      readonly broker: BrokerName;
      readonly times: RunTimes;
      readonly json: boolean;
    }
  | {
      readonly type: 'compare';
      readonly cases: readonly BenchCase[];
      readonly peers: readonly BrokerName[];
      /** Nobody named the peers: those that are not installed are left out. */
      readonly arePeersUsual: boolean;
      readonly rounds: number;
      readonly times: RunTimes;
      readonly files: ReportFiles;
    }
  | { readonly type: 'report'; readonly file: string; readonly files: ReportFiles }
  | { readonly type: 'list' }
  | { readonly type: 'help' }
  /** It cannot be obeyed; the reason in one line. */
  | { readonly type: 'refusal'; readonly message: string };

/** Where to write what was found. */
export interface ReportFiles {
  readonly json?: string | undefined;
  readonly html?: string | undefined;
  readonly markdown?: string | undefined;
}

/** Reads a command line, without the names of interpreter and program. */
export function parseCommandLine(args: readonly string[]): Invocation {
  const [command = 'help', ...rest] = args;
  try {
    if (rest.includes('--help') || command === '--help' || command === 'help')
      return { type: 'help' };
    if (command === 'run') return parseRun(rest);
    if (command === 'compare') return parseCompare(rest);
    if (command === 'report') return parseReport(rest);
    if (command === 'list' && rest.length === 0) return { type: 'list' };
    return { type: 'refusal', message: `there is no command '${args.join(' ')}'; try help` };
  } catch (error) {
    if (!isUsersMistake(error)) throw error;
    return { type: 'refusal', message: error.message };
  }
}

function parseRun(args: readonly string[]): Invocation {
  const own = { broker: { type: 'string' }, json: { type: 'boolean' } } as const;
  const options = { ...caseOptions, ...timeOptions, ...own };
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const { broker = 'wellhead', json = false, ...flags } = values;
  const name = onlyOne(positionals, 'scenario');
  return {
    type: 'run',
    bench: caseOfFlags(name, flags),
    broker: brokerNamed(broker),
    times: timesOf(values),
    json,
  };
}

function parseCompare(args: readonly string[]): Invocation {
  const own = {
    peers: { type: 'string' },
    scenarios: { type: 'string' },
    rounds: { type: 'string' },
  } as const;
  const options = { ...own, ...timeOptions, ...fileOptions };
  const { values } = parseArgs({ args: [...args], options });
  const { peers = 'wellhead-disk,mosquitto,aedes', scenarios = 'quick', rounds = '1' } = values;
  const arePeersUsual = values.peers === undefined;
  const names = peers === 'none' ? [] : peers.split(',').map((name) => brokerNamed(name.trim()));
  return {
    type: 'compare',
    cases: selectCases(scenarios),
    peers: names.filter((name) => name !== 'wellhead'),
    arePeersUsual,
    rounds: numberOf('--rounds', rounds, 1, 100),
    times: timesOf(values),
    files: filesOf(values),
  };
}

function parseReport(args: readonly string[]): Invocation {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: fileOptions,
    allowPositionals: true,
  });
  return { type: 'report', file: onlyOne(positionals, 'file'), files: filesOf(values) };
}

function filesOf({ json, html, markdown }: ReportFiles): ReportFiles {
  return { json, html, markdown };
}

function timesOf(values: {
  readonly seconds?: string | undefined;
  readonly 'warm-up'?: string | undefined;
}): RunTimes {
  const { seconds, warmUp } = defaultTimes;
  return {
    seconds: numberOf('--seconds', values.seconds ?? String(seconds), 0.1, 3600),
    warmUp: numberOf('--warm-up', values['warm-up'] ?? String(warmUp), 0, 3600),
  };
}

function brokerNamed(name: string): BrokerName {
  const found = brokerNames.find((one) => one === name);
  if (found === undefined)
    throw new CaseError(`There is no broker '${name}'; there are ${brokerNames.join(', ')}.`);
  return found;
}

function numberOf(option: string, text: string, minimum: number, maximum: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= minimum && value <= maximum) return value;
  throw new CaseError(`${option} must be a number from ${minimum} to ${maximum}, not '${text}'.`);
}

function onlyOne(positionals: readonly string[], what: string): string {
  const [first, second] = positionals;
  if (first === undefined) throw new CaseError(`Say which ${what}.`);
  if (second !== undefined) throw new CaseError(`Only one ${what} at a time: what is '${second}'?`);
  return first;
}

function isUsersMistake(error: unknown): error is Error {
  if (error instanceof CaseError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('ERR_PARSE_ARGS');
}

const timeOptions = { seconds: { type: 'string' }, 'warm-up': { type: 'string' } } as const;
const fileOptions = {
  json: { type: 'string' },
  html: { type: 'string' },
  markdown: { type: 'string' },
} as const;
