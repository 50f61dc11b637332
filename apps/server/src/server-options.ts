import type { BrokerLimits, Observer } from '@wellhead/broker-core';
import type { Durability, StoreDamage } from '@wellhead/store-lmdb';

/** What a server listens on, where it keeps its data, whom it admits, and what it allows. */
export interface ServerOptions {
  /** Host name or IP address of the TCP, TLS and WebSocket listeners. @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** MQTT over TCP; 0 picks a free port, `false` switches the listener off. @default 1883 */
  readonly port?: number | false | undefined;
  /** MQTT over WebSocket; 0 picks a free port, `false` switches the listener off. @default 8083 */
  readonly webSocketPort?: number | false | undefined;
  /** @default '/mqtt' */
  readonly webSocketPath?: string | undefined;
  /** Origins of web pages of other hosts that may connect over WebSocket, as `https://panel.example`, or `*` for all. @default none */
  readonly webSocketOrigins?: readonly string[] | undefined;
  /** MQTT over TLS, by itself and over WebSocket. @default none */
  readonly tls?: TlsOptions | undefined;
  /** MQTT over a Unix domain socket at this path. @default none */
  readonly unixPath?: string | undefined;
  /** Keeps sessions and messages in this directory, and makes it when it is not there. @default none: in memory, until it is closed */
  readonly dataDirectory?: string | undefined;
  /** What acknowledgements wait for: that the data is on the `disk`, that the operating system (`os`) has it, or nothing (`memory`). @default 'disk' */
  readonly durability?: Durability | undefined;
  /** Bytes that the data may take; beyond, messages that need more are refused. @default Infinity */
  readonly maximumDataSize?: number | undefined;
  /** Is told when a data file could not be used and was set aside. @default standard error is */
  readonly onDamage?: ((damage: StoreDamage) => void) | undefined;
  /** Admits everybody, and any credentials, from everywhere. @default false: from this machine only */
  readonly allowAnonymous?: boolean | undefined;
  /** @default those of broker-core */
  readonly limits?: Partial<BrokerLimits> | undefined;
  /** Seconds between two updates of `$SYS`; 0 publishes none. @default 10 */
  readonly sysInterval?: number | undefined;
  /** Is told what happens. @default nobody */
  readonly observer?: Observer | undefined;
}

export interface TlsOptions {
  /** MQTT over TLS; 0 picks a free port. @default none */
  readonly port?: number | undefined;
  /** MQTT over WebSocket over TLS; 0 picks a free port. @default none */
  readonly webSocketPort?: number | undefined;
  /** File with the certificate chain, PEM. */
  readonly certFile: string;
  /** File with the private key, PEM. */
  readonly keyFile: string;
}

export const defaultServerOptions: Readonly<{
  host: string;
  port: number;
  webSocketPort: number;
  webSocketPath: string;
  durability: Durability;
  sysInterval: number;
}> = Object.freeze({
  host: '127.0.0.1',
  port: 1883,
  webSocketPort: 8083,
  webSocketPath: '/mqtt',
  durability: 'disk',
  sysInterval: 10,
});
