import { copyBytes, ownCopy } from './copy-bytes.ts';

/**
 * Copies of payloads for messages that are kept for a while. A buffer costs more than the bytes of a
 * short payload, so short ones share blocks; a block lives as long as the last message in it.
 */
export class PayloadPool {
  /** What the last {@link keep} copied to. */
  block: Uint8Array = NOTHING;
  #shared: Uint8Array = NOTHING;
  #used = 0;

  /** Copies `bytes[start, end)` into {@link block} and returns where. */
  keep(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > LONGEST_SHARED || length === 0) {
      this.block = length === 0 ? NOTHING : ownCopy(bytes, start, end);
      return 0;
    }
    if (this.#used + length > this.#shared.length) {
      this.#shared = new Uint8Array(PAYLOAD_BLOCK);
      this.#used = 0;
    }
    const offset = this.#used;
    copyBytes(bytes, start, end, this.#shared, offset);
    this.#used += length;
    this.block = this.#shared;
    return offset;
  }

  /** The last {@link keep} was for somebody who has copied it elsewhere: its room serves the next. */
  takeBack(offset: number): void {
    if (this.block === this.#shared) this.#used = offset;
  }

  /** The block that is being filled. */
  get open(): Uint8Array {
    return this.#shared;
  }
}

/** Longer ones would waste the rest of a block. */
export const LONGEST_SHARED = 1_024;
/** Small, because one message that stays keeps a whole block. */
export const PAYLOAD_BLOCK = 8_192;
const NOTHING = new Uint8Array(0);
