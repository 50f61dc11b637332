import { type PublishProperties, type QoS, encodeProperties } from '@wellhead/codec';
import { validateTopicName } from '@wellhead/topic-matcher';
import { ownCopy } from '../copy-bytes.ts';
import { Message } from '../message.ts';
import type { BrokerLimits } from '../options.ts';

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

/**
 * The message as it is kept, from `now` on, but for its identifier. Its bytes are copies. Throws
 * `TypeError` for what MQTT forbids, or the limits do.
 */
export function toMessage(local: LocalMessage, limits: BrokerLimits, now: number): Message {
  check(local, limits);
  const {
    messageExpiryInterval,
    topicAlias: _alias,
    subscriptionIdentifiers: _identifiers,
    ...forwarded
  } = local.properties ?? {};
  const properties = encodeProperties(forwarded);
  const { payload = '' } = local;
  return new Message(
    0,
    local.topicName,
    typeof payload === 'string' ? TEXT.encode(payload) : ownCopy(payload),
    local.qos ?? 0,
    local.retain ?? false,
    properties.length === 0 ? undefined : properties,
    now,
    messageExpiryInterval === undefined ? Infinity : now + messageExpiryInterval * 1000,
    undefined,
  );
}

function check({ topicName, qos = 0, properties }: LocalMessage, limits: BrokerLimits): void {
  const invalid = validateTopicName(topicName, {
    maximumLength: limits.maximumTopicLength,
    maximumLevels: limits.maximumTopicLevels,
  });
  if (invalid !== undefined)
    throw new TypeError(`${JSON.stringify(topicName)}: ${invalid.message}`);
  if (!(qos === 0 || qos === 1 || qos === 2))
    throw new TypeError(`qos ${String(qos)} is not 0, 1 or 2`);
  const expiry = properties?.messageExpiryInterval ?? 0;
  if (!Number.isInteger(expiry) || expiry < 0 || expiry > 0xffff_ffff) {
    throw new TypeError(`messageExpiryInterval ${expiry} is not a Four Byte Integer`);
  }
}

const TEXT = new TextEncoder();
