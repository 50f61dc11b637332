import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a number of messages, for as long as they keep coming. */
export class Arrivals {
  readonly #wanted: number;
  #count = 0;
  #complete: () => void = () => {};
  readonly #isComplete: Promise<void>;

  constructor(wanted: number) {
    this.#wanted = wanted;
    this.#isComplete = new Promise((resolve) => (this.#complete = resolve));
  }

  add(): void {
    if (++this.#count === this.#wanted) this.#complete();
  }

  /** Resolves with the number that never came. */
  async all(): Promise<number> {
    for (let before = -1; before !== this.#count;) {
      before = this.#count;
      using patience = new Patience();
      await Promise.race([this.#isComplete, patience.end]);
      if (this.#count === this.#wanted) return 0;
    }
    return this.#wanted - this.#count;
  }
}

class Patience implements Disposable {
  readonly #ended = new AbortController();
  readonly end: Promise<void> = sleep(PATIENCE, undefined, { signal: this.#ended.signal }).catch(
    () => {},
  );

  [Symbol.dispose](): void {
    this.#ended.abort();
  }
}

/** Milliseconds without any message that mean that no more will come. */
const PATIENCE = 5000;
