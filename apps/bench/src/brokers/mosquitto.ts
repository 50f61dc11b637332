import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Transport } from '../bench-case.ts';
import {
  type BrokerKind,
  BrokerStartError,
  type RunningBroker,
  runningBroker,
  startProgram,
  stopProgram,
} from './broker-process.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { Cleanup } from './cleanup.ts';

/** Mosquitto as the distribution packages it. */
export const mosquitto: BrokerKind = {
  name: 'mosquitto',
  start,
  refusal: () => undefined,
  version,
  configuration: () => fair,
};

async function start(transport: Transport): Promise<RunningBroker> {
  // between our look and its start an outgoing connection may take the port
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(transport);
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof BrokerStartError)) throw error;
    }
  }
}

async function startOnce(transport: Transport): Promise<RunningBroker> {
  await using cleanup = new Cleanup();
  const certificate = transport === 'tls' ? await makeCertificate(cleanup) : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'wellhead-bench-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  // 2.0.11 does not start with WebSocket listeners alone
  const beside = transport === 'ws' ? `listener ${await freePort()} 127.0.0.1\n` : '';
  const file = join(folder, 'mosquitto.conf');
  await writeFile(file, `${fair}\n${listener(transport, port, certificate)}${beside}`);
  const ready = (output: string): true | undefined =>
    / running\s/.test(output) ? true : undefined;
  const { child, pid } = await startProgram(program, ['-c', file], ready);
  cleanup.defer(() => stopProgram(child));
  return runningBroker(pid, { transport, port, path: '/mqtt' }, cleanup.move());
}

async function version(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, ['-h']).catch((error: unknown) => {
      // it answers, and ends with status 3
      if (error instanceof Error && 'stdout' in error) return { stdout: String(error.stdout) };
      throw error;
    });
    const [, number = ''] = /version (\S+)/.exec(stdout) ?? [];
    if (number === '') throw new BrokerStartError('mosquitto does not say its version');
    return `Mosquitto ${number}`;
  } catch (cause) {
    throw new BrokerStartError('Mosquitto is not installed: apt-get install mosquitto', { cause });
  }
}

function listener(
  transport: Transport,
  port: number,
  certificate: Certificate | undefined,
): string {
  const lines = [`listener ${port} 127.0.0.1`];
  if (certificate) lines.push(`certfile ${certificate.certFile}`, `keyfile ${certificate.keyFile}`);
  if (transport === 'ws') lines.push('protocol websockets');
  return `${lines.join('\n')}\n`;
}

/** Mosquitto does not say which port it took, so it is told one that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

const ATTEMPTS = 5;
const program = process.env['WELLHEAD_BENCH_MOSQUITTO'] ?? '/usr/sbin/mosquitto';

/** 0 means without limit: the benchmarks queue up more than the defaults of 20 and 1,000 allow. */
const fair = [
  'allow_anonymous true',
  'persistence false',
  'set_tcp_nodelay true',
  'max_inflight_messages 0',
  'max_queued_messages 0',
  'max_queued_bytes 0',
  'log_dest stderr',
  'log_type error',
  'log_type information',
  'connection_messages false',
].join('\n');
