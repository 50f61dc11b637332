/** The order of all things: a number that grows with each event, and the time of the campaign for people. */
export class Chronicle {
  readonly #startedAt = performance.now();
  /** How often the server was killed. */
  kills = 0;
  #tick = 0;

  /** The next number. */
  tick(): number {
    return ++this.#tick;
  }

  /** A line of a history. */
  line(text: string): string {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3).padStart(9);
    return `${seconds} s, after kill ${this.kills}: ${text}`;
  }
}
