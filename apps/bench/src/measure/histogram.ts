/**
 * Counts durations in buckets that are at most 1.6 % wide, from 0.1 µs to 214 s, in constant memory.
 * One addition per value, so that it can stand in the loop that it measures.
 */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #maximum = 0;

  get count(): number {
    return this.#total;
  }

  /** Milliseconds. */
  get maximum(): number {
    return this.#maximum;
  }

  /** @param milliseconds less than 0 counts as 0 */
  record(milliseconds: number): void {
    if (milliseconds > this.#maximum) this.#maximum = milliseconds;
    const value = milliseconds > 0 ? Math.min(milliseconds * UNITS, LARGEST) | 0 : 0;
    const bucket = bucketOf(value);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  /**
   * The duration, in milliseconds, that this share of the values does not exceed; 0 without values.
   *
   * @param share from 0 to 1
   */
  percentile(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= wanted) return Math.min(upperEnd(bucket) / UNITS, this.#maximum);
    }
    return 0;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#maximum = 0;
  }
}

/** The first 128 units have a bucket each; then 64 buckets for each doubling. */
function bucketOf(value: number): number {
  if (value < 2 * STEPS) return value;
  const shift = 25 - Math.clz32(value);
  return shift * STEPS + (value >>> shift);
}

function upperEnd(bucket: number): number {
  if (bucket < 2 * STEPS) return bucket;
  const shift = Math.floor(bucket / STEPS) - 1;
  return (bucket - shift * STEPS + 1) * 2 ** shift - 1;
}

/** Units in a millisecond: 0.1 µs each. */
const UNITS = 10_000;
const STEPS = 64;
const LARGEST = 0x7fff_ffff;
const BUCKETS = bucketOf(LARGEST) + 1;
