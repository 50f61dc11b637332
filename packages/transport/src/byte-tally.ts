/** How many bytes each of many holds, in the order in which they began to, and all together. */
export class ByteTally<T> {
  /** Of all who are counted. */
  bytes = 0;
  readonly #counts = new Map<T, number>();

  /** How many are counted. */
  get size(): number {
    return this.#counts.size;
  }

  /** Who has been counted for longest. */
  get first(): T | undefined {
    return this.#counts.keys().next().value;
  }

  /** `whose` holds so many bytes now; up to {@link UNCOUNTED_BYTES} count for nothing. */
  count(whose: T, bytes: number): void {
    const counted = bytes <= UNCOUNTED_BYTES ? 0 : bytes;
    const before = this.#counts.get(whose) ?? 0;
    if (before === counted) return;
    this.bytes += counted - before;
    if (counted === 0) this.#counts.delete(whose);
    else this.#counts.set(whose, counted);
  }
}

/** What each may hold beside. */
export const UNCOUNTED_BYTES = 16_384;
