import type { PublishView } from '@wellhead/codec';
import { Arena } from './arena.ts';
import type { BlockPool } from './block-pool.ts';
import type { ClientOutput } from './client-output.ts';
import { LentBlocks } from './lent-blocks.ts';

/**
 * Keeps received packets until the end of the turn, for those who pass them on as they are: in the
 * buffer that they were read into, if that stays as it is, in the memory that they were put together
 * in, or in a copy of the chunk.
 */
export class ReceivedBytes {
  /** The packet of the last {@link keep}: it begins at `rangeFrom`. */
  range: Uint8Array = NOTHING;
  rangeFrom = 0;
  readonly arena: Arena = new Arena();

  #chunk: Uint8Array = NOTHING;
  #chunkIsStable = false;
  #chunkKeptAt = -1;
  #chunkBlock: Uint8Array = NOTHING;
  readonly #blocks: BlockPool;
  readonly #lent: LentBlocks;
  /** Blocks of packets that leave at the end of the turn. */
  readonly #keptBlocks: Uint8Array[] = [];

  constructor(blocks: BlockPool) {
    this.#blocks = blocks;
    this.#lent = new LentBlocks(blocks);
  }

  /** A chunk is about to be decoded; views will point into it. */
  beginChunk(chunk: Uint8Array, stable: boolean): void {
    this.#chunk = chunk;
    this.#chunkIsStable = stable;
    this.#chunkKeptAt = -1;
  }

  /** Makes {@link range} and {@link rangeFrom} name `source[from, to)` in memory that stays until the end of the turn. */
  keep(view: PublishView | undefined, source: Uint8Array, from: number, to: number): void {
    if (view?.owned === true) {
      view.keep();
      this.#keptBlocks.push(view.bytes);
      this.range = source;
      this.rangeFrom = from;
    } else if (this.#chunkIsStable && source === this.#chunk) {
      this.range = source;
      this.rangeFrom = from;
    } else if (source === this.#chunk) {
      // the whole chunk at once, so that neighbouring packets stay neighbours
      if (this.#chunkKeptAt === -1) {
        this.#chunkKeptAt = this.arena.keep(source, 0, source.length);
        this.#chunkBlock = this.arena.block;
      }
      this.range = this.#chunkBlock;
      this.rangeFrom = this.#chunkKeptAt + from;
    } else {
      this.rangeFrom = this.arena.keep(source, from, to);
      this.range = this.arena.block;
    }
  }

  /** What earlier turns have kept may have left by now. */
  beforeWriting(): void {
    this.#lent.reclaim();
  }

  /** See `Arena.endTurn`. `written` are all who were written to; `undefined` when others still wait for it. */
  endTurn(everythingHasLeft: boolean, written: readonly ClientOutput[] | undefined): void {
    this.arena.endTurn(everythingHasLeft);
    if (this.#keptBlocks.length > 0) this.#letGoOfBlocks(everythingHasLeft, written);
    this.#chunk = NOTHING;
    this.#chunkKeptAt = -1;
  }

  #letGoOfBlocks(everythingHasLeft: boolean, written: readonly ClientOutput[] | undefined): void {
    const blocks = this.#keptBlocks;
    if (everythingHasLeft) for (const block of blocks) this.#blocks.release(block);
    else if (written !== undefined) this.#lent.add(blocks, written);
    blocks.length = 0;
  }
}

const NOTHING = new Uint8Array(0);
