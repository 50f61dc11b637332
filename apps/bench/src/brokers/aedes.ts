import { fileURLToPath } from 'node:url';
import type { Transport } from '../bench-case.ts';
import {
  type BrokerKind,
  type RunningBroker,
  runningBroker,
  startProgram,
  stopProgram,
} from './broker-process.ts';
import { makeCertificate } from './certificate.ts';
import { Cleanup } from './cleanup.ts';

/** Aedes, the MQTT broker that the Node world knows. It speaks MQTT 3.1 and 3.1.1. */
export const aedes: BrokerKind = {
  name: 'aedes',
  start,
  refusal: ({ protocolVersion }) => (protocolVersion === 5 ? 'no MQTT 5' : undefined),
  version: async () => `Aedes 1.2.0, Node ${process.version}`,
  configuration: () => 'await Aedes.createBroker(), net.createServer(aedes.handle)',
};

async function start(transport: Transport): Promise<RunningBroker> {
  await using cleanup = new Cleanup();
  const certificate = transport === 'tls' ? await makeCertificate(cleanup) : undefined;
  const files = certificate ? [certificate.certFile, certificate.keyFile] : [];
  const { child, pid, found } = await startProgram(
    process.execPath,
    [program, transport, ...files],
    (output) => /^port (\d+)$/m.exec(output)?.[1],
  );
  cleanup.defer(() => stopProgram(child));
  return runningBroker(pid, { transport, port: Number(found), path: '/' }, cleanup.move());
}

const program = fileURLToPath(new URL('../../peers/aedes-broker.js', import.meta.url));
