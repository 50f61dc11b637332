import { Deque } from './deque.ts';
import type { Delivery } from './message.ts';

/** Messages that wait for one client, in order, and which topics they are of. */
export class WaitingQueue {
  readonly #deliveries = new Deque<Delivery>();
  readonly #topics = new Map<string, number>();

  get length(): number {
    return this.#deliveries.length;
  }

  push(delivery: Delivery): void {
    const { topicName } = delivery.message;
    this.#deliveries.push(delivery);
    this.#topics.set(topicName, (this.#topics.get(topicName) ?? 0) + 1);
  }

  peek(): Delivery | undefined {
    return this.#deliveries.peek();
  }

  shift(): Delivery | undefined {
    const delivery = this.#deliveries.shift();
    if (delivery === undefined) return undefined;
    const { topicName } = delivery.message;
    const left = (this.#topics.get(topicName) ?? 1) - 1;
    if (left === 0) this.#topics.delete(topicName);
    else this.#topics.set(topicName, left);
    return delivery;
  }

  /** Something of this topic waits: whatever is published on it now must wait behind. */
  hasTopic(topicName: string): boolean {
    return this.#topics.has(topicName);
  }

  [Symbol.iterator](): Iterator<Delivery> {
    return this.#deliveries[Symbol.iterator]();
  }
}
