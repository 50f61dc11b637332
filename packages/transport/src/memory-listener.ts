import type { Listener, ListenerReceiver, ListeningAddress } from './listener.ts';
import type { MemoryConnection } from './memory-connection.ts';
import { memoryPair, type MemoryPairOptions } from './memory-pair.ts';
import { TransportError } from './transport-error.ts';

/** A listener that tests connect to by calling it. */
export interface MemoryListener extends Listener {
  /**
   * Connects: the server end has been handed to the listener's receiver when this returns, the client end is yours.
   * Options go before those of the listener. Throws a `TransportError` while it does not listen.
   */
  connect(options?: MemoryPairOptions): MemoryConnection;
}

/** @param defaults for every connection */
export function memoryListener(defaults?: MemoryPairOptions): MemoryListener {
  return new InMemoryListener(defaults);
}

class InMemoryListener implements MemoryListener {
  readonly name = 'memory';
  readonly #defaults: MemoryPairOptions | undefined;
  #receiver: ListenerReceiver | undefined;

  constructor(defaults: MemoryPairOptions | undefined) {
    this.#defaults = defaults;
  }

  connect(options?: MemoryPairOptions): MemoryConnection {
    if (!this.#receiver) {
      throw new TransportError('TRANSPORT_CONNECTION_LOST', 'The in-memory listener is closed.');
    }
    const [client, server] = memoryPair({ ...this.#defaults, ...options });
    this.#receiver.connection(server);
    return client;
  }

  async listen(receiver: ListenerReceiver): Promise<ListeningAddress> {
    this.#receiver = receiver;
    return { host: 'memory', port: 0, url: 'memory:' };
  }

  async close(): Promise<void> {
    this.#receiver = undefined;
  }
}
