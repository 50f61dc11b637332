import { Deque } from './deque.ts';

/** Something that wants to be called at a time. `timeout` may come early or for nothing, and must not mind. */
export interface Timed {
  /** Milliseconds on the broker's clock; `Infinity` for never. */
  deadline: number;
  /** Kept by {@link Deadlines}: the slot that holds it, -1 for none. */
  deadlineSlot: number;
  timeout(now: number): void;
}

/** Milliseconds between two looks at the wheel. */
export const DEADLINE_GRANULARITY = 100;

/**
 * One coarse wheel for all deadlines of a broker. A deadline that only moves back (Keep Alive, with
 * each packet) costs nothing: the wheel looks again when the old one comes.
 */
export class Deadlines {
  readonly #slots: (Set<Timed> | undefined)[] = new Array<Set<Timed> | undefined>(SLOTS).fill(
    undefined,
  );
  readonly #fault: (error: unknown) => void;
  /** Where the wheel stands: nobody is scheduled for before. */
  #tick: number;
  /** The first tick that was not looked at. */
  #next: number;
  /** Those of earlier ticks who are still to be called. */
  readonly #due = new Deque<Timed>();
  #size = 0;

  /** `now` is where the wheel starts; an error of one who is called goes to `fault`, and the others are called all the same. */
  constructor(now: number, fault: (error: unknown) => void) {
    this.#fault = fault;
    this.#tick = Math.floor(now / DEADLINE_GRANULARITY);
    this.#next = this.#tick;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes note of `timed.deadline`; call it when a deadline was set or came nearer. */
  schedule(timed: Timed): void {
    const slot = timed.deadline === Infinity ? -1 : this.#slotOf(timed.deadline);
    if (slot === timed.deadlineSlot) return;
    this.cancel(timed);
    if (slot === -1) return;
    (this.#slots[slot] ??= new Set()).add(timed);
    timed.deadlineSlot = slot;
    this.#size++;
  }

  cancel(timed: Timed): void {
    if (timed.deadlineSlot === -1) return;
    const slot = this.#slots[timed.deadlineSlot];
    slot?.delete(timed);
    if (slot?.size === 0) this.#slots[timed.deadlineSlot] = undefined;
    timed.deadlineSlot = -1;
    this.#size--;
  }

  /** Calls everybody whose deadline has passed, while `mayGoOn`; false when some are left for the next call. */
  advance(now: number, mayGoOn: () => boolean = ALWAYS): boolean {
    // whoever is scheduled from now on is looked at the next time
    this.#tick = Math.floor(now / DEADLINE_GRANULARITY);
    // after a long pause one round of the wheel reaches every slot
    this.#next = Math.max(this.#next, this.#tick - SLOTS);
    for (;;) {
      for (let timed = this.#due.peek(); timed !== undefined; timed = this.#due.peek()) {
        if (!mayGoOn()) return false;
        this.#due.shift();
        this.#fire(timed, now);
      }
      if (this.#next >= this.#tick) return true;
      for (const timed of this.#slots[this.#next++ & (SLOTS - 1)] ?? []) this.#due.push(timed);
    }
  }

  #fire(timed: Timed, now: number): void {
    // cancelled since
    if (timed.deadlineSlot === -1) return;
    this.cancel(timed);
    try {
      if (timed.deadline <= now) timed.timeout(now);
      else this.schedule(timed);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** The slot fires when its whole tick has passed, so that nobody is called early by more than a wheel's round. */
  #slotOf(deadline: number): number {
    const tick = Math.floor(deadline / DEADLINE_GRANULARITY);
    return Math.min(Math.max(tick, this.#tick), this.#tick + SLOTS - 1) & (SLOTS - 1);
  }
}

const SLOTS = 1024;
const ALWAYS = (): boolean => true;
