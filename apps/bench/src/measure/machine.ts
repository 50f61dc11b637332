import { cpus, release, totalmem, type } from 'node:os';

/** Where something was measured. */
export interface Machine {
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    // the build number says nothing about the kernel, and may name the machine
    kernel: `${type()} ${release().replace(/-.*$/, '')}`,
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
  };
}
