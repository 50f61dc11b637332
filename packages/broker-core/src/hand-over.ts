import type { BrokerContext } from './context.ts';
import { deliverKept } from './delivery.ts';
import { Deque } from './deque.ts';
import type { TurnWork } from './long-fan-out.ts';
import type { Delivery } from './message.ts';
import { searchCost, workCost } from './work-cost.ts';

/** Messages that leave one session, in order. */
export interface Leaving {
  /** Takes out the next one; `undefined` when there is none. */
  next(): Delivery | undefined;
  /** There are no more. */
  done(): void;
}

/**
 * Gives what sessions leave, when they end or unsubscribe, to other members of their groups: at once when
 * it is little, very much of it in the shares of several turns.
 */
export class HandOver implements TurnWork {
  readonly #context: () => BrokerContext;
  readonly #leaving = new Deque<Leaving>();
  /** It is at work, or has asked for another turn. */
  #isUnderWay = false;

  constructor(context: () => BrokerContext) {
    this.#context = context;
  }

  add(leaving: Leaving): void {
    this.#leaving.push(leaving);
    if (!this.#isUnderWay && this.step()) this.#context().turn.workOn(this);
  }

  step(): boolean {
    let hasMore = false;
    this.#isUnderWay = true;
    try {
      hasMore = this.#share();
    } finally {
      this.#isUnderWay = hasMore;
    }
    return hasMore;
  }

  #share(): boolean {
    const context = this.#context();
    const { ends, router } = context;
    for (let first = this.#leaving.peek(); first !== undefined; first = this.#leaving.peek()) {
      if (ends.isUsedUp) return true;
      const before = router.steps;
      const delivery = first.next();
      if (delivery === undefined) {
        this.#leaving.shift();
        first.done();
      } else if (redistribute(context, delivery)) {
        ends.spend(workCost.handOver + searchCost(router.steps - before));
      } else ends.spend(workCost.waiting);
    }
    return false;
  }
}

/** Gives one message to another member of its group; false if there is none. */
export function redistribute(context: BrokerContext, delivery: Delivery): boolean {
  const { message, sharedFilter } = delivery;
  const group = sharedFilter === undefined ? undefined : context.router.group(sharedFilter);
  const member = group && context.router.choose(group, message.qos);
  if (member === undefined || message.expiresAt <= context.now) return false;
  deliverKept(context, message, member, message.retain && member.retainAsPublished, true);
  return true;
}

/** All of it in this turn. */
export function handOverNow(context: BrokerContext, leaving: Leaving): void {
  for (let one = leaving.next(); one !== undefined; one = leaving.next())
    redistribute(context, one);
  leaving.done();
}
