import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface ProgramEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Working directory. */
  readonly cwd?: string | undefined;
  /** User, and group, to run as; only root may choose. */
  readonly uid?: number | undefined;
}

/** A child process whose output is read line by line. Disposing of it kills it. */
export class Program implements AsyncDisposable {
  readonly stdout: Lines;
  readonly stderr: Lines;
  /** Settles when the process has ended and all its output was read. */
  readonly end: Promise<ProgramEnd>;
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    // what a package manager tells its scripts is none of the program's business here
    const env = { ...process.env, npm_config_user_agent: undefined, ...options.env };
    const { cwd, uid } = options;
    this.#child = spawn(command, args, { env, cwd, uid, gid: uid });
    this.#child.stdin.on('error', () => {}); // it may end before it has read everything
    const name = [command.replace(/^.*\//, ''), ...args].join(' ');
    this.stdout = new Lines(this.#child.stdout, `${name}: stdout`);
    this.stderr = new Lines(this.#child.stderr, `${name}: stderr`);
    this.end = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (status, signal) => resolve({ status, signal }));
    });
    this.end.catch(() => {});
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  endInput(text = ''): void {
    this.#child.stdin.end(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.end.catch(() => {});
  }
}

/** Lines of a stream, kept, to be waited for. */
export class Lines {
  readonly all: string[] = [];
  readonly #name: string;
  readonly #waiting = new Set<() => void>();
  #ended = false;

  constructor(stream: Readable, name: string) {
    this.#name = name;
    const reader = createInterface({ input: stream, crlfDelay: Infinity });
    reader.on('line', (line) => {
      this.all.push(line);
      this.#wake();
    });
    reader.once('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** The first line, from the beginning on, that fits; rejects with all lines when none will come. */
  find(fits: (line: string) => boolean): Promise<string> {
    return this.take((lines) => lines.find(fits));
  }

  /** Waits until `look` finds something in the lines; rejects with them when the stream ends before, or says no more. */
  async take<T>(look: (lines: readonly string[]) => T | undefined): Promise<T> {
    const guard = AbortSignal.timeout(GUARD);
    for (;;) {
      const found = look(this.all);
      if (found !== undefined) return found;
      if (this.#ended || guard.aborted) throw new Error(this.#transcript(guard.aborted));
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          guard.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        guard.addEventListener('abort', wake);
      });
    }
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #transcript(timedOut: boolean): string {
    const what = timedOut ? 'said nothing fitting in time' : 'ended without a fitting line';
    const lines = this.all.map((line) => `  ${line.slice(0, 400)}`);
    return [`${this.#name} ${what}:`, ...lines].join('\n');
  }
}

/** Milliseconds; so that a test that waits in vain shows what it has got instead. */
const GUARD = 20_000;
