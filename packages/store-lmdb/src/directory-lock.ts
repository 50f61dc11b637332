import { createHash } from 'node:crypto';
import { realpathSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '@wellhead/session-store';

/**
 * Holds a directory for this process, by listening at a local address that follows from it. The operating system
 * gives the address to one, and takes it back however that process ends; nothing is left behind to be mistaken for a
 * holder. Whoever connects is told the holder's process id.
 */
export class DirectoryLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Rejects with `STORE_IN_USE` when another store, of this process or another, has it. */
  static async take(directory: string): Promise<DirectoryLock> {
    const address = addressOf(directory);
    try {
      return new DirectoryLock(await listen(address));
    } catch (error) {
      if (!hasCode(error, 'EADDRINUSE')) throw error;
    }
    const holder = await holderAt(address);
    if (holder !== undefined) throw inUse(directory, holder);
    if (address.startsWith(tmpdir())) rmSync(address, { force: true });
    try {
      return new DirectoryLock(await listen(address));
    } catch (error) {
      throw hasCode(error, 'EADDRINUSE') ? inUse(directory, '') : error;
    }
  }

  release(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

export function inUse(directory: string, holder: string): StoreError {
  const who = holder === '' ? 'another process' : `process ${holder}`;
  return new StoreError(
    'STORE_IN_USE',
    `The data directory ${directory} is in use by ${who}. ` +
      'Stop that process, or give this one a directory of its own.',
  );
}

function listen(address: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(`${process.pid}\n`);
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // exclusive: a worker of node:cluster must not share it
    server.listen({ path: address, exclusive: true }, () => resolve(server));
  });
}

/** What the holder says; undefined when there is none, only a socket file that one left behind. */
function holderAt(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(address);
    socket.setEncoding('latin1');
    socket.setTimeout(ANSWER_TIMEOUT, () => socket.destroy());
    socket.on('data', (text) => {
      answer += String(text);
    });
    socket.on('error', (error) => {
      if (hasCode(error, 'ECONNREFUSED') || hasCode(error, 'ENOENT')) resolve(undefined);
    });
    socket.on('close', () => resolve(/^\d{1,10}\n/.exec(answer)?.[0].trim() ?? ''));
  });
}

/** Linux and Windows have addresses that vanish with their process; elsewhere it is a socket file. */
function addressOf(directory: string): string {
  const path = realpathSync(directory);
  const { dev, ino } = statSync(path, { bigint: true });
  if (process.platform === 'linux') return `\0wellhead-store-${dev}-${ino}`;
  const name = createHash('sha256').update(path).digest('hex').slice(0, 32);
  if (process.platform === 'win32') return String.raw`\\?\pipe\wellhead-store-${name}`;
  return join(tmpdir(), `wellhead-${name}.sock`);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

const ANSWER_TIMEOUT = 2_000;
