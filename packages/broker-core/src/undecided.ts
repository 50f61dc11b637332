import { PacketType } from '@wellhead/codec';
import type { MessageRecord, SessionChange } from '@wellhead/session-store';
import type { ClientConnection } from './client-connection.ts';
import type { BrokerContext } from './context.ts';
import { type Fate, KEPT, type Refused } from './fate.ts';
import { type Delivery, deliverySize } from './message.ts';
import type { Publication } from './publication.ts';
import type { Route } from './router.ts';
import type { Session } from './session.ts';
import type { Turn } from './turn.ts';

/**
 * A QoS 2 message that the store may still refuse. Its publisher would send it again as a new one, so
 * nobody may have got it by then [MQTT-4.3.3-2]: what the store does not know of (deliveries at QoS 0, and to
 * sessions that end with their connection) leaves behind its commit, or is taken back with it.
 */
export class Undecided implements Fate {
  readonly #turn: Turn;
  /** Who else is to hear of it. */
  readonly #other: Fate | undefined;
  #state: 'open' | 'taken' | 'refused' = 'open';
  #isRecorded = false;
  /** What it counts for, by the identifiers under which it may be in memory. */
  readonly #messages = new Map<number, number>();
  /** Those who are to get it, or have it waiting. */
  readonly receivers: Map<ClientConnection, Session> = new Map();
  #listeners: (() => void)[] = [];

  constructor(turn: Turn, other: Fate | undefined) {
    this.#turn = turn;
    this.#other = other;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isRefused(): boolean {
    return this.#state === 'refused';
  }

  /** Its PUBLISH was appended to an outbox, at `at`, and nothing behind it; `delivery` if that is kept in the window. */
  sent(
    connection: ClientConnection,
    session: Session,
    at: number,
    packetId: number,
    delivery: Delivery | undefined,
  ): void {
    const length = connection.outbox.bytes - at;
    if (length === 0 || !this.isOpen) return;
    connection.gate();
    connection.promises.push({ at, length, type: PacketType.Publish, packetId, fate: this });
    this.receivers.set(connection, session);
    if (delivery !== undefined) this.names(delivery.message, delivery.subscriptionIdentifiers);
  }

  /** It waits in memory for a session that is connected. */
  waits(session: Session, { message, subscriptionIdentifiers }: Delivery): void {
    if (session.connection === undefined) return;
    this.receivers.set(session.connection, session);
    this.names(message, subscriptionIdentifiers);
  }

  /** Whoever is given this message gets it under the same condition. */
  names(message: MessageRecord, subscriptionIdentifiers?: readonly number[]): void {
    if (!this.isOpen) return;
    const bytes = deliverySize({ message, subscriptionIdentifiers });
    this.#messages.set(message.messageId, bytes);
    this.#turn.undecided.set(message.messageId, this);
  }

  /** It is in memory under these identifiers. */
  get messages(): ReadonlyMap<number, number> {
    return this.#messages;
  }

  /** Calls back when it is decided. */
  onDecided(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Everybody has been given it: if nothing of that is the store's, it has no say. */
  complete(): void {
    if (!this.#isRecorded) this.#decide('taken');
  }

  recorded(change: SessionChange): void {
    this.#isRecorded = true;
    this.#other?.recorded?.(change);
  }

  taken(): void {
    this.#other?.taken();
    this.#decide('taken');
  }

  refused(isSecondTry: boolean): Refused {
    if (this.#state === 'taken') {
      // as a retained message it went to somebody who has subscribed since
      this.#other?.taken();
      return KEPT.refused(isSecondTry);
    }
    this.#other?.refused(isSecondTry);
    this.#decide('refused');
    return 'never';
  }

  #decide(state: 'taken' | 'refused'): void {
    if (!this.isOpen) return;
    this.#state = state;
    for (const messageId of this.#messages.keys()) this.#turn.undecided.delete(messageId);
    for (const listener of this.#listeners) listener();
    this.#listeners = [];
  }
}

/** Makes {@link Publication.undecided} of a message that the store has a say in, and somebody gets without the store. */
export function beginUndecided(
  context: BrokerContext,
  publication: Publication,
  found: Route,
): Undecided | undefined {
  if (publication.qos !== 2 || !context.store.supports.durable) return undefined;
  if (!isForBoth(publication, found)) return undefined;
  const undecided = new Undecided(context.turn, publication.fate);
  publication.undecided = undecided;
  publication.fate = undecided;
  return undecided;
}

/** Which member of a group gets it is not known yet, nor who asks for what is retained. */
function isForBoth({ publisher, retain }: Publication, { groups, targets }: Route): boolean {
  const isForAnybody = retain || groups.length > 0;
  let isStored = isForAnybody || publisher?.durable === true;
  let isForOthers = isForAnybody;
  for (const { qos, session } of targets) {
    if (isStored && isForOthers) break;
    if (session.durable && qos > 0) isStored = true;
    else isForOthers = true;
  }
  return isStored && isForOthers;
}
