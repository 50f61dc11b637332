import { putUint16, putUint32 } from './byte-at.ts';
import { EncodeError } from './encode-error.ts';
import { utf8Length, writeUtf8 } from './utf8.ts';
import { writeInteger, integerLength } from './variable-byte-integer.ts';

/**
 * Writes the fields of a packet one after the other, or, without a target, only counts their bytes.
 * Each packet is walked twice, first to count: so every value is checked before the first byte is
 * written. Throws an EncodeError.
 */
export class PacketWriter {
  readonly #target: Uint8Array | undefined;
  /** Where the next field goes. */
  offset: number;

  constructor(target?: Uint8Array, offset = 0) {
    this.#target = target;
    this.offset = offset;
  }

  uint8(value: number): void {
    if (this.#target !== undefined) this.#target[this.offset] = value;
    this.offset += 1;
  }

  uint16(value: number): void {
    if (this.#target !== undefined) putUint16(this.#target, this.offset, value);
    this.offset += 2;
  }

  uint32(value: number): void {
    if (this.#target !== undefined) putUint32(this.#target, this.offset, value);
    this.offset += 4;
  }

  /** A Variable Byte Integer in its shortest form [MQTT-1.5.5-1]. */
  integer(value: number): void {
    if (this.#target !== undefined) writeInteger(value, this.#target, this.offset);
    this.offset += integerLength(value);
  }

  /** A UTF-8 Encoded String [MQTT-1.5.4-1] [MQTT-1.5.4-2]. */
  string(text: unknown, name: string): void {
    const length = encodedStringLength(text, name);
    this.uint16(length);
    // encodedStringLength refuses everything but a string
    if (this.#target !== undefined) writeUtf8(text as string, length, this.#target, this.offset);
    this.offset += length;
  }

  /** Binary Data. */
  binary(bytes: unknown, name: string): void {
    if (!(bytes instanceof Uint8Array)) throw new EncodeError(`${name} is no Uint8Array`);
    if (bytes.length > 65_535) throw new EncodeError(`${name} is longer than 65535 bytes`);
    this.uint16(bytes.length);
    this.bytes(bytes);
  }

  /** Bytes as they are. */
  bytes(bytes: Uint8Array): void {
    this.#target?.set(bytes, this.offset);
    this.offset += bytes.length;
  }
}

/** Bytes that a string takes on the wire, without its length field. */
export function encodedStringLength(text: unknown, name: string): number {
  if (typeof text !== 'string') throw new EncodeError(`${name} is no string`);
  const length = utf8Length(text);
  if (length < 0) throw new EncodeError(`${name} contains U+0000 or half a surrogate pair`);
  if (length > 65_535) throw new EncodeError(`${name} is longer than 65535 bytes`);
  return length;
}

/** Refuses what is not a whole number from `minimum` to `maximum`. */
export function checkInteger(value: unknown, minimum: number, maximum: number, name: string): void {
  if (Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum) return;
  throw new EncodeError(`${name} is no whole number from ${minimum} to ${maximum}`);
}

/** [MQTT-2.2.1-3] [MQTT-2.2.1-4] */
export function checkPacketId(packetId: unknown): void {
  checkInteger(packetId, 1, 65_535, 'packetId');
}
