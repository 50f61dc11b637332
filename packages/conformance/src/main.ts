import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { writeFileSync } from 'node:fs';
import type { ProtocolVersion } from '@wellhead/codec';
import { UnreachableError } from './failure.ts';
import { fixtureDescriptions } from './fixtures.ts';
import { compareKnown, type KnownDifferences, readKnown } from './known-differences.ts';
import { Progress } from './progress.ts';
import { jsonReport } from './report/json.ts';
import { junitReport } from './report/junit.ts';
import { markdownReport } from './report/markdown.ts';
import { textReport } from './report/text.ts';
import { type ConformanceOptions, runConformance, selectCases } from './run-conformance.ts';
import { mandatoryFailures, type RunReport } from './run-report.ts';

/** Where the program writes; the process's own streams unless a test gives others. */
export interface ProgramOutput {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/**
 * The command line. Resolves with the exit status: 0 when no mandatory case failed, 1 when one did, 2
 * when nothing could be run (the broker cannot be reached, a bad flag).
 */
export async function main(
  args: readonly string[],
  output: ProgramOutput = processOutput,
): Promise<number> {
  const command = commandLine(output);
  try {
    command.parse([...args], { from: 'user' });
    const [target] = command.processedArgs;
    return await run(String(target), command.opts<Flags>(), output);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UnreachableError || error instanceof TypeError || isFileError(error)) {
      output.error(`wellhead-conformance: ${error.message}\n`);
      return 2;
    }
    throw error;
  }
}

interface Flags {
  readonly ws?: string;
  readonly version: keyof typeof versionChoices;
  readonly only?: readonly string[];
  readonly reporter: keyof typeof reporters;
  readonly jobs: number;
  readonly timeout: number;
  readonly fixture?: readonly string[];
  readonly fixtures?: string;
  readonly known?: string;
  readonly output?: string;
  readonly list?: boolean;
}

async function run(target: string, flags: Flags, output: ProgramOutput): Promise<number> {
  const options = optionsOf(flags);
  if (flags.list) {
    for (const one of selectCases(options)) {
      output.out(`${one.id}  (${one.level})  ${one.title}  [${one.statements.join(', ')}]\n`);
    }
    return 0;
  }
  const known = flags.known ? readKnown(flags.known) : undefined;
  const progress = new Progress(process.stderr);
  const report = await runConformance(target, { ...options, onProgress: progress.update });
  const text = reporters[flags.reporter](report);
  if (flags.output) writeFileSync(flags.output, text);
  else output.out(text);
  return known ? knownStatus(report, known, output) : Math.min(mandatoryFailures(report).length, 1);
}

function knownStatus(report: RunReport, known: KnownDifferences, output: ProgramOutput): number {
  const differences = compareKnown(report, known);
  for (const difference of differences) output.error(`${difference}\n`);
  return differences.length === 0 ? 0 : 1;
}

function optionsOf(flags: Flags): ConformanceOptions {
  return {
    versions: versionChoices[flags.version],
    jobs: flags.jobs,
    timeout: flags.timeout * 1000,
    ...(flags.ws && { webSocket: flags.ws }),
    ...(flags.only && { only: flags.only }),
    ...(flags.fixture && { fixtures: flags.fixture }),
    ...(flags.fixtures && { fixturesFile: flags.fixtures }),
  };
}

function commandLine(output: ProgramOutput): Command {
  return new Command('wellhead-conformance')
    .description('Runs every normative statement of MQTT that a server shows against a broker.')
    .argument('[target]', 'mqtt://[user:password@]host:port, or ws://host:port/path', defaultTarget)
    .option('--ws <url>', 'the same broker over WebSocket, for the cases about it')
    .addOption(
      new Option('--version <version>', 'the MQTT version to test')
        .choices(Object.keys(versionChoices))
        .default('all'),
    )
    .option('--only <pattern...>', 'cases by id, title or statement; * stands for any text')
    .addOption(
      new Option('--reporter <name>', 'form of the report')
        .choices(Object.keys(reporters))
        .default('text'),
    )
    .option('--output <file>', 'write the report there instead of to standard output')
    .option('--jobs <n>', 'cases at once', positiveInteger, 16)
    .option('--timeout <seconds>', 'how long an expected answer may take', positiveInteger, 5)
    .option('--fixture <name=value...>', 'a server configured in a certain way, see below')
    .option('--fixtures <file>', 'JSON object of fixture name to value')
    .option('--known <file>', 'JSON object of case id to reason: failures that are known')
    .option('--list', 'print the cases instead of running them')
    .addHelpText('after', () => `\nFixtures ([URL][?parameter=value&…]):\n${fixtureHelp()}`)
    .exitOverride()
    .configureOutput({
      writeOut: output.out,
      writeErr: output.error,
      outputError: (text, write) => write(`wellhead-conformance: ${text.replace(/^error: /, '')}`),
    });
}

function fixtureHelp(): string {
  return Object.entries(fixtureDescriptions)
    .map(([name, { summary, example }]) => `  ${name}: ${summary}\n    ${name}=${example}\n`)
    .join('');
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw new InvalidArgumentError('It must be a whole number from 1 to 99999.');
  return Number(text);
}

function isFileError(error: unknown): error is Error {
  return error instanceof SyntaxError || (error instanceof Error && 'syscall' in error);
}

const versionChoices = {
  all: [3, 4, 5],
  '3.1': [3],
  '3.1.1': [4],
  '5.0': [5],
} as const satisfies { readonly [name: string]: readonly ProtocolVersion[] };

const reporters = {
  text: textReport,
  json: jsonReport,
  junit: junitReport,
  markdown: markdownReport,
} as const satisfies { readonly [name: string]: (report: RunReport) => string };

const processOutput: ProgramOutput = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};

const defaultTarget = 'mqtt://127.0.0.1:1883';
