import type { QoS } from '@wellhead/codec';
import type { SubscriptionRecord } from '@wellhead/session-store';
import type { Session } from './session.ts';
import type { SharedGroup } from './shared-group.ts';

/**
 * One subscription of one session, or several of one session merged for a topic that all of them
 * match. Its options change in place when the client subscribes again [MQTT-3.8.4-3].
 */
export class Subscription {
  readonly session: Session;
  /** As the client sent it, `$share/…` included. */
  readonly topicFilter: string;
  /** One element, or the identifiers of all merged subscriptions; `undefined` for none. */
  subscriptionIdentifiers: readonly number[] | undefined;
  group: SharedGroup | undefined;
  // in one number, so that a subscription fits one line of the processor's cache
  #flags: number;

  constructor(session: Session, record: SubscriptionRecord) {
    this.session = session;
    this.topicFilter = record.topicFilter;
    this.subscriptionIdentifiers = identifiersOf(record.subscriptionIdentifier);
    this.group = undefined;
    this.#flags = ACTIVE | flagsOf(record);
  }

  get qos(): QoS {
    // as it was put there
    return (this.#flags & QOS) as QoS;
  }

  get noLocal(): boolean {
    return (this.#flags & NO_LOCAL) !== 0;
  }

  get retainAsPublished(): boolean {
    return (this.#flags & RETAIN_AS_PUBLISHED) !== 0;
  }

  /** False once unsubscribed, or its session has ended: results computed before must not deliver to it. */
  get active(): boolean {
    return (this.#flags & ACTIVE) !== 0 && !this.session.isUnrouted;
  }

  /** It is unsubscribed. */
  end(): void {
    this.#flags &= ~ACTIVE;
  }

  /** Takes over the options of a repeated SUBSCRIBE, Subscription Identifier included. */
  replace(record: SubscriptionRecord): void {
    this.#flags = (this.#flags & ACTIVE) | flagsOf(record);
    this.subscriptionIdentifiers = identifiersOf(record.subscriptionIdentifier);
  }
}

/** What a subscription counts for in limits: its Topic Filter, and what is around it in memory. */
export function subscriptionBytes(topicFilter: string): number {
  return topicFilter.length + AROUND_A_FILTER;
}

/** Several subscriptions of one session that match one topic. */
export class MergedSubscription extends Subscription {
  readonly parts: readonly Subscription[];

  constructor(parts: readonly Subscription[], session: Session, record: SubscriptionRecord) {
    super(session, record);
    this.parts = parts;
  }
}

/** What is left of a subscription that was found a while ago; `undefined` when it has ended. */
export function remainder(subscription: Subscription): Subscription | undefined {
  if (!(subscription instanceof MergedSubscription)) return subscription;
  return mergeSubscriptions(subscription.parts.filter(({ active }) => active));
}

/**
 * One delivery for overlapping subscriptions of one session: the highest QoS [MQTT-3.3.4-2] with all
 * Subscription Identifiers, repeats kept [MQTT-3.3.4-4].
 */
export function mergeSubscriptions(matches: readonly Subscription[]): Subscription | undefined {
  const [first] = matches;
  if (first === undefined || matches.length === 1) return first;
  let { noLocal, qos, retainAsPublished } = first;
  let identifiers: number[] | undefined;
  for (const match of matches) {
    if (match.qos > qos) qos = match.qos;
    noLocal &&= match.noLocal;
    retainAsPublished ||= match.retainAsPublished;
    for (const identifier of match.subscriptionIdentifiers ?? [])
      (identifiers ??= []).push(identifier);
  }
  const { session, topicFilter } = first;
  const record = { topicFilter, qos, noLocal, retainAsPublished } as const;
  const merged = new MergedSubscription(matches.slice(), session, {
    ...record,
    retainHandling: 0,
    subscriptionIdentifier: 0,
  });
  merged.subscriptionIdentifiers = identifiers && shared(session, identifiers);
  return merged;
}

/** The list that the session's last merged subscription had, if it is the same: messages on many topics may wait with it. */
function shared(session: Session, identifiers: readonly number[]): readonly number[] {
  const last = session.lastIdentifiers;
  const isSame =
    last?.length === identifiers.length &&
    identifiers.every((identifier, i) => identifier === last[i]);
  if (isSame) return last;
  // an array that grew has room for half as many more
  session.lastIdentifiers = identifiers.slice();
  return session.lastIdentifiers;
}

function identifiersOf(identifier: number): readonly number[] | undefined {
  return identifier === 0 ? undefined : [identifier];
}

function flagsOf(record: SubscriptionRecord): number {
  const { noLocal, qos, retainAsPublished } = record;
  return qos | (noLocal ? NO_LOCAL : 0) | (retainAsPublished ? RETAIN_AS_PUBLISHED : 0);
}

const AROUND_A_FILTER = 256;
const QOS = 3;
const NO_LOCAL = 4;
const RETAIN_AS_PUBLISHED = 8;
const ACTIVE = 16;
