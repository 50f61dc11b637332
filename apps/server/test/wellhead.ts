import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Program, type ProgramOptions } from './program.ts';

export interface Address {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

const folder = join(import.meta.dirname, '..');
export const programFile: string = join(folder, 'bin', 'wellhead.js');

/** The program under test, not waited for. `preload` is a module that Node loads before it. */
export function runWellhead(
  args: readonly string[],
  preload?: string,
  options?: ProgramOptions,
): Program {
  if (!existsSync(join(folder, 'dist', 'index.js'))) {
    throw new Error(
      'apps/server/dist is missing, and these tests run the built program: npm run build',
    );
  }
  const loaded = preload === undefined ? [] : ['--import', preload];
  return new Program(process.execPath, [...loaded, programFile, ...args], options);
}

/** A broker in a child process, on free ports, that is ready; in memory unless told otherwise. Disposing of it kills it. */
export class Wellhead implements AsyncDisposable {
  readonly program: Program;
  readonly #addresses: ReadonlyMap<string, Address>;

  private constructor(program: Program, addresses: ReadonlyMap<string, Address>) {
    this.program = program;
    this.#addresses = addresses;
  }

  static async start(args: readonly string[] = [], preload?: string): Promise<Wellhead> {
    const tcp = args.includes('--no-tcp') ? [] : ['--port', '0'];
    const ports = [...tcp, '--ws-port', '0'];
    const store = args.includes('--data') ? [] : ['--memory'];
    const running = runWellhead(['--log-format', 'json', ...ports, ...store, ...args], preload);
    await running.stderr.find((line) => READY.test(String(fieldsOf(line)['msg'])));
    const addresses = new Map<string, Address>();
    for (const line of running.stderr.all) {
      const { msg, listener, url, host, port } = fieldsOf(line);
      if (msg !== 'listening') continue;
      addresses.set(String(listener), { url: String(url), host: String(host), port: Number(port) });
    }
    return new Wellhead(running, addresses);
  }

  address(listener: string): Address {
    const address = this.#addresses.get(listener);
    if (address === undefined) throw new Error(`there is no listener ${listener}`);
    return address;
  }

  /** Waits for a line of the log that has these fields. */
  async logged(fields: Readonly<Record<string, unknown>>): Promise<void> {
    await this.program.stderr.find((line) => {
      const logged = fieldsOf(line);
      return Object.entries(fields).every(([name, value]) => logged[name] === value);
    });
  }

  /** Ends it in order; resolves with the exit status. */
  async stop(): Promise<number | null> {
    this.program.signal('SIGTERM');
    return (await this.program.end).status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

export function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    // a line of the log is an object
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { msg: line };
  }
}

const READY = /^data is kept in /;
