import type { BrokerLimits } from './options.ts';
import type { Turn } from './turn.ts';
import { searchCost, workCost } from './work-cost.ts';

/**
 * How many Wills a turn publishes, by their receivers. When a thousand clients vanish at once, most of
 * their connections end a few turns later, and so do their Wills.
 */
export class WillShare {
  readonly #limits: BrokerLimits;
  readonly #turn: Turn;
  #spent = 0;
  #spentIn = 0;

  constructor(limits: BrokerLimits, turn: Turn) {
    this.#limits = limits;
    this.#turn = turn;
  }

  get isUsedUp(): boolean {
    return this.#spentIn === this.#turn.number && this.#spent >= this.#limits.deliveriesPerTurn;
  }

  /** `steps` are those of the search for them. */
  spend(receivers: number, steps: number): void {
    if (this.#spentIn !== this.#turn.number) this.#spent = 0;
    this.#spentIn = this.#turn.number;
    this.#spent += receivers + workCost.packet + searchCost(steps);
  }
}
