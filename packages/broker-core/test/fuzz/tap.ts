import { Decoder, type Packet, type ProtocolVersion } from '@wellhead/codec';
import type { Connection, ConnectionReceiver, RemoteAddress } from '@wellhead/transport';

/** The broker's end of a connection, which reports each packet at the moment that it is written. */
export class Tap implements Connection {
  readonly #link: Connection;
  readonly #said: (packet: Packet, size: number) => void;
  #decoder: Decoder | undefined;
  #isOver = false;
  readonly #versionOf: () => ProtocolVersion;
  /** Known when the first packet is written. */
  protocolVersion: ProtocolVersion = 4;
  /** What no client can read. */
  error: Error | undefined;

  constructor(
    link: Connection,
    versionOf: () => ProtocolVersion,
    said: (packet: Packet, size: number) => void,
  ) {
    this.#link = link;
    this.#versionOf = versionOf;
    this.#said = said;
  }

  get remote(): RemoteAddress {
    return this.#link.remote;
  }

  get stableChunks(): boolean {
    return this.#link.stableChunks;
  }

  get pendingBytes(): number {
    return this.#link.pendingBytes;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  start(receiver: ConnectionReceiver): void {
    this.#link.start({
      data: (chunk) => receiver.data(chunk),
      drain: () => receiver.drain(),
      closed: (error) => {
        this.#isOver = true;
        receiver.closed(error);
      },
    });
  }

  write(bytes: Uint8Array): boolean {
    this.#look(bytes);
    return this.#link.write(bytes);
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.#look(chunk);
    return this.#link.writev(chunks);
  }

  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  close(): void {
    this.#isOver = true;
    this.#link.close();
  }

  destroy(error?: Error): void {
    this.#isOver = true;
    this.#link.destroy(error);
  }

  #look(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#decoder === undefined) this.protocolVersion = this.#versionOf();
    const { protocolVersion } = this;
    this.#decoder ??= new Decoder({ role: 'client', protocolVersion });
    const before = this.#decoder.bufferedBytes;
    const packets = this.#decoder.decode(bytes);
    this.error ??= this.#decoder.error;
    const size = before + bytes.length;
    // exact when the write holds one packet, an upper bound when it holds more
    for (const packet of packets) this.#said(packet, packets.length === 1 ? size : 0);
  }
}
