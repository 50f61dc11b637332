/**
 * A set of distinct strings in the order of `<`, in chunks of at most 256: about 12 bytes a string
 * beside the string itself. A walk names its place by a string, so it survives any change.
 */
export class SortedNames {
  /** In order, none of them empty. */
  readonly #chunks: string[][] = [];
  #version = 0;

  /** Changes with every `add` and `delete`. */
  get version(): number {
    return this.#version;
  }

  /** Adds a name that is not there. */
  add(name: string): void {
    this.#version += 1;
    const chunks = this.#chunks;
    const at = Math.min(this.chunkFor(name), Math.max(chunks.length - 1, 0));
    const chunk = chunks[at];
    if (chunk === undefined) {
      chunks.push([name]);
      return;
    }
    const index = lowerBound(chunk, name, 0);
    if (chunk.length < CHUNK) chunk.splice(index, 0, name);
    // Names that come in order, as from a store, leave full chunks behind.
    else if (index === CHUNK) chunks.splice(at + 1, 0, [name]);
    else {
      const upper = chunk.splice(CHUNK / 2);
      chunks.splice(at + 1, 0, upper);
      if (index <= CHUNK / 2) chunk.splice(index, 0, name);
      else upper.splice(index - CHUNK / 2, 0, name);
    }
  }

  /** Takes away a name that is there. */
  delete(name: string): void {
    this.#version += 1;
    const chunks = this.#chunks;
    const at = this.chunkFor(name);
    const chunk = chunks[at];
    if (chunk === undefined) return;
    chunk.splice(lowerBound(chunk, name, 0), 1);
    const next = chunks[at + 1];
    if (chunk.length === 0) chunks.splice(at, 1);
    else if (next !== undefined && chunk.length + next.length <= CHUNK / 2) {
      chunks.splice(at, 2, chunk.concat(next));
    }
  }

  chunk(at: number): readonly string[] | undefined {
    return this.#chunks[at];
  }

  /** The first chunk that holds a name >= `target`; the number of chunks when there is none. */
  chunkFor(target: string): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = chunks[middle]?.at(-1);
      if (last !== undefined && last < target) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A way through the names, forwards; names may come and go meanwhile. */
export class NameWalk {
  readonly #names: SortedNames;
  #version = -1;
  #at = 0;
  #chunk: readonly string[] | undefined = undefined;
  #index = 0;

  constructor(names: SortedNames) {
    this.#names = names;
  }

  /** Goes to the first name >= `target`, which lies behind every name this walk has seen. */
  seek(target: string): string | undefined {
    const chunk = this.#chunk;
    const last = chunk?.at(-1);
    if (this.#version !== this.#names.version || last === undefined || last < target) {
      this.#version = this.#names.version;
      this.#at = this.#names.chunkFor(target);
      this.#chunk = this.#names.chunk(this.#at);
      this.#index = lowerBound(this.#chunk ?? [], target, 0);
    } else if (chunk !== undefined) {
      this.#index = lowerBound(chunk, target, this.#index);
    }
    return this.#chunk?.[this.#index];
  }

  /** Goes to the name after `name`, at which this walk stands. */
  next(name: string): string | undefined {
    if (this.#version !== this.#names.version) return this.seek(successor(name));
    this.#index += 1;
    if (this.#chunk !== undefined && this.#index === this.#chunk.length) {
      this.#at += 1;
      this.#chunk = this.#names.chunk(this.#at);
      this.#index = 0;
    }
    return this.#chunk?.[this.#index];
  }
}

/** The smallest string above `name`. */
export function successor(name: string): string {
  return `${name}\0`;
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
