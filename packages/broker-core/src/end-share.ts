import type { BrokerContext } from './context.ts';
import { isLate } from './share-of-turn.ts';
import { WORK_BETWEEN_LOOKS } from './turn.ts';

/**
 * How much of a turn goes to the ends of connections and sessions, and to what they leave: subscriptions,
 * Wills counted by their receivers. When a thousand clients vanish at once, most of their connections
 * end a few turns later, and so do their Wills.
 */
export class EndShare {
  readonly #context: () => BrokerContext;
  #spent = 0;
  #spentIn = 0;
  #nextLook = 0;

  constructor(context: () => BrokerContext) {
    this.#context = context;
  }

  get isUsedUp(): boolean {
    const { limits, turn } = this.#context();
    return this.#spentIn === turn.number && this.#spent >= limits.deliveriesPerTurn;
  }

  /** Whatever was spent: whoever comes now has a share of its own. */
  begin(): void {
    this.#spentIn = this.#context().turn.number;
    this.#spent = 0;
    this.#nextLook = WORK_BETWEEN_LOOKS;
  }

  /** In deliveries, as all work is counted. */
  spend(work: number): void {
    const context = this.#context();
    const { limits, turn } = context;
    if (this.#spentIn !== turn.number) this.begin();
    this.#spent += work;
    if (this.#spent < this.#nextLook) return;
    this.#nextLook = this.#spent + WORK_BETWEEN_LOOKS;
    if (isLate(context)) this.#spent = Math.max(this.#spent, limits.deliveriesPerTurn);
  }
}
