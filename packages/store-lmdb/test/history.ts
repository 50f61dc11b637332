import type { DeliveryRecord, MessageRecord, SessionChange } from '@wellhead/session-store';
import fc from 'fast-check';

/** What may happen, as numbers, so that a shorter history makes sense as well. */
export type Step = readonly [kind: number, who: number, what: number, how: number];

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(fc.nat(99), fc.nat(4), fc.nat(11), fc.nat(999)),
  { minLength: 1, maxLength: 12 },
);

/** Turns steps into commits that a store accepts. */
export class History {
  readonly #epochs = new Map<string, number>();
  #messageId = 0;

  commit(list: readonly Step[]): SessionChange[] {
    return list.flatMap((step) => this.#change(step));
  }

  #change([kind, who, what, how]: Step): SessionChange[] {
    const clientId = `client ${who}`;
    const known = this.#epochs.get(clientId);
    if (known === undefined || kind < 4) {
      const epoch = (known ?? 0) + 1;
      this.#epochs.set(clientId, epoch);
      const userName = how % 2 === 0 ? undefined : 'somebody';
      const opened = { type: 'session-opened', clientId, epoch, userName } as const;
      return [{ ...opened, sessionExpiryInterval: how, protocolVersion: 5 }];
    }
    const session = { clientId, epoch: known };
    const messageId = Math.max(1, this.#messageId - what);
    const packetId = 1 + (how % 20);
    if (kind < 40) return [this.#enqueued(what, how)];
    if (kind < 52)
      return [{ type: 'sent', ...session, messageIds: [messageId], packetIds: [packetId] }];
    if (kind < 57) return [{ type: 'released', ...session, messageIds: [messageId] }];
    if (kind < 78) return [{ type: 'settled', ...session, messageIds: [messageId] }];
    if (kind < 82) return [{ type: 'received', ...session, packetId }];
    if (kind < 85) return [{ type: 'receipt-released', ...session, packetId }];
    if (kind < 87) return [{ type: 'fan-out-set', message: message(messageId), next: how }];
    if (kind < 88) return [{ type: 'fan-out-cleared', messageId }];
    if (kind < 89) return [{ type: 'retained-set', message: message(messageId) }];
    if (kind < 91) return [{ type: 'retained-cleared', topicName: `topic/${how % 10}` }];
    return this.#ofSession(kind, session, how);
  }

  #ofSession(
    kind: number,
    session: { readonly clientId: string; readonly epoch: number },
    how: number,
  ): SessionChange[] {
    const topicFilter = `filter/${how % 3}`;
    if (kind < 93) {
      const options = { qos: 1, noLocal: false, retainAsPublished: true } as const;
      const subscription = {
        ...options,
        topicFilter,
        retainHandling: 2,
        subscriptionIdentifier: how,
      } as const;
      return [{ type: 'subscribed', ...session, subscription }];
    }
    if (kind < 94) return [{ type: 'unsubscribed', ...session, topicFilter }];
    if (kind < 96) {
      const will = { ...message(1), messageExpiryInterval: 3, delayInterval: 4, userName: 'u' };
      return [
        { type: 'will-set', ...session, will: { ...will, publisherId: 'p', publishAt: how } },
      ];
    }
    if (kind < 97) return [{ type: 'will-cleared', ...session }];
    if (kind < 99)
      return [{ type: 'session-closed', ...session, expiresAt: how, sessionExpiryInterval: 5 }];
    this.#epochs.delete(session.clientId);
    return [{ type: 'session-removed', ...session }];
  }

  /** Mostly new messages, now and then one that came before. */
  #enqueued(what: number, how: number): SessionChange {
    const messageId = what === 0 ? Math.max(1, this.#messageId - (how % 9)) : ++this.#messageId;
    const deliveries = [...this.#epochs].flatMap(([clientId, epoch], index): DeliveryRecord[] => {
      if ((how >> index) % 2 === 0) return [];
      const packetId = (how >> 5) % 4 === 0 ? 1 + how : 0;
      return [{ clientId, epoch, packetId, ...(HOW[how % HOW.length] ?? HOW[0]) }];
    });
    return { type: 'enqueued', message: message(messageId), deliveries };
  }
}

function message(messageId: number): MessageRecord {
  return {
    messageId,
    topicName: `topic/${messageId % 10}`,
    payload: new Uint8Array(messageId % 300).fill(messageId),
    qos: 1,
    retain: messageId % 2 === 0,
    properties: messageId % 3 === 0 ? Uint8Array.of(3, 0, 1, 97) : undefined,
    publishedAt: 1_700_000_000_000 + messageId,
    expiresAt: messageId % 4 === 0 ? 1_800_000_000_000 : Infinity,
    publisherId: messageId % 5 === 0 ? undefined : 'publisher',
  };
}

const PLAIN = {
  qos: 1,
  retain: false,
  subscriptionIdentifiers: undefined,
  sharedFilter: undefined,
} as const;
const HOW: readonly [
  Omit<DeliveryRecord, 'clientId' | 'epoch' | 'packetId'>,
  ...Omit<DeliveryRecord, 'clientId' | 'epoch' | 'packetId'>[],
] = [
  PLAIN,
  { ...PLAIN, qos: 2, retain: true },
  { ...PLAIN, subscriptionIdentifiers: [1, 268_435_455] },
  { ...PLAIN, sharedFilter: '$share/g/a/#' },
];
