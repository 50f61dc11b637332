import type { DeliveryRecord, MessageRecord, SubscriptionRecord, WillRecord } from '../records.ts';
import type { Enqueued, Sent, SessionClosed, SessionOpened, Settled } from '../session-change.ts';

/** What a change of a session at its first epoch begins with. */
export const first = (clientId: string): { readonly clientId: string; readonly epoch: number } => ({
  clientId,
  epoch: 1,
});

export function opened(clientId: string, epoch = 1): SessionOpened {
  const sessionExpiryInterval = 3600;
  const userName = `user of ${clientId}`;
  return {
    type: 'session-opened',
    clientId,
    epoch,
    sessionExpiryInterval,
    protocolVersion: 5,
    userName,
  };
}

export function closed(clientId: string, expiresAt: number, epoch = 1): SessionClosed {
  return { type: 'session-closed', clientId, epoch, expiresAt, sessionExpiryInterval: 7200 };
}

/** A message whose content tells its id, and some of whose properties are accessors, as a broker's may be. */
export function message(messageId: number, changes?: Partial<MessageRecord>): MessageRecord {
  const { payload, expiresAt, ...rest } = plain(messageId, changes);
  return Object.assign(new WithAccessors(payload, expiresAt), rest);
}

class WithAccessors implements Pick<MessageRecord, 'payload' | 'expiresAt'> {
  readonly #payload: Uint8Array;
  readonly #expiresAt: number;

  constructor(payload: Uint8Array, expiresAt: number) {
    this.#payload = payload;
    this.#expiresAt = expiresAt;
  }

  get payload(): Uint8Array {
    return this.#payload;
  }

  get expiresAt(): number {
    return this.#expiresAt;
  }
}

function plain(messageId: number, changes?: Partial<MessageRecord>): MessageRecord {
  return {
    messageId,
    topicName: `topic/${messageId % 10}`,
    payload: Uint8Array.of(messageId & 0xff, messageId >>> 8, 0, 0xff),
    qos: 1,
    retain: false,
    properties: undefined,
    publishedAt: 1_700_000_000_000 + messageId,
    expiresAt: Infinity,
    publisherId: 'publisher',
    ...changes,
  };
}

export function delivery(clientId: string, changes?: Partial<DeliveryRecord>): DeliveryRecord {
  return {
    clientId,
    epoch: 1,
    qos: 1,
    retain: false,
    subscriptionIdentifiers: undefined,
    sharedFilter: undefined,
    packetId: 0,
    ...changes,
  };
}

/** A message that begins to wait in the queues of these sessions. */
export function enqueued(messageId: number, ...clientIds: string[]): Enqueued {
  const deliveries = clientIds.map((clientId) => delivery(clientId));
  return { type: 'enqueued', message: message(messageId), deliveries };
}

export function sent(clientId: string, messageId: number, packetId: number): Sent {
  return { type: 'sent', clientId, epoch: 1, messageIds: [messageId], packetIds: [packetId] };
}

export function settled(clientId: string, messageId: number): Settled {
  return { type: 'settled', clientId, epoch: 1, messageIds: [messageId] };
}

export function ids(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

export function subscription(
  topicFilter: string,
  changes?: Partial<SubscriptionRecord>,
): SubscriptionRecord {
  return {
    topicFilter,
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    subscriptionIdentifier: 0,
    ...changes,
  };
}

export function will(changes?: Partial<WillRecord>): WillRecord {
  return {
    topicName: 'will/topic',
    payload: Uint8Array.of(1, 2, 3),
    qos: 2,
    retain: true,
    properties: Uint8Array.of(3, 0, 1, 97),
    messageExpiryInterval: 60,
    delayInterval: 30,
    publishAt: Infinity,
    publisherId: 'c',
    userName: 'somebody',
    ...changes,
  };
}

/** A message with something in every field, and nothing that is easy to keep. */
export function richMessage(messageId: number, publisherId: string | undefined): MessageRecord {
  return message(messageId, {
    topicName: 'a/é/🚰',
    payload: Uint8Array.of(0, 255, 128, 1, 2),
    qos: 2,
    retain: true,
    properties: Uint8Array.of(3, 0, 1, 97),
    expiresAt: 1_700_000_060_000,
    publisherId,
  });
}
