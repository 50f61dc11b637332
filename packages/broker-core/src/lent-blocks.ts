import type { BlockPool } from './block-pool.ts';
import type { ClientOutput } from './client-output.ts';

/**
 * Blocks of received packets that did not leave at the end of their turn: they serve again when all
 * whose output was not taken then have taken it.
 */
export class LentBlocks {
  readonly #pool: BlockPool;
  readonly #batches: Batch[] = [];
  #bytes = 0;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** `written` are all connections that were given some of the blocks. */
  add(blocks: readonly Uint8Array[], written: readonly ClientOutput[]): void {
    // what is left in an outbox cannot be told from what comes later
    if (written.some(({ outbox }) => outbox.bytes > 0)) return;
    const readers = written.filter((each) => !hasTakenAll(each));
    let bytes = 0;
    for (const block of blocks) bytes += block.length;
    this.#bytes += bytes;
    this.#batches.push({ blocks: blocks.slice(), readers, bytes });
    // the collector takes what slow readers keep for too long
    while (this.#bytes > WATCHED_BYTES) this.#bytes -= this.#batches.shift()?.bytes ?? this.#bytes;
  }

  /** To be called before anything is written: what is written takes a while to leave. */
  reclaim(): void {
    for (let first = this.#batches[0]; first !== undefined; first = this.#batches[0]) {
      const { readers } = first;
      for (let last = readers.at(-1); last !== undefined; last = readers.at(-1)) {
        if (!hasTakenAll(last)) return;
        readers.pop();
      }
      for (const block of first.blocks) this.#pool.release(block);
      this.#bytes -= first.bytes;
      this.#batches.shift();
    }
  }
}

interface Batch {
  readonly blocks: readonly Uint8Array[];
  /** Those who have not been seen to have taken all. */
  readonly readers: ClientOutput[];
  readonly bytes: number;
}

function hasTakenAll({ held, link }: ClientOutput): boolean {
  return held.length === 0 && link.pendingBytes === 0;
}

const WATCHED_BYTES = 8 * 1024 * 1024;
