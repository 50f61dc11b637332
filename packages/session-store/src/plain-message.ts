import type { MessageRecord } from './records.ts';

/**
 * The record as a plain object, `size` left out, for a store that writes records elsewhere: properties
 * of a {@link MessageRecord} may be accessors, which neither `{ ...record }` nor a serialiser sees. The
 * bytes are not copied.
 */
export function plainMessage(message: MessageRecord): MessageRecord {
  return {
    messageId: message.messageId,
    topicName: message.topicName,
    payload: message.payload,
    qos: message.qos,
    retain: message.retain,
    properties: message.properties,
    publishedAt: message.publishedAt,
    expiresAt: message.expiresAt,
    publisherId: message.publisherId,
  };
}
