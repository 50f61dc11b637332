import { parseCommandLine } from './command-line.ts';
import { packageVersion } from './package-version.ts';
import { runStoreCommand } from './run-store-command.ts';
import { serve } from './serve.ts';

/**
 * The program `wellhead`: obeys a command line and resolves with the exit status, for `start` when a
 * signal has ended the broker. It listens to signals and to uncaught errors of the whole process.
 *
 * @param args without the names of interpreter and program
 */
export async function main(args: readonly string[]): Promise<number> {
  const invocation = parseCommandLine(args, packageVersion());
  switch (invocation.type) {
    case 'start':
      return serve(invocation.settings);
    case 'store':
      return runStoreCommand(invocation.command);
    case 'text':
      process.stdout.write(invocation.text);
      return 0;
    case 'refusal':
      process.stderr.write(`wellhead: ${invocation.message}\n`);
      return 1;
  }
}
