/**
 * Topic Aliases that the peer sets, on one Network Connection and in one direction, MQTT 5.0
 * section 3.3.2.3.4. They never survive into another connection: make a new one there
 * [MQTT-3.3.2-7]. `T` is whatever a Topic Name resolves to.
 */
export class TopicAliasReceiver<T> {
  /**
   * The Topic Alias Maximum that we announced; every alias from 1 to it is accepted
   * [MQTT-3.3.2-12].
   */
  readonly maximum: number;
  #topics: (T | undefined)[] | undefined = undefined;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** False: 0, or above the maximum: DISCONNECT 0x94. */
  allows(alias: number): boolean {
    return alias > 0 && alias <= this.maximum;
  }

  /**
   * A PUBLISH with a Topic Name and an alias: sets it, or gives it another topic. False: invalid,
   * DISCONNECT 0x94.
   */
  set(alias: number, topic: T): boolean {
    if (!this.allows(alias)) return false;
    this.#topics ??= [];
    this.#topics[alias] = topic;
    return true;
  }

  /**
   * A PUBLISH with an empty Topic Name; undefined when the alias was never set (0x82), or is
   * invalid (0x94, ask `allows`).
   */
  get(alias: number): T | undefined {
    return this.#topics?.[alias];
  }
}
