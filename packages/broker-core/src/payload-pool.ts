/**
 * Copies of payloads for messages that are kept for a while. Making a buffer costs more than filling
 * it, so short payloads share blocks; a block lives as long as the last message in it.
 */
export class PayloadPool {
  #block: Uint8Array = NOTHING;
  #used = 0;

  /** A copy of `bytes[start, end)`. */
  copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start;
    // the shortest live inside their own object anyway, and long ones would waste the rest of a block
    if (length <= ON_HEAP || length > LONGEST_SHARED) return bytes.slice(start, end);
    if (this.#used + length > this.#block.length) {
      this.#block = new Uint8Array(BLOCK_SIZE);
      this.#used = 0;
    }
    const copy = this.#block.subarray(this.#used, this.#used + length);
    copy.set(bytes.subarray(start, end));
    this.#used += length;
    return copy;
  }
}

const NOTHING = new Uint8Array(0);
const ON_HEAP = 64;
const LONGEST_SHARED = 1_024;
/** Small, because one message that stays keeps a whole block. */
const BLOCK_SIZE = 8_192;
