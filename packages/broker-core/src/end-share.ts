import type { BrokerLimits } from './options.ts';
import type { Turn } from './turn.ts';

/**
 * How much of a turn goes to what sessions leave when they end, such as Wills, counted by their receivers.
 * When a thousand clients vanish at once, most of their connections end a few turns later, and so do
 * their Wills.
 */
export class EndShare {
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

  /** In deliveries, as all work is counted. */
  spend(work: number): void {
    if (this.#spentIn !== this.#turn.number) this.#spent = 0;
    this.#spentIn = this.#turn.number;
    this.#spent += work;
  }
}
