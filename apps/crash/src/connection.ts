import { type Socket, connect } from 'node:net';
import { Decoder, type Packet, encode } from '@wellhead/codec';

export interface ConnectionSink {
  received(packet: Packet): void;
  /** The connection is over, and every packet that came was received. */
  closed(why: string): void;
}

/** One Network Connection: packets in and out. */
export class Connection {
  readonly #socket: Socket;
  readonly #version: 4 | 5;
  #isOver = false;

  constructor(port: number, version: 4 | 5, sink: ConnectionSink) {
    this.#version = version;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const decoder = new Decoder({ role: 'client', protocolVersion: version });
    let why = 'the broker closed it';
    this.#socket.on('data', (chunk) => {
      for (const packet of decoder.decode(chunk)) if (!this.#isOver) sink.received(packet);
      if (decoder.error === undefined) return;
      why = `the broker sent a malformed packet: ${decoder.error.message}`;
      this.#socket.destroy();
    });
    this.#socket.on('error', (error) => {
      why = error.message;
    });
    this.#socket.once('close', () => {
      this.#isOver = true;
      sink.closed(why);
    });
  }

  send(packet: Packet): void {
    if (!this.#isOver) this.#socket.write(encode(packet, this.#version));
  }

  /** Sends what was sent until now, then closes. */
  end(): void {
    this.#socket.end();
  }

  /** Is gone without a word; nothing more is received. */
  destroy(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }
}
