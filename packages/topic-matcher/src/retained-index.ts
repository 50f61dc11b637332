import { firstCandidate, nextCandidate } from './name-candidate.ts';
import { NameWalk, SortedNames } from './sorted-names.ts';

/** Pages through the topics that match one filter. */
export interface RetainedCursor<T> {
  /**
   * Appends at most `limit` further values; true while more may follow. A page may be short or even
   * empty before the end: one call looks at no more than `limit` + 1000 topics.
   */
  next(limit: number, into: T[]): boolean;
  /** False for a topic that it will not produce any more: it has produced it, or passed by where it would be. */
  isBefore(topicName: string): boolean;
}

/**
 * Values by Topic Name, found by Topic Filter. Names and filters must be valid: nothing is checked
 * again here. The names are kept in order, and a query leaps from one possible match to the next.
 */
export class RetainedIndex<T> {
  readonly #names = new SortedNames<T>();

  /** Topics held. */
  get size(): number {
    return this.#names.size;
  }

  /** Sets the value of a topic; returns the one before. */
  set(topicName: string, value: T): T | undefined {
    return this.#names.set(topicName, value);
  }

  get(topicName: string): T | undefined {
    return this.#names.get(topicName);
  }

  /** Forgets a topic; returns its value. */
  delete(topicName: string): T | undefined {
    return this.#names.delete(topicName);
  }

  /**
   * Calls `visit` for every topic that matches, each once, until it returns false. `visit` may change
   * the index; whether it then sees the topics that came or went meanwhile is left open.
   */
  query(topicFilter: string, visit: (value: T, topicName: string) => boolean | void): void {
    const walk = new NameWalk(this.#names);
    let name = walk.seek(firstCandidate(topicFilter));
    while (name !== undefined) {
      const candidate = nextCandidate(topicFilter, name);
      if (candidate === undefined) return;
      if (candidate !== name) {
        name = walk.seek(candidate);
        continue;
      }
      if (visit(walk.value, name) === false) return;
      name = walk.next(name);
    }
  }

  /**
   * False when no topic matches; true when one does or when that would take more than a few steps to
   * tell. For those who would begin a cursor only to find nothing.
   */
  mayMatch(topicFilter: string): boolean {
    if (this.size === 0) return false;
    const walk = new NameWalk(this.#names);
    let name = walk.seek(firstCandidate(topicFilter));
    for (let steps = FEW_STEPS; name !== undefined; steps--) {
      const candidate = nextCandidate(topicFilter, name);
      if (candidate === undefined) return false;
      if (candidate === name || steps === 0) return true;
      name = walk.seek(candidate);
    }
    return false;
  }

  /**
   * A query in pages. Topics may be set and deleted between pages: one that is there from the first
   * page to the last is produced exactly once, with its value of that moment. Without a filter all
   * topics are, those that begin with `$` too.
   */
  cursor(topicFilter?: string): RetainedCursor<T> {
    return new Cursor(this.#names, topicFilter);
  }
}

class Cursor<T> implements RetainedCursor<T> {
  readonly #names: SortedNames<T>;
  readonly #topicFilter: string | undefined;
  /** All names below are done with; `undefined` at the end. */
  #from: string | undefined;

  constructor(names: SortedNames<T>, topicFilter: string | undefined) {
    this.#names = names;
    this.#topicFilter = topicFilter;
    this.#from = topicFilter === undefined ? '' : firstCandidate(topicFilter);
  }

  isBefore(topicName: string): boolean {
    return this.#from !== undefined && this.#from <= topicName;
  }

  next(limit: number, into: T[]): boolean {
    if (this.#from === undefined) return false;
    const walk = new NameWalk(this.#names);
    let name = walk.seek(this.#from);
    let wanted = limit;
    for (let steps = limit + SPARE_STEPS; name !== undefined; steps--) {
      const filter = this.#topicFilter;
      const candidate = filter === undefined ? name : nextCandidate(filter, name);
      if (candidate === undefined) break;
      if (wanted <= 0 || steps <= 0) {
        this.#from = candidate;
        return true;
      }
      if (candidate === name) {
        into.push(walk.value);
        wanted -= 1;
        name = walk.next(name);
      } else name = walk.seek(candidate);
    }
    this.#from = undefined;
    return false;
  }
}

const FEW_STEPS = 8;
const SPARE_STEPS = 1000; // long enough for any ordinary tree, short enough for one turn
