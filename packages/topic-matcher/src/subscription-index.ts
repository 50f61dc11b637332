import { FilterTrie } from './filter-trie.ts';
import { NameTable } from './name-table.ts';
import { TopicStamps } from './topic-stamps.ts';
import { appendSlot, slotHas, slotWith, slotWithout, type ValueList } from './value-slot.ts';

/**
 * Values under Topic Filters, found by Topic Name. Filters without wildcards live in a table,
 * the others in a trie. Filters and names must be valid and a shared filter is given by its inner filter:
 * nothing is checked again here.
 */
export class SubscriptionIndex<T extends object> {
  readonly #exact = new NameTable<T | ValueList<T>>();
  readonly #wildcard = new FilterTrie<T>();
  readonly #stamps = new TopicStamps();
  #size = 0;

  /** Pairs of filter and value held. */
  get size(): number {
    return this.#size;
  }

  /** Adds one value under a filter; the same pair twice is a `TypeError`. */
  add(topicFilter: string, value: T): void {
    const added = hasWildcard(topicFilter)
      ? this.#wildcard.add(topicFilter, value)
      : this.#addExact(topicFilter, value);
    if (!added) throw new TypeError('This value is already held under this Topic Filter');
    this.#size += 1;
    this.#stamps.touch(topicFilter);
  }

  /** Takes one value from under a filter; false when it was not there. */
  remove(topicFilter: string, value: T): boolean {
    const removed = hasWildcard(topicFilter)
      ? this.#wildcard.remove(topicFilter, value)
      : this.#removeExact(topicFilter, value);
    if (!removed) return false;
    this.#size -= 1;
    this.#stamps.touch(topicFilter);
    return true;
  }

  /**
   * Appends every value whose filter matches, once for each such filter, in no promised order.
   * Allocates no list or object of its own. Returns how much work that was: what was looked at, and
   * what was found.
   */
  match(topicName: string, into: T[]): number {
    const before = into.length;
    const exact = this.#exact.get(topicName);
    if (exact !== undefined) appendSlot(exact, into);
    const visited = this.#wildcard.match(topicName, into);
    return 1 + visited + into.length - before;
  }

  /** Where the stamp of a topic is kept; fixed for each Topic Name, so worth keeping beside it. */
  slot(topicName: string): number {
    return this.#stamps.slot(topicName);
  }

  /**
   * A number that grows with every change that may concern a topic of this slot: while it stays the
   * same, so does the result of `match`.
   */
  stamp(slot: number): number {
    return this.#stamps.stamp(slot);
  }

  /** Makes the stamps of this filter grow though no value came or went, as when its options changed. */
  touch(topicFilter: string): void {
    this.#stamps.touch(topicFilter);
  }

  #addExact(topicFilter: string, value: T): boolean {
    const slot = this.#exact.get(topicFilter);
    if (slotHas(slot, value)) return false;
    const next = slotWith(slot, value);
    if (next === undefined || next === slot) return true;
    if (slot === undefined) this.#exact.add(topicFilter, next);
    else this.#exact.replace(topicFilter, next);
    return true;
  }

  #removeExact(topicFilter: string, value: T): boolean {
    const slot = this.#exact.get(topicFilter);
    if (!slotHas(slot, value)) return false;
    const next = slotWithout(slot, value);
    if (next === undefined) this.#exact.delete(topicFilter);
    else if (next !== slot) this.#exact.replace(topicFilter, next);
    return true;
  }
}

function hasWildcard(topicFilter: string): boolean {
  return topicFilter.endsWith('#') || topicFilter.includes('+');
}
