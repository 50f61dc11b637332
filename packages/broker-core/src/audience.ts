import type { Route } from './router.ts';
import type { SharedGroup } from './shared-group.ts';
import type { Subscription } from './subscription.ts';

/** Those of an audience whom one turn serves. */
export interface AudiencePart {
  readonly targets: readonly Subscription[];
  readonly groups: readonly SharedGroup[];
}

/**
 * The receivers of one message, in parts. Durable sessions stand in slots by a digest of their Client
 * Identifiers, and shared groups by one of their filters: a broker that goes on after a restart knows
 * by the number of a slot who has got the message already.
 */
export class Audience {
  readonly #found: Route;
  #sorted = 0;
  /** Sessions that no restart would bring back. */
  #live: Subscription[] = [];
  readonly #slots: (Slot | undefined)[] = [];
  #next: number;
  /** How many stand in slots from `next` on. */
  #kept = 0;

  /** Slots below `next` have been served already. */
  constructor(found: Route, next: number) {
    this.#found = found;
    this.#next = next;
  }

  /** Sorts out so many more; false when none are left. */
  sortOut(count: number): boolean {
    const { groups, targets } = this.#found;
    const to = Math.min(this.#sorted + count, targets.length + groups.length);
    for (let at = this.#sorted; at < to; at++) {
      const target = targets[at];
      if (target === undefined) this.#addGroup(groups[at - targets.length]);
      else if (target.session.durable) this.#slot(target.session.clientId)?.targets.push(target);
      else this.#live.push(target);
    }
    this.#sorted = to;
    return to < targets.length + groups.length;
  }

  get hasLive(): boolean {
    return this.#live.length > 0;
  }

  get hasKept(): boolean {
    return this.#kept > 0;
  }

  /** The slot that comes next. */
  get next(): number {
    return this.#next;
  }

  takeLive(count: number): AudiencePart {
    return { targets: this.#live.splice(-count), groups: [] };
  }

  /** Those of as many slots as hold no more than `count`, of one at least. */
  takeKept(count: number): AudiencePart {
    const targets: Subscription[] = [];
    const groups: SharedGroup[] = [];
    for (; this.#next < SLOTS; this.#next++) {
      const slot = this.#slots[this.#next];
      if (slot === undefined) continue;
      const length = slot.targets.length + slot.groups.length;
      const taken = targets.length + groups.length;
      if (taken > 0 && taken + length > count) break;
      for (const target of slot.targets) targets.push(target);
      for (const group of slot.groups) groups.push(group);
      this.#slots[this.#next] = undefined;
      this.#kept -= length;
    }
    return { targets, groups };
  }

  #addGroup(group: SharedGroup | undefined): void {
    if (group !== undefined) this.#slot(group.topicFilter)?.groups.push(group);
  }

  /** Where one more is to stand; undefined when it has been served. */
  #slot(name: string): Slot | undefined {
    const number = slotOf(name);
    if (number < this.#next) return undefined;
    this.#kept++;
    return (this.#slots[number] ??= { targets: [], groups: [] });
  }
}

interface Slot {
  readonly targets: Subscription[];
  readonly groups: SharedGroup[];
}

/** A store may hold the number of a slot: neither may change from one release to the next. */
const SLOTS = 4_096;

/** FNV-1a over the code units. */
function slotOf(name: string): number {
  let digest = 0x811c9dc5;
  for (let at = 0; at < name.length; at++)
    digest = Math.imul(digest ^ name.charCodeAt(at), 0x01000193);
  return (digest ^ (digest >>> 16)) & (SLOTS - 1);
}
