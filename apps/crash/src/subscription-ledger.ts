/** One subscription, from SUBSCRIBE to UNSUBACK, in ticks. */
export interface SubscriptionSpan {
  readonly topicFilter: string;
  readonly qos: number;
  readonly subscribedAt: number;
  acknowledgedAt: number | undefined;
  unsubscribedAt: number | undefined;
  /** Tick of the UNSUBACK. */
  overAt: number | undefined;
}

/** What one subscriber has asked for and was granted. */
export class SubscriptionLedger {
  readonly #spans: SubscriptionSpan[] = [];

  get spans(): readonly SubscriptionSpan[] {
    return this.#spans;
  }

  begin(topicFilter: string, qos: number, tick: number): SubscriptionSpan {
    const span: SubscriptionSpan = {
      topicFilter,
      qos,
      subscribedAt: tick,
      acknowledgedAt: undefined,
      unsubscribedAt: undefined,
      overAt: undefined,
    };
    this.#spans.push(span);
    return span;
  }

  /** The one that makes the broker owe a message, if any: granted before it was sent, and not given up before it was taken. */
  owing(topicName: string, sentAt: number, owedSince: number): SubscriptionSpan | undefined {
    return this.#spans.find(
      ({ topicFilter, acknowledgedAt, unsubscribedAt }) =>
        acknowledgedAt !== undefined &&
        acknowledgedAt < sentAt &&
        (unsubscribedAt ?? Infinity) > owedSince &&
        matches(topicFilter, topicName),
    );
  }

  /** Whether any could have brought a message that was first sent at a tick. */
  allows(topicName: string, sentAt: number): boolean {
    return this.#spans.some(
      ({ topicFilter, overAt }) => (overAt ?? Infinity) > sentAt && matches(topicFilter, topicName),
    );
  }

  /** Forgets those that were over before a tick. */
  prune(tick: number): void {
    const kept = this.#spans.filter(({ overAt }) => (overAt ?? Infinity) > tick);
    this.#spans.splice(0, this.#spans.length, ...kept);
  }
}

/** MQTT 5.0 section 4.7, for the filters that are used here. */
export function matches(topicFilter: string, topicName: string): boolean {
  const filterLevels = topicFilter.split('/');
  const levels = topicName.split('/');
  for (const [index, level] of filterLevels.entries()) {
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
  }
  return filterLevels.length === levels.length;
}
