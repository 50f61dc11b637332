import { type Authenticator, type Broker, createBroker } from '@wellhead/broker-core';
import type { SessionStore, StoreSizes } from '@wellhead/session-store';
import { listenersOf, renewCertificate } from './listeners.ts';
import { packageVersion } from './package-version.ts';
import { type DataPlace, openStore } from './open-store.ts';
import { type ServerOptions, defaultServerOptions } from './server-options.ts';

/** Where a server listens. */
export interface ServedAddress {
  /** `mqtt`, `mqtts`, `ws`, `wss` or `unix`. */
  readonly name: string;
  /** IP address, or the path of a Unix socket. */
  readonly host: string;
  /** The real port, also when 0 was asked for; 0 for a Unix socket. */
  readonly port: number;
  /** `mqtt://127.0.0.1:1883` */
  readonly url: string;
}

/** A broker that listens. Disposing of it closes it. */
export interface Server extends AsyncDisposable {
  readonly broker: Broker;
  readonly addresses: readonly ServedAddress[];
  /** Where the data is; undefined when it is in memory. */
  readonly data: DataPlace | undefined;
  /** How much of everything was there when it started. */
  readonly found: StoreSizes;
  /**
   * Reads the certificate and key again, for connections from now on; false when there are none.
   * Throws, and changes nothing, when they cannot be read or used.
   */
  renewCertificate(): boolean;
  /**
   * Stops listening, sends MQTT 5 clients DISCONNECT 0x8B, and closes. Idempotent; nothing is left
   * open or running.
   */
  close(): Promise<void>;
}

/**
 * Starts a broker on the data of its directory, or in memory without one, and serves on every listener
 * asked for. Rejects, with nothing left open, when one of them cannot listen, a file cannot be read, or
 * the data directory cannot be used (a `StoreError`); throws `TypeError` for limits out of range.
 */
export async function start(options: ServerOptions = {}): Promise<Server> {
  const listeners = listenersOf(options);
  const { store, data } = await openStore(options);
  const found = store.sizes();
  const broker = await brokerOver(store, options);
  const addresses: ServedAddress[] = [];
  try {
    for (const listener of listeners) {
      const address = await broker.listen(listener);
      addresses.push({ name: listener.name, ...address });
    }
  } catch (error) {
    await broker.close();
    throw error;
  }
  return {
    broker,
    addresses,
    data,
    found,
    renewCertificate: () => {
      if (options.tls === undefined) return false;
      renewCertificate(listeners, options.tls);
      return true;
    },
    close: () => broker.close(),
    [Symbol.asyncDispose]: () => broker.close(),
  };
}

async function brokerOver(store: SessionStore, options: ServerOptions): Promise<Broker> {
  try {
    return await createBroker({
      store,
      authenticator: options.allowAnonymous === true ? everybody : undefined,
      observer: options.observer,
      limits: options.limits,
      sysInterval: options.sysInterval ?? defaultServerOptions.sysInterval,
      version: packageVersion(),
    });
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

const everybody: Authenticator = Object.freeze({ authenticate: () => ({ accept: true as const }) });
