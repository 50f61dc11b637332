import { putUint16 } from './byte-at.ts';
import { type AcknowledgementType, PacketType } from './packet-type.ts';

/**
 * Writes the four bytes of a PUBACK, PUBREC, PUBREL or PUBCOMP that means success, the same in all
 * versions; returns the new offset. Neither the room nor the Packet Identifier is checked.
 */
export function writeAcknowledgement(
  type: AcknowledgementType,
  packetId: number,
  target: Uint8Array,
  offset: number,
): number {
  target[offset] = (type << 4) | (type === PacketType.Pubrel ? 2 : 0); // [MQTT-3.6.1-1]
  target[offset + 1] = 2;
  putUint16(target, offset + 2, packetId);
  return offset + 4;
}
