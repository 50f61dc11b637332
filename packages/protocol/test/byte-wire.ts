import { Decoder, encode, type Packet, PacketType } from '@wellhead/codec';
import { expect } from 'vitest';
import { Wire, type WirePacket } from './lossy-pair.ts';

/** The same wire over MQTT 5.0 bytes: arrival is counted in bytes, and a break cuts packets anywhere. */
export class ByteWire extends Wire {
  #bytes: number[] = [];
  readonly #decoder = new Decoder({ protocolVersion: 5 });

  override get length(): number {
    return this.#bytes.length;
  }

  override write(packet: WirePacket): void {
    this.#bytes.push(...encode(toPacket(packet), 5));
  }

  override arrive(count: number, receive: (packet: WirePacket) => void): void {
    const packets = this.#decoder.decode(Uint8Array.from(this.#bytes.splice(0, count)));
    expect(this.#decoder.error).toBeUndefined();
    for (const packet of packets) receive(fromPacket(packet));
  }
}

function toPacket(packet: WirePacket): Packet {
  if (packet.type !== 'PUBLISH') {
    const { packetId, reasonCode } = packet;
    return { type: acknowledgementTypes[packet.type], packetId, reasonCode };
  }
  const { packetId, qos, dup, message } = packet;
  const payload = new TextEncoder().encode(String(message));
  return { type: PacketType.Publish, topicName: 't', payload, qos, dup, retain: false, packetId };
}

function fromPacket(packet: Packet): WirePacket {
  if (packet.type === PacketType.Publish) {
    const { packetId = 0, qos, dup, payload } = packet;
    const message = Number(new TextDecoder().decode(payload));
    return { type: 'PUBLISH', packetId, qos: qos === 2 ? 2 : 1, dup, message };
  }
  for (const name of ['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'] as const) {
    if (packet.type !== acknowledgementTypes[name]) continue;
    return { type: name, packetId: packet.packetId, reasonCode: packet.reasonCode };
  }
  return expect.unreachable(`packet type ${packet.type} came`);
}

const acknowledgementTypes = {
  PUBACK: PacketType.Puback,
  PUBREC: PacketType.Pubrec,
  PUBREL: PacketType.Pubrel,
  PUBCOMP: PacketType.Pubcomp,
} as const;
