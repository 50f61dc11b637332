/**
 * By topic, what is retained there if the store refuses what has been published since: what the store has by
 * then. Only topics with something that the store has not decided about have one.
 */
export class RetainedFallbacks<Entry> {
  readonly #fallbacks = new Map<string, Fallback<Entry>>();

  get isEmpty(): boolean {
    return this.#fallbacks.size === 0;
  }

  /** Something new goes to the store. */
  published(topicName: string, previous: Entry | undefined): void {
    if (!this.#fallbacks.has(topicName))
      this.#fallbacks.set(topicName, { entry: previous, clearedAt: 0 });
  }

  /** What is there is removed, and so is what the store has, if not now: that is tried until it is done. */
  cleared(topicName: string, newestMessage: number): void {
    if (!this.#fallbacks.has(topicName)) return;
    this.#fallbacks.set(topicName, { entry: undefined, clearedAt: newestMessage });
  }

  /** The store has it, but something newer has been published. */
  stored(topicName: string, messageId: number, entry: Entry): void {
    const fallback = this.#fallbacks.get(topicName);
    if (fallback !== undefined && messageId > fallback.clearedAt) fallback.entry = entry;
  }

  /** The store has what is retained now; or that is refused, and this is retained instead. */
  take(topicName: string): Entry | undefined {
    const fallback = this.#fallbacks.get(topicName);
    this.#fallbacks.delete(topicName);
    return fallback?.entry;
  }
}

interface Fallback<Entry> {
  entry: Entry | undefined;
  /** The newest message when all that was published until then was cleared. */
  readonly clearedAt: number;
}
