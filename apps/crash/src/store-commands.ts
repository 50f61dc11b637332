import { execFile } from 'node:child_process';
import { program } from './server-process.ts';

/** What `wellhead store check` says of a directory; nothing when all is well. */
export async function complaintsOf(directory: string): Promise<readonly string[]> {
  const { status, output } = await store(['check', directory]);
  return status === 0 ? [] : output.trim().split('\n');
}

/** What `wellhead store info` says of it. */
export async function sizesOf(
  directory: string,
): Promise<{ deliveries: number; messages: number; retained: number; sessions: number }> {
  const { status, output } = await store(['info', '--json', directory]);
  if (status !== 0) throw new Error(`wellhead store info: ${output}`);
  const sizes: unknown = JSON.parse(output);
  const number = (name: string): number =>
    typeof sizes === 'object' && sizes !== null ? Number(Reflect.get(sizes, name)) : NaN;
  return {
    deliveries: number('deliveries'),
    messages: number('messages'),
    retained: number('retained'),
    sessions: number('sessions'),
  };
}

function store(args: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'store', ...args], (error, stdout, stderr) => {
      const status = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
      resolve({ status, output: stdout + stderr });
    });
  });
}
