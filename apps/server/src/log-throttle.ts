/** Lets the first few lines of each cause through in every period, and counts the rest. Its owner says when a period ends. */
export class LogThrottle {
  readonly #seen = new Map<string, { burst: number; count: number }>();

  /** Whether one more line of this cause may be written, when `burst` are allowed in a period. */
  admits(cause: string, burst: number): boolean {
    const known = this.#seen.get(cause);
    if (known !== undefined) return ++known.count <= known.burst;
    if (this.#seen.size >= MAXIMUM_CAUSES && cause !== OTHER_CAUSES) {
      return this.admits(OTHER_CAUSES, burst);
    }
    this.#seen.set(cause, { burst, count: 1 });
    return true;
  }

  /** Begins a new period; returns how many lines of which causes were held back in the one before. */
  nextPeriod(): { readonly cause: string; readonly count: number }[] {
    const heldBack = [...this.#seen]
      .filter(([, { burst, count }]) => count > burst)
      .map(([cause, { burst, count }]) => ({ cause, count: count - burst }));
    this.#seen.clear();
    return heldBack;
  }
}

/** Causes are few; this is the bound should something a client chooses become part of one. */
const MAXIMUM_CAUSES = 256;
const OTHER_CAUSES = 'other';
