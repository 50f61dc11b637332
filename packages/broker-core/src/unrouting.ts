import type { BrokerContext } from './context.ts';
import { Deque } from './deque.ts';
import type { TurnWork } from './long-fan-out.ts';
import type { Subscription } from './subscription.ts';
import { workCost } from './work-cost.ts';

/**
 * Takes the subscriptions of sessions that have ended out of the routes: at once when they are few, very
 * many of them in the shares of several turns, while nothing is delivered by them any more.
 */
export class Unrouting implements TurnWork {
  readonly #context: () => BrokerContext;
  readonly #unroute: (subscription: Subscription) => void;
  readonly #ended = new Deque<Iterator<Subscription>>();
  /** It has asked for another turn. */
  #isUnderWay = false;

  constructor(context: () => BrokerContext, unroute: (subscription: Subscription) => void) {
    this.#context = context;
    this.#unroute = unroute;
  }

  /** Of one session; it is marked already. */
  add(subscriptions: Iterable<Subscription>): void {
    this.#ended.push(subscriptions[Symbol.iterator]());
    if (!this.#isUnderWay && this.step()) this.#context().turn.workOn(this);
  }

  step(): boolean {
    const { ends } = this.#context();
    while (!ends.isUsedUp) {
      const subscriptions = this.#ended.peek();
      if (subscriptions === undefined) return (this.#isUnderWay = false);
      const next = subscriptions.next();
      if (next.done === true) {
        this.#ended.shift();
        continue;
      }
      this.#unroute(next.value);
      ends.spend(workCost.unroute);
    }
    return (this.#isUnderWay = this.#ended.length > 0);
  }
}
