import { PacketType, type PublishProperties, encode } from '@wellhead/codec';
import type { BenchCase } from '../bench-case.ts';

export interface SessionOptions {
  readonly clientId: string;
  /** The session outlives the connection. */
  readonly isKept?: boolean;
}

export function connectPacket(
  bench: BenchCase,
  { clientId, isKept = false }: SessionOptions,
): Uint8Array {
  const { protocolVersion, topicAlias } = bench;
  const properties = {
    // without it a broker of MQTT 5 may keep 65,535 on the way, and Mosquitto 20
    receiveMaximum: 65_535,
    ...(topicAlias && { topicAliasMaximum: 1000 }),
    ...(isKept && { sessionExpiryInterval: 3600 }),
  };
  const keepAlive = 300;
  return encode(
    {
      type: PacketType.Connect,
      protocolVersion,
      clientId,
      cleanStart: !isKept,
      keepAlive,
      ...(protocolVersion === 5 && { properties }),
    },
    protocolVersion,
  );
}

export function subscribePacket(
  bench: BenchCase,
  packetId: number,
  topicFilters: readonly string[],
): Uint8Array {
  const subscriptions = topicFilters.map((topicFilter) => ({
    topicFilter,
    qos: bench.qos,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0 as const,
  }));
  const properties = bench.subscriptionIdentifier
    ? { properties: { subscriptionIdentifiers: [7] } }
    : {};
  return encode(
    { type: PacketType.Subscribe, packetId, subscriptions, ...properties },
    bench.protocolVersion,
  );
}

/** The bytes of a PUBLISH, and where those are that differ from message to message. */
export interface PublishTemplate {
  readonly bytes: Uint8Array;
  /** -1 at QoS 0. */
  readonly packetIdAt: number;
  readonly payloadAt: number;
}

export function publishTemplate(
  bench: BenchCase,
  topicName: string,
  {
    publisher = 0,
    retain = false,
  }: { readonly publisher?: number; readonly retain?: boolean } = {},
): PublishTemplate {
  const payload = Buffer.alloc(bench.size, 'a');
  payload.writeUInt32LE(publisher, 0);
  const bytes = encode(
    {
      type: PacketType.Publish,
      topicName,
      payload,
      qos: bench.qos,
      dup: false,
      retain,
      ...(bench.qos > 0 && { packetId: 1 }),
      ...(bench.properties && { properties: someProperties }),
    },
    bench.protocolVersion,
  );
  const remainingLengthBytes = bytes.findIndex((byte, index) => index > 0 && byte < 0x80);
  const packetIdAt = remainingLengthBytes + 1 + 2 + Buffer.byteLength(topicName);
  return {
    bytes,
    packetIdAt: bench.qos > 0 ? packetIdAt : -1,
    payloadAt: bytes.length - bench.size,
  };
}

export function disconnectPacket(bench: BenchCase): Uint8Array {
  return encode({ type: PacketType.Disconnect, reasonCode: 0 }, bench.protocolVersion);
}

const someProperties: PublishProperties = {
  messageExpiryInterval: 3600,
  userProperties: [
    ['plant', 'north'],
    ['unit', 'celsius'],
    ['trace', '4bf92f3577b34da6a3ce929d0e0e4736'],
  ],
};
