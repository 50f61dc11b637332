import type { QoS } from '@wellhead/codec';
import type { Chronicle } from './chronicle.ts';
import type { Findings } from './findings.ts';
import { type Message, type MessageKind, readPayload } from './message.ts';
import { SubscriptionLedger, type SubscriptionSpan } from './subscription-ledger.ts';

/** A subscriber as the ledger sees it. */
export interface LedgerSubscriber {
  readonly name: string;
  readonly subscriptions: SubscriptionLedger;
  /** By Topic Name: the highest sequence that came. */
  readonly highest: Map<string, number>;
  /** By Topic Name: up to which sequence everything is settled and forgotten. */
  readonly settled: Map<string, number>;
}

/** Who was sent, told and brought what; and what is wrong with it. */
export class Ledger {
  readonly chronicle: Chronicle;
  readonly findings: Findings;
  readonly subscribers: LedgerSubscriber[] = [];
  /**
   * MQTT 3.1.1 has no word for a message that was not taken: it is not acknowledged, later ones may be,
   * and when its publisher comes again with it, it is behind them.
   */
  isOrderOfRepeatsFree = false;
  readonly totals = { acknowledged: 0, refused: 0, delivered: 0, repeated: 0, wills: 0 };
  readonly #messages = new Map<number, Message>();
  readonly #sequences = new Map<string, number>();
  #lastNumber = 0;

  constructor(chronicle: Chronicle, findings: Findings) {
    this.chronicle = chronicle;
    this.findings = findings;
  }

  addSubscriber(name: string): LedgerSubscriber {
    const subscriptions = new SubscriptionLedger();
    const added = { name, subscriptions, highest: new Map(), settled: new Map() };
    this.subscribers.push(added);
    return added;
  }

