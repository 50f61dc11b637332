import { BrokerError } from '../errors.ts';
import type { Fate, Refused } from '../fate.ts';
import type { Waiting } from '../long-fan-out.ts';

/** Finds out for the host program what has become of its message, and settles its promise. */
export class HostPublish implements Fate, Waiting {
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  /** Changes that the store has not answered yet. */
  #undecided = 0;
  /** All that is to be asked of the store has been. */
  #isComplete = false;
  /** The store has refused it: nobody has got it. */
  #isRefused = false;

  constructor(resolve: () => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  recorded(): void {
    this.#undecided++;
  }

  taken(): void {
    this.#undecided--;
    this.#settleIfDecided();
  }

  /** The host program is told, and may publish again. */
  refused(): Refused {
    this.#isRefused = true;
    this.taken();
    return 'never';
  }

  /** It is routed, and what is to be kept of it is recorded. */
  complete(): void {
    this.#isComplete = true;
    this.#settleIfDecided();
  }

  failed(error: unknown): void {
    this.#reject(error);
  }

  receipt(): undefined {
    return undefined;
  }

  /** One for very many is over. */
  done(receivers: number | undefined): void {
    if (receivers === undefined) this.#isRefused = true;
    this.complete();
  }

  #settleIfDecided(): void {
    if (!this.#isComplete || this.#undecided > 0) return;
    if (this.#isRefused) this.failed(new BrokerError('BROKER_STORE', 'the store refused it'));
    else this.#resolve();
  }
}
