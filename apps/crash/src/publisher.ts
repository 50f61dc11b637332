import { Client } from './client.ts';
import type { Random } from './random.ts';
import type { RetainedLedger } from './retained-ledger.ts';
import type { World } from './world.ts';

export interface PublisherOptions {
  readonly name: string;
  readonly version: 4 | 5;
  /** Messages that it keeps on the way. */
  readonly window: number;
  readonly qos: readonly (1 | 2)[];
  readonly topicNames: readonly string[];
  /** Retains what it publishes, and sometimes clears it. */
  readonly retained?: RetainedLedger;
  /** Longest pause between two messages, in milliseconds. @default 20 */
  readonly pause?: number;
}

/** Publishes in bursts, with a window, for as long as it may. */
export class Publisher {
  readonly client: Client;
  readonly #options: PublisherOptions;
  readonly #random: Random;
  #timer: NodeJS.Timeout | undefined;
  #isActive = false;

  constructor(world: World, random: Random, options: PublisherOptions) {
    const { name, version } = options;
    this.#options = options;
    this.#random = random;
    this.client = new Client(world, { clientId: name, version });
    this.client.onEnd = () => this.#pause();
  }

  /** Everything that it has sent is acknowledged to the end. */
  get isIdle(): boolean {
    return this.client.outgoing.size === 0;
  }

  start(): void {
    this.#isActive = true;
    this.#publishSoon();
  }

  stop(): void {
    this.#isActive = false;
    this.#pause();
  }

  /** One message to each of its topics. */
  publishToAll(): void {
    if (!this.client.isConnected) return;
    for (const topicName of this.#options.topicNames) this.#publish(topicName);
  }

  #pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #publishSoon(): void {
    if (!this.#isActive || this.#timer !== undefined) return;
    const pause = this.#random.between(1, this.#options.pause ?? 20);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.client.isConnected) return;
      const room = this.#options.window - this.client.outgoing.size;
      const burst = Math.min(room, this.#random.between(1, this.#options.window));
      for (let left = burst; left > 0; left--) {
        this.#publish(this.#random.pick(this.#options.topicNames));
      }
      this.#publishSoon();
    }, pause);
  }

  #publish(topicName: string): void {
    const { name, retained } = this.#options;
    const { ledger } = this.client.world;
    const kind = retained === undefined ? 'plain' : 'retained';
    const message = ledger.compose(kind, name, topicName, this.#qosOf(topicName));
    const isClear = retained !== undefined && this.#random.chance(0.2);
    retained?.sent(message, isClear);
    this.client.outgoing.publish(message, retained !== undefined, this.#length(), isClear);
  }

  /**
   * Of a retained topic always the same: a QoS 1 message that is sent again, rightly, is taken again, and
   * would replace a later one of QoS 2, which is not.
   */
  #qosOf(topicName: string): 1 | 2 {
    const { qos, retained, topicNames } = this.#options;
    if (retained === undefined) return this.#random.pick(qos);
    return qos[topicNames.indexOf(topicName) % qos.length] ?? 1;
  }

  #length(): number {
    const kind = this.#random.next();
    if (kind < 0.05) return this.#random.between(5_000, 40_000);
    return kind < 0.4 ? 0 : this.#random.between(20, 400);
  }
}
