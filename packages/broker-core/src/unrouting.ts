import type { TurnWork } from './long-fan-out.ts';
import type { Subscription } from './subscription.ts';

/**
 * Takes the subscriptions of a session that has ended out of the routes: at once when they are few, very
 * many of them in several turns, while nothing is delivered by them any more.
 */
export class Unrouting implements TurnWork {
  readonly #subscriptions: readonly Subscription[];
  readonly #unroute: (subscription: Subscription) => void;
  #next = 0;

  constructor(
    subscriptions: Iterable<Subscription>,
    unroute: (subscription: Subscription) => void,
  ) {
    this.#unroute = unroute;
    const rest: Subscription[] = [];
    for (const subscription of subscriptions) {
      // a group chooses among its members, and must not choose this one
      if (subscription.group !== undefined) unroute(subscription);
      else rest.push(subscription);
      subscription.end();
    }
    this.#subscriptions = rest;
  }

  step(): boolean {
    const end = Math.min(this.#next + SHARE, this.#subscriptions.length);
    for (const subscription of this.#subscriptions.slice(this.#next, end))
      this.#unroute(subscription);
    this.#next = end;
    return end < this.#subscriptions.length;
  }
}

const SHARE = 2_000;
