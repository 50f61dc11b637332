/** A queue over one growing ring: push behind, shift in front, no allocation per element. */
export class Deque<T extends object> {
  /** Of one kind with those that follow, for the engine: a list of four would be packed, these have holes. */
  #ring: (T | undefined)[] = new Array<T | undefined>(4).fill(undefined);
  #head = 0;
  length = 0;

  push(element: T): void {
    if (this.length === this.#ring.length) this.#resize(this.length * 2);
    this.#ring[(this.#head + this.length) & (this.#ring.length - 1)] = element;
    this.length++;
  }

  peek(): T | undefined {
    return this.length === 0 ? undefined : this.#ring[this.#head];
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const element = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.length--;
    if (this.length < this.#ring.length >> 3 && this.#ring.length > SHRINK_ABOVE)
      this.#resize(this.#ring.length >> 1);
    return element;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.length; i++) {
      const element = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
      if (element !== undefined) yield element;
    }
  }

  #resize(capacity: number): void {
    const ring = new Array<T | undefined>(capacity).fill(undefined);
    for (let i = 0; i < this.length; i++)
      ring[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    this.#ring = ring;
    this.#head = 0;
  }
}

const SHRINK_ABOVE = 64;
