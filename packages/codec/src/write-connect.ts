import { checkQoS, checkTopicName } from './check-publish.ts';
import { EncodeError } from './encode-error.ts';
import type { Connect, Will } from './packet.ts';
import { PacketType } from './packet-type.ts';
import { checkInteger, type PacketWriter } from './packet-writer.ts';
import { willPlace } from './property-table.ts';
import { writeProperties } from './write-properties.ts';

/** The body of a CONNECT in its own version, in the order of [MQTT-3.1.3-1]. */
export function writeConnect(out: PacketWriter, connect: Connect): void {
  const { protocolVersion, will, userName, password, keepAlive } = connect;
  check(connect);
  out.string(protocolVersion === 3 ? 'MQIsdp' : 'MQTT', 'protocolName');
  out.uint8(protocolVersion | (connect.bridge ? 0x80 : 0));
  out.uint8(
    (connect.cleanStart ? 0x02 : 0) |
      (will === undefined ? 0 : 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0)) |
      (password === undefined ? 0 : 0x40) |
      (userName === undefined ? 0 : 0x80),
  );
  out.uint16(keepAlive);
  if (protocolVersion === 5) writeProperties(out, connect.properties, PacketType.Connect);
  out.string(connect.clientId, 'clientId');
  if (will !== undefined) writeWill(out, will, protocolVersion);
  if (userName !== undefined) out.string(userName, 'userName');
  if (password !== undefined) out.binary(password, 'password');
}

function writeWill(out: PacketWriter, will: Will, protocolVersion: number): void {
  checkTopicName(will.topicName, 'will.topicName');
  if (protocolVersion === 5) writeProperties(out, will.properties, willPlace);
  out.string(will.topicName, 'will.topicName');
  out.binary(will.payload, 'will.payload');
}

function check(connect: Connect): void {
  const { protocolVersion, clientId, will } = connect;
  if (protocolVersion !== 3 && protocolVersion !== 4 && protocolVersion !== 5) {
    throw new EncodeError('the protocolVersion is none of 3, 4 and 5');
  }
  checkInteger(connect.keepAlive, 0, 65_535, 'keepAlive');
  if (will !== undefined) checkQoS(will.qos); // [MQTT-3.1.2-12]
  if (protocolVersion === 5) {
    if (connect.bridge) throw new EncodeError('the bridge bit is of MQTT 3.x only');
    return;
  }
  // [MQTT-3.1.2-22 @3.1.1]
  if (connect.password !== undefined && connect.userName === undefined) {
    throw new EncodeError('a password without a userName');
  }
  // [MQTT-3.1.3-7 @3.1.1]; in 3.1 the Client Identifier has at least one character
  if (clientId === '' && (protocolVersion === 3 || !connect.cleanStart)) {
    throw new EncodeError('the clientId is empty');
  }
}
