import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { BenchCase, Transport } from '../bench-case.ts';
import type { Address } from '../load/byte-channel.ts';

/** A broker that runs for one measurement. Disposing of it ends it. */
export interface RunningBroker extends AsyncDisposable {
  readonly pid: number;
  readonly address: Address;
}

/** How to run a broker. */
export interface BrokerKind {
  readonly name: BrokerName;
  /** Resolves when it serves; rejects with a `BrokerStartError`. */
  start(transport: Transport): Promise<RunningBroker>;
  /** Why it cannot run a case, if so. */
  refusal(bench: BenchCase): string | undefined;
  /** One line: name and version. */
  version(): Promise<string>;
  /** How it was started and configured, for the report. */
  configuration(): string;
}

export const brokerNames = ['wellhead', 'wellhead-disk', 'mosquitto', 'aedes'] as const;
export type BrokerName = (typeof brokerNames)[number];

/** A broker does not run here, for example because it is not installed. */
export class BrokerStartError extends Error {
  override readonly name: string = 'BrokerStartError';
  readonly code: string = 'BENCH_BROKER_START';
}

export function runningBroker(
  pid: number,
  address: Address,
  cleanup: AsyncDisposable,
): RunningBroker {
  return { pid, address, [Symbol.asyncDispose]: async () => cleanup[Symbol.asyncDispose]() };
}

/** Starts a program and waits for what `ready` finds in its standard error or output. */
export async function startProgram<T>(
  command: string,
  args: readonly string[],
  ready: (output: string) => T | undefined,
): Promise<{ readonly child: ChildProcess; readonly pid: number; readonly found: T }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const found = await new Promise<T>((resolve, reject) => {
    const fail = (why: string): void => {
      child.kill('SIGKILL');
      reject(new BrokerStartError(`${command} ${why}: ${output.trim().split('\n').at(-1) ?? ''}`));
    };
    const timer = setTimeout(() => fail('is not ready after 20 seconds'), 20_000);
    const look = (chunk: Buffer): void => {
      if (output.length < MAXIMUM_OUTPUT) output += chunk.toString();
      const value = ready(output);
      if (value !== undefined) {
        clearTimeout(timer);
        resolve(value);
      }
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (status) => {
      clearTimeout(timer);
      fail(`ended with status ${status}`);
    });
  });
  // it exists, or there would have been an error
  return { child, pid: child.pid ?? 0, found };
}

export async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  await ended;
  clearTimeout(timer);
}

const MAXIMUM_OUTPUT = 100_000;
