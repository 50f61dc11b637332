import { byteAt, copyOf } from './byte-at.ts';
import { EncodeError } from './encode-error.ts';
import type { ProtocolVersion } from './packet-type.ts';
import type { ProtocolError } from './protocol-error.ts';
import { type Rule, rules, violation } from './rules.ts';
import { TopicEntry } from './topic-entry.ts';
import { decodeUtf8, Utf8Fault, utf8Fault, utf8Length, writeUtf8 } from './utf8.ts';

export interface TopicTableOptions {
  /** Most entries kept, rounded up to a power of two; the table begins with less. @default 65536 */
  readonly capacity?: number;
  /** Longest Topic Name in bytes of UTF-8. @default 65535 */
  readonly maximumLength?: number;
  /** Most topic levels in a Topic Name. @default Infinity */
  readonly maximumLevels?: number;
}

/**
 * Topic Names by their bytes, so that a repeated topic costs a hash and a comparison instead of a
 * string: a name is validated on a miss only. May be shared by all connections of a process.
 *
 * The table is bounded and looks at most at four places, whatever names a peer chooses: when those are
 * full and it may not grow, a new name takes the place of another. An entry that was replaced stays
 * good for whoever holds it. A name of more than 1,024 bytes is made anew each time, or a table of them
 * would fill the memory.
 */
export class TopicTable<T> {
  readonly #maximumLength: number;
  readonly #maximumLevels: number;
  readonly #maximumCapacity: number;
  #hashes: Int32Array;
  #entries: (TopicEntry<T> | undefined)[];
  #setMask: number;
  #size = 0;
  /** Lookups since the last growth that found an entry. */
  #hits = 0;
  #random = 1;

  constructor(options: TopicTableOptions = {}) {
    this.#maximumLength = options.maximumLength ?? 65_535;
    this.#maximumLevels = options.maximumLevels ?? Infinity;
    let maximum = ways;
    while (maximum < (options.capacity ?? 65_536)) maximum *= 2;
    this.#maximumCapacity = maximum;
    const capacity = Math.min(maximum, firstCapacity);
    this.#setMask = capacity / ways - 1;
    this.#hashes = new Int32Array(capacity);
    this.#entries = Array.from({ length: capacity }, () => undefined);
  }

  /** Entries in the table. */
  get size(): number {
    return this.#size;
  }

  /** The entry of a Topic Name received from a peer; what is wrong with it is returned, not thrown. */
  lookup(
    bytes: Uint8Array,
    start: number,
    end: number,
    protocolVersion: ProtocolVersion = 5,
  ): TopicEntry<T> | ProtocolError {
    // before hashing, so that a long name costs nothing
    if (end - start > this.#maximumLength) {
      return violation(rules.topicNameTooLong, protocolVersion);
    }
    const hash = hashOf(bytes, start, end);
    const first = (hash & this.#setMask) * ways;
    for (let place = first; place < first + ways; place++) {
      if (this.#hashes[place] === hash) {
        const entry = this.#entries[place];
        if (entry !== undefined && isSameBytes(entry.bytes, bytes, start, end)) {
          this.#hits = (this.#hits + 1) & 0x3fff_ffff; // a small integer, whatever comes
          return entry;
        }
      }
    }
    const fault = topicNameFault(bytes, start, end, this.#maximumLevels);
    if (fault !== undefined) return violation(fault, protocolVersion);
    const entry = new TopicEntry<T>(decodeUtf8(bytes, start, end), copyOf(bytes, start, end));
    if (end - start <= longestKept) this.#keep(hash, entry);
    return entry;
  }

  /** The entry of a Topic Name of our own; throws an EncodeError, a TypeError, when it is none. */
  entry(topicName: string): TopicEntry<T> {
    const length = utf8Length(topicName);
    if (length < 0 || length > 65_535) throw new EncodeError('the Topic Name cannot be encoded');
    const bytes = new Uint8Array(length);
    writeUtf8(topicName, length, bytes, 0);
    const found = this.lookup(bytes, 0, length);
    if (found instanceof TopicEntry) return found;
    throw new EncodeError(found.message);
  }

  #keep(hash: number, entry: TopicEntry<T>): void {
    if (this.#put(hash, entry)) {
      this.#size++;
      return;
    }
    if (this.#mayGrow()) {
      this.#grow(this.#entries.length * 2);
      this.#keep(hash, entry);
      return;
    }
    // At random: of names that come round and round, some are found even when they are too many.
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) | 0;
    const place = (hash & this.#setMask) * ways + (this.#random >>> 30);
    this.#hashes[place] = hash;
    this.#entries[place] = entry;
  }

  /** Topics that are published to once only are not worth the memory; nor are names made to share a set. */
  #mayGrow(): boolean {
    const capacity = this.#entries.length;
    return capacity < this.#maximumCapacity && this.#hits >= capacity && this.#size >= capacity / 8;
  }

  /** Puts an entry where there is room for it; false when there is none. */
  #put(hash: number, entry: TopicEntry<T>): boolean {
    const first = (hash & this.#setMask) * ways;
    for (let place = first; place < first + ways; place++) {
      if (this.#entries[place] !== undefined) continue;
      this.#hashes[place] = hash;
      this.#entries[place] = entry;
      return true;
    }
    return false;
  }

  /** Each set becomes two, so that everything finds room. */
  #grow(capacity: number): void {
    const hashes = this.#hashes;
    const entries = this.#entries;
    this.#hits = 0;
    this.#setMask = capacity / ways - 1;
    this.#hashes = new Int32Array(capacity);
    this.#entries = Array.from({ length: capacity }, () => undefined);
    for (const [place, entry] of entries.entries()) {
      // every place has a hash
      if (entry !== undefined) this.#put(hashes[place] ?? 0, entry);
    }
  }
}

/** Are these the bytes of the range? */
export function isSameBytes(
  known: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const length = known.length;
  if (length !== end - start) return false;
  // from the end: topics of one publisher differ there
  for (let at = length - 1; at >= 0; at--) if (known[at] !== bytes[start + at]) return false;
  return true;
}

function topicNameFault(
  bytes: Uint8Array,
  start: number,
  end: number,
  maximumLevels: number,
): Rule | undefined {
  if (start === end) return rules.topicNameEmpty; // [MQTT-4.7.3-1]
  const fault = utf8Fault(bytes, start, end);
  if (fault === Utf8Fault.IllFormed) return rules.stringIllFormed;
  if (fault === Utf8Fault.NullCharacter) return rules.stringNull;
  let levels = 1;
  for (let at = start; at < end; at++) {
    const byte = byteAt(bytes, at);
    if (byte === plusSign || byte === numberSign) return rules.topicNameWildcard; // [MQTT-3.3.2-2]
    if (byte === slash) levels++;
  }
  return levels > maximumLevels ? rules.topicNameTooDeep : undefined;
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ byteAt(bytes, at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

/** Places that a name may take: bounds the work of a lookup, whatever the hash does. A power of two, for `#keep`. */
const ways = 4;
/** Places before the first growth. */
const firstCapacity = 4096;
/** Longest name that is kept, in bytes. */
const longestKept = 1024;

const slash = 0x2f;
const plusSign = 0x2b;
const numberSign = 0x23;
