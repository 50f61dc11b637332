import type { LogLevel } from './log.ts';

/** So many lines of a cause were not written. */
export interface HeldBack {
  /** That of the lines. */
  readonly level: LogLevel;
  readonly cause: string;
  readonly count: number;
}

/** Lets the first few lines of each cause through in every period, and counts the rest. Its owner says when a period ends. */
export class LogThrottle {
  readonly #seen = new Map<string, { level: LogLevel; burst: number; count: number }>();

  /** Whether one more line of this cause may be written, when `burst` are allowed in a period. */
  admits(level: LogLevel, cause: string, burst: number): boolean {
    const known = this.#seen.get(cause);
    if (known !== undefined) return ++known.count <= known.burst;
    if (this.#seen.size >= MAXIMUM_CAUSES && cause !== OTHER_CAUSES) {
      return this.admits(level, OTHER_CAUSES, burst);
    }
    this.#seen.set(cause, { level, burst, count: 1 });
    return true;
  }

  /** Begins a new period; returns how many lines of which causes were held back in the one before. */
  nextPeriod(): HeldBack[] {
    const heldBack = [...this.#seen]
      .filter(([, { burst, count }]) => count > burst)
      .map(([cause, { level, burst, count }]) => ({ level, cause, count: count - burst }));
    this.#seen.clear();
    return heldBack;
  }
}

/** Causes are few; this is the bound should something a client chooses become part of one. */
const MAXIMUM_CAUSES = 256;
const OTHER_CAUSES = 'other';
