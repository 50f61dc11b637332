import { copyBytes } from './copy-bytes.ts';

/**
 * Where received bytes are kept that leave again at the end of the turn, because the buffer that they
 * were read into serves the next read.
 */
export class Arena {
  /** The block of the last {@link keep}. */
  block: Uint8Array = NOTHING;
  /** The same bytes. */
  words: DataView = NO_WORDS;
  /** Blocks so far. */
  blocks = 0;
  #used = 0;
  /** Somebody refers to this block beyond the turn: it is filled to its end, and never started over. */
  #isShared = false;
  /** Blocks that this turn has filled. */
  #full: Uint8Array[] = [];
  /** Blocks that nobody refers to: a new one is memory full of zeros, which costs more than what goes into it. */
  readonly #spare: Uint8Array[] = [];

  /** Copies `source[start, end)` into {@link block} and returns where. Stays unchanged until {@link endTurn}. */
  keep(source: Uint8Array, start: number, end: number): number {
    const offset = this.reserve(end - start);
    copyBytes(source, start, end, this.block, offset);
    return offset;
  }

  /**
   * Room for `length` bytes in {@link block}, which the caller fills; returns where. Up to seven bytes
   * behind them may be written over, for nobody has them yet.
   */
  reserve(length: number): number {
    if (this.#used + length + SLACK > this.block.length) this.#begin(length);
    const offset = this.#used;
    this.#used = offset + length;
    return offset;
  }

  #begin(length: number): void {
    // one that is shared belongs to those who still refer to it
    if (!this.#isShared && this.block.length === BLOCK_SIZE) this.#full.push(this.block);
    const isUsual = length + SLACK <= BLOCK_SIZE;
    this.block =
      (isUsual ? this.#spare.pop() : undefined) ??
      new Uint8Array(isUsual ? BLOCK_SIZE : length + SLACK);
    this.words = new DataView(this.block.buffer);
    this.blocks++;
    this.#used = 0;
    this.#isShared = false;
  }

  /** The turn is over. Unless everything has left, the kept bytes stay as they are for as long as anybody refers to them. */
  endTurn(everythingHasLeft: boolean): void {
    if (this.#full.length > 0) {
      const room = everythingHasLeft ? MOST_SPARE - this.#spare.length : 0;
      this.#spare.push(...this.#full.slice(0, room));
      this.#full = [];
    }
    if (!everythingHasLeft) this.#isShared = true;
    if (this.#isShared) return;
    this.#used = 0;
    if (this.block.length <= BLOCK_SIZE) return;
    this.block = NOTHING;
    this.words = NO_WORDS;
  }
}

const NOTHING = new Uint8Array(0);
const NO_WORDS = new DataView(NOTHING.buffer);
/** Behind all that is used of a block. */
const SLACK = 8;
const BLOCK_SIZE = 1_048_576;
const MOST_SPARE = 4;
