import type { Command } from 'commander';
import { notEmpty } from './option-values.ts';

/** What `wellhead store` was asked to do. `file` is undefined for standard input or output. */
export type StoreCommand =
  | { readonly name: 'info'; readonly directory: string; readonly json: boolean }
  | { readonly name: 'check'; readonly directory: string }
  | { readonly name: 'export'; readonly directory: string; readonly file: string | undefined }
  | { readonly name: 'import'; readonly directory: string; readonly file: string | undefined };

export function addStoreCommands(store: Command, take: (command: StoreCommand) => void): void {
  const dir = 'data directory, as given to start --data';
  store
    .command('info')
    .description('tell how much is kept; also while a broker runs on it')
    .argument('<dir>', dir, notEmpty)
    .option('--json', 'as one JSON object')
    .action((directory: string, { json }: { json?: true }) => {
      take({ name: 'info', directory, json: json === true });
    });
  store
    .command('check')
    .description('read everything and tell what does not fit together; also while a broker runs')
    .argument('<dir>', dir, notEmpty)
    .action((directory: string) => take({ name: 'check', directory }));
  store
    .command('export')
    .description('write everything as lines of JSON; not while a broker runs on it')
    .argument('<dir>', dir, notEmpty)
    .argument('[file]', 'a new file (default: standard output)', fileName)
    .action((directory: string, file?: string) => take({ name: 'export', directory, file }));
  store
    .command('import')
    .description('fill a new or empty directory with exported lines')
    .argument('<dir>', dir, notEmpty)
    .argument('[file]', 'exported lines (default: standard input)', fileName)
    .action((directory: string, file?: string) => take({ name: 'import', directory, file }));
}

/** A dash stands for standard input or output. */
function fileName(text: string): string | undefined {
  return text === '-' ? undefined : notEmpty(text);
}
