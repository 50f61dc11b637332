import type { Connection } from '@wellhead/transport';
import { networkOf } from '@wellhead/transport/duplex';
import type { ClientConnection } from '../client-connection.ts';
import type { BrokerLimits } from '../options.ts';

/** The connections from one address, or one /64 network of IPv6. */
interface Origin {
  connections: number;
  /** Those without CONNACK, and some that have had it since anybody looked. */
  readonly pending: Set<ClientConnection>;
}

/** How many Network Connections there may be, in all, before CONNACK, and from one address. */
export class Admission {
  readonly #limits: BrokerLimits;
  readonly #origins = new Map<string, Origin>();
  #connections = 0;

  constructor(limits: BrokerLimits) {
    this.#limits = limits;
  }

  /** Why one more connection cannot be had, or `undefined`. `connected` of all have their CONNACK. */
  refusal({ remote }: Connection, connected: number): string | undefined {
    const limits = this.#limits;
    const { address, loopback } = remote;
    if (this.#connections >= limits.maximumConnections) return 'too many connections';
    if (this.#connections - connected >= limits.maximumPendingConnections)
      return 'too many connections without CONNECT';
    const origin = this.#origins.get(networkOf(address));
    if (loopback || origin === undefined) return undefined;
    if (origin.connections >= limits.maximumConnectionsPerAddress)
      return 'too many connections from this address';
    if (isCrowded(origin, limits.maximumPendingConnectionsPerAddress))
      return 'too many connections without CONNECT from this address';
    return undefined;
  }

  enter(connection: ClientConnection): void {
    const { address, loopback } = connection.link.remote;
    const network = networkOf(address);
    let origin = this.#origins.get(network);
    if (origin === undefined) {
      origin = { connections: 0, pending: new Set() };
      this.#origins.set(network, origin);
    }
    this.#connections++;
    origin.connections++;
    if (!loopback) origin.pending.add(connection);
  }

  leave(connection: ClientConnection): void {
    const network = networkOf(connection.link.remote.address);
    this.#connections--;
    const origin = this.#origins.get(network);
    if (origin === undefined) return;
    origin.connections--;
    origin.pending.delete(connection);
    if (origin.connections === 0) this.#origins.delete(network);
  }

  get size(): number {
    return this.#connections;
  }
}

function isCrowded({ pending }: Origin, maximum: number): boolean {
  if (pending.size < maximum) return false;
  for (const connection of pending)
    if (connection.phase === 'connected') pending.delete(connection);
  return pending.size >= maximum;
}
