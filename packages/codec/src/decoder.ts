import type { Packet } from './packet.ts';
import { PacketDecoder } from './packet-decoder.ts';
import type { OtherPacket, PacketSink } from './packet-sink.ts';
import type { AcknowledgementType, ProtocolVersion, Role } from './packet-type.ts';
import type { AckProperties } from './properties.ts';
import type { ProtocolError } from './protocol-error.ts';
import type { PublishView } from './publish-view.ts';
import { rules, violation } from './rules.ts';

export interface DecoderOptions {
  /** Whose packets are accepted: `'server'` those that clients send, `'client'` those that servers send. @default 'any' */
  readonly role?: Role | 'any';
  /**
   * The version until a CONNECT names another. With the role `'server'` it says that the CONNECT was
   * read elsewhere; without it a server's first packet must be a CONNECT. @default 5, but not for a server
   */
  readonly protocolVersion?: ProtocolVersion;
  /** Largest packet in bytes, fixed header included. @default 268435460 */
  readonly maximumPacketSize?: number;
}

/**
 * Bytes in any portions to packet objects.
 *
 * A peer's mistake is not thrown: it is in `error` once the packets before it have been returned.
 */
export class Decoder {
  readonly #decoder: PacketDecoder;
  readonly #sink: CollectingSink = new CollectingSink();

  constructor(options: DecoderOptions = {}) {
    this.#decoder = packetDecoder(this.#sink, options);
  }

  /** What broke the protocol; nothing is decoded any more. */
  get error(): ProtocolError | undefined {
    return this.#sink.error;
  }

  /** The version in force; 0 for a server before the CONNECT. */
  get protocolVersion(): ProtocolVersion | 0 {
    return this.#decoder.protocolVersion;
  }

  /** Bytes held of a packet that has begun. */
  get bufferedBytes(): number {
    return this.#decoder.bufferedBytes;
  }

  /** The packets that these bytes complete, in order; they share no memory with the chunk. */
  decode(chunk: Uint8Array): Packet[] {
    this.#decoder.receive(chunk);
    return this.#sink.take();
  }
}

/** The one packet that the bytes are; throws a ProtocolError when they are anything else. */
export function decode(bytes: Uint8Array, options: DecoderOptions = {}): Packet {
  const sink = new CollectingSink();
  const decoder = packetDecoder(sink, options);
  decoder.receive(bytes);
  const [packet, ...others] = sink.take();
  if (sink.error !== undefined && packet === undefined) throw sink.error;
  if (packet === undefined || others.length > 0 || sink.error !== undefined || decoder.midPacket) {
    throw violation(rules.notOnePacket, options.protocolVersion ?? 5);
  }
  return packet;
}

function packetDecoder(sink: PacketSink, options: DecoderOptions): PacketDecoder {
  const role = options.role ?? 'any';
  const protocolVersion = options.protocolVersion ?? (role === 'client' ? 5 : undefined);
  return new PacketDecoder(sink, {
    role,
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    ...(options.maximumPacketSize === undefined
      ? {}
      : { maximumPacketSize: options.maximumPacketSize }),
  });
}

class CollectingSink implements PacketSink {
  error: ProtocolError | undefined = undefined;
  #packets: Packet[] = [];

  take(): Packet[] {
    const packets = this.#packets;
    this.#packets = [];
    return packets;
  }

  publish(publish: PublishView): void {
    this.#packets.push(publish.toPacket());
  }

  acknowledge(
    type: AcknowledgementType,
    packetId: number,
    reasonCode: number,
    properties: AckProperties | undefined,
  ): void {
    const packet: Extract<Packet, { type: AcknowledgementType }> = { type, packetId, reasonCode };
    if (properties !== undefined) packet.properties = properties;
    this.#packets.push(packet);
  }

  packet(packet: OtherPacket): void {
    this.#packets.push(packet);
  }

  malformed(error: ProtocolError): void {
    this.error = error;
  }
}
