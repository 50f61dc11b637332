import { Deque } from './deque.ts';
import { type Delivery, deliverySize } from './message.ts';

/** Messages that wait for one client, in order. */
export class WaitingQueue {
  readonly #deliveries = new Deque<Delivery>();
  /** How many wait of each topic; counted from the first question on, until the queue is empty. */
  #topics: Map<string, number> | undefined;

  /** Bytes of the QoS 0 messages among them; the others are counted by their session. */
  #bytesAtQos0 = 0;
  /** Counts for all sessions. */
  #total: { queuedBytes: number };

  constructor(total: { queuedBytes: number }) {
    this.#total = total;
  }

  get bytesAtQos0(): number {
    return this.#bytesAtQos0;
  }

  get length(): number {
    return this.#deliveries.length;
  }

  push(delivery: Delivery): void {
    this.#deliveries.push(delivery);
    if (delivery.qos === 0) this.#count(deliverySize(delivery));
    if (this.#topics !== undefined) count(this.#topics, delivery.message.topicName, 1);
  }

  peek(): Delivery | undefined {
    return this.#deliveries.peek();
  }

  shift(): Delivery | undefined {
    const delivery = this.#deliveries.shift();
    if (delivery?.qos === 0) this.#count(-deliverySize(delivery));
    if (this.#deliveries.length === 0) this.#topics = undefined;
    else if (this.#topics !== undefined && delivery !== undefined) {
      count(this.#topics, delivery.message.topicName, -1);
    }
    return delivery;
  }

  /** Something of this topic waits: whatever is published on it now must wait behind. */
  hasTopic(topicName: string): boolean {
    if (this.#deliveries.length === 0) return false;
    return (this.#topics ??= this.#countTopics()).has(topicName);
  }

  [Symbol.iterator](): Iterator<Delivery> {
    return this.#deliveries[Symbol.iterator]();
  }

  /** Nothing in it counts any more: it is let go, or what is left of it is looked through once. */
  letGo(): void {
    this.#count(-this.#bytesAtQos0);
    this.#total = { queuedBytes: 0 };
  }

  #count(bytes: number): void {
    this.#bytesAtQos0 += bytes;
    this.#total.queuedBytes += bytes;
  }

  #countTopics(): Map<string, number> {
    const topics = new Map<string, number>();
    for (const delivery of this.#deliveries) count(topics, delivery.message.topicName, 1);
    return topics;
  }
}

function count(topics: Map<string, number>, topicName: string, by: 1 | -1): void {
  const now = (topics.get(topicName) ?? 0) + by;
  if (now === 0) topics.delete(topicName);
  else topics.set(topicName, now);
}
