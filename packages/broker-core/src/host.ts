/** Time and scheduling, from outside: the system's in a program, a simulated one in tests. */
export interface Host {
  /** Milliseconds since the epoch, never going back. */
  now(): number;
  /** Runs once, soon, after the input that is ready now was read. */
  soon(run: () => void): void;
  /** Runs once after that many milliseconds; the function returned cancels it. Does not keep a process alive. */
  later(run: () => void, milliseconds: number): () => void;
}
