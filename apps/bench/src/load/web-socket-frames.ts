/**
 * The client's side of RFC 6455, as far as a load generator needs it: one binary frame per write, whole
 * or in pieces on the way in. The masking key is zero, which is legal and leaves the bytes as they are:
 * the broker does the same work for every key.
 */
export function writeFrameHeader(buffer: Buffer, end: number, payloadLength: number): number {
  let start = end - 4;
  buffer.fill(0, start, end);
  if (payloadLength < 126) {
    start -= 2;
    buffer[start + 1] = 0x80 | payloadLength;
  } else if (payloadLength < 65_536) {
    start -= 4;
    buffer[start + 1] = 0x80 | 126;
    buffer.writeUInt16BE(payloadLength, start + 2);
  } else {
    start -= 10;
    buffer[start + 1] = 0x80 | 127;
    buffer.writeUInt32BE(0, start + 2);
    buffer.writeUInt32BE(payloadLength, start + 6);
  }
  buffer[start] = FINAL_BINARY;
  return start;
}

/** Takes the frames off a stream of bytes and passes their payloads on, in the pieces they came in. */
export class FrameReader {
  readonly #receive: (chunk: Buffer, start: number, end: number) => void;
  readonly #header = Buffer.alloc(10);
  #headerLength = 0;
  #payloadLeft = 0;
  #isData = false;

  constructor(receive: (chunk: Buffer, start: number, end: number) => void) {
    this.#receive = receive;
  }

  receive(chunk: Buffer, start: number, end: number): void {
    let position = start;
    while (position < end) {
      if (this.#payloadLeft === 0) {
        this.#header[this.#headerLength++] = chunk[position++] ?? 0;
        this.#understandHeader();
        continue;
      }
      const piece = Math.min(this.#payloadLeft, end - position);
      this.#payloadLeft -= piece;
      if (this.#isData) this.#receive(chunk, position, position + piece);
      position += piece;
    }
  }

  #understandHeader(): void {
    if (this.#headerLength < 2) return;
    const short = (this.#header[1] ?? 0) & 0x7f;
    const needed = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.#headerLength < needed) return;
    this.#headerLength = 0;
    // continuation, text or binary; pings and pongs are left alone
    this.#isData = ((this.#header[0] ?? 0) & 0x0f) <= 2;
    if (short < 126) this.#payloadLeft = short;
    else if (short === 126) this.#payloadLeft = this.#header.readUInt16BE(2);
    else this.#payloadLeft = this.#header.readUInt32BE(6);
  }
}

/** Room that a header may need in front of a payload. */
export const FRAME_HEADER_ROOM = 14;
const FINAL_BINARY = 0x82;
