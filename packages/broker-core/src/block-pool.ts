import type { PacketMemory } from '@wellhead/codec';

/**
 * Memory for packets that arrive in pieces. Making a large buffer means filling it with zeros, and the
 * collector must be rid of it again, which costs more than all that is done with the packet.
 */
export class BlockPool implements PacketMemory {
  readonly #free = new Map<number, Uint8Array[]>();
  #freeBytes = 0;

  acquire(size: number): Uint8Array {
    if (size < SMALLEST || size > LARGEST) return new Uint8Array(size);
    const blockSize = sizeClass(size);
    const block = this.#free.get(blockSize)?.pop();
    if (block === undefined) return new Uint8Array(blockSize);
    this.#freeBytes -= blockSize;
    return block;
  }

  release(block: Uint8Array): void {
    const size = block.length;
    if (size < SMALLEST || size > LARGEST || this.#freeBytes + size > KEPT_BYTES) return;
    if (sizeClass(size) !== size) return; // not one of ours
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [block]);
    else free.push(block);
    this.#freeBytes += size;
  }
}

/** The next of 4/4, 5/4, 6/4 and 7/4 of a power of two: at most a quarter is wasted. */
function sizeClass(size: number): number {
  const step = 1 << (29 - Math.clz32(size - 1));
  return Math.ceil(size / step) * step;
}

const SMALLEST = 4_096;
const LARGEST = 2_097_152;
const KEPT_BYTES = 8 * 1024 * 1024;
