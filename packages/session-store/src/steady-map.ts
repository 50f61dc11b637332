/**
 * A map whose keys may come and go in any order at a steady cost. In V8's Map a deleted entry stays in
 * the chain of its hash until the whole is rehashed: who sets and deletes one key over and over, beside
 * 50,000 others, walks up to as many of its dead entries each time. Here a key that goes keeps its
 * place, without a value, until an eighth as many as there are have gone after it.
 */
export class SteadyMap<V extends object> {
  /** A number stands for a value that is gone: which deletion that was. */
  readonly #places = new Map<string, V | number>();
  #size = 0;
  /** Keys in the order of their deletions, from {@link #first} on. */
  #gone: string[] = [];
  #first = 0;
  /** Deletions before that of `#gone[0]`. */
  #before = 0;

  get size(): number {
    return this.#size;
  }

  /** Keys that have a place and no value. */
  get vacant(): number {
    return this.#places.size - this.#size;
  }

  get(key: string): V | undefined {
    const value = this.#places.get(key);
    return typeof value === 'number' ? undefined : value;
  }

  set(key: string, value: V): void {
    if (this.get(key) === undefined) this.#size += 1;
    this.#places.set(key, value);
  }

  /** Returns the value that was there. */
  delete(key: string): V | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    this.#size -= 1;
    this.#places.set(key, this.#before + this.#gone.length);
    this.#gone.push(key);
    // two at most: when many go, the bound itself sinks
    for (let i = 0; i < 2 && this.#gone.length - this.#first > this.#bound; i++) this.#vacate();
    if (this.#size === 0 && this.#places.size > SPARE) this.clear();
    return value;
  }

  clear(): void {
    this.#places.clear();
    this.#size = 0;
    this.#before += this.#gone.length;
    this.#gone = [];
    this.#first = 0;
  }

  *values(): IterableIterator<V> {
    for (const value of this.#places.values()) if (typeof value !== 'number') yield value;
  }

  get #bound(): number {
    return SPARE + (this.#size >>> 3);
  }

  /** Gives up the oldest place without a value, unless it has had one since. */
  #vacate(): void {
    const key = this.#gone[this.#first];
    if (key === undefined) return;
    if (this.#places.get(key) === this.#before + this.#first) this.#places.delete(key);
    this.#first += 1;
    if (this.#first < this.#gone.length >>> 1) return;
    this.#gone = this.#gone.slice(this.#first);
    this.#before += this.#first;
    this.#first = 0;
  }
}

const SPARE = 64;
