import { byteAt } from './byte-at.ts';

/** What is wrong with the bytes of a string: 0 is nothing. */
export const Utf8Fault = { None: 0, IllFormed: 1, NullCharacter: 2 } as const;
export type Utf8Fault = 0 | 1 | 2;

/**
 * Checks a UTF-8 Encoded String by RFC 3629: no surrogates, no over-long forms, nothing above
 * U+10FFFF [MQTT-1.5.4-1], and no U+0000 [MQTT-1.5.4-2]. Allocates nothing.
 */
export function utf8Fault(bytes: Uint8Array, start: number, end: number): Utf8Fault {
  let at = start;
  while (at < end) {
    const first = byteAt(bytes, at);
    if (first < 0x80) {
      if (first === 0) return Utf8Fault.NullCharacter;
      at++;
    } else {
      const length = sequenceLength(bytes, at, end, first);
      if (length === 0) return Utf8Fault.IllFormed;
      at += length;
    }
  }
  return Utf8Fault.None;
}

/** The string of bytes in which {@link utf8Fault} found nothing. U+FEFF is kept [MQTT-1.5.4-3]. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  const units = unitsOfLength[end - start];
  if (units === undefined) return textDecoder.decode(bytes.subarray(start, end));
  for (let at = start; at < end; at++) {
    const byte = byteAt(bytes, at);
    if (byte >= 0x80) return textDecoder.decode(bytes.subarray(start, end));
    units[at - start] = byte;
  }
  return String.fromCharCode(...units);
}

/** Any bytes as a valid string: what is ill-formed, and U+0000, become U+FFFD. */
export function decodeUtf8Leniently(bytes: Uint8Array, start: number, end: number): string {
  return textDecoder.decode(bytes.subarray(start, end)).replaceAll('\0', '\uFFFD');
}

/** Bytes that a string takes as UTF-8, or -1 when MQTT forbids it: a lone surrogate or U+0000. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) {
      if (unit === 0) return -1;
    } else if (unit < 0x800) {
      length++;
    } else if (unit < 0xd800 || unit > 0xdfff) {
      length += 2;
    } else {
      if (unit > 0xdbff) return -1;
      const low = text.charCodeAt(at + 1);
      if (!(low >= 0xdc00 && low <= 0xdfff)) return -1;
      length += 2;
      at++;
    }
  }
  return length;
}

/** Writes a string that {@link utf8Length} measured; the target has that much room. Returns the new offset. */
export function writeUtf8(
  text: string,
  length: number,
  target: Uint8Array,
  offset: number,
): number {
  if (length === text.length && length <= shortString) {
    for (let at = 0; at < length; at++) target[offset + at] = text.charCodeAt(at);
  } else {
    textEncoder.encodeInto(text, target.subarray(offset, offset + length));
  }
  return offset + length;
}

/** Length of the multi-byte sequence that begins here, 0 when it is ill-formed. */
function sequenceLength(bytes: Uint8Array, at: number, end: number, first: number): number {
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > end) return 0;
  // The second byte has a narrower range where it would be over-long, a surrogate or above U+10FFFF.
  const second = byteAt(bytes, at + 1);
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  if (length > 2 && (byteAt(bytes, at + 2) & 0xc0) !== 0x80) return 0;
  if (length > 3 && (byteAt(bytes, at + 3) & 0xc0) !== 0x80) return 0;
  return length;
}

/** Below this a loop beats the call into TextDecoder and TextEncoder. */
const shortString = 40;

/**
 * Room for the characters of a short string, which come into being all at once: appended one by one
 * they would be a tree that whoever looks at the string has to flatten. What is left in here has no meaning.
 */
const unitsOfLength: readonly number[][] = Array.from({ length: shortString + 1 }, (_, length) =>
  Array.from({ length }, () => 0),
);

// Without ignoreBOM a leading U+FEFF would vanish [MQTT-1.5.4-3].
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const textEncoder = new TextEncoder();
