import type { ProtocolVersion } from '@wellhead/codec';
import type { SubscriptionRecord, WillRecord } from '@wellhead/session-store';
import { ByteReader, DamagedRecord } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { qosOf } from './message-codec.ts';

/** What the row of a session holds. Subscriptions, will and queue have rows of their own. */
export interface SessionRow {
  readonly clientId: string;
  readonly epoch: number;
  readonly sessionExpiryInterval: number;
  readonly expiresAt: number;
  readonly connected: boolean;
  readonly protocolVersion: ProtocolVersion;
  readonly userName: string | undefined;
  /** Deliveries of its queue that have rows, and their bytes. */
  readonly rowDeliveries: number;
  readonly rowBytes: number;
  readonly receivedPacketIds: Iterable<number>;
}

export function writeSession(session: SessionRow, to: ByteWriter): void {
  to.uint8(
    session.protocolVersion |
      (session.connected ? CONNECTED : 0) |
      (session.userName === undefined ? 0 : HAS_USER_NAME),
  );
  to.string(session.clientId);
  to.varint(session.epoch);
  to.float64(session.sessionExpiryInterval);
  to.float64(session.expiresAt);
  if (session.userName !== undefined) to.string(session.userName);
  to.varint(session.rowDeliveries);
  to.varint(session.rowBytes);
  for (const packetId of session.receivedPacketIds) to.varint(packetId);
}

export function readSession(bytes: Uint8Array): SessionRow {
  const from = new ByteReader(bytes);
  const flags = from.uint8();
  const clientId = from.string();
  const epoch = from.varint();
  const sessionExpiryInterval = from.float64();
  const expiresAt = from.float64();
  const userName = (flags & HAS_USER_NAME) === 0 ? undefined : from.string();
  const rowDeliveries = from.varint();
  const rowBytes = from.varint();
  const receivedPacketIds: number[] = [];
  while (!from.done) receivedPacketIds.push(from.varint());
  return {
    clientId,
    epoch,
    sessionExpiryInterval,
    expiresAt,
    connected: (flags & CONNECTED) !== 0,
    protocolVersion: versionOf(flags & VERSION),
    userName,
    rowDeliveries,
    rowBytes,
    receivedPacketIds,
  };
}

export function writeSubscription(subscription: SubscriptionRecord, to: ByteWriter): void {
  to.uint8(
    subscription.qos |
      (subscription.noLocal ? NO_LOCAL : 0) |
      (subscription.retainAsPublished ? RETAIN_AS_PUBLISHED : 0) |
      (subscription.retainHandling << RETAIN_HANDLING_SHIFT),
  );
  to.varint(subscription.subscriptionIdentifier);
  to.string(subscription.topicFilter);
}

export function readSubscription(bytes: Uint8Array): SubscriptionRecord {
  const from = new ByteReader(bytes);
  const flags = from.uint8();
  const subscriptionIdentifier = from.varint();
  return {
    topicFilter: from.string(),
    qos: qosOf(flags & QOS),
    noLocal: (flags & NO_LOCAL) !== 0,
    retainAsPublished: (flags & RETAIN_AS_PUBLISHED) !== 0,
    retainHandling: qosOf(flags >> RETAIN_HANDLING_SHIFT), // the same three numbers
    subscriptionIdentifier,
  };
}

export function writeWill(will: WillRecord, to: ByteWriter): void {
  const { properties, messageExpiryInterval, userName } = will;
  to.uint8(
    will.qos |
      (will.retain ? RETAIN : 0) |
      (properties ? HAS_PROPERTIES : 0) |
      (messageExpiryInterval === undefined ? 0 : HAS_EXPIRY) |
      (userName === undefined ? 0 : HAS_USER_NAME),
  );
  to.string(will.topicName);
  to.bytes(will.payload);
  if (properties) to.bytes(properties);
  if (messageExpiryInterval !== undefined) to.float64(messageExpiryInterval);
  to.float64(will.delayInterval);
  to.float64(will.publishAt);
  to.string(will.publisherId);
  if (userName !== undefined) to.string(userName);
}

export function readWill(bytes: Uint8Array): WillRecord {
  const from = new ByteReader(bytes);
  const flags = from.uint8();
  const topicName = from.string();
  const payload = from.bytes();
  const properties = (flags & HAS_PROPERTIES) === 0 ? undefined : from.bytes();
  const messageExpiryInterval = (flags & HAS_EXPIRY) === 0 ? undefined : from.float64();
  const delayInterval = from.float64();
  const publishAt = from.float64();
  const publisherId = from.string();
  const userName = (flags & HAS_USER_NAME) === 0 ? undefined : from.string();
  return {
    topicName,
    payload,
    qos: qosOf(flags & QOS),
    retain: (flags & RETAIN) !== 0,
    properties,
    messageExpiryInterval,
    delayInterval,
    publishAt,
    publisherId,
    userName,
  };
}

function versionOf(value: number): ProtocolVersion {
  if (value === 3 || value === 4 || value === 5) return value;
  throw new DamagedRecord(`protocol version ${value} does not exist`);
}

const QOS = 3;
const NO_LOCAL = 4;
const RETAIN_AS_PUBLISHED = 8;
const RETAIN_HANDLING_SHIFT = 4;
const RETAIN = 4;
const HAS_PROPERTIES = 8;
const HAS_EXPIRY = 16;
const VERSION = 7;
const CONNECTED = 8;
const HAS_USER_NAME = 32;
