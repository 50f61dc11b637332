import { write, writeSync } from 'node:fs';

/**
 * Writes text to a file descriptor in the background, in order. Its caller never waits and never
 * sees an error: while nobody takes what is written, a megabyte waits, and what comes then is dropped.
 */
export class BackgroundWriter {
  readonly #fd: number;
  #waiting = '';
  #isWriting = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(text: string): void {
    if (this.#waiting.length + text.length > MAXIMUM_WAITING) return;
    this.#waiting += text;
    if (!this.#isWriting) this.#writeAll();
  }

  /** Writes what waits, before the process is made to exit. */
  flushSync(): void {
    const text = this.#waiting;
    this.#waiting = '';
    try {
      writeSync(this.#fd, text);
    } catch {
      // there is no better place to say it
    }
  }

  #writeAll(): void {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    this.#isWriting = bytes.length > 0;
    if (this.#isWriting) this.#writeOn(bytes, RETRIES);
  }

  #writeOn(bytes: Buffer, retries: number): void {
    write(this.#fd, bytes, (error, written) => {
      if (error?.code === 'EAGAIN' && retries > 0) {
        setTimeout(() => this.#writeOn(bytes, retries - 1), RETRY_DELAY);
      } else if (error === null && written < bytes.length) {
        this.#writeOn(bytes.subarray(written), RETRIES);
      } else {
        // written, or lost: a full disk, a reader that is gone
        this.#writeAll();
      }
    });
  }
}

/** UTF-16 units. */
const MAXIMUM_WAITING = 1_048_576;
const RETRIES = 100;
/** Milliseconds. */
const RETRY_DELAY = 50;
