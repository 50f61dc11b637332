import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The built package: a child process cannot read TypeScript. `npx tsc -b packages/store-lmdb` builds it. */
const BUILT = new URL('../dist/index.js', import.meta.url);

/**
 * Runs a program, the body of an async function, in a process of its own. It has `openLmdbStore`, `directory`, and
 * `say(text)`, which prints a line at once.
 */
export function runChild(
  program: string,
  directory: string,
  options?: { readonly uid?: number; readonly under?: readonly string[] },
): ChildProcess {
  if (!existsSync(fileURLToPath(BUILT))) throw new Error('dist/ is missing: build first');
  const source = `
    import { writeSync } from 'node:fs';
    import { openLmdbStore } from ${JSON.stringify(BUILT.href)};
    const directory = ${JSON.stringify(directory)};
    const say = (text) => void writeSync(1, text + '\\n');
    ${program}`;
  const [command, ...args] = [
    ...(options?.under ?? []),
    process.execPath,
    '--input-type=module',
    '--eval',
    source,
  ];
  const uid = options?.uid;
  return spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}

/** Calls back for each line that a child prints; settles when it has ended. */
export function linesOf(child: ChildProcess, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  child.stdout?.setEncoding('utf8');
  child.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  return new Promise((resolve) => {
    child.once('close', () => resolve());
  });
}

/** All that a child prints. */
export async function outputOf(child: ChildProcess): Promise<readonly string[]> {
  const lines: string[] = [];
  await linesOf(child, (line) => lines.push(line));
  return lines;
}
