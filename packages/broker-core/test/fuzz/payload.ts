/** The payload of message number `serial`: it says which it is, and every byte of it can be checked. */
export function payloadOf(serial: number, size: number): Uint8Array {
  const head = `m${serial};`;
  const text = head.length >= size ? head : head.padEnd(size, String(serial % 10));
  return TEXT.encode(text);
}

/** The number of the message with this payload; 0 when it is none of ours. */
export function serialOf(payload: Uint8Array): number {
  if (payload[0] !== 0x6d) return 0;
  let serial = 0;
  for (let i = 1; i < payload.length; i++) {
    const digit = (payload[i] ?? 0) - 0x30;
    if (payload[i] === 0x3b) return serial;
    if (digit < 0 || digit > 9) return 0;
    serial = serial * 10 + digit;
  }
  return 0;
}

const TEXT = new TextEncoder();
