import type { QoS } from '@wellhead/codec';
import { lowerQoS } from './delivery.ts';
import type { Route } from './router.ts';
import type { SharedGroup } from './shared-group.ts';
import type { Subscription } from './subscription.ts';

/** Those of an audience whom one turn serves. */
export interface AudiencePart {
  readonly targets: readonly Subscription[];
  readonly groups: readonly SharedGroup[];
}

/**
 * The receivers of one message, in parts. Those for whom the store keeps it stand in slots by a digest
 * of their names, which a broker that goes on after a restart finds again: the number of a slot says
 * who has got the message already. The digest depends on the message as well, so that nobody can aim
 * at one slot of many.
 */
export class Audience {
  /** Those who need no store: at QoS 0, or of sessions that no restart would bring back. */
  readonly #live: Subscription[] = [];
  readonly #liveGroups: SharedGroup[] = [];
  /** How many of both have been taken. */
  #taken = 0;
  readonly #slots: (Slot | undefined)[] = [];
  readonly #messageId: number;
  #next: number;
  /** How many stand in slots from `next` on. */
  #kept = 0;

  /** Slots below `next` have been served already. */
  constructor({ groups, targets }: Route, qos: QoS, messageId: number, next: number) {
    this.#messageId = messageId;
    this.#next = next;
    for (const target of targets) {
      if (!target.session.durable || lowerQoS(qos, target) === 0) this.#live.push(target);
      else this.#slot(target.session.clientId)?.targets.push(target);
    }
    for (const group of groups) {
      if (qos === 0) this.#liveGroups.push(group);
      else this.#slot(group.topicFilter)?.groups.push(group);
    }
  }

  get hasLive(): boolean {
    return this.#taken < this.#live.length + this.#liveGroups.length;
  }

  get hasKept(): boolean {
    return this.#kept > 0;
  }

  /** The slot that comes next. */
  get next(): number {
    return this.#next;
  }

  takeLive(count: number): AudiencePart {
    const [from, to] = [this.#taken, this.#taken + count];
    this.#taken = to;
    const groupsFrom = Math.max(0, from - this.#live.length);
    const groupsTo = Math.max(0, to - this.#live.length);
    return {
      targets: this.#live.slice(from, to),
      groups: this.#liveGroups.slice(groupsFrom, groupsTo),
    };
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

  /** Where one more is to stand; undefined when it has been served. */
  #slot(name: string): Slot | undefined {
    const number = slotOf(name, this.#messageId);
    if (number < this.#next) return undefined;
    this.#kept++;
    return (this.#slots[number] ??= { targets: [], groups: [] });
  }
}

interface Slot {
  readonly targets: Subscription[];
  readonly groups: SharedGroup[];
}

/** A store may hold the number of a slot: neither this nor {@link slotOf} may change from one release to the next. */
const SLOTS = 4_096;

/** FNV-1a over the code units, begun with the message. */
export function slotOf(name: string, messageId: number): number {
  let digest = Math.imul(0x811c9dc5 ^ messageId, 0x9e3779b1);
  for (let at = 0; at < name.length; at++)
    digest = Math.imul(digest ^ name.charCodeAt(at), 0x01000193);
  return ((digest ^ (digest >>> 15)) >>> 3) & (SLOTS - 1);
}
