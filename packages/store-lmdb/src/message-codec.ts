import type { QoS } from '@wellhead/codec';
import type { MessageRecord } from '@wellhead/session-store';
import { type ByteReader, DamagedRecord } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Everything of a message but its messageId, which is in its key. */
export function writeMessage(message: MessageRecord, to: ByteWriter): void {
  const { properties, publisherId, expiresAt } = message;
  to.uint8(
    message.qos |
      (message.retain ? RETAIN : 0) |
      (properties ? HAS_PROPERTIES : 0) |
      (publisherId === undefined ? 0 : HAS_PUBLISHER) |
      (expiresAt === Infinity ? 0 : EXPIRES),
  );
  to.float64(message.publishedAt);
  if (expiresAt !== Infinity) to.float64(expiresAt);
  to.string(message.topicName);
  if (publisherId !== undefined) to.string(publisherId);
  if (properties) to.bytes(properties);
  to.bytes(message.payload);
}

/** Bytes are views of the reader's. */
export function readMessage(messageId: number, from: ByteReader): MessageRecord {
  const flags = from.uint8();
  const publishedAt = from.float64();
  const expiresAt = (flags & EXPIRES) === 0 ? Infinity : from.float64();
  const topicName = from.string();
  const publisherId = (flags & HAS_PUBLISHER) === 0 ? undefined : from.string();
  const properties = (flags & HAS_PROPERTIES) === 0 ? undefined : from.bytes();
  const payload = from.bytes();
  return {
    messageId,
    topicName,
    payload,
    qos: qosOf(flags & QOS),
    retain: (flags & RETAIN) !== 0,
    properties,
    publishedAt,
    expiresAt,
    publisherId,
  };
}

export function qosOf(value: number): QoS {
  if (value === 0 || value === 1 || value === 2) return value;
  throw new DamagedRecord(`QoS ${value} does not exist`);
}

const QOS = 3;
const RETAIN = 4;
const HAS_PROPERTIES = 8;
const HAS_PUBLISHER = 16;
const EXPIRES = 32;
