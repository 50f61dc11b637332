import { type Packet, PacketType } from '@wellhead/codec';

/** The packets by name, as cases ask for them. */
export interface PacketByName {
  connect: Extract<Packet, { type: 1 }>;
  connack: Extract<Packet, { type: 2 }>;
  publish: Extract<Packet, { type: 3 }>;
  puback: Extract<Packet, { type: 4 }>;
  pubrec: Extract<Packet, { type: 5 }>;
  pubrel: Extract<Packet, { type: 6 }>;
  pubcomp: Extract<Packet, { type: 7 }>;
  subscribe: Extract<Packet, { type: 8 }>;
  suback: Extract<Packet, { type: 9 }>;
  unsubscribe: Extract<Packet, { type: 10 }>;
  unsuback: Extract<Packet, { type: 11 }>;
  pingreq: Extract<Packet, { type: 12 }>;
  pingresp: Extract<Packet, { type: 13 }>;
  disconnect: Extract<Packet, { type: 14 }>;
  auth: Extract<Packet, { type: 15 }>;
}

export type PacketName = keyof PacketByName;

/** The number of a packet by name. */
const packetTypes: { readonly [name in PacketName]: PacketByName[name]['type'] } = {
  connect: PacketType.Connect,
  connack: PacketType.Connack,
  publish: PacketType.Publish,
  puback: PacketType.Puback,
  pubrec: PacketType.Pubrec,
  pubrel: PacketType.Pubrel,
  pubcomp: PacketType.Pubcomp,
  subscribe: PacketType.Subscribe,
  suback: PacketType.Suback,
  unsubscribe: PacketType.Unsubscribe,
  unsuback: PacketType.Unsuback,
  pingreq: PacketType.Pingreq,
  pingresp: PacketType.Pingresp,
  disconnect: PacketType.Disconnect,
  auth: PacketType.Auth,
};

export function isNamed<N extends PacketName>(
  packet: Packet,
  name: N,
): packet is Extract<Packet, PacketByName[N]> {
  return packet.type === packetTypes[name];
}
