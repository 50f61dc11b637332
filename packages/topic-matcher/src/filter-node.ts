import { SLASH } from './characters.ts';
import type { ValueSlot } from './value-slot.ts';

/**
 * One node of the filter trie: a run of levels without a branch, and what follows it.
 * All nodes have these six fields, so that they share one shape.
 */
export class FilterNode<T extends object> {
  /** One or more levels joined by '/': names and '+'. Never '#'. */
  label: string;
  /** The filter that ends here. */
  values: ValueSlot<T> = undefined;
  /** The filter that goes on with '#', and nothing else, from here. */
  multiLevelValues: ValueSlot<T> = undefined;
  /** The child whose label begins with the level '+'. */
  plus: FilterNode<T> | undefined = undefined;
  /** The children whose labels begin with a name: one is kept as itself, more in a map by that name. */
  named: FilterNode<T> | Map<string, FilterNode<T>> | undefined = undefined;

  constructor(label: string) {
    this.label = label;
  }

  /** The child whose label begins with this level, '+' included. */
  child(level: string): FilterNode<T> | undefined {
    if (level === '+') return this.plus;
    const named = this.named;
    if (named instanceof Map) return named.get(level);
    return named !== undefined && startsWithLevel(named.label, level) ? named : undefined;
  }

  /** Adds a child whose label begins with `level`, or puts it in the place of the one that begins so too. */
  attach(child: FilterNode<T>, level: string): void {
    const named = this.named;
    if (level === '+') this.plus = child;
    else if (named instanceof Map) named.set(keyOf(child, level), child);
    else if (named === undefined || startsWithLevel(named.label, level)) this.named = child;
    else {
      this.named = new Map([
        [keyOf(named, firstLevel(named.label)), named],
        [keyOf(child, level), child],
      ]);
    }
  }

  detach(child: FilterNode<T>): void {
    const named = this.named;
    if (child === this.plus) this.plus = undefined;
    else if (child === named) this.named = undefined;
    else if (named instanceof Map) {
      named.delete(firstLevel(child.label));
      if (named.size === 1) for (const last of named.values()) this.named = last;
    }
  }

  get hasValues(): boolean {
    return this.values !== undefined || this.multiLevelValues !== undefined;
  }

  get childCount(): number {
    const plus = this.plus === undefined ? 0 : 1;
    const named = this.named;
    if (named instanceof Map) return plus + named.size;
    return named === undefined ? plus : plus + 1;
  }

  /** The child of a node that has exactly one. */
  get onlyChild(): FilterNode<T> | undefined {
    const named = this.named;
    if (named instanceof Map) return undefined;
    if (this.plus === undefined) return named;
    return named === undefined ? this.plus : undefined;
  }
}

/**
 * A copy that keeps nothing else alive. Engines make a long enough slice a pointer into its parent: a
 * node would hold the whole filter that once created it, long after its subscriber has gone.
 */
export function ownCopy(text: string): string {
  return text.length < SHORTEST_POINTER_SLICE ? text : ` ${text}`.slice(1);
}

/** The first level of a node for a map: its label, when that is all of it. */
function keyOf(node: FilterNode<object>, level: string): string {
  return node.label.length === level.length ? node.label : ownCopy(level);
}

/** What a label begins with. */
export function firstLevel(label: string): string {
  const slash = label.indexOf('/');
  return slash < 0 ? label : label.slice(0, slash);
}

function startsWithLevel(label: string, level: string): boolean {
  return (
    label.startsWith(level) &&
    (label.length === level.length || label.charCodeAt(level.length) === SLASH)
  );
}

const SHORTEST_POINTER_SLICE = 13; // of V8; elsewhere this costs or saves a copy, no more
