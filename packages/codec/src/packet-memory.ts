/** Where packets that arrive in pieces are put together: memory that is used again costs less than new memory. */
export interface PacketMemory {
  /** A block of at least `size` bytes, whatever is in them. */
  acquire(size: number): Uint8Array;
  /** Nobody reads the block any more. */
  release(block: Uint8Array): void;
}

/** A block of its own for each packet, of exactly its size. */
export const newMemory: PacketMemory = Object.freeze({
  acquire: (size: number) => new Uint8Array(size),
  release: () => undefined,
});
