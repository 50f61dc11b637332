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
  readonly #ended = new Deque<Subscription>();
  /** It has asked for another turn. */
  #isUnderWay = false;

  constructor(context: () => BrokerContext, unroute: (subscription: Subscription) => void) {
    this.#context = context;
    this.#unroute = unroute;
  }

  add(subscriptions: Iterable<Subscription>): void {
    for (const subscription of subscriptions) {
      subscription.end();
      this.#ended.push(subscription);
    }
    if (!this.#isUnderWay && this.step()) this.#context().turn.workOn(this);
  }

  step(): boolean {
    const { ends } = this.#context();
    while (!ends.isUsedUp) {
      const subscription = this.#ended.shift();
      if (subscription === undefined) return (this.#isUnderWay = false);
      this.#unroute(subscription);
      ends.spend(workCost.unroute);
    }
    return (this.#isUnderWay = this.#ended.length > 0);
  }
}
