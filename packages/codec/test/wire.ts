// Packets as bytes, field by field, in the order of the specification; nothing is checked here.

/** Bytes given in hexadecimal, with spaces at will. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16),
  );
}

export function join(...parts: (Uint8Array | number)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])));
}

export const u16 = (value: number): Uint8Array => join(value >> 8, value & 0xff);

export const u32 = (value: number): Uint8Array =>
  join(u16(Math.floor(value / 65_536)), u16(value % 65_536));

/** A Variable Byte Integer in its shortest form. */
export function integer(value: number): Uint8Array {
  return value < 128 ? join(value) : join((value % 128) + 128, integer(Math.floor(value / 128)));
}

/** Two bytes of length, and as many bytes. */
export const sized = (bytes: Uint8Array): Uint8Array => join(u16(bytes.length), bytes);

export const text = (value: string): Uint8Array => sized(new TextEncoder().encode(value));

/** A property block with its length. */
export function props(...properties: (Uint8Array | number)[]): Uint8Array {
  const block = join(...properties);
  return join(integer(block.length), block);
}

/** A packet: first byte, Remaining Length, fields. */
export function packet(first: number, ...fields: (Uint8Array | number)[]): Uint8Array {
  const body = join(...fields);
  return join(first, integer(body.length), body);
}

export interface ConnectFields {
  name?: Uint8Array;
  level: number;
  flags?: number;
  keepAlive?: number;
  properties?: Uint8Array;
  clientId?: Uint8Array;
  /** Will Properties, Will Topic and so on, as they come. */
  rest?: Uint8Array;
}

/** A CONNECT with everything right but for what is given. */
export function connect(fields: ConnectFields): Uint8Array {
  const { level } = fields;
  return packet(
    0x10,
    fields.name ?? text(level === 3 ? 'MQIsdp' : 'MQTT'),
    level,
    fields.flags ?? 0x02,
    u16(fields.keepAlive ?? 60),
    fields.properties ?? (level === 5 ? props() : join()),
    fields.clientId ?? text('c'),
    fields.rest ?? join(),
  );
}

export interface PublishFields {
  first?: number;
  topic?: Uint8Array;
  packetId?: number;
  /** In 5.0 an empty block unless given. */
  properties?: Uint8Array;
  payload?: Uint8Array;
}

/** A PUBLISH with everything right but for what is given. */
export function publish(version: number, fields: PublishFields = {}): Uint8Array {
  return packet(
    fields.first ?? 0x30,
    fields.topic ?? text('a/b'),
    fields.packetId === undefined ? join() : u16(fields.packetId),
    version === 5 ? (fields.properties ?? props()) : join(),
    fields.payload ?? hex('01 02'),
  );
}

/** The property block of a version: nothing before 5.0. */
export const noProps = (version: number): Uint8Array => (version === 5 ? props() : join());
