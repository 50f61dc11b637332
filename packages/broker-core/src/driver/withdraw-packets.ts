import { PacketType, type ProtocolVersion, ReasonCode, decode, encode } from '@wellhead/codec';
import type { ClientConnection } from '../client-connection.ts';
import type { HeldOutput, PromisedPacket } from '../held-output.ts';
import type { Undecided } from '../undecided.ts';

/** What is to be taken out of a connection's output. */
export interface Withdrawal {
  /** The PUBLISH packets with these Packet Identifiers, or all that have one. */
  readonly publishes: ReadonlySet<number> | 'all';
  /** PUBREC packets for these identifiers refuse now what they took. */
  readonly receipts: ReadonlySet<number>;
  /** Every PUBLISH of this message. */
  readonly undecided?: Undecided | undefined;
}

interface Cut extends Withdrawal {
  /** Topic Names whose alias the client has not been told, for what set it was cut. */
  readonly untold: Map<number, string>;
  /** Packet Identifiers of what was cut for {@link undecided}; 0 at QoS 0. */
  readonly freed: number[];
}

type Output = Omit<HeldOutput, 'commit' | 'slab'>;

/**
 * Takes what is withdrawn out of everything that a connection has not said yet, from what waits for
 * `commit` on. None of it has left: the Packet Identifiers are as good as new.
 */
export function withdrawPackets(
  connection: ClientConnection,
  commit: number,
  withdrawal: Withdrawal,
): readonly number[] {
  const { aliasesOut, context, outbox } = connection;
  const cut: Cut = { ...withdrawal, untold: new Map(), freed: [] };
  connection.held = connection.held.map((output) =>
    output.commit < commit
      ? output
      : { commit: output.commit, slab: output.slab, ...cutOutput(output, cut, connection) },
  );
  if (outbox.bytes > 0) {
    const { chunks, promises } = cutOutput(connection.takeOutput(), cut, connection);
    outbox.abandon();
    for (const chunk of chunks) outbox.append(chunk);
    connection.promises = [...promises];
  }
  for (const topicName of cut.untold.values()) aliasesOut?.forget(context.topics.entry(topicName));
  return cut.freed;
}

/** Whether there is a PUBLISH of QoS 1 or 2 in it. */
export function hasPublishes(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at = endOf(bytes, at)) if (isPublish(bytes, at)) return true;
  return false;
}

/** The bytes of several chunks in one. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function cutOutput(output: Output, cut: Cut, connection: ClientConnection): Output {
  const bytes = joined(output.chunks);
  const kept: Uint8Array[] = [];
  const promises: PromisedPacket[] = [];
  let length = 0;
  let next = 0;
  for (let at = 0; at < bytes.length;) {
    const end = endOf(bytes, at);
    const packet = bytes.subarray(at, end);
    const candidate = output.promises[next];
    const promise = candidate?.at === at ? candidate : undefined;
    if (promise !== undefined) next++;
    const isRefused = promise?.type === PacketType.Pubrec && cut.receipts.has(promise.packetId);
    const isTakenBack = cut.undecided !== undefined && promise?.fate === cut.undecided;
    if (isTakenBack && promise !== undefined) cut.freed.push(promise.packetId);
    const said = isRefused
      ? refusal(connection, promise)
      : remaining(packet, cut, connection, isTakenBack);
    // with its Topic Name instead of an alias it is longer
    const isKept = !isRefused && said.length > 0;
    if (promise !== undefined && isKept)
      promises.push({ ...promise, at: length, length: said.length });
    kept.push(said);
    length += said.length;
    at = end;
  }
  return { chunks: [joined(kept)], promises };
}

/** What a publisher is told instead of an acknowledgement: nothing in MQTT 3.x. */
export function refusal(
  { protocolVersion }: ClientConnection,
  { packetId, type }: PromisedPacket,
): Uint8Array {
  if (protocolVersion !== 5) return NOTHING;
  // asked for PUBACK and PUBREC alone
  const acknowledgement = type as typeof PacketType.Puback | typeof PacketType.Pubrec;
  return encode({ type: acknowledgement, packetId, reasonCode: ReasonCode.QuotaExceeded }, 5);
}

/** The packet, or nothing of it. */
function remaining(
  packet: Uint8Array,
  cut: Cut,
  connection: ClientConnection,
  isTakenBack: boolean,
): Uint8Array {
  const { aliasesOut, protocolVersion } = connection;
  const { publishes } = cut;
  const isNamed =
    isPublish(packet, 0) && (publishes === 'all' || publishes.has(packetIdOf(packet)));
  const isCut = isTakenBack || isNamed;
  const isAliased = aliasesOut !== undefined && (packet[0] ?? 0) >> 4 === PacketType.Publish;
  const told = isAliased ? withTopic(packet, cut.untold, isCut, protocolVersion) : packet;
  return isCut ? NOTHING : told;
}

/** The same PUBLISH, with its Topic Name if its alias alone would tell the client nothing. */
function withTopic(
  bytes: Uint8Array,
  untold: Map<number, string>,
  isCut: boolean,
  version: ProtocolVersion,
): Uint8Array {
  const packet = decode(bytes, { role: 'client', protocolVersion: version });
  if (packet.type !== PacketType.Publish) return bytes;
  const alias = packet.properties?.topicAlias;
  if (alias === undefined) return bytes;
  if (isCut) {
    if (packet.topicName !== '') untold.set(alias, packet.topicName);
    return bytes;
  }
  const topicName = untold.get(alias);
  untold.delete(alias);
  if (topicName === undefined || packet.topicName !== '') return bytes;
  return encode({ ...packet, topicName }, version);
}

/** With a Packet Identifier. */
function isPublish(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at] ?? 0;
  return first >> 4 === PacketType.Publish && (first & QOS) !== 0;
}

function packetIdOf(packet: Uint8Array): number {
  const at = bodyOf(packet, 0);
  const behindTopic = at + 2 + uint16(packet, at);
  return uint16(packet, behindTopic);
}

/** Where the packet at an offset ends. */
export function endOf(bytes: Uint8Array, at: number): number {
  const body = bodyOf(bytes, at);
  let length = 0;
  for (let i = body - 1; i > at; i--) length = length * 128 + ((bytes[i] ?? 0) & 0x7f);
  return body + length;
}

/** Behind the fixed header. */
function bodyOf(bytes: Uint8Array, at: number): number {
  let body = at + 1;
  while (((bytes[body] ?? 0) & 0x80) !== 0) body++;
  return body + 1;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

const QOS = 0b0110;
const NOTHING = new Uint8Array(0);
