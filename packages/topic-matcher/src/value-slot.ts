/**
 * The values under one filter. Most filters have one subscriber, so one value is kept as itself;
 * more make a list. `undefined` is the empty slot.
 */
export type ValueSlot<T extends object> = T | ValueList<T> | undefined;

/** Whether the slot holds the value. */
export function slotHas<T extends object>(slot: ValueSlot<T>, value: T): boolean {
  return slot instanceof ValueList ? slot.indexOf(value) >= 0 : slot === value;
}

/** The slot with one value more; the caller has made sure that it is new. */
export function slotWith<T extends object>(slot: ValueSlot<T>, value: T): ValueSlot<T> {
  if (slot === undefined) return value;
  if (!(slot instanceof ValueList)) return new ValueList(slot, value);
  slot.add(value);
  return slot;
}

/** The slot with one value less; the caller has made sure that it is there. */
export function slotWithout<T extends object>(slot: ValueSlot<T>, value: T): ValueSlot<T> {
  if (!(slot instanceof ValueList)) return undefined;
  slot.remove(value);
  return slot.values.length === 1 ? slot.values[0] : slot;
}

/** Appends all values of the slot. */
export function appendSlot<T extends object>(slot: T | ValueList<T>, into: T[]): void {
  if (!(slot instanceof ValueList)) {
    into.push(slot);
    return;
  }
  for (const value of slot.values) into.push(value);
}

/** Two or more values in any order; adding and removing cost the same at 2 and at 100,000. */
export class ValueList<T extends object> {
  readonly values: T[];
  /** Where each value is, once searching would cost more than this map. */
  #positions: Map<T, number> | undefined;

  constructor(first: T, second: T) {
    this.values = [first, second];
  }

  indexOf(value: T): number {
    if (this.#positions === undefined) return this.values.indexOf(value);
    return this.#positions.get(value) ?? -1;
  }

  add(value: T): void {
    const position = this.values.push(value) - 1;
    if (this.#positions !== undefined) this.#positions.set(value, position);
    else if (position >= MAP_ABOVE) this.#positions = positionsOf(this.values);
  }

  remove(value: T): void {
    const position = this.indexOf(value);
    const last = this.values.pop();
    if (last === undefined) return;
    if (last !== value) {
      this.values[position] = last;
      this.#positions?.set(last, position);
    }
    this.#positions?.delete(value);
    if (this.values.length < MAP_BELOW) this.#positions = undefined;
  }
}

function positionsOf<T>(values: readonly T[]): Map<T, number> {
  const positions = new Map<T, number>();
  for (const [position, value] of values.entries()) positions.set(value, position);
  return positions;
}

// Apart, so that a list at the border does not build and drop its map at every change.
const MAP_ABOVE = 32;
const MAP_BELOW = 16;
