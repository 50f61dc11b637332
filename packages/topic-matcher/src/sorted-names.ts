/**
 * A map from distinct strings in the order of `<`, in chunks of at most 256: about 20 bytes an entry
 * beside name and value. A walk names its place by a string, so it survives any change. Any change
 * costs the same, whatever came and went before: in V8's Map a deleted entry stays in its chain until
 * the whole is rehashed, and setting and deleting one name over and over walks all its earlier selves.
 */
export class SortedNames<T> {
  /** In order, none of them empty. */
  readonly #chunks: Chunk<T>[] = [];
  #version = 0;
  #size = 0;
  // Where the last search ended, for the next one: names are looked up, then set or deleted.
  #lastName: string | undefined;
  #lastVersion = -1;
  #at = 0;
  #index = 0;

  /** Names held. */
  get size(): number {
    return this.#size;
  }

  /** Changes whenever a name comes or goes. */
  get version(): number {
    return this.#version;
  }

  get(name: string): T | undefined {
    return this.#find(name)?.values[this.#index];
  }

  /** Sets the value of a name; returns the one before. */
  set(name: string, value: T): T | undefined {
    const chunk = this.#find(name);
    if (chunk === undefined) {
      this.#add(name, value);
      return undefined;
    }
    const previous = chunk.values[this.#index];
    chunk.values[this.#index] = value;
    return previous;
  }

  /** Takes a name away; returns its value. */
  delete(name: string): T | undefined {
    const chunk = this.#find(name);
    if (chunk === undefined) return undefined;
    const chunks = this.#chunks;
    const at = this.#at;
    this.#version += 1;
    this.#size -= 1;
    chunk.names.splice(this.#index, 1);
    const [previous] = chunk.values.splice(this.#index, 1);
    const next = chunks[at + 1];
    if (chunk.names.length === 0) chunks.splice(at, 1);
    else if (next !== undefined && chunk.names.length + next.names.length <= CHUNK / 2) {
      const names = chunk.names.concat(next.names);
      chunks.splice(at, 2, { names, values: chunk.values.concat(next.values) });
    }
    return previous;
  }

  chunk(at: number): Chunk<T> | undefined {
    return this.#chunks[at];
  }

  /** The first chunk that holds a name >= `target`; the number of chunks when there is none. */
  chunkFor(target: string): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = chunks[middle]?.names.at(-1);
      if (last !== undefined && last < target) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The chunk that holds a name, at `#index`; `undefined` when there is none, and then both say where it belongs. */
  #find(name: string): Chunk<T> | undefined {
    if (this.#lastName !== name || this.#lastVersion !== this.#version) {
      const at = Math.min(this.chunkFor(name), Math.max(this.#chunks.length - 1, 0));
      this.#at = at;
      this.#index = lowerBound(this.#chunks[at]?.names ?? [], name, 0);
      this.#lastName = name;
      this.#lastVersion = this.#version;
    }
    const chunk = this.#chunks[this.#at];
    return chunk?.names[this.#index] === name ? chunk : undefined;
  }

  /** Adds a name that was looked for in vain just now. */
  #add(name: string, value: T): void {
    const chunks = this.#chunks;
    const at = this.#at;
    const index = this.#index;
    const chunk = chunks[at];
    this.#version += 1;
    this.#size += 1;
    if (chunk === undefined) chunks.push({ names: [name], values: [value] });
    else if (chunk.names.length < CHUNK) insert(chunk, index, name, value);
    // Names that come in order, as from a store, leave full chunks behind.
    else if (index === CHUNK) chunks.splice(at + 1, 0, { names: [name], values: [value] });
    else {
      const upper = {
        names: chunk.names.splice(CHUNK / 2),
        values: chunk.values.splice(CHUNK / 2),
      };
      chunks.splice(at + 1, 0, upper);
      if (index <= CHUNK / 2) insert(chunk, index, name, value);
      else insert(upper, index - CHUNK / 2, name, value);
    }
  }
}

/** Some names in order, and the values at the same places. */
export interface Chunk<T> {
  readonly names: string[];
  readonly values: T[];
}

/** A way through the names, forwards; names may come and go meanwhile. */
export class NameWalk<T> {
  readonly #names: SortedNames<T>;
  #version = -1;
  #at = 0;
  #chunk: Chunk<T> | undefined = undefined;
  #index = 0;

  constructor(names: SortedNames<T>) {
    this.#names = names;
  }

  /** The value of the name at which this walk stands; nothing has changed since it went there. */
  get value(): T {
    // `as`: every name has a value, and T itself may include undefined.
    return this.#chunk?.values[this.#index] as T;
  }

  /** Goes to the first name >= `target`, which lies behind every name this walk has seen. */
  seek(target: string): string | undefined {
    const chunk = this.#chunk;
    const last = chunk?.names.at(-1);
    if (this.#version !== this.#names.version || last === undefined || last < target) {
      this.#version = this.#names.version;
      this.#at = this.#names.chunkFor(target);
      this.#chunk = this.#names.chunk(this.#at);
      this.#index = lowerBound(this.#chunk?.names ?? [], target, 0);
    } else if (chunk !== undefined) {
      this.#index = lowerBound(chunk.names, target, this.#index);
    }
    return this.#chunk?.names[this.#index];
  }

  /** Goes to the name after `name`, at which this walk stands. */
  next(name: string): string | undefined {
    if (this.#version !== this.#names.version) return this.seek(successor(name));
    this.#index += 1;
    if (this.#chunk !== undefined && this.#index === this.#chunk.names.length) {
      this.#at += 1;
      this.#chunk = this.#names.chunk(this.#at);
      this.#index = 0;
    }
    return this.#chunk?.names[this.#index];
  }
}

/** The smallest string above `name`. */
export function successor(name: string): string {
  return `${name}\0`;
}

function insert<T>(chunk: Chunk<T>, index: number, name: string, value: T): void {
  chunk.names.splice(index, 0, name);
  chunk.values.splice(index, 0, value);
}

/** The first index from `low` on whose name is >= `target`. */
function lowerBound(chunk: readonly string[], target: string, low: number): number {
  let from = low;
  let high = chunk.length;
  while (from < high) {
    const middle = (from + high) >>> 1;
    const name = chunk[middle];
    if (name !== undefined && name < target) from = middle + 1;
    else high = middle;
  }
  return from;
}

const CHUNK = 256;
