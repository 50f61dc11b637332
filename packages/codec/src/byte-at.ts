/** The byte at an offset that the caller has compared with the bounds of the packet. */
export function byteAt(bytes: Uint8Array, offset: number): number {
  // the caller checked the offset: `?? 0` would cost a branch per byte and hide a mistake
  return bytes[offset] as number;
}

export function uint16At(bytes: Uint8Array, offset: number): number {
  return (byteAt(bytes, offset) << 8) | byteAt(bytes, offset + 1);
}

export function uint32At(bytes: Uint8Array, offset: number): number {
  return uint16At(bytes, offset) * 0x10000 + uint16At(bytes, offset + 2);
}

export function putUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value & 0xff;
}

export function putUint32(bytes: Uint8Array, offset: number, value: number): void {
  putUint16(bytes, offset, Math.floor(value / 0x10000));
  putUint16(bytes, offset + 2, value % 0x10000);
}

/** A copy that shares nothing: `slice` would not do, as Node's Buffer gives a view. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}
