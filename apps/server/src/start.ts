import { type Authenticator, type Broker, createBroker } from '@wellhead/broker-core';
import { MemorySessionStore } from '@wellhead/session-store/memory';
import { listenersOf } from './listeners.ts';
import { type ServerOptions, defaultServerOptions } from './server-options.ts';
import { packageVersion } from './package-version.ts';

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
  /**
   * Stops listening, sends MQTT 5 clients DISCONNECT 0x8B, and closes. Idempotent; nothing is left
   * open or running.
   */
  close(): Promise<void>;
}

/**
 * Starts a broker, with its sessions and messages in memory, and serves on every listener asked for.
 * Rejects, with nothing left open, when one of them cannot listen or a file cannot be read; throws
 * `TypeError` for limits out of range.
 */
export async function start(options: ServerOptions = {}): Promise<Server> {
  const listeners = listenersOf(options);
  const broker = await createBroker({
    store: new MemorySessionStore(),
    authenticator: options.allowAnonymous === true ? everybody : undefined,
    observer: options.observer,
    limits: options.limits,
    sysInterval: options.sysInterval ?? defaultServerOptions.sysInterval,
    version: packageVersion(),
  });
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
    close: () => broker.close(),
    [Symbol.asyncDispose]: () => broker.close(),
  };
}

const everybody: Authenticator = Object.freeze({ authenticate: () => ({ accept: true as const }) });
