import { DOLLAR, SLASH } from './characters.ts';
import { FilterNode, firstLevel, ownCopy } from './filter-node.ts';
import { type LevelEnds, endOfLevel, matchLevels } from './match.ts';
import { appendSlot, slotHas, slotWith, slotWithout } from './value-slot.ts';

/**
 * Filters with wildcards, as a trie over levels with unbranched runs joined into one node. So there
 * are at most two nodes for each filter, whatever its depth, and a match visits each at most once:
 * neither 65,535 levels nor any mixture of '+' costs more than the filters that somebody holds.
 * Nothing recurses.
 */
export class FilterTrie<T extends object> {
  readonly #root = new FilterNode<T>('');
  #nodes = 0;
  // Where a match has still to go; here, so that matching allocates nothing.
  readonly #pendingNodes: FilterNode<T>[] = [];
  readonly #pendingStarts: number[] = [];
  readonly #level = new LongLevel();

  /** Nodes beside the root. */
  get nodes(): number {
    return this.#nodes;
  }

  /** Adds a value under a valid filter; false when it is there already. */
  add(topicFilter: string, value: T): boolean {
    const end = levelsEnd(topicFilter);
    const node = this.#grow(topicFilter, end);
    if (end === topicFilter.length) {
      if (slotHas(node.values, value)) return false;
      node.values = slotWith(node.values, value);
    } else {
      if (slotHas(node.multiLevelValues, value)) return false;
      node.multiLevelValues = slotWith(node.multiLevelValues, value);
    }
    return true;
  }

  /** Takes a value away, and every node that served only it; false when it is not there. */
  remove(topicFilter: string, value: T): boolean {
    const end = levelsEnd(topicFilter);
    const path = this.#path(topicFilter, end);
    const node = path?.at(-1);
    if (path === undefined || node === undefined) return false;
    if (end === topicFilter.length) {
      if (!slotHas(node.values, value)) return false;
      node.values = slotWithout(node.values, value);
    } else {
      if (!slotHas(node.multiLevelValues, value)) return false;
      node.multiLevelValues = slotWithout(node.multiLevelValues, value);
    }
    this.#prune(path);
    return true;
  }

  /** Appends the values of all filters that match; returns how many nodes it looked at. */
  match(topicName: string, into: T[]): number {
    const nodes = this.#pendingNodes;
    const starts = this.#pendingStarts;
    this.#matchRoot(topicName, into);
    let visited = 0;
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      const start = starts.pop() ?? 0;
      visited += 1;
      const end = matchLevels(node.label, node.label.length, topicName, start, this.#level);
      if (end < 0) continue;
      // [MQTT-4.7.1-1] '#' includes the level it follows
      if (node.multiLevelValues !== undefined) appendSlot(node.multiLevelValues, into);
      if (end < topicName.length) this.#matchChildren(node, topicName, end + 1);
      else if (node.values !== undefined) appendSlot(node.values, into);
    }
    this.#level.forget();
    return visited;
  }

