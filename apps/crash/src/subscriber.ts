import { Client } from './client.ts';
import type { LedgerSubscriber } from './ledger.ts';
import type { Random } from './random.ts';
import type { SubscriptionSpan } from './subscription-ledger.ts';
import type { World } from './world.ts';

export interface SubscriberOptions {
  readonly name: string;
  readonly version: 4 | 5;
  readonly receiveMaximum?: number;
  /** Longest time in milliseconds that its acknowledgements are held back. @default 0 */
  readonly answerDelay?: number;
  /** Subscribed for good: filter and QoS. */
  readonly filters: readonly (readonly [string, 1 | 2])[];
  /** Subscribed and unsubscribed again and again. @default none */
  readonly changing?: readonly string[];
}

/** Subscribes, receives, and is away at times. */
export class Subscriber {
  readonly client: Client;
  readonly record: LedgerSubscriber;
  readonly #options: SubscriberOptions;
  readonly #random: Random;
  /** The subscription of each filter that may be in force. */
  readonly #spans = new Map<string, SubscriptionSpan>();
  #isChanging = false;

  constructor(world: World, random: Random, options: SubscriberOptions) {
    const { name, version, receiveMaximum } = options;
    this.#options = options;
    this.#random = random;
    this.record = world.ledger.addSubscriber(name);
    const limit = version === 5 && receiveMaximum !== undefined ? { receiveMaximum } : {};
    this.client = new Client(world, { clientId: name, version, ...limit });
    this.client.onMessage = ({ topicName, payload, qos }) => {
      world.ledger.delivered(this.record, topicName, payload, qos);
    };
  }

  /** Connects, and subscribes to what it has no acknowledged subscription for. */
  async connect(): Promise<void> {
    this.slowDown();
    if ((await this.client.connect()) === undefined) return;
    for (const [topicFilter, qos] of this.#options.filters) {
      if (this.#spans.get(topicFilter)?.acknowledgedAt === undefined) {
        await this.#subscribe(topicFilter, qos);
      }
    }
  }

  /** Acknowledges at its own pace, or at once. */
  slowDown(): void {
    this.client.answerDelay = this.#options.answerDelay ?? 0;
  }

  hurry(): void {
    this.client.answerDelay = 0;
    this.client.answer();
  }

  /** Changes its mind about one filter, unless it is just doing so. */
  async change(): Promise<void> {
    const { changing = [] } = this.#options;
    if (this.#isChanging || changing.length === 0 || !this.client.isConnected) return;
    this.#isChanging = true;
    const topicFilter = this.#random.pick(changing);
    const span = this.#spans.get(topicFilter);
    const isOn = span?.acknowledgedAt !== undefined && span.unsubscribedAt === undefined;
    if (isOn) await this.#unsubscribe(topicFilter);
    else await this.#subscribe(topicFilter, this.#random.pick([1, 2]));
    this.#isChanging = false;
  }

  async #subscribe(topicFilter: string, qos: 1 | 2): Promise<void> {
    const { ledger, chronicle, findings } = this.client.world;
    // an UNSUBSCRIBE or SUBSCRIBE that was not answered may have been carried out or not
    const span = this.record.subscriptions.begin(topicFilter, qos, chronicle.tick());
    const granted = await this.client.subscribe(topicFilter, qos);
    if (granted === undefined) return;
    if (granted !== qos) {
      findings.add('connections ended by the broker', `${topicFilter} was granted as ${granted}`);
      return;
    }
    const before = this.#spans.get(topicFilter);
    if (before !== undefined) before.overAt ??= ledger.chronicle.tick();
    span.acknowledgedAt = chronicle.tick();
    this.#spans.set(topicFilter, span);
  }

  async #unsubscribe(topicFilter: string): Promise<void> {
    const { chronicle } = this.client.world;
    // also of those SUBSCRIBEs before that were never answered
    const all = this.record.subscriptions.spans.filter((each) => each.topicFilter === topicFilter);
    const asked = chronicle.tick();
    for (const each of all) each.unsubscribedAt ??= asked;
    if (!(await this.client.unsubscribe(topicFilter))) return;
    const answered = chronicle.tick();
    for (const each of all) each.overAt ??= answered;
    this.#spans.delete(topicFilter);
  }
}
