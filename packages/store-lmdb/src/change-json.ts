import type { SessionChange } from '@wellhead/session-store';

/** One change as a line of JSON: bytes as base64, times without end as `"never"`, absent values left out. */
export function changeToLine(change: SessionChange): string {
  return JSON.stringify(toJson(change));
}

/** Reads a line back; a string says what is wrong with it. */
export function changeOfLine(line: string): SessionChange | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'it is no JSON';
  }
  if (!isObject(value) || typeof value['type'] !== 'string') return 'it has no type';
  const shape = CHANGES[value['type']];
  if (shape === undefined) return `changes of type ${value['type']} are unknown`;
  try {
    // each field was read by the shape of its type
    return { type: value['type'], ...readObject(value, shape) } as SessionChange;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function toJson(value: unknown): unknown {
  if (value === Infinity) return NEVER;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((each) => toJson(each));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toJson(each)]));
}

type Read = (value: unknown) => unknown;
type Shape = Readonly<Record<string, Read>>;

function readObject(value: unknown, shape: Shape): Record<string, unknown> {
  if (!isObject(value)) throw new Error('an object is missing');
  const result: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(shape)) {
    const field = read(value[name]);
    if (field === INVALID) throw new Error(`${name} is missing or wrong`);
    result[name] = field;
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const NEVER = 'never';
const INVALID = Symbol('invalid');

const text: Read = (value) => (typeof value === 'string' ? value : INVALID);
const flag: Read = (value) => (typeof value === 'boolean' ? value : INVALID);
const whole: Read = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? value : INVALID;
const time: Read = (value) =>
  value === NEVER ? Infinity : Number.isFinite(value) ? value : INVALID;
const bytes: Read = (value) =>
  typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : INVALID;
const qos = oneOf(0, 1, 2);

function oneOf(...values: readonly number[]): Read {
  return (value) => (values.some((each) => each === value) ? value : INVALID);
}

function optional(read: Read): Read {
  return (value) => (value === undefined ? undefined : read(value));
}

function object(shape: Shape): Read {
  return (value) => readObject(value, shape);
}

function list(read: Read): Read {
  return (value) => {
    if (!Array.isArray(value)) return INVALID;
    const items = value.map((each) => read(each));
    return items.includes(INVALID) ? INVALID : items;
  };
}

const session = { clientId: text, epoch: whole };
const message = object({
  messageId: whole,
  topicName: text,
  payload: bytes,
  qos,
  retain: flag,
  properties: optional(bytes),
  publishedAt: time,
  expiresAt: time,
  publisherId: optional(text),
});
const delivery = object({
  ...session,
  qos: oneOf(1, 2),
  retain: flag,
  subscriptionIdentifiers: optional(list(whole)),
  sharedFilter: optional(text),
  packetId: whole,
});
const subscription = object({
  topicFilter: text,
  qos,
  noLocal: flag,
  retainAsPublished: flag,
  retainHandling: oneOf(0, 1, 2),
  subscriptionIdentifier: whole,
});
const will = object({
  topicName: text,
  payload: bytes,
  qos,
  retain: flag,
  properties: optional(bytes),
  messageExpiryInterval: optional(whole),
  delayInterval: whole,
  publishAt: time,
  publisherId: text,
  userName: optional(text),
});

/** The changes that an export is made of. */
const CHANGES: Readonly<Record<string, Shape | undefined>> = {
  'session-opened': {
    ...session,
    sessionExpiryInterval: whole,
    protocolVersion: oneOf(3, 4, 5),
    userName: optional(text),
  },
  'session-closed': { ...session, expiresAt: time, sessionExpiryInterval: whole },
  subscribed: { ...session, subscription },
  received: { ...session, packetId: whole },
  'will-set': { ...session, will },
  enqueued: { message, deliveries: list(delivery) },
  released: { ...session, messageIds: list(whole) },
  'retained-set': { message },
  'fan-out-set': { message, next: whole },
};