  #matchRoot(topicName: string, into: T[]): void {
    const root = this.#root;
    if (topicName.charCodeAt(0) !== DOLLAR) {
      if (root.multiLevelValues !== undefined) appendSlot(root.multiLevelValues, into);
      this.#matchChildren(root, topicName, 0);
      return;
    }
    // [MQTT-4.7.2-1] a wildcard in the first level sees no topic that begins with '$'
    const child = root.child(levelAt(topicName, 0, topicName.length));
    if (child !== undefined) this.#pend(child, 0);
  }

  #matchChildren(node: FilterNode<T>, topicName: string, start: number): void {
    if (node.plus !== undefined) this.#pend(node.plus, start);
    const named = node.named;
    if (named === undefined) return;
    // A single child is compared when its turn comes: that needs no slice of the name.
    const child = named instanceof Map ? named.get(this.#level.at(topicName, start)) : named;
    if (child !== undefined) this.#pend(child, start);
  }

  #pend(node: FilterNode<T>, start: number): void {
    this.#pendingNodes.push(node);
    this.#pendingStarts.push(start);
  }

  /** The node for the levels `topicFilter[0, end)`, made if need be; -1 is no level at all. */
  #grow(topicFilter: string, end: number): FilterNode<T> {
    let node = this.#root;
    for (let start = 0; start <= end; start++) {
      const level = levelAt(topicFilter, start, end);
      const child = node.child(level);
      if (child === undefined) {
        // the level was looked for, so that its hash is known
        const label = start + level.length === end ? level : topicFilter.slice(start, end);
        return this.#attach(node, label, level);
      }
      const common = commonLevels(child.label, topicFilter, start, end);
      node = common === child.label.length ? child : this.#split(node, child, common, level);
      start += common;
    }
    return node;
  }

  #attach(parent: FilterNode<T>, label: string, level: string): FilterNode<T> {
    const node = new FilterNode<T>(ownCopy(label));
    parent.attach(node, level);
    this.#nodes += 1;
    return node;
  }

  /** Puts a new node with the first `length` characters of the child's label between the two. */
  #split(
    parent: FilterNode<T>,
    child: FilterNode<T>,
    length: number,
    level: string,
  ): FilterNode<T> {
    const upper = this.#attach(parent, child.label.slice(0, length), level);
    child.label = ownCopy(child.label.slice(length + 1));
    upper.attach(child, firstLevel(child.label));
    return upper;
  }

  /** The nodes from the root to that of `topicFilter[0, end)`. */
  #path(topicFilter: string, end: number): FilterNode<T>[] | undefined {
    let node = this.#root;
    const path = [node];
    for (let start = 0; start <= end; start++) {
      const child = node.child(levelAt(topicFilter, start, end));
      if (child === undefined) return undefined;
      if (commonLevels(child.label, topicFilter, start, end) < child.label.length) return undefined;
      path.push(child);
      node = child;
      start += child.label.length;
    }
    return path;
  }

  /** Restores, around the last node of the path, that every node has a value or a branch. */
  #prune(path: FilterNode<T>[]): void {
    const node = path.pop();
    const parent = path.pop();
    const grandparent = path.pop();
    if (node === undefined || parent === undefined || node.hasValues) return;
    if (node.childCount > 0) {
      this.#join(parent, node);
      return;
    }
    parent.detach(node);
    this.#nodes -= 1;
    if (grandparent !== undefined && !parent.hasValues) this.#join(grandparent, parent);
  }

  /** Puts the only child of a node, if it has just one, in its place. */
  #join(parent: FilterNode<T>, node: FilterNode<T>): void {
    const child = node.onlyChild;
    if (child === undefined) return;
    child.label = `${node.label}/${child.label}`;
    parent.attach(child, firstLevel(child.label));
    this.#nodes -= 1;
  }
}

/** The level of a Topic Name that a match has come to last: so many filters as there are may ask for the same one in turn. */
class LongLevel implements LevelEnds {
  #start = -1;
  #end = -1;
  #text: string | undefined;

  endOf(topicName: string, start: number, known: number): number {
    if (start !== this.#start) {
      this.#start = start;
      this.#end = endOfLevel(topicName, start, known);
      this.#text = undefined;
    }
    return this.#end;
  }

  /** The text of it; that of a long one is the same string again, whose hash is known. */
  at(topicName: string, start: number): string {
    if (start === this.#start && this.#text !== undefined) return this.#text;
    const text = levelAt(topicName, start, topicName.length);
    if (text.length <= LONG_LEVEL) return text;
    this.#start = start;
    this.#end = start + text.length;
    this.#text = text;
    return text;
  }

  /** The next match is of another name. */
  forget(): void {
    this.#start = -1;
    this.#text = undefined;
  }
}

const LONG_LEVEL = 64;

/** Where the levels before a final '#' end: -1 for "#" itself, which has none. */
function levelsEnd(topicFilter: string): number {
  if (topicFilter === '#') return -1;
  return topicFilter.endsWith('/#') ? topicFilter.length - 2 : topicFilter.length;
}

function levelAt(text: string, start: number, end: number): string {
  const slash = text.indexOf('/', start);
  return text.slice(start, slash < 0 || slash > end ? end : slash);
}

/** Length of the longest run of whole levels at the start of both the label and `text[start, end)`. */
function commonLevels(label: string, text: string, start: number, end: number): number {
  let common = 0;
  for (let i = 0; ; i++) {
    const labelEnds = i === label.length || label.charCodeAt(i) === SLASH;
    const textEnds = start + i === end || text.charCodeAt(start + i) === SLASH;
    if (labelEnds && textEnds) common = i;
    else if (labelEnds || textEnds) return common;
    else if (label.charCodeAt(i) !== text.charCodeAt(start + i)) return common;
    if (i === label.length || start + i === end) return common;
  }
}
