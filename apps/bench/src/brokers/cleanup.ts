/** What has to be undone, last first, unless somebody takes it over. */
export class Cleanup implements AsyncDisposable {
  #steps: (() => Promise<void>)[] = [];

  defer(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /** Leaves nothing to this one: the returned one has it all. */
  move(): Cleanup {
    const taken = new Cleanup();
    taken.#steps = this.#steps;
    this.#steps = [];
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const step of this.#steps.splice(0).toReversed()) await step();
  }
}
