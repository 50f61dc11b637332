import type { Connection } from '@wellhead/transport';
import type { BrokerLimits } from '../options.ts';

/** How many Network Connections there may be, in all, before CONNACK, and from one address. */
export class Admission {
  readonly #limits: BrokerLimits;
  readonly #byAddress = new Map<string, number>();
  #connections = 0;

  constructor(limits: BrokerLimits) {
    this.#limits = limits;
  }

  /** Why one more connection cannot be had, or `undefined`: then it is counted. `connected` of all have their CONNACK. */
  enter(link: Connection, connected: number): string | undefined {
    const { address, loopback } = link.remote;
    const fromThere = this.#byAddress.get(address) ?? 0;
    if (this.#connections >= this.#limits.maximumConnections) return 'too many connections';
    if (this.#connections - connected >= this.#limits.maximumPendingConnections)
      return 'too many connections without CONNECT';
    if (!loopback && fromThere >= this.#limits.maximumConnectionsPerAddress)
      return 'too many connections from this address';
    this.#connections++;
    this.#byAddress.set(address, fromThere + 1);
    return undefined;
  }

  leave(link: Connection): void {
    const { address } = link.remote;
    this.#connections--;
    const fromThere = (this.#byAddress.get(address) ?? 1) - 1;
    if (fromThere === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, fromThere);
  }

  get size(): number {
    return this.#connections;
  }
}
