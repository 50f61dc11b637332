/** Something to do once at the end of this turn of the event loop. */
export interface EndOfTurn {
  endTurn(): void;
}

/**
 * Gathers what connections have to write, so that each writes once a turn: the generator must cost
 * less than what it measures.
 */
export class Turn {
  /** When the bytes at hand were received, in milliseconds of `performance.now()`. */
  now = 0;
  #waiting: EndOfTurn[] = [];
  #isScheduled = false;

  add(one: EndOfTurn): void {
    this.#waiting.push(one);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#end);
  }

  readonly #end = (): void => {
    const ready = this.#waiting;
    this.#waiting = [];
    this.#isScheduled = false;
    for (const one of ready) one.endTurn();
  };
}
