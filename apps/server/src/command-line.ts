import { Command, CommanderError } from 'commander';
import type { LogFormat, LogLevel } from './log.ts';
import type { ServerOptions } from './server-options.ts';
import { addStartOptions, type StartFlags, startSettings } from './start-options.ts';

/** What `wellhead start` was asked to do. */
export interface Settings {
  readonly server: ServerOptions;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
}

/** What a command line asks for. */
export type Invocation =
  | { readonly type: 'start'; readonly settings: Settings }
  /** Help or version, for standard output. */
  | { readonly type: 'text'; readonly text: string }
  /** It cannot be obeyed; the reason in one line. */
  | { readonly type: 'refusal'; readonly message: string };

/** Reads a command line, without the names of interpreter and program. Touches nothing outside. */
export function parseCommandLine(args: readonly string[], version: string): Invocation {
  let text = '';
  let settings: Settings | undefined;
  const program = new Command('wellhead');
  program.exitOverride().configureOutput({
    writeOut: (output) => void (text += output),
    writeErr: () => {},
    outputError: () => {},
  });
  program.description('An MQTT 3.1, 3.1.1 and 5.0 broker.').version(version);
  const start = program.command('start', { isDefault: true });
  start.description('run a broker in the foreground (the default)').version(version);
  addStartOptions(start).action((flags: StartFlags) => {
    settings = startSettings(flags, (message) => start.error(message));
  });
  program.usage('[start] [options]');
  program.addHelpText(
    'after',
    () => `\n${start.createHelp().formatHelp(start, start.createHelp())}`,
  );
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { type: 'text', text };
    return { type: 'refusal', message: complaint(error, start.args) };
  }
  if (settings === undefined) throw new TypeError('a command line is a start, a text or a refusal');
  return { type: 'start', settings };
}

function complaint(error: CommanderError, operands: readonly string[]): string {
  if (error.code === 'commander.excessArguments') {
    return `there is no command or argument '${operands[0] ?? ''}'`;
  }
  return error.message.replace(/^error: /, '').replaceAll(/\s*[\r\n]\s*/g, ' ');
}
