import { EncodeError } from './encode-error.ts';
import type { Publish } from './packet.ts';
import { PacketType, type ProtocolVersion } from './packet-type.ts';
import { checkInteger, encodedStringLength, PacketWriter } from './packet-writer.ts';
import { writeProperties } from './write-properties.ts';

/** Refuses a PUBLISH that MQTT forbids, but for a Packet Identifier that is still to come. Throws an EncodeError. */
export function checkPublish(publish: Publish, protocolVersion: ProtocolVersion): void {
  const { qos, dup, packetId, payload, properties } = publish;
  checkQoS(qos);
  // [MQTT-3.3.1-2]; MQTT 3.1 has no such rule
  if (qos === 0 && dup && protocolVersion !== 3) throw new EncodeError('DUP at QoS 0');
  // [MQTT-2.2.1-2]
  if (qos === 0 && packetId) throw new EncodeError('a PUBLISH of QoS 0 has no packetId');
  if (qos > 0) checkInteger(packetId ?? 0, 0, 65_535, 'packetId');
  if (!(payload instanceof Uint8Array)) throw new EncodeError('payload is no Uint8Array');
  if (protocolVersion === 5 && properties !== undefined) {
    writeProperties(new PacketWriter(), properties, PacketType.Publish);
  }
  const standsForName = protocolVersion === 5 && properties?.topicAlias !== undefined;
  if (!(publish.topicName === '' && standsForName)) checkTopicName(publish.topicName);
}

/** Refuses what is no Topic Name [MQTT-4.7.3-1] [MQTT-3.3.2-2]. */
export function checkTopicName(topicName: string, name = 'topicName'): void {
  encodedStringLength(topicName, name);
  if (topicName === '') throw new EncodeError(`${name} is empty`);
  if (topicName.includes('+') || topicName.includes('#')) {
    throw new EncodeError(`${name} contains a wildcard`);
  }
}

/** [MQTT-3.3.1-4] */
export function checkQoS(qos: unknown): void {
  checkInteger(qos, 0, 2, 'qos');
}
