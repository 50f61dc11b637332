// One line per step, with a tick and its time; the detail only when it failed.

import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

export const root = join(import.meta.dirname, '..');

/**
 * What a step found: `note` stands in its line, `output` is shown when it failed.
 * A step counts as one, unless it says how many tests it ran.
 * @typedef {{ ok: boolean, output?: string, note?: string, counts?: Partial<Counts> }} Outcome
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/** A step failed and was reported; nothing is left to say. */
export class StepFailure extends Error {}

export class Report {
  #stream;
  /** @type {Counts} */
  #counts = { passed: 0, failed: 0, skipped: 0 };

  /** @param {NodeJS.WritableStream & { isTTY?: boolean }} stream */
  constructor(stream) {
    this.#stream = stream;
  }

  get failed() {
    return this.#counts.failed;
  }

  /**
   * @param {string} name
   * @param {() => Promise<Outcome>} work
   * @returns {Promise<Outcome>}
   */
  async run(name, work) {
    if (this.#stream.isTTY) this.#stream.write(`… ${name}`);
    const started = performance.now();
    /** @type {Outcome} */
    const outcome = await work().catch((error) => ({ ok: false, output: `${error.stack}` }));
    const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
    const counts = outcome.counts ?? (outcome.ok ? { passed: 1 } : { failed: 1 });
    this.#counts.passed += counts.passed ?? 0;
    this.#counts.failed += counts.failed ?? 0;
    this.#counts.skipped += counts.skipped ?? 0;

    const line = `${outcome.ok ? '✓' : '✗'} ${name.padEnd(14)} ${seconds.padStart(8)}`;
    this.#stream.write(`${this.#stream.isTTY ? '\r\x1b[K' : ''}${line}`);
    this.#stream.write(outcome.note ? `  ${outcome.note}\n` : '\n');
    if (!outcome.ok && outcome.output) this.#stream.write(`\n${outcome.output.trimEnd()}\n\n`);
    return outcome;
  }

  /**
   * The same, for a step without which the next ones make no sense.
   * @param {string} name
   * @param {() => Promise<Outcome>} work
   */
  async must(name, work) {
    const outcome = await this.run(name, work);
    if (!outcome.ok) throw new StepFailure(name);
  }

  /** The line that `npm test` ends with. */
  summary() {
    const { passed, failed, skipped } = this.#counts;
    return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  }
}

/**
 * Runs a program of the workspace to its end and keeps what it printed.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, shell?: boolean }} [options]
 * @returns {Promise<Outcome & { output: string, stdout: string }>}
 */
export function runTool(program, args, { cwd = root, env = {}, shell = false } = {}) {
  const child = spawn(program, args, {
    cwd,
    shell,
    env: { ...toolEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ ok: false, output: error.message, stdout }));
    child.on('close', (status, signal) => {
      if (signal) output += `\n${program} was ended by ${signal}`;
      resolve({ ok: status === 0, output, stdout });
    });
  });
}

/** The pinned tools, pnpm among them, come before what the machine happens to have. */
export function toolEnvironment() {
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
  env.PATH = `${join(root, 'node_modules', '.bin')}${delimiter}${env.PATH}`;
  if (process.stdout.isTTY && env.NO_COLOR === undefined) env.FORCE_COLOR = '1';
  return env;
}
