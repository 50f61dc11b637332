import { Command, CommanderError } from 'commander';
import type { LogFormat, LogLevel } from './log.ts';
import type { ServerOptions } from './server-options.ts';
import { addStartOptions, type StartFlags, startSettings } from './start-options.ts';
import { addStoreCommands, type StoreCommand } from './store-command.ts';

/** What `wellhead start` was asked to do. */
export interface Settings {
  readonly server: ServerOptions;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
}

/** What a command line asks for. */
export type Invocation =
  | { readonly type: 'start'; readonly settings: Settings }
  | { readonly type: 'store'; readonly command: StoreCommand }
  /** Help or version, for standard output. */
  | { readonly type: 'text'; readonly text: string }
  /** It cannot be obeyed; the reason in one line. */
  | { readonly type: 'refusal'; readonly message: string };

/** Reads a command line, without the names of interpreter and program. Touches nothing outside. */
export function parseCommandLine(args: readonly string[], version: string): Invocation {
  let text = '';
  let invocation: Invocation | undefined;
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
    const settings = startSettings(flags, (message) => start.error(message));
    invocation = { type: 'start', settings };
  });
  const store = program.command('store').description('look into a data directory, or move it');
  addStoreCommands(store, (command) => {
    invocation = { type: 'store', command };
  });
  program.usage('[start] [options] | store <command> <dir>');
  program.addHelpText(
    'after',
    () => `\n${start.createHelp().formatHelp(start, start.createHelp())}`,
  );
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { type: 'text', text };
    return { type: 'refusal', message: complaint(error, program, start) };
  }
  if (invocation === undefined) throw new TypeError('a command line asks for something');
  return invocation;
}

function complaint(error: CommanderError, program: Command, start: Command): string {
  if (error.code === 'commander.excessArguments' && start.args.length > 0) {
    return `there is no command or argument '${start.args[0] ?? ''}'`;
  }
  // `wellhead store` without a command: commander would show its help as an error
  if (error.code === 'commander.help')
    return `store needs a command: ${storeCommandNames(program)}`;
  const message = error.message.replace(/^error: /, '').replaceAll(/\s*[\r\n]\s*/g, ' ');
  const instead = INSTEAD.get(message);
  return instead === undefined ? message : `${message}: ${instead}`;
}

function storeCommandNames(program: Command): string {
  const store = program.commands.find((command) => command.name() === 'store');
  const names = store?.commands.map((command) => command.name()) ?? [];
  return names.filter((name) => name !== 'help').join(', ');
}

/** What those who come from Mosquitto try, and what there is. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ["unknown option '-c'", 'there is no configuration file, options say everything'],
  ["unknown option '-d'", 'it stays in the foreground'],
]);