  /** A message that is about to be sent for the first time. */
  compose(kind: MessageKind, publisher: string, topicName: string, qos: QoS): Message {
    const sequence = (this.#sequences.get(topicName) ?? 0) + 1;
    this.#sequences.set(topicName, sequence);
    const message: Message = {
      number: ++this.#lastNumber,
      kind,
      publisher,
      topicName,
      qos,
      sequence,
      sentAt: this.chronicle.tick(),
      owedSince: undefined,
      refused: false,
      isRepeated: false,
      duty: kind === 'will' ? 'may' : undefined,
      deliveries: new Map(),
      history: [],
    };
    // each topic has one publisher, so that its sequence is the order of both
    this.#messages.set(message.number, message);
    return message;
  }

  note(message: Message, text: string): void {
    message.history.push(this.chronicle.line(text));
  }

  acknowledged(message: Message, how: string): void {
    this.note(message, `${how} to ${message.publisher}`);
    if (message.owedSince !== undefined) return;
    message.owedSince = this.chronicle.tick();
    this.totals.acknowledged++;
  }

  refused(message: Message, how: string): void {
    this.note(message, `${how} to ${message.publisher}`);
    message.refused = true;
    this.totals.refused++;
  }

  /** A will that must come, from now on. */
  willIsDue(message: Message, why: string): void {
    this.note(message, `due: ${why}`);
    message.duty = 'must';
    message.owedSince ??= this.chronicle.tick();
    this.totals.wills++;
  }

  willIsVoid(message: Message, why: string): void {
    this.note(message, `void: ${why}`);
    message.duty = 'must not';
    if (message.deliveries.size === 0) return;
    this.findings.add('wills unwarranted', this.#describe(message), message.history);
  }

  /** A message that a subscriber takes for new. `qos` is that of the packet. */
  delivered(subscriber: LedgerSubscriber, topicName: string, payload: Uint8Array, qos: QoS): void {
    this.totals.delivered++;
    const read = readPayload(payload);
    if (read === undefined) {
      this.findings.add('delivered altered', `to ${subscriber.name} on ${topicName}`);
      return;
    }
    const message = this.#messages.get(read.number);
    if (message === undefined) {
      this.#deliveredLate(subscriber, topicName, read.sequence, qos);
      return;
    }
    this.note(message, `delivered to ${subscriber.name} at QoS ${qos}`);
    if (message.topicName !== topicName || message.sequence !== read.sequence) {
      this.findings.add('delivered altered', this.#describe(message), message.history);
    }
    const times = (message.deliveries.get(subscriber.name) ?? 0) + 1;
    message.deliveries.set(subscriber.name, times);
    if (times > 1) this.#repeated(subscriber, message, qos);
    else this.#first(subscriber, message);
  }

  /** What was owed and has not come. */
  missing(): [LedgerSubscriber, Message][] {
    const missing: [LedgerSubscriber, Message][] = [];
    for (const message of this.#messages.values()) {
      for (const subscriber of this.subscribers) {
        if (message.deliveries.has(subscriber.name)) continue;
        if (this.#owing(subscriber, message) !== undefined) missing.push([subscriber, message]);
      }
    }
    return missing;
  }

  /** Whether anybody has seen it. */
  hasCome(message: Message): boolean {
    return message.deliveries.size > 0;
  }

  /** Finds what is lost, now that all had time to come, and forgets what is settled. */
  settle(): void {
    this.#findLost();
    for (const message of this.#messages.values()) {
      const isOver = message.owedSince !== undefined || message.refused;
      const isVoid = message.duty === 'must not';
      const isPast = message.sequence < (this.#sequences.get(message.topicName) ?? 0);
      if (!(isOver || (message.kind === 'will' && (isVoid || isPast)))) continue;
      this.#messages.delete(message.number);
      for (const { settled } of this.subscribers) {
        const before = settled.get(message.topicName) ?? 0;
        settled.set(message.topicName, Math.max(before, message.sequence));
      }
    }
    const tick = this.chronicle.tick();
    for (const { subscriptions } of this.subscribers) subscriptions.prune(tick);
  }

  #owing(subscriber: LedgerSubscriber, message: Message): SubscriptionSpan | undefined {
    const { topicName, sentAt, owedSince, duty } = message;
    if (owedSince === undefined || (message.kind === 'will' && duty !== 'must')) return undefined;
    return subscriber.subscriptions.owing(topicName, sentAt, owedSince);
  }

  #first(subscriber: LedgerSubscriber, message: Message): void {
    const { topicName, sequence, sentAt, duty } = message;
    const highest = subscriber.highest.get(topicName) ?? 0;
    if (sequence < highest && !(this.isOrderOfRepeatsFree && message.isRepeated)) {
      const text = `${this.#describe(message)} came to ${subscriber.name} behind ${highest}`;
      this.findings.add('out of order', text, message.history);
    } else {
      subscriber.highest.set(topicName, Math.max(sequence, highest));
    }
    if (!subscriber.subscriptions.allows(topicName, sentAt)) {
      const text = `${this.#describe(message)} came to ${subscriber.name}, who has unsubscribed`;
      this.findings.add('subscriptions back again', text, message.history);
    }
    if (duty === 'must not') {
      this.findings.add('wills unwarranted', this.#describe(message), message.history);
    }
  }

  #repeated(subscriber: LedgerSubscriber, message: Message, qos: QoS): void {
    this.totals.repeated++;
    const text = `${this.#describe(message)} came to ${subscriber.name} again`;
    if (qos === 2) this.findings.add('doubled at QoS 2', text, message.history);
    if (message.kind === 'will' && qos === 2) {
      this.findings.add('wills doubled', text, message.history);
    }
  }

  /** At QoS 1 it may come again for as long as the broker has not stored its acknowledgement. */
  #deliveredLate(
    subscriber: LedgerSubscriber,
    topicName: string,
    sequence: number,
    qos: QoS,
  ): void {
    this.totals.repeated++;
    if (qos !== 2) return;
    const settled = subscriber.settled.get(topicName) ?? 0;
    const text = `${topicName} ${sequence} came to ${subscriber.name} long after it was settled, up to ${settled}`;
    this.findings.add('doubled at QoS 2', text);
  }

  #findLost(): void {
    const lastComing = new Map<SubscriptionSpan, number>();
    const lost: [LedgerSubscriber, Message, SubscriptionSpan][] = [];
    for (const message of this.#messages.values()) {
      for (const subscriber of this.subscribers) {
        const span = this.#owing(subscriber, message);
        if (span === undefined) continue;
        if (message.deliveries.has(subscriber.name)) lastComing.set(span, message.sentAt);
        else lost.push([subscriber, message, span]);
      }
    }
    const gone = new Set<SubscriptionSpan>();
    for (const [subscriber, message, span] of lost) {
      const kind = message.kind === 'will' ? 'wills lost' : 'lost';
      const text = `${this.#describe(message)} never came to ${subscriber.name}`;
      this.findings.add(kind, text, message.history);
      if (message.sentAt < (lastComing.get(span) ?? 0) || gone.has(span)) continue;
      gone.add(span);
      const where = `${span.topicFilter} of ${subscriber.name} brings nothing any more`;
      this.findings.add('subscriptions gone', where, message.history);
    }
  }

  #describe({ kind, topicName, sequence, qos }: Message): string {
    return `${kind === 'will' ? 'will' : 'message'} ${topicName} ${sequence}, QoS ${qos},`;
  }
}
