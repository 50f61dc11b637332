import { byteAt } from './byte-at.ts';
import type { PacketMemory } from './packet-memory.ts';
import { PacketType, type ProtocolVersion } from './packet-type.ts';
import {
  incomplete,
  integerLength,
  notMinimal,
  readInteger,
  shortenInteger,
} from './variable-byte-integer.ts';

/**
 * A packet that arrives in pieces, put together in a block of its own, which in the end holds
 * this packet and nothing else.
 *
 * The buffer follows what was received, not what a length field claims: up to 1 MB it is given its
 * final size once a sixteenth is there, above that once a quarter is.
 */
export class PacketAssembly {
  bytes: Uint8Array = new Uint8Array(5);
  /** Bytes received. */
  length = 0;
  /** Bytes of the whole packet; 0 until its Remaining Length is known. */
  total = 0;
  /** Bytes of the fixed header, once `total` is known. */
  headerLength = 0;
  /** The Remaining Length came in more bytes than it needs; here it has its shortest form. */
  isShortened = false;
  readonly #memory: PacketMemory;

  constructor(memory: PacketMemory) {
    this.#memory = memory;
  }

  get isComplete(): boolean {
    return this.total > 0 && this.length === this.total;
  }

  /**
   * Takes bytes of the fixed header until the Remaining Length is known or the range is used up.
   * Returns the new position, or a negative answer of `readInteger`.
   */
  takeHeader(
    chunk: Uint8Array,
    position: number,
    end: number,
    protocolVersion: ProtocolVersion | 0,
  ): number {
    let at = position;
    while (this.total === 0 && at < end) {
      this.bytes[this.length++] = byteAt(chunk, at++);
      if (this.length === 1) continue;
      let remaining = readInteger(this.bytes, 1, this.length);
      if (remaining === notMinimal && this.#mayBeLong(protocolVersion)) {
        this.isShortened = true;
        this.length = shortenInteger(this.bytes, 1, this.length);
        remaining = readInteger(this.bytes, 1, this.length);
      }
      if (remaining >= 0) {
        this.headerLength = 1 + integerLength(remaining);
        this.total = this.headerLength + remaining;
      } else if (remaining !== incomplete) {
        return remaining;
      }
    }
    return at;
  }

  /** Takes what belongs to the packet; returns the new position. */
  takeBody(chunk: Uint8Array, position: number, end: number): number {
    const taken = Math.min(end - position, this.total - this.length);
    this.#makeRoom(this.length + taken);
    this.bytes.set(chunk.subarray(position, position + taken), this.length);
    this.length += taken;
    return position + taken;
  }

  /** Nobody reads the packet any more. */
  release(): void {
    this.#memory.release(this.bytes);
  }

  /** Only 5.0 asks for the shortest form [MQTT-1.5.5-1], and a CONNECT tells its version by itself. */
  #mayBeLong(protocolVersion: ProtocolVersion | 0): boolean {
    return protocolVersion !== 5 || byteAt(this.bytes, 0) >> 4 === PacketType.Connect;
  }

  #makeRoom(needed: number): void {
    if (needed <= this.bytes.length) return;
    const { bytes, total } = this;
    const growth = total <= oneMegabyte ? 16 : 4;
    const larger = this.#memory.acquire(Math.min(total, Math.max(needed * growth, 64)));
    larger.set(bytes.subarray(0, this.length));
    this.bytes = larger;
    this.#memory.release(bytes);
  }
}

const oneMegabyte = 0x10_0000;
