/** What a network moves: one step does one thing, in the order in which it would happen on a wire. */
export interface Pumped {
  /** Does the next thing that is due; false when nothing is. */
  step(now: number): boolean;
  /** Something will be due later. */
  readonly waiting: boolean;
}

/**
 * Where in-memory connections live. One that is made by hand moves bytes only in `pump()` and `advance()`, and has a
 * clock of ticks; the one that a pair gets otherwise moves them by itself, in a microtask. Neither uses a timer.
 */
export class MemoryNetwork {
  readonly #automatic: boolean;
  readonly #active = new Set<Pumped>();
  #scratch: Uint8Array = new Uint8Array(0);
  #now = 0;
  #pumping = false;
  #scheduled = false;

  constructor(options?: { /** @default false */ readonly automatic?: boolean }) {
    this.#automatic = options?.automatic ?? false;
  }

  /** Without a clock there is no latency. */
  get automatic(): boolean {
    return this.#automatic;
  }

  /** In ticks, from 0. */
  get now(): number {
    return this.#now;
  }

  /** Delivers whatever is due, and what comes of it, until the network is quiet; says how many things happened. */
  pump(): number {
    if (this.#pumping) return 0; // from inside a receiver: the loop that called it goes on
    this.#pumping = true;
    let steps = 0;
    try {
      for (let before = -1; before !== steps;) {
        before = steps;
        for (const end of this.#active) {
          if (end.step(this.#now)) steps++;
          else if (!end.waiting) this.#active.delete(end);
        }
      }
    } finally {
      this.#pumping = false;
    }
    return steps;
  }

  /** Lets ticks go by, one after the other, with all that is due in each. */
  advance(ticks: number): void {
    for (let tick = 0; tick < ticks; tick++) {
      this.#now++;
      this.pump();
    }
  }

  /** Something may be due for this end. For connections. */
  wake(end: Pumped): void {
    this.#active.add(end);
    if (!this.#automatic || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.pump();
    });
  }

  /** Shows bytes to a receiver as a real transport does: in a buffer that is overwritten afterwards. For connections. */
  lend(bytes: Uint8Array, show: (chunk: Uint8Array) => void): void {
    if (this.#scratch.length < bytes.length) this.#scratch = new Uint8Array(bytes.length);
    this.#scratch.set(bytes);
    try {
      show(this.#scratch.subarray(0, bytes.length));
    } finally {
      this.#scratch.fill(OVERWRITTEN, 0, bytes.length);
    }
  }
}

const OVERWRITTEN = 0xdd;
