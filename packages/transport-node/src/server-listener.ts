import type { AddressInfo, ListenOptions, Server } from 'node:net';
import type { ListenerReceiver, ListeningAddress } from '@wellhead/transport';
import { listenError } from './listen-error.ts';

/** Where a server for the network listens. */
export interface PortOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** How many connections the kernel holds before they are accepted. @default 511 */
  readonly backlog?: number;
}

/** Listens on host and port; rejects with a `TransportError` that names them. */
export async function listenOnPort(
  server: Server,
  options: PortOptions,
  receiver: ListenerReceiver,
  scheme: string,
  path = '',
): Promise<ListeningAddress> {
  const { host = DEFAULT_HOST, port, backlog = 511 } = options;
  await listen(server, { host, port, backlog }, `${inUrl(host)}:${port}`, receiver);
  // The address of a server that listens on a port is an object.
  const bound = server.address() as AddressInfo;
  const url = `${scheme}://${inUrl(bound.address)}:${bound.port}${path}`;
  return { host: bound.address, port: bound.port, url };
}

/** Resolves when the server listens; from then on its errors are the receiver's. */
export function listen(
  server: Server,
  options: ListenOptions,
  place: string,
  receiver: ListenerReceiver,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown): void => reject(listenError(place, error));
    server.once('error', refuse);
    try {
      server.listen(options, () => {
        server.off('error', refuse);
        server.on('error', (error) => receiver.error(error));
        resolve();
      });
    } catch (error) {
      refuse(error); // a port out of range
    }
  });
}

/** `host:port` for messages, with the default filled in. */
export function placeOf(options: PortOptions): string {
  return `${inUrl(options.host ?? DEFAULT_HOST)}:${options.port}`;
}

/** Stops accepting. Node's own callback would also wait for the connections, which are the receiver's to end. */
export function stop(server: Server | undefined): void {
  if (server?.listening) server.close();
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

const DEFAULT_HOST = '127.0.0.1';
