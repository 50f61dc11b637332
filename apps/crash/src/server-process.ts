import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The broker as users run it, built. */
export const program: string = fileURLToPath(
  new URL('../../server/bin/wellhead.js', import.meta.url),
);

export interface ServerOptions {
  readonly directory: string;
  /** Further flags of `wellhead start`. */
  readonly flags?: readonly string[];
  /** What it is started with; this must leave it the process that was started, as `strace -D` does. */
  readonly under?: readonly string[];
}

/** A broker in a process of its own. */
export class ServerProcess {
  readonly pid: number;
  readonly startedAt: number = performance.now();
  /** Lines of its log. */
  readonly log: string[] = [];
  /** Settles with the port when it listens, and with undefined when it ends before. */
  readonly ready: Promise<number | undefined>;
  /** Settles when it is gone. */
  readonly ended: Promise<void>;
  hasEnded = false;
  readonly #child: ChildProcess;

  constructor({ directory, flags = [], under = [] }: ServerOptions) {
    if (!existsSync(fileURLToPath(new URL('../../server/dist/main.js', import.meta.url)))) {
      throw new Error('The server is not built: npm run build');
    }
    const own = ['start', '--data', directory, '--port', '0', '--no-ws', '--log-format', 'json'];
    const limits = ['--sys-interval', '1', '--max-inflight', '100'];
    const line = [...under, process.execPath, program, ...own, ...limits, ...flags];
    const [command = '', ...args] = line;
    this.#child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.pid = this.#child.pid ?? 0;
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (status, signal) => {
        this.hasEnded = true;
        this.log.push(`it ended with ${signal ?? status ?? ''}`);
        resolve();
      });
    });
    this.ready = this.#watch();
  }

  /** SIGKILL; settles when it is gone. */
  kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    return this.ended;
  }

  /** SIGTERM; settles when it is gone. */
  stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    return this.ended;
  }

  #watch(): Promise<number | undefined> {
    const stream = this.#child.stderr;
    if (stream === null) throw new TypeError('its standard error is a pipe');
    return new Promise((resolve) => {
      let port: number | undefined;
      createInterface({ input: stream }).on('line', (line) => {
        if (this.log.push(line) > MOST_LINES) this.log.shift();
        if (!line.includes('"listening"') && !line.includes('data is kept')) return;
        port ??= Number(/"port":(\d+)/.exec(line)?.[1]);
        if (line.includes('data is kept')) resolve(port);
      });
      void this.ended.then(() => resolve(undefined));
    });
  }
}

const MOST_LINES = 10_000;
