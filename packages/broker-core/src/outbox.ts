import type { PublishFrame } from '@wellhead/codec';
import { copyBytes } from './copy-bytes.ts';
import type { SlabPool } from './slab-pool.ts';

/**
 * What one connection has to say, in order, until the end of the turn.
 *
 * Two kinds of bytes meet here: own bytes in a slab (acknowledgements, packets with a patched Packet
 * Identifier), and a borrowed range of received bytes, which grows for as long as the packets to
 * forward lie behind each other. A range is copied only when something else must follow it.
 */
export class Outbox {
  /** Everything held, in bytes. */
  bytes = 0;
  #pool: SlabPool;
  #chunks: Uint8Array[] = [];
  #slab: Uint8Array | undefined;
  #slabFrom = 0;
  #slabTo = 0;
  #source: Uint8Array | undefined;
  #from = 0;
  #to = 0;
  /** Of the block of the last {@link appendKept}, what follows from here to there is in the slab at `#aheadAt`. */
  #ahead: Uint8Array | undefined;
  #aheadFrom = 0;
  #aheadTo = 0;
  #aheadAt = 0;

  constructor(pool: SlabPool) {
    this.#pool = pool;
  }

  /** Borrows `source[start, end)`: the bytes must not change until they were written. */
  appendRange(source: Uint8Array, start: number, end: number): void {
    this.bytes += end - start;
    if (this.#source === source && this.#to === start) {
      this.#to = end;
      return;
    }
    if (this.#source !== undefined) this.#settleRange();
    this.#source = source;
    this.#from = start;
    this.#to = end;
  }

  /** Copies `bytes`. */
  append(bytes: Uint8Array): void {
    if (bytes.length > BORROW_LIMIT) {
      this.appendRange(bytes, 0, bytes.length);
      return;
    }
    const offset = this.reserve(bytes.length);
    copyBytes(bytes, 0, bytes.length, this.slab, offset);
  }

  /**
   * Appends a PUBLISH of QoS 1 or 2 with its first byte and Packet Identifier replaced: one copy and
   * three bytes. The payload of a large one is borrowed.
   */
  appendPublish(
    source: Uint8Array,
    start: number,
    end: number,
    packetIdOffset: number,
    packetId: number,
    firstByte: number,
  ): void {
    const copied = end - start > BORROW_LIMIT ? packetIdOffset + 2 : end;
    const offset = this.reserve(copied - start);
    const slab = this.slab;
    copyBytes(source, start, copied, slab, offset);
    slab[offset] = firstByte;
    writeUint16(slab, offset + packetIdOffset - start, packetId);
    if (copied < end) this.appendRange(source, copied, end);
  }

  /**
   * The same for a PUBLISH that was kept, of at most {@link BORROW_LIMIT} bytes. What queued up together lies
   * together: from the second on, what follows in the block is copied with it, and the next ones are there
   * already. `isFull` says that the block does not change any more.
   */
  appendKept(
    block: Uint8Array,
    start: number,
    end: number,
    packetIdFrom: number,
    packetId: number,
    firstByte: number,
    isFull: boolean,
  ): void {
    const offset = this.reserve(end - start);
    const slab = this.slab;
    const isNext = block === this.#ahead && start === this.#aheadFrom;
    const isThere = isNext && offset === this.#aheadAt && end <= this.#aheadTo;
    if (!isThere) {
      const more = isNext && isFull ? Math.min(block.length, start + slab.length - offset) : end;
      copyBytes(block, start, more, slab, offset);
      this.#ahead = block;
      this.#aheadTo = more;
    }
    this.#aheadFrom = end;
    this.#aheadAt = offset + end - start;
    slab[offset] = firstByte;
    writeUint16(slab, offset + packetIdFrom - start, packetId);
  }

  /** Appends an encoded PUBLISH with the receiver's Packet Identifier and Topic Alias, where it has such fields. */
  appendFrame(frame: PublishFrame, packetId: number, topicAlias: number): void {
    const { bytes, packetIdOffset, topicAliasOffset } = frame;
    const patched = Math.max(packetIdOffset, topicAliasOffset) + 2;
    const copied = bytes.length > BORROW_LIMIT ? patched : bytes.length;
    const offset = this.reserve(copied);
    const slab = this.slab;
    copyBytes(bytes, 0, copied, slab, offset);
    if (packetIdOffset !== -1) writeUint16(slab, offset + packetIdOffset, packetId);
    if (topicAliasOffset !== -1) writeUint16(slab, offset + topicAliasOffset, topicAlias);
    if (copied < bytes.length) this.appendRange(bytes, copied, bytes.length);
  }

  /** Makes room for `length` own bytes and returns where in {@link slab} they go; the caller fills all of them. */
  reserve(length: number): number {
    if (this.#source !== undefined) this.#settleRange();
    this.bytes += length;
    let slab = this.#slab;
    if (slab === undefined || this.#slabTo + length > slab.length) slab = this.#grow(length);
    const offset = this.#slabTo;
    this.#slabTo = offset + length;
    this.slab = slab;
    return offset;
  }

  /** The slab of the last {@link reserve}. */
  slab: Uint8Array = NOTHING;

  /** Hands over everything held, in order. The slab at the end stays lent until {@link recycle} or {@link abandon}. */
  take(): Uint8Array[] {
    const chunks = this.#chunks;
    const slab = this.#slabTo > this.#slabFrom ? this.#slab : undefined;
    const source = this.#source;
    this.bytes = 0;
    // one piece, as nearly always, needs no list that grows
    if (chunks.length === 0 && slab === undefined && source !== undefined) {
      this.#source = undefined;
      return [source.subarray(this.#from, this.#to)];
    }
    if (slab !== undefined) {
      const part = slab.subarray(this.#slabFrom, this.#slabTo);
      this.#slabFrom = this.#slabTo;
      if (chunks.length === 0 && source === undefined) return [part];
      chunks.push(part);
    }
    if (source !== undefined) {
      chunks.push(source.subarray(this.#from, this.#to));
      this.#source = undefined;
    }
    this.#chunks = [];
    return chunks;
  }

  /** All that was taken has left: the slab goes back to the pool. */
  recycle(): void {
    if (this.#slab !== undefined) this.#pool.release(this.#slab);
    this.abandon();
  }

  /** Somebody still reads what was taken: the slab is theirs, and the next bytes get a new one. Gives the slab. */
  abandon(): Uint8Array | undefined {
    const slab = this.#slab;
    this.#slab = undefined;
    this.#ahead = undefined;
    this.#slabFrom = 0;
    this.#slabTo = 0;
    this.slab = NOTHING;
    return slab;
  }

  /** Ends the borrowed range: a short one is copied behind the own bytes, a long one stands as a chunk of its own. */
  #settleRange(): void {
    const source = this.#source;
    if (source === undefined) return;
    this.#source = undefined;
    const length = this.#to - this.#from;
    if (length > BORROW_LIMIT) {
      this.#closeSlabPart();
      this.#chunks.push(source.subarray(this.#from, this.#to));
      return;
    }
    this.bytes -= length;
    const offset = this.reserve(length);
    copyBytes(source, this.#from, this.#to, this.slab, offset);
  }

  #grow(length: number): Uint8Array {
    const slab = this.#slab;
    const held = this.#slabTo - this.#slabFrom;
    this.#aheadTo = 0;
    // a small slab doubles its way up, so that a busy connection ends with one write of one buffer
    if (slab !== undefined && held + length <= LARGEST_SLAB) {
      const larger = this.#pool.acquire(Math.max(held + length, slab.length * 2));
      if (larger.length > slab.length) {
        copyBytes(slab, this.#slabFrom, this.#slabTo, larger, 0);
        if (this.#slabFrom === 0) this.#pool.release(slab);
        this.#slab = larger;
        this.#slabFrom = 0;
        this.#slabTo = held;
        return larger;
      }
      this.#pool.release(larger);
    }
    this.#closeSlabPart();
    const next = this.#pool.acquire(slab === undefined ? length : Math.max(length, slab.length));
    this.#slab = next;
    this.#slabFrom = 0;
    this.#slabTo = 0;
    return next;
  }

  #closeSlabPart(): void {
    if (this.#slab === undefined || this.#slabTo === this.#slabFrom) return;
    this.#chunks.push(this.#slab.subarray(this.#slabFrom, this.#slabTo));
    this.#slabFrom = this.#slabTo;
  }
}

function writeUint16(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >> 8;
  target[offset + 1] = value & 0xff;
}

const NOTHING = new Uint8Array(0);
/** Above this many bytes a copy costs more than one more buffer in the write. */
export const BORROW_LIMIT = 4_096;
const LARGEST_SLAB = 65_536;
