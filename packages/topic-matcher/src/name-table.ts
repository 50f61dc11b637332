import { SortedNames } from './sorted-names.ts';

/**
 * A map from distinct strings, in no order, at about 50 bytes an entry beside name and value. It grows
 * and shrinks by one bucket at a time, so that no change pays for all that is held, and whatever came
 * and went before leaves nothing behind (linear hashing). Names that were made to share a bucket are
 * found like those of {@link SortedNames}: there they go when it is full.
 */
export class NameTable<T extends object> {
  readonly #buckets: Bucket<T>[] = Array.from({ length: FEWEST_BUCKETS }, () => []);
  /** Of the smallest power of two that is no less than the number of buckets, less 1. */
  #mask = FEWEST_BUCKETS - 1;
  readonly #crowded = new SortedNames<T>();
  #size = 0;
  #lastName: string | undefined;
  #lastHash = 0;

  /** Names held. */
  get size(): number {
    return this.#size;
  }

  get(name: string): T | undefined {
    const bucket = this.#bucketOf(this.#hashOf(name));
    const at = placeOf(bucket, this.#lastHash, name);
    // `as`: a value is behind each name
    if (at !== -1) return bucket[at + 2] as T;
    return this.#crowded.size === 0 ? undefined : this.#crowded.get(name);
  }

  /** Adds a name that is not there. */
  add(name: string, value: T): void {
    const hash = this.#hashOf(name);
    this.#size += 1;
    this.#put(hash, name, value);
    if (this.#size > this.#buckets.length * MEAN) this.#split();
  }

  /** Gives a name that is there another value. */
  replace(name: string, value: T): void {
    const bucket = this.#bucketOf(this.#hashOf(name));
    const at = placeOf(bucket, this.#lastHash, name);
    if (at === -1) this.#crowded.set(name, value);
    else bucket[at + 2] = value;
  }

  /** Takes away a name that is there. */
  delete(name: string): void {
    const bucket = this.#bucketOf(this.#hashOf(name));
    const at = placeOf(bucket, this.#lastHash, name);
    if (at === -1) this.#crowded.delete(name);
    else remove(bucket, at);
    this.#size -= 1;
    // half as many as would make it grow, lest it goes back and forth
    if (this.#size < (this.#buckets.length * MEAN) / 2) this.#join();
  }

  /** Names are looked up, then added, replaced or deleted. */
  #hashOf(name: string): number {
    if (name !== this.#lastName) {
      this.#lastName = name;
      this.#lastHash = hashOf(name);
    }
    return this.#lastHash;
  }

  #put(hash: number, name: string, value: T): void {
    const bucket = this.#bucketOf(hash);
    if (bucket.length < FULL) bucket.push(hash, name, value);
    else this.#crowded.set(name, value);
  }

  #bucketOf(hash: number): Bucket<T> {
    // there is a bucket for each index that `#indexOf` gives
    return this.#buckets[this.#indexOf(hash)] as Bucket<T>;
  }

  #indexOf(hash: number): number {
    const index = hash & this.#mask;
    return index < this.#buckets.length ? index : index & (this.#mask >>> 1);
  }

  /** One bucket more, with those of its elder that belong there. */
  #split(): void {
    const buckets = this.#buckets;
    const younger: Bucket<T> = [];
    const index = buckets.push(younger) - 1;
    if (index > this.#mask) this.#mask = this.#mask * 2 + 1;
    const eldest = index & (this.#mask >>> 1);
    const all = buckets[eldest] ?? [];
    const elder: Bucket<T> = [];
    for (let at = 0; at < all.length; at += 3) {
      // `as`: hash, name and value take turns
      const hash = all[at] as number;
      // `as`: likewise
      const name = all[at + 1] as string;
      // `as`: likewise
      const value = all[at + 2] as T;
      (this.#indexOf(hash) === index ? younger : elder).push(hash, name, value);
    }
    buckets[eldest] = elder;
  }

  /** One bucket less. */
  #join(): void {
    const buckets = this.#buckets;
    if (buckets.length === FEWEST_BUCKETS) return;
    const younger = buckets.pop() ?? [];
    if (buckets.length - 1 === this.#mask >>> 1) this.#mask >>>= 1;
    for (let at = 0; at < younger.length; at += 3) {
      // `as`: hash, name and value take turns
      const hash = younger[at] as number;
      // `as`: likewise
      const name = younger[at + 1] as string;
      // `as`: likewise
      const value = younger[at + 2] as T;
      this.#put(hash, name, value);
    }
  }
}

/** Hashes, each with its name and the value of that behind it. */
type Bucket<T extends object> = (number | string | T)[];

function placeOf<T extends object>(bucket: Bucket<T>, hash: number, name: string): number {
  for (let at = 0; at < bucket.length; at += 3)
    if (bucket[at] === hash && bucket[at + 1] === name) return at;
  return -1;
}

/** The last three take its place. */
function remove<T extends object>(bucket: Bucket<T>, at: number): void {
  const value = bucket.pop();
  const name = bucket.pop();
  const hash = bucket.pop();
  // they are there, and may be those at `at`
  if (at === bucket.length || hash === undefined || name === undefined || value === undefined)
    return;
  bucket[at] = hash;
  bucket[at + 1] = name;
  bucket[at + 2] = value;
}

/** Of the whole name, or of both ends of a long one: the work of a change has a bound. */
function hashOf(name: string): number {
  const { length } = name;
  let hash = 0x811c9dc5 ^ length;
  const head = length > 2 * END ? END : length;
  for (let at = 0; at < head; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  if (head < length) {
    for (let at = length - END; at < length; at++)
      hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

/** Names to a bucket, on average. */
const MEAN = 4;
/** Three times the names that a bucket may have: by chance, none ever has so many. */
const FULL = 72;
const FEWEST_BUCKETS = 8;
const END = 64;
