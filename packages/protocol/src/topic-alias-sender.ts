/**
 * Topic Aliases that we set, on one Network Connection and in one direction. Nothing is kept across
 * connections: make a new one there, and what is re-sent has its full Topic Name again
 * [MQTT-3.3.2-7].
 *
 * First come, first served until the peer's Topic Alias Maximum is reached. Then a topic without an
 * alias takes over the one under a hand that moves by one a miss, if that was not used since the
 * hand last came by: constant time, and busy topics stay. `T` is compared like a Map key.
 */
export class TopicAliasSender<T> {
  /**
   * The peer's Topic Alias Maximum; with 0 no alias is ever given [MQTT-3.1.2-27] [MQTT-3.2.2-18].
   */
  readonly maximum: number;
  #aliases: Map<T, number> | undefined = undefined;
  /** By alias - 1. */
  #topics: (T | undefined)[] = NO_TOPICS;
  #used: boolean[] = NO_FLAGS;
  #hand = 0;
  /** The topic that was found last, whose alias is in use: most come several times in a row. */
  #last: T | undefined;
  #lastAlias = 0;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /**
   * The alias for a PUBLISH that is about to be written. Positive: the peer knows it, send an empty
   * Topic Name. Negative: newly set, send the Topic Name with the alias `-n`. 0: none.
   */
  use(topic: T): number {
    if (topic === this.#last) return this.#lastAlias;
    if (this.maximum === 0) return 0;
    const known = this.#aliases?.get(topic);
    if (known === undefined) return -this.#assign(topic);
    this.#used[known - 1] = true;
    this.#last = topic;
    this.#lastAlias = known;
    return known;
  }

  /**
   * The PUBLISH that would have set this alias was not written after all, so the alias was not set.
   */
  forget(topic: T): void {
    const alias = this.#aliases?.get(topic);
    if (alias === undefined) return;
    this.#last = undefined;
    this.#aliases?.delete(topic);
    this.#topics[alias - 1] = undefined;
    this.#used[alias - 1] = false;
    this.#hand = alias - 1; // the next one without an alias gets it
  }

  #assign(topic: T): number {
    if (this.#aliases === undefined) {
      this.#aliases = new Map();
      this.#topics = [];
      this.#used = [];
    }
    const alias =
      this.#topics.length < this.maximum ? this.#topics.length + 1 : this.#takeOver(this.#aliases);
    if (alias === 0) return 0;
    this.#topics[alias - 1] = topic;
    this.#used[alias - 1] = false;
    this.#aliases.set(topic, alias);
    return alias;
  }

  #takeOver(aliases: Map<T, number>): number {
    this.#last = undefined;
    const index = this.#hand;
    this.#hand = (index + 1) % this.maximum;
    if (this.#used[index] === true) {
      this.#used[index] = false;
      return 0;
    }
    const topic = this.#topics[index];
    if (topic !== undefined) aliases.delete(topic);
    return index + 1;
  }
}

// Shared and never written: a sender that is not used holds no array of its own.
const NO_TOPICS: never[] = [];
const NO_FLAGS: boolean[] = [];
