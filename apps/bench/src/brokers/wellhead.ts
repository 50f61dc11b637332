import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type BrokerKind,
  BrokerStartError,
  type RunningBroker,
  runningBroker,
  startProgram,
  stopProgram,
} from './broker-process.ts';
import type { Transport } from '../bench-case.ts';
import { makeCertificate } from './certificate.ts';
import { Cleanup } from './cleanup.ts';

/** The broker of this repository, with everything in memory. */
export const wellhead: BrokerKind = {
  name: 'wellhead',
  start: (transport) => start(transport, 'memory'),
  refusal: () => undefined,
  version: async () => `Wellhead ${versionOf(program)} in memory, Node ${process.version}`,
  configuration: () => commandLine(['--memory']),
};

/** The same with its store on a disk, as users start it: an acknowledgement leaves after the flush. */
export const wellheadDisk: BrokerKind = {
  name: 'wellhead-disk',
  start: (transport) => start(transport, 'disk'),
  refusal: () => undefined,
  version: async () => `Wellhead ${versionOf(program)} on disk, Node ${process.version}`,
  configuration: () => commandLine(['--data', 'DIR', '--durability', 'disk']),
};

function commandLine(store: readonly string[]): string {
  return `node apps/server/bin/wellhead.js start ${[...store, ...options].join(' ')}`;
}

/** Further arguments for the interpreter, such as `--cpu-prof`. */
const nodeArguments = (process.env['WELLHEAD_BENCH_NODE'] ?? '').split(' ').filter(Boolean);

async function start(transport: Transport, place: 'memory' | 'disk'): Promise<RunningBroker> {
  if (!existsSync(program)) throw new BrokerStartError(`There is no ${program}.`);
  await using cleanup = new Cleanup();
  const store = place === 'memory' ? ['--memory'] : await freshStore(cleanup);
  const certificate = transport === 'tls' ? await makeCertificate(cleanup) : undefined;
  const tls = certificate
    ? ['--tls-port', '0', '--cert', certificate.certFile, '--key', certificate.keyFile]
    : [];
  const ws = transport === 'ws' ? ['--ws-port', '0'] : ['--no-ws'];
  const args = [...nodeArguments, program, 'start', ...store, ...options, ...ws, ...tls];
  const scheme = transport === 'tcp' ? 'mqtt' : transport === 'tls' ? 'mqtts' : 'ws';
  const { child, pid, found } = await startProgram(process.execPath, args, (output) =>
    portOf(output, scheme),
  );
  cleanup.defer(() => stopProgram(child));
  return runningBroker(pid, { transport, port: found, path: '/mqtt' }, cleanup.move());
}

/** Options for a data directory that is gone when the broker is. */
async function freshStore(cleanup: Cleanup): Promise<string[]> {
  const place = process.env['WELLHEAD_BENCH_DATA'] ?? tmpdir();
  const folder = await mkdtemp(join(place, 'wellhead-bench-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  return ['--data', join(folder, 'data'), '--durability', 'disk'];
}

/** The port in the line that the broker logs when a listener is ready. */
function portOf(output: string, scheme: string): number | undefined {
  const [, port] = new RegExp(`"url":"${scheme}://[^"]*:(\\d+)[/"]`).exec(output) ?? [];
  return port === undefined ? undefined : Number(port);
}

function versionOf(file: string): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../package.json', `file://${file}`), 'utf8'),
  );
  return typeof manifest === 'object' && manifest && 'version' in manifest
    ? String(manifest.version)
    : '';
}

const program =
  process.env['WELLHEAD_BENCH_SERVER'] ??
  fileURLToPath(new URL('../../../server/bin/wellhead.js', import.meta.url));
const options = ['--port', '0', '--log-format', 'json', '--max-inflight', '65535'];
