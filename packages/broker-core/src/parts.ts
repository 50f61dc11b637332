import type { SessionChange } from '@wellhead/session-store';
import type { Fate } from './fate.ts';
import type { Turn } from './turn.ts';

/**
 * Changes of one request that are made in several turns, and so are several commits: its one answer waits
 * until the store has all of them, whichever has to be tried again.
 */
export class Parts implements Fate {
  readonly #turn: Turn;
  #last: SessionChange | undefined;
  #undecided = 0;
  #then: (() => void) | undefined;

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  record(change: SessionChange): void {
    this.#last = change;
    this.#turn.record(change);
  }

  /** The part of this turn is made, and more follow. What has become of its last change has become of all. */
  endPart(): void {
    if (this.#last === undefined) return;
    this.#undecided++;
    this.#turn.fates.set(this.#last, this);
    this.#last = undefined;
  }

  get areTaken(): boolean {
    return this.#undecided === 0;
  }

  whenTaken(then: () => void): void {
    this.#then = then;
  }

  taken(): void {
    this.#undecided--;
    if (this.#undecided === 0) this.#then?.();
  }

  refused(): 'again' {
    return 'again';
  }
}
