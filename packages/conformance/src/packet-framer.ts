/** Cuts a byte stream into whole packets, fixed header included, without judging them. */
export class PacketFramer {
  #pending: Uint8Array = new Uint8Array(0);

  /** The packets that are complete now; throws RangeError on a Remaining Length of more than four bytes. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const packets: Uint8Array[] = [];
    for (;;) {
      const length = packetLength(this.#pending);
      if (length === undefined || length > this.#pending.length) return packets;
      packets.push(this.#pending.subarray(0, length));
      this.#pending = this.#pending.subarray(length);
    }
  }

  /** Bytes of a packet that is not complete. */
  get pending(): Uint8Array {
    return this.#pending;
  }
}

function packetLength(bytes: Uint8Array): number | undefined {
  let remaining = 0;
  for (let i = 1; i < 5; i++) {
    const digit = bytes[i];
    if (digit === undefined) return undefined;
    remaining += (digit & 0x7f) * 128 ** (i - 1);
    if (digit < 0x80) return 1 + i + remaining;
  }
  throw new RangeError('a Remaining Length of more than four bytes');
}
