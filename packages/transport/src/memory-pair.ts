import type { RemoteAddress } from './connection.ts';
import { MemoryConnection, type MemoryWireOptions } from './memory-connection.ts';
import { MemoryNetwork } from './memory-network.ts';

export interface MemoryPairOptions extends MemoryWireOptions {
  /** @default one that moves bytes by itself, in a microtask, without a clock */
  readonly network?: MemoryNetwork;
  /** How the server end sees the client. @default address `memory`, loopback, not secure */
  readonly remote?: Partial<RemoteAddress>;
}

/** Two ends of one connection, each of which still has to be started. */
export function memoryPair(
  options?: MemoryPairOptions,
): [client: MemoryConnection, server: MemoryConnection] {
  const network = options?.network ?? new MemoryNetwork({ automatic: true });
  const wire = { ...DEFAULTS, ...options };
  if (wire.latency > 0 && network.automatic) {
    throw new TypeError('Latency needs a clock: give a MemoryNetwork of your own.');
  }
  if (!(wire.loseAfter > 0)) throw new TypeError('loseAfter is at least one byte.');
  const shared = { network, options: wire, left: wire.loseAfter, vanished: false };
  const client = new MemoryConnection(shared, REMOTE);
  const server = new MemoryConnection(shared, { ...REMOTE, ...options?.remote });
  MemoryConnection.join(client, server);
  return [client, server];
}

/** A `split` that depends on the seed alone: each piece is anything from one byte to all that is left. */
export function randomSplit(seed: number): (remaining: number) => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return (remaining) => {
    // Marsaglia's xorshift with 13, 17, 5
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return 1 + (state % remaining);
  };
}

const DEFAULTS: Required<MemoryWireOptions> = Object.freeze({
  latency: 0,
  split: Infinity,
  loseAfter: Infinity,
  highWaterMark: 65_536,
  stableChunks: false,
});

const REMOTE: RemoteAddress = Object.freeze({
  address: 'memory',
  port: undefined,
  loopback: true,
  secure: false,
  transport: 'memory',
});
