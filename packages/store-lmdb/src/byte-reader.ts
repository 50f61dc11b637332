/** Reads back what a `ByteWriter` wrote. Whatever does not fit its bytes throws a {@link DamagedRecord}. */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = asBuffer(bytes);
    this.#offset = offset;
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  uint8(): number {
    const value = this.#bytes[this.#offset++];
    if (value === undefined) throw new DamagedRecord('a record ends too early');
    return value;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 0x80 ** 7; scale *= 0x80) {
      const byte = this.uint8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new DamagedRecord('a number has no end');
  }

  float64(): number {
    const start = this.#advance(8);
    return this.#bytes.readDoubleBE(start);
  }

  /** A view of the bytes that the reader was given. */
  bytes(): Uint8Array {
    const length = this.varint();
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  string(): string {
    const length = this.#bytes.readUInt32BE(this.#advance(4));
    const start = this.#advance(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  #advance(length: number): number {
    const start = this.#offset;
    if (start + length > this.#bytes.length) throw new DamagedRecord('a record ends too early');
    this.#offset = start + length;
    return start;
  }
}

/** The same bytes, as what they mostly are already. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A record cannot be read: the file was changed by something else than this store. */
export class DamagedRecord extends Error {
  override readonly name: string = 'DamagedRecord';
}
