import { byteAt } from './byte-at.ts';

/** The largest Variable Byte Integer, section 1.5.5, and so the largest Remaining Length. */
export const maximumInteger = 268_435_455;

/** Not a value but a state of {@link readInteger}: more bytes are needed, or no more bytes would help. */
export const incomplete = -1;
export const tooLong = -2;
export const notMinimal = -3;

/** The Variable Byte Integer at an offset, or one of the three negative answers. Its length is {@link integerLength}. */
export function readInteger(bytes: Uint8Array, offset: number, end: number): number {
  let value = 0;
  let shift = 0;
  for (let at = offset; at < end; at++) {
    const byte = byteAt(bytes, at);
    value |= (byte & 0x7f) << shift;
    // [MQTT-1.5.5-1] a last byte of 0 could have been left out
    if (byte < 0x80) return byte === 0 && shift > 0 ? notMinimal : value;
    shift += 7;
    if (shift > 21) return tooLong;
  }
  return incomplete;
}

/** Puts a value that is {@link notMinimal} in its shortest form, in place; returns its new end. */
export function shortenInteger(bytes: Uint8Array, offset: number, end: number): number {
  let last = end - 1;
  while (last > offset && (byteAt(bytes, last) & 0x7f) === 0) last--;
  bytes[last] = byteAt(bytes, last) & 0x7f;
  return last + 1;
}

/** Bytes of the shortest form, the only one that is ever written. */
export function integerLength(value: number): 1 | 2 | 3 | 4 {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
}

/** Writes in the shortest form; returns the new offset. */
export function writeInteger(value: number, target: Uint8Array, offset: number): number {
  let rest = value;
  let at = offset;
  while (rest > 0x7f) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}
