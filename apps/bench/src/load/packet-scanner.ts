/** What a scanner finds. Acknowledgements are passed as numbers; everything else is rare. */
export interface ScannerSink {
  /** An application message, with what its payload says about itself. */
  message(publisher: number, sequence: number, sentAt: number, qos: number, packetId: number): void;
  acknowledgement(type: number, packetId: number): void;
  /** Any other packet, whole; `body` is valid during the call. */
  control(type: number, body: Buffer): void;
}

/**
 * Reads the packets that a broker sends, with as little work as a load generator can get away with:
 * topics and properties are skipped, and of a large payload only the beginning is looked at.
 */
export class PacketScanner {
  readonly #sink: ScannerSink;
  readonly #version5: boolean;
  /** The beginning of a packet of which too little has come to tell what it is. */
  readonly #head = Buffer.alloc(HEAD);
  #headLength = 0;
  /** Bytes that are still to come of a packet whose beginning was understood. */
  #toSkip = 0;

  // what `#read` found in a packet
  #bodyStart = 0;
  #bodyEnd = 0;
  #publisher = 0;
  #sequence = 0;
  #sentAt = 0;
  #packetId = 0;
  #firstByte = 0;

  constructor(sink: ScannerSink, protocolVersion: 4 | 5) {
    this.#sink = sink;
    this.#version5 = protocolVersion === 5;
  }

  receive(chunk: Buffer, start: number, end: number): void {
    let position = start;
    if (this.#toSkip > 0) {
      const skipped = Math.min(this.#toSkip, end - position);
      this.#toSkip -= skipped;
      if (this.#toSkip > 0) return;
      position += skipped;
      this.#report(chunk);
    }
    if (this.#headLength > 0) position = this.#continueHead(chunk, position, end);
    while (position < end) {
      const length = this.#read(chunk, position, end);
      if (length === 0) {
        chunk.copy(this.#head, 0, position, end);
        this.#headLength = end - position;
        return;
      }
      position += length;
      if (position > end) this.#toSkip = position - end;
      else this.#report(chunk);
    }
  }

  #continueHead(chunk: Buffer, start: number, end: number): number {
    const before = this.#headLength;
    const taken = chunk.copy(this.#head, before, start, end);
    const length = this.#read(this.#head, 0, before + taken);
    if (length === 0) {
      this.#headLength += taken;
      if (this.#headLength >= HEAD)
        throw new Error('A packet has more before its payload than expected.');
      return end;
    }
    this.#headLength = 0;
    const position = start + length - before;
    if (position > end) {
      this.#toSkip = position - end;
      return end;
    }
    this.#report(this.#head);
    return position;
  }

  /** Returns the length of the packet that begins here, 0 when not enough of it has come. */
  #read(buffer: Buffer, start: number, end: number): number {
    let position = start + 1;
    let remaining = 0;
    for (let shift = 0; ; shift += 7) {
      if (position >= end) return 0;
      const byte = buffer[position++] ?? 0;
      remaining |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const firstByte = buffer[start] ?? 0;
    this.#firstByte = firstByte;
    this.#bodyStart = position;
    const packetEnd = position + remaining;
    this.#bodyEnd = packetEnd;
    if (firstByte >> 4 === PUBLISH) {
      if (!this.#readMessage(buffer, position, Math.min(end, packetEnd))) return 0;
    } else if (packetEnd > end) return 0;
    else if (remaining >= 2) this.#packetId = buffer.readUInt16BE(position);
    return packetEnd - start;
  }

  #readMessage(buffer: Buffer, start: number, end: number): boolean {
    if (start + 2 > end) return false;
    let position = start + 2 + ((buffer[start] ?? 0) << 8) + (buffer[start + 1] ?? 0);
    if ((this.#firstByte & 6) !== 0) {
      if (position + 2 > end) return false;
      this.#packetId = ((buffer[position] ?? 0) << 8) | (buffer[position + 1] ?? 0);
      position += 2;
    }
    if (this.#version5) {
      // the properties of a benchmark's message take less than 16 KB
      const low = buffer[position] ?? 0;
      position += low < 0x80 ? 1 + low : 2 + (low & 0x7f) + ((buffer[position + 1] ?? 0) << 7);
    }
    if (position + MARK > end) return false;
    this.#publisher = buffer.readUInt32LE(position);
    this.#sequence = buffer.readUInt32LE(position + 4);
    this.#sentAt = buffer.readDoubleLE(position + 8);
    return true;
  }

  #report(buffer: Buffer): void {
    const type = this.#firstByte >> 4;
    if (type === PUBLISH) {
      const qos = (this.#firstByte >> 1) & 3;
      this.#sink.message(this.#publisher, this.#sequence, this.#sentAt, qos, this.#packetId);
    } else if (type >= PUBACK && type <= PUBCOMP) {
      this.#sink.acknowledgement(type, this.#packetId);
    } else {
      this.#sink.control(type, buffer.subarray(this.#bodyStart, this.#bodyEnd));
    }
  }
}

const PUBLISH = 3;
const PUBACK = 4;
const PUBCOMP = 7;
/** Publisher, sequence number and send time at the beginning of each payload. */
const MARK = 16;
const HEAD = 4096;
