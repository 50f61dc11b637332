import { checkStore, inspectStore } from '@wellhead/store-lmdb';
import { ITS_OWN, checkDirectory, exportDirectory, importDirectory } from './move-data.ts';
import type { StoreCommand } from './store-command.ts';

/** Obeys a `wellhead store` command; resolves with the exit status. What goes wrong is one line on standard error. */
export async function runStoreCommand(command: StoreCommand): Promise<number> {
  try {
    switch (command.name) {
      case 'info':
        return await info(command.directory, command.json);
      case 'check':
        return await check(command.directory);
      case 'export':
        await exportDirectory(command.directory, command.file);
        return 0;
      case 'import':
        await importDirectory(command.directory, command.file);
        return 0;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`wellhead: ${reason.replaceAll(/\s*[\r\n]\s*/g, ' ')}\n`);
    return 1;
  }
}

async function info(path: string, asJson: boolean): Promise<number> {
  checkDirectory(path, ITS_OWN);
  const found = await inspectStore(path);
  if (asJson) {
    process.stdout.write(`${JSON.stringify(found)}\n`);
    return 0;
  }
  const rows: readonly (readonly [string, string])[] = [
    ['directory', found.directory],
    ['format', String(found.format)],
    ['sessions', count(found.sessions)],
    ['queued', `${count(found.deliveries)} ${found.deliveries === 1 ? 'delivery' : 'deliveries'}`],
    ['retained', `${messages(found.retained)}, ${size(found.retainedBytes)}`],
    ['messages', `${count(found.messages)}, each kept once, ${size(found.messageBytes)}`],
    ['on disk', size(found.bytesOnDisk ?? 0)],
    ['last message', String(found.lastMessageId)],
  ];
  for (const [name, value] of rows) process.stdout.write(`${name.padEnd(13)} ${value}\n`);
  return 0;
}

async function check(path: string): Promise<number> {
  checkDirectory(path, ITS_OWN);
  const problems = await checkStore(path);
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length === 0) process.stdout.write('everything fits together\n');
  return problems.length === 0 ? 0 : 1;
}

function messages(value: number): string {
  return `${count(value)} message${value === 1 ? '' : 's'}`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} byte${bytes === 1 ? '' : 's'}`;
  const exponent = Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** exponent).toFixed(1)} ${UNITS[exponent] ?? ''}`;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'];
