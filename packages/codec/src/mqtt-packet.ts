/*
 * A drop-in for mqtt-packet: `parser()`, `generate()` and `writeToStream()` with its packet shapes,
 * over this package's strict decoder and encoder.
 */
import { encode } from './encode.ts';
import { fromMqttPacket, versionOf } from './from-mqtt-packet.ts';
import { Parser, type ParserOptions } from './mqtt-packet-parser.ts';
import type { Packet } from './mqtt-packet-shapes.ts';

export type {
  IAcknowledgementPacket,
  IConnackPacket,
  IConnectPacket,
  IDisconnectPacket,
  IPacket,
  IPingPacket,
  IProperties,
  IPublishPacket,
  ISubackPacket,
  ISubscribePacket,
  ISubscription,
  IUnsubackPacket,
  IUnsubscribePacket,
  IWill,
  Packet,
  PacketCmd,
  QoS,
  UserProperties,
} from './mqtt-packet-shapes.ts';
export { Parser, type ParserOptions };

export interface GenerateOptions {
  /** Of the connection; a CONNECT has its own. @default 4 */
  readonly protocolVersion?: number | undefined;
}

/** What `writeToStream` needs of a stream. */
export interface WritableLike {
  write(bytes: Uint8Array): boolean;
  destroy(error: Error): unknown;
}

/** A parser: `on('packet')`, `on('error')`, `parse(chunk)`. */
export function parser(options?: ParserOptions | null): Parser {
  return new Parser(options);
}

/** A packet as bytes; throws an EncodeError on what MQTT forbids. */
export function generate(packet: Packet, options?: GenerateOptions | null): Uint8Array {
  const version = versionOf(packet, options);
  return encode(fromMqttPacket(packet, version), version);
}

/**
 * Writes a packet to a stream in one piece; returns what `write` returned.
 *
 * What MQTT forbids destroys the stream, as with mqtt-packet, but never after half a packet.
 */
export function writeToStream(
  packet: Packet,
  stream: WritableLike,
  options?: GenerateOptions | null,
): boolean {
  let bytes: Uint8Array;
  try {
    bytes = generate(packet, options);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    stream.destroy(error);
    return false;
  }
  return stream.write(bytes);
}
