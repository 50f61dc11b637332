import { SLASH } from './characters.ts';
import { startsWithWildcard } from './match.ts';

/**
 * Says cheaply whether a cached match may have become wrong: one counter for each slot of first
 * levels, and one for the filters that begin with a wildcard and so may concern any topic.
 */
export class TopicStamps {
  // An ordinary array: what is read from it is a small integer for whoever keeps it, no number on the
  // heap as from a Float64Array, and yet it counts past 2^32 without coming back to what was seen before.
  readonly #slots: number[] = Array.from({ length: SLOTS }, () => 0);
  #wildcard = 0;

  /** The slot of the first level of a Topic Name or Topic Filter: an integer, 0 to 1023. */
  slot(topic: string): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < topic.length; i++) {
      const unit = topic.charCodeAt(i);
      if (unit === SLASH) break;
      hash = Math.imul(hash ^ unit, 0x01000193);
    }
    return (hash ^ (hash >>> 15)) & (SLOTS - 1);
  }

  /** Grows whenever a filter that may match a topic of this slot has changed. */
  stamp(slot: number): number {
    return (this.#slots[slot] ?? 0) + this.#wildcard;
  }

  touch(topicFilter: string): void {
    if (startsWithWildcard(topicFilter)) {
      this.#wildcard += 1;
      return;
    }
    const slot = this.slot(topicFilter);
    this.#slots[slot] = (this.#slots[slot] ?? 0) + 1;
  }
}

const SLOTS = 1024; // a power of two
