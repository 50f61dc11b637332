import { copyBytes } from './copy-bytes.ts';

/**
 * Where received bytes are kept that leave again at the end of the turn, because the buffer that they
 * were read into serves the next read.
 */
export class Arena {
  /** The block of the last {@link keep}. */
  block: Uint8Array = NOTHING;
  #used = 0;
  /** Somebody refers to this block beyond the turn: it is filled to its end, and never started over. */
  #isShared = false;

  /** Copies `source[start, end)` into {@link block} and returns where. Stays unchanged until {@link endTurn}. */
  keep(source: Uint8Array, start: number, end: number): number {
    const offset = this.reserve(end - start);
    copyBytes(source, start, end, this.block, offset);
    return offset;
  }

  /** Room for `length` bytes in {@link block}, which the caller fills; returns where. */
  reserve(length: number): number {
    if (this.#used + length > this.block.length) {
      // the old block belongs to those who still refer to it
      this.block = new Uint8Array(Math.max(BLOCK_SIZE, length));
      this.#used = 0;
      this.#isShared = false;
    }
    const offset = this.#used;
    this.#used = offset + length;
    return offset;
  }

  /** The turn is over. Unless everything has left, the kept bytes stay as they are for as long as anybody refers to them. */
  endTurn(everythingHasLeft: boolean): void {
    if (!everythingHasLeft) this.#isShared = true;
    if (this.#isShared) return;
    this.#used = 0;
    if (this.block.length > BLOCK_SIZE) this.block = NOTHING;
  }
}

const NOTHING = new Uint8Array(0);
const BLOCK_SIZE = 1_048_576;
