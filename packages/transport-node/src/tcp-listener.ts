import { createServer, type Server } from 'node:net';
import type { Listener, ListenerReceiver, ListeningAddress } from '@wellhead/transport';
import { listenOnPort, type PortOptions, stop } from './server-listener.ts';
import { connectionOptions, type SocketOptions } from './socket-options.ts';
import { remoteAddress, StreamConnection } from '@wellhead/transport/duplex';

export interface TcpListenerOptions extends PortOptions, SocketOptions {}

/** MQTT over TCP. */
export function tcpListener(options: TcpListenerOptions): Listener {
  return new TcpListener(options);
}

class TcpListener implements Listener {
  readonly name = 'mqtt';
  readonly #options: TcpListenerOptions;
  #server: Server | undefined;

  constructor(options: TcpListenerOptions) {
    this.#options = options;
  }

  async listen(receiver: ListenerReceiver): Promise<ListeningAddress> {
    if (this.#server) throw new TypeError('A listener listens once.');
    const forConnections = connectionOptions(this.#options);
    const server = createServer({ noDelay: true }, (socket) => {
      const remote = remoteAddress(socket, 'tcp');
      receiver.connection(new StreamConnection(socket, remote, forConnections));
    });
    this.#server = server;
    return listenOnPort(server, this.#options, receiver, 'mqtt');
  }

  async close(): Promise<void> {
    stop(this.#server);
  }
}
