import { BrokerError } from '../errors.ts';
import type { Fate, Refused } from '../fate.ts';
import type { Waiting } from '../long-fan-out.ts';

/** Finds out for the host program what has become of its message, and settles its promise. */
export class HostPublish implements Fate, Waiting {
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  /** The store has refused it: nobody has got it. */
  #isRefused = false;

  constructor(resolve: () => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  taken(): void {}

  /** The host program is told, and may publish again. */
  refused(): Refused {
    this.#isRefused = true;
    return 'never';
  }

  /** The store has been asked for all that is to be kept of it, and has answered. */
  settled(): void {
    if (this.#isRefused) this.failed(new BrokerError('BROKER_STORE', 'the store refused it'));
    else this.#resolve();
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
    this.settled();
  }
}
