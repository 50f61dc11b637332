/**
 * Output memory: slabs of a few sizes, lent to an outbox while it has something to say. An idle
 * connection holds none.
 */
export class SlabPool {
  readonly #free: Uint8Array[][] = SLAB_SIZES.map(() => []);

  /** A slab of at least `size` bytes; larger than the largest class is made for the occasion. */
  acquire(size: number): Uint8Array {
    for (let index = 0; index < SLAB_SIZES.length; index++) {
      const slabSize = SLAB_SIZES[index] ?? 0;
      if (size <= slabSize) return this.#free[index]?.pop() ?? new Uint8Array(slabSize);
    }
    return new Uint8Array(size);
  }

  /** Takes a slab back that nobody reads any more. */
  release(slab: Uint8Array): void {
    const index = SLAB_SIZES.indexOf(slab.length);
    const free = this.#free[index];
    if (free !== undefined && free.length * slab.length < KEPT_BYTES_PER_CLASS) free.push(slab);
  }
}

const SLAB_SIZES: readonly number[] = [1_024, 8_192, 65_536];
const KEPT_BYTES_PER_CLASS = 8 * 1024 * 1024;
