import type { Packet, Publish } from './packet.ts';
import type { Packet as TheirPacket } from './mqtt-packet-shapes.ts';
import { toTheirProperties } from './mqtt-packet-properties.ts';
import { PacketType } from './packet-type.ts';

/** What mqtt-packet's parser puts into a packet beyond its fields. */
export interface ParserContext {
  /** Is it MQTT 5.0? */
  readonly isVersion5: boolean;
  /** Did the CONNECT have the bridge bit? */
  readonly isBridge: boolean;
  /** Remaining Length. */
  readonly length: number;
  /** Makes a byte array of the class that the chunk had. */
  readonly bytes: (own: Uint8Array) => Uint8Array;
}

/** A packet in the shape in which mqtt-packet's parser would emit it. */
export function toMqttPacket(packet: Packet, context: ParserContext): TheirPacket {
  const theirs: { [name: string]: unknown } = {
    cmd: names[packet.type],
    retain: false,
    qos: hasQoS1(packet.type) ? 1 : 0,
    dup: false,
    length: context.length,
    topic: null,
    payload: null,
    ...fields(packet, context),
  };
  if ('properties' in packet && packet.properties !== undefined) {
    theirs['properties'] = toTheirProperties(packet.properties, context.bytes);
  }
  // each field has the type that mqtt-packet gives to the name
  return theirs as unknown as TheirPacket;
}

interface Fields {
  [name: string]: unknown;
}

function fields(packet: Packet, context: ParserContext): Fields {
  switch (packet.type) {
    case PacketType.Connect:
      return connectFields(packet, context);
    case PacketType.Connack:
      return {
        sessionPresent: packet.sessionPresent,
        [context.isVersion5 ? 'reasonCode' : 'returnCode']: packet.reasonCode,
      };
    case PacketType.Publish:
      return publishFields(packet, context);
    case PacketType.Subscribe:
      return { messageId: packet.packetId, subscriptions: subscriptions(packet, context) };
    case PacketType.Suback:
      return { messageId: packet.packetId, granted: [...packet.reasonCodes] };
    case PacketType.Unsubscribe:
      return { messageId: packet.packetId, unsubscriptions: [...packet.topicFilters] };
    case PacketType.Unsuback:
      return context.isVersion5
        ? { messageId: packet.packetId, granted: [...packet.reasonCodes] }
        : { messageId: packet.packetId };
    case PacketType.Pingreq:
    case PacketType.Pingresp:
      return {};
    case PacketType.Disconnect:
      return context.isVersion5 ? { reasonCode: packet.reasonCode } : {};
    case PacketType.Auth:
      return { reasonCode: packet.reasonCode };
    default:
      return context.isVersion5
        ? { messageId: packet.packetId, reasonCode: packet.reasonCode }
        : { messageId: packet.packetId };
  }
}

function publishFields(packet: Publish, context: ParserContext): Fields {
  const { qos, dup, retain, topicName: topic } = packet;
  const theirs: Fields = { qos, dup, retain, topic, payload: context.bytes(packet.payload) };
  if (qos > 0) theirs['messageId'] = packet.packetId;
  return theirs;
}

function connectFields(packet: Extract<Packet, { type: 1 }>, context: ParserContext): Fields {
  const theirs: Fields = {
    protocolId: packet.protocolVersion === 3 ? 'MQIsdp' : 'MQTT',
    protocolVersion: packet.protocolVersion,
    clean: packet.cleanStart,
    keepalive: packet.keepAlive,
    clientId: packet.clientId,
  };
  if (packet.bridge) theirs['bridgeMode'] = true;
  if (packet.will !== undefined) {
    const { retain, qos, topicName: topic, payload, properties } = packet.will;
    const will: Fields = { retain, qos, topic, payload: context.bytes(payload) };
    if (properties !== undefined) will['properties'] = toTheirProperties(properties, context.bytes);
    theirs['will'] = will;
  }
  if (packet.userName !== undefined) theirs['username'] = packet.userName;
  if (packet.password !== undefined) theirs['password'] = context.bytes(packet.password);
  return theirs;
}

function subscriptions(packet: Extract<Packet, { type: 8 }>, context: ParserContext): Fields[] {
  return packet.subscriptions.map((request) => {
    const { topicFilter: topic, qos } = request;
    if (context.isVersion5) {
      const { noLocal: nl, retainAsPublished: rap, retainHandling: rh } = request;
      return { topic, qos, nl, rap, rh };
    }
    // mqtt-packet reads the subscriptions of a bridge as if they had these options
    return context.isBridge ? { topic, qos, rh: 0, rap: true, nl: true } : { topic, qos };
  });
}

function hasQoS1(type: PacketType): boolean {
  return (
    type === PacketType.Pubrel || type === PacketType.Subscribe || type === PacketType.Unsubscribe
  );
}

const names = {
  [PacketType.Connect]: 'connect',
  [PacketType.Connack]: 'connack',
  [PacketType.Publish]: 'publish',
  [PacketType.Puback]: 'puback',
  [PacketType.Pubrec]: 'pubrec',
  [PacketType.Pubrel]: 'pubrel',
  [PacketType.Pubcomp]: 'pubcomp',
  [PacketType.Subscribe]: 'subscribe',
  [PacketType.Suback]: 'suback',
  [PacketType.Unsubscribe]: 'unsubscribe',
  [PacketType.Unsuback]: 'unsuback',
  [PacketType.Pingreq]: 'pingreq',
  [PacketType.Pingresp]: 'pingresp',
  [PacketType.Disconnect]: 'disconnect',
  [PacketType.Auth]: 'auth',
} as const;
