/** One piece of a packet written by hand: a byte, text as UTF-8 without a length, bytes, or a list of these. */
export type Part = number | string | Uint8Array | readonly Part[];

/** Joins parts into bytes. */
export function bytes(...parts: readonly Part[]): Uint8Array {
  return Buffer.concat(parts.map(toBuffer));
}

/** Bytes from hexadecimal digits; white space is for the reader: `hex('10 0c 00 04')`. */
export function hex(digits: string): Uint8Array {
  return Buffer.from(digits.replaceAll(/\s+/g, ''), 'hex');
}

/** Two Byte Integer. */
export function u16(value: number): Uint8Array {
  return Uint8Array.of((value >>> 8) & 0xff, value & 0xff);
}

/** Four Byte Integer. */
export function u32(value: number): Uint8Array {
  return bytes(u16(Math.floor(value / 0x10000)), u16(value % 0x10000));
}

/** Variable Byte Integer; a `length` above what is needed gives the over-long form [MQTT-1.5.5-1]. */
export function varint(value: number, length = 0): Uint8Array {
  const out: number[] = [];
  let rest = value;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest > 0 || out.length + 1 < length ? digit | 0x80 : digit);
  } while (rest > 0 || out.length < length);
  return Uint8Array.from(out);
}

/** UTF-8 Encoded String or Binary Data: a two-byte length and the bytes, which may be anything. */
export function str(...parts: readonly Part[]): Uint8Array {
  const body = bytes(...parts);
  return bytes(u16(body.length), body);
}

/** A Property Length and the properties that follow it. */
export function properties(...parts: readonly Part[]): Uint8Array {
  const body = bytes(...parts);
  return bytes(varint(body.length), body);
}

/** A packet: its first byte as given, the right Remaining Length, and its body. */
export function packet(firstByte: number, ...body: readonly Part[]): Uint8Array {
  const content = bytes(...body);
  return bytes(firstByte, varint(content.length), content);
}

/** The fields of a CONNECT that {@link rawConnect} writes as they are. */
export interface RawConnect {
  /** The whole field with its length. @default str('MQTT') */
  readonly protocolName?: Part;
  /** @default 5 */
  readonly level?: number;
  /** Connect Flags. @default 0x02, Clean Start */
  readonly flags?: number;
  /** @default 60 */
  readonly keepAlive?: number;
  /** Property Length and properties; `[]` for none, as in 3.x. @default a Property Length of 0 when level is 5 */
  readonly properties?: Part;
  /** Everything after the variable header, the Client Identifier first. */
  readonly payload: readonly Part[];
  /** @default 0x10 */
  readonly firstByte?: number;
}

/** A CONNECT by hand, however wrong its fields are. */
export function rawConnect(connect: RawConnect): Uint8Array {
  const level = connect.level ?? 5;
  return packet(
    connect.firstByte ?? 0x10,
    connect.protocolName ?? str('MQTT'),
    level,
    connect.flags ?? 0x02,
    u16(connect.keepAlive ?? 60),
    connect.properties ?? (level === 5 ? 0 : []),
    connect.payload,
  );
}

/** Property identifiers, section 2.2.2.2, for packets by hand. */
export const Property = {
  PayloadFormatIndicator: 0x01,
  MessageExpiryInterval: 0x02,
  ContentType: 0x03,
  ResponseTopic: 0x08,
  CorrelationData: 0x09,
  SubscriptionIdentifier: 0x0b,
  SessionExpiryInterval: 0x11,
  AssignedClientIdentifier: 0x12,
  ServerKeepAlive: 0x13,
  AuthenticationMethod: 0x15,
  AuthenticationData: 0x16,
  RequestProblemInformation: 0x17,
  WillDelayInterval: 0x18,
  RequestResponseInformation: 0x19,
  ResponseInformation: 0x1a,
  ServerReference: 0x1c,
  ReasonString: 0x1f,
  ReceiveMaximum: 0x21,
  TopicAliasMaximum: 0x22,
  TopicAlias: 0x23,
  MaximumQoS: 0x24,
  RetainAvailable: 0x25,
  UserProperty: 0x26,
  MaximumPacketSize: 0x27,
  WildcardSubscriptionAvailable: 0x28,
  SubscriptionIdentifiersAvailable: 0x29,
  SharedSubscriptionAvailable: 0x2a,
} as const;

function toBuffer(part: Part): Buffer {
  if (typeof part === 'number') return Buffer.of(part);
  if (typeof part === 'string') return Buffer.from(part, 'utf8');
  if (part instanceof Uint8Array) return Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  return Buffer.concat(part.map(toBuffer));
}
