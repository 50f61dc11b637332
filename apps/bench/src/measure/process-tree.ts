import { readFileSync, readdirSync } from 'node:fs';

/** The processes of a program: the one that was started, and all that it has started in turn. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const fields = /^\d+$/.test(name) ? statFields(Number(name)) : undefined;
    if (fields === undefined) continue;
    const parent = Number(fields[PARENT]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [pid];
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return tree;
}

/** Seconds of CPU, user and system, that these processes and their dead children have used. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = statFields(pid) ?? [];
    for (const field of CPU) ticks += Number(fields[field] ?? 0);
  }
  return ticks / TICKS_A_SECOND;
}

/**
 * Seconds that the main threads of these processes were ready to run and others had the CPUs. Where the
 * kernel does not tell, 0.
 */
export function waitingSeconds(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) {
    // time on a CPU, time in wait of one, and how often
    const [, waiting = '0'] = readProc(pid, 'schedstat')?.split(' ') ?? [];
    nanoseconds += Number(waiting);
  }
  return nanoseconds / 1e9;
}

/** Bytes that these processes have in memory. */
export function residentBytes(pids: readonly number[]): number {
  let bytes = 0;
  for (const pid of pids) {
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, 'status') ?? '') ?? [];
    bytes += Number(kilobytes) * 1024;
  }
  return bytes;
}

/** The fields of proc(5) from the third on, which has index 0: the second may contain anything. */
function statFields(pid: number): string[] | undefined {
  const text = readProc(pid, 'stat');
  return text?.slice(text.lastIndexOf(') ') + 2).split(' ');
}

/** `undefined` when the process is gone. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

const PARENT = 1;
/** utime, stime, cutime, cstime */
const CPU = [11, 12, 13, 14] as const;
/** USER_HZ, which Linux shows as 100 on every architecture. */
const TICKS_A_SECOND = 100;
