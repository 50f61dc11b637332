import { type PublishProperties, type QoS, encodeProperties } from '@wellhead/codec';
import { Message } from '../message.ts';

/** A message of the host program. */
export interface LocalMessage {
  readonly topicName: string;
  /** Text is sent as UTF-8. Bytes are copied. @default empty */
  readonly payload?: Uint8Array | string | undefined;
  /** @default 0 */
  readonly qos?: QoS | undefined;
  /** @default false */
  readonly retain?: boolean | undefined;
  readonly properties?: PublishProperties | undefined;
}

/** The message as it is kept, from `now` on. Its bytes are copies. */
export function toMessage(local: LocalMessage, messageId: number, now: number): Message {
  const {
    messageExpiryInterval,
    topicAlias: _alias,
    subscriptionIdentifiers: _identifiers,
    ...forwarded
  } = local.properties ?? {};
  const properties = encodeProperties(forwarded);
  const { payload = '' } = local;
  return new Message(
    messageId,
    local.topicName,
    typeof payload === 'string' ? TEXT.encode(payload) : payload.slice(),
    local.qos ?? 0,
    local.retain ?? false,
    properties.length === 0 ? undefined : properties,
    now,
    messageExpiryInterval === undefined ? Infinity : now + messageExpiryInterval * 1000,
    undefined,
  );
}

const TEXT = new TextEncoder();
