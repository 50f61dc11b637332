import { existsSync, readFileSync } from 'node:fs';
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

/** The broker of this repository, as users start it. */
export const wellhead: BrokerKind = {
  name: 'wellhead',
  start,
  refusal: () => undefined,
  version: async () => `Wellhead ${versionOf(program)}, Node ${process.version}`,
  configuration: () => `node apps/server/bin/wellhead.js ${options.join(' ')}`,
};

/** Further arguments for the interpreter, such as `--cpu-prof`. */
const nodeArguments = (process.env['WELLHEAD_BENCH_NODE'] ?? '').split(' ').filter(Boolean);

async function start(transport: Transport): Promise<RunningBroker> {
  if (!existsSync(program)) throw new BrokerStartError(`There is no ${program}.`);
  await using cleanup = new Cleanup();
  const certificate = transport === 'tls' ? await makeCertificate(cleanup) : undefined;
  const tls = certificate
    ? ['--tls-port', '0', '--cert', certificate.certFile, '--key', certificate.keyFile]
    : [];
  const ws = transport === 'ws' ? ['--ws-port', '0'] : ['--no-ws'];
  const args = [...nodeArguments, program, 'start', ...options, ...ws, ...tls];
  const scheme = transport === 'tcp' ? 'mqtt' : transport === 'tls' ? 'mqtts' : 'ws';
  const { child, pid, found } = await startProgram(process.execPath, args, (output) =>
    portOf(output, scheme),
  );
  cleanup.defer(() => stopProgram(child));
  return runningBroker(pid, { transport, port: found, path: '/mqtt' }, cleanup.move());
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
const options = ['--port', '0', '--memory', '--log-format', 'json', '--max-inflight', '65535'];
