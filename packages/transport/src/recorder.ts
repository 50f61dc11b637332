import type { Connection, ConnectionReceiver } from './connection.ts';

/** A receiver that writes down what it is told, for the kit. */
export class Recorder implements ConnectionReceiver {
  /** How many times `closed()` was called, and with what. */
  readonly endings: (Error | undefined)[] = [];
  /** Calls that came after `closed()`. */
  late = 0;
  drains = 0;
  length = 0;
  /** Set while a method of the connection runs; calls in the meantime count. */
  guarded = false;
  calledTooEarly = 0;
  onData: (chunk: Uint8Array) => void = () => {};
  readonly #chunks: Uint8Array[] = [];
  #waiting: { readonly until: () => boolean; readonly resolve: () => void }[] = [];

  /** Starts a connection with a new recorder. */
  static start(connection: Connection): Recorder {
    const recorder = new Recorder();
    connection.start(recorder);
    return recorder;
  }

  data(chunk: Uint8Array): void {
    this.#called();
    this.#chunks.push(chunk.slice()); // a chunk is valid during the call
    this.length += chunk.length;
    this.onData(chunk);
    this.#settle();
  }

  drain(): void {
    this.#called();
    this.drains++;
    this.#settle();
  }

  closed(error: Error | undefined): void {
    this.#called();
    this.endings.push(error);
    this.#settle();
  }

  /** All that arrived. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    return all;
  }

  /** Resolves when the condition holds, which is looked at after each call. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ until: condition, resolve }));
  }

  received(length: number): Promise<void> {
    return this.until(() => this.length >= length);
  }

  ended(): Promise<void> {
    return this.until(() => this.endings.length > 0);
  }

  /** Runs something during which nothing may be called. */
  guard(run: () => void): void {
    this.guarded = true;
    run();
    this.guarded = false;
  }

  #called(): void {
    if (this.guarded) this.calledTooEarly++;
    if (this.endings.length > 0) this.late++;
  }

  #settle(): void {
    const ready = this.#waiting.filter(({ until }) => until());
    this.#waiting = this.#waiting.filter((waiting) => !ready.includes(waiting));
    for (const { resolve } of ready) resolve();
  }
}
