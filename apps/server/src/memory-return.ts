import type { Counters } from '@wellhead/broker-core';

/**
 * Has the memory of those who have left given back. V8 collects old objects when there are more of
 * them, so a broker that ten thousand clients leave keeps what they took until others come. When most
 * of what was held is gone, and nobody comes or goes just then, this has the engine look once.
 * Disposing of it ends that.
 */
export class MemoryReturn implements Disposable {
  readonly #counters: () => CountersOfMemory;
  readonly #collect: () => void;
  readonly #timer: NodeJS.Timeout;
  #most = 0;
  #before = 0;

  /** Looks once in `period` milliseconds; `collect` begins a collection and returns. */
  constructor(
    counters: () => CountersOfMemory,
    collect: () => void = beginCollection,
    period: number = PERIOD,
  ) {
    this.#counters = counters;
    this.#collect = collect;
    this.#timer = setInterval(() => this.look(), period).unref();
  }

  /** For the timer. */
  look(): void {
    const held = estimateOf(this.#counters());
    const isCalm = Math.abs(held - this.#before) * 16 <= this.#most;
    this.#before = held;
    this.#most = Math.max(this.#most, held);
    if (!isCalm || held * 2 > this.#most || this.#most - held < WORTH_IT) return;
    this.#most = held;
    this.#collect();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** What of a broker takes memory. */
export type CountersOfMemory = Pick<
  Counters,
  | 'connections'
  | 'sessions'
  | 'subscriptions'
  | 'retainedMessages'
  | 'retainedBytes'
  | 'queuedBytes'
>;

/** Bytes, roughly. */
function estimateOf(counters: CountersOfMemory): number {
  const { connections, sessions, subscriptions, retainedMessages } = counters;
  const objects = connections * 5_000 + sessions * 500 + (subscriptions + retainedMessages) * 300;
  return objects + counters.retainedBytes + counters.queuedBytes;
}

/**
 * Begins a collection that goes on in small steps beside the broker's work, as `gc()` would not. V8 does
 * so when buffers of more than 64 MiB were asked for since the last one; this one is never written to, so
 * the kernel gives no memory for it.
 */
function beginCollection(): void {
  try {
    void new ArrayBuffer(65 * 1024 * 1024);
  } catch {
    // where address space is short: memory comes back when others come
  }
}

const WORTH_IT = 8 * 1024 * 1024;
/** Milliseconds. */
const PERIOD = 3_000;
