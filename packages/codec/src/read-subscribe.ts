import type { Subscribe, SubscriptionRequest } from './packet.ts';
import type { PacketReader } from './packet-reader.ts';
import { PacketType, type QoS } from './packet-type.ts';
import { readProperties } from './read-properties.ts';
import { rules } from './rules.ts';

/** The body of a SUBSCRIBE. */
export function readSubscribe(reader: PacketReader): Subscribe {
  const packetId = reader.packetId();
  const properties =
    reader.protocolVersion === 5 ? readProperties(reader, PacketType.Subscribe) : undefined;
  if (reader.atEnd) reader.fail(rules.subscribeEmpty); // [MQTT-3.8.3-2]
  const subscriptions: SubscriptionRequest[] = [];
  while (!reader.atEnd) subscriptions.push(readRequest(reader));
  const packet: Subscribe = { type: PacketType.Subscribe, packetId, subscriptions };
  if (properties !== undefined) packet.properties = properties;
  return packet;
}

/**
 * A Topic Filter: a valid string that is not empty. Whether its wildcards and its `$share` are in
 * order is not judged here, as a server answers that filter by filter.
 */
export function readTopicFilter(reader: PacketReader): string {
  const topicFilter = reader.string();
  if (topicFilter === '') reader.fail(rules.topicFilterEmpty); // [MQTT-4.7.3-1]
  return topicFilter;
}

function readRequest(reader: PacketReader): SubscriptionRequest {
  const topicFilter = readTopicFilter(reader);
  const options = reader.uint8();
  const reserved = reader.protocolVersion === 5 ? 0xc0 : 0xfc;
  if ((options & reserved) !== 0) reader.fail(rules.subscriptionOptions); // [MQTT-3.8.3-5]
  const qos = options & 3;
  if (qos === 3) reader.fail(rules.subscriptionQoS3);
  const retainHandling = (options >> 4) & 3;
  if (retainHandling === 3) reader.fail(rules.retainHandling3);
  const noLocal = (options & 0x04) !== 0;
  if (noLocal && topicFilter.startsWith('$share/')) reader.fail(rules.noLocalShared); // [MQTT-3.8.3-4]
  return {
    topicFilter,
    // 3 was refused
    qos: qos as QoS,
    noLocal,
    retainAsPublished: (options & 0x08) !== 0,
    // 3 was refused
    retainHandling: retainHandling as 0 | 1 | 2,
  };
}
