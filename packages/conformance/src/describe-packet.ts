import { type Packet, PacketType } from '@wellhead/codec';

/** A packet in one line: `PUBLISH topicName="a/b" payload="x" qos=1 packetId=7`. */
export function describePacket(packet: Packet): string {
  const fields = Object.entries(packet)
    .filter(([name, value]) => name !== 'type' && value !== undefined)
    .map(([name, value]) => field(name, value));
  return [packetNames[packet.type], ...fields].join(' ');
}

/** A value as a reader of a failure wants it: bytes as text where they are text, codes in hexadecimal. */
export function describeValue(value: unknown): string {
  if (value instanceof Uint8Array) return describeBytes(value);
  if (Array.isArray(value)) return `[${value.map(describeValue).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const inner = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{ ${inner.map(([name, item]) => field(name, item)).join(' ')} }`;
  }
  return typeof value === 'string' ? shorten(JSON.stringify(value)) : String(value);
}

/** A Reason Code as the specification writes it: `0x82`. */
export function describeCode(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}

/** The packet types by number, in the capitals of the specification. */
export const packetNames: { readonly [type: number]: string } = Object.fromEntries(
  Object.entries(PacketType).map(([name, type]) => [type, name.toUpperCase()]),
);

function field(name: string, value: unknown): string {
  if (name === 'reasonCode' && typeof value === 'number') return `${name}=${describeCode(value)}`;
  if (name === 'reasonCodes' && Array.isArray(value)) {
    return `${name}=[${value.map((code) => describeCode(Number(code))).join(', ')}]`;
  }
  return `${name}=${describeValue(value)}`;
}

function describeBytes(value: Uint8Array): string {
  const text = Buffer.from(value).toString('utf8');
  if (/^[\x20-\x7e]*$/.test(text)) return shorten(JSON.stringify(text));
  return `<${shorten(Buffer.from(value).toString('hex'))}>`;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}… (${text.length})` : text;
}
