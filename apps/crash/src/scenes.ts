import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Findings } from './findings.ts';
import { FullStore } from './full-store.ts';

/** A store that has no room, or fails, in one way. */
export interface Scene {
  readonly name: string;
  /** In an empty directory; a text says why it cannot be played here. */
  readonly play: (directory: string, seed: number) => Promise<Findings | string>;
}

export const scenes: readonly Scene[] = [
  { name: 'the data has reached its size limit', play: limited(false) },
  { name: 'the data has reached its size limit, and the broker is killed', play: limited(true) },
  { name: 'the disk is full', play: onSmallDisk },
  { name: 'flushes fail', play: withFailingFlushes },
];

function limited(isKilled: boolean): Scene['play'] {
  return async (directory, seed) => {
    const flags = ['--max-data-size', '6000000'];
    return played(new FullStore({ directory, seed, flags, isKilled }));
  };
}

/** On a file system of 12 MB in memory, which only root can make. */
async function onSmallDisk(parent: string, seed: number): Promise<Findings | string> {
  const disk = join(parent, 'disk');
  mkdirSync(disk);
  const options = ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk];
  if (spawnSync('mount', options).status !== 0) return 'mounting a small disk is not allowed';
  try {
    return await played(new FullStore({ directory: join(disk, 'data'), seed, isKilled: true }));
  } finally {
    spawnSync('umount', [disk]);
  }
}

/** strace makes fdatasync fail, as a disk does that has an error. */
async function withFailingFlushes(directory: string, seed: number): Promise<Findings | string> {
  if (spawnSync('strace', ['-V']).status !== 0) return 'strace is not installed';
  let strace: ChildProcess | undefined;
  let said = '';
  const takeRoom = async (pid: number): Promise<void> => {
    const inject = ['-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO', '-o', '/dev/null'];
    const child = spawn('strace', ['-f', '-p', String(pid), ...inject]);
    strace = child;
    child.stderr.setEncoding('utf8');
    await new Promise<void>((resolve) => {
      child.once('close', () => resolve());
      child.stderr.on('data', (text: string) => {
        said += text;
        if (said.includes('attached')) resolve();
      });
    });
  };
  const giveRoom = async (): Promise<void> => {
    const child = strace;
    strace = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.kill('SIGINT');
    await ended;
  };
  try {
    const scene = new FullStore({ directory, seed, takeRoom, giveRoom, isKilled: false });
    const findings = await played(scene);
    return /not permitted/.test(said) ? 'strace may not attach to a process' : findings;
  } finally {
    await giveRoom();
  }
}

async function played(scene: FullStore): Promise<Findings> {
  await scene.run();
  return scene.findings;
}
