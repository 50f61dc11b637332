/**
 * Follows the sequence numbers of many streams, one for each pair of publisher and receiver, and counts
 * what MQTT forbids: messages that come again at QoS 2 or in normal operation, and messages that
 * overtake others of their publisher [MQTT-4.6.0-5]. Lost ones are the difference at the end, which
 * only the owner knows.
 */
export class SequenceChecker {
  doubled = 0;
  reordered = 0;
  readonly #next: Uint32Array;
  /** Numbers that a stream has jumped over; in a stream with gaps nobody knows. */
  readonly #skipped: Map<number, Set<number>> | undefined;

  /** @param gaps whether a stream may miss numbers, as one member of a shared group does */
  constructor(streams: number, { gaps }: { readonly gaps: boolean }) {
    this.#next = new Uint32Array(streams);
    this.#skipped = gaps ? undefined : new Map();
  }

  /** Returns false for a message that came before. */
  accept(stream: number, sequence: number): boolean {
    const next = this.#next[stream] ?? 0;
    if (sequence === next) {
      this.#next[stream] = sequence + 1;
      return true;
    }
    return sequence > next ? this.#ahead(stream, next, sequence) : this.#late(stream, sequence);
  }

  #ahead(stream: number, next: number, sequence: number): boolean {
    this.#next[stream] = sequence + 1;
    if (this.#skipped === undefined) return true;
    const skipped = this.#skipped.get(stream) ?? new Set();
    this.#skipped.set(stream, skipped);
    // what has broken everything need not break the memory of the checker too
    for (let one = next; one < sequence && skipped.size < MAXIMUM_SKIPPED; one++) skipped.add(one);
    return true;
  }

  #late(stream: number, sequence: number): boolean {
    const isNew =
      this.#skipped === undefined
        ? sequence + 1 !== this.#next[stream]
        : this.#skipped.get(stream)?.delete(sequence) === true;
    if (isNew) this.reordered++;
    else this.doubled++;
    return isNew;
  }
}

const MAXIMUM_SKIPPED = 100_000;
