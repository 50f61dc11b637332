import { createHash } from 'node:crypto';

// One tree holds everything. A key begins with a byte for its kind; numbers follow in big-endian order,
// so that the rows of a session stand together and its queue stands in the order of position.

/** The one row of counters. */
export const COUNTERS_KEY: Buffer = Buffer.of(1);

export function journalKey(entryNumber: number): Buffer {
  return numberKey(Kind.journal, entryNumber);
}

export function sessionKey(sessionNumber: number): Buffer {
  return ofSession(Kind.session, sessionNumber, 0);
}

export function willKey(sessionNumber: number): Buffer {
  return ofSession(Kind.will, sessionNumber, 0);
}

export function subscriptionKey(sessionNumber: number, topicFilter: string): Buffer {
  const text = textKey(topicFilter);
  const key = ofSession(Kind.subscription, sessionNumber, text.length);
  key.set(text, SESSION_PREFIX);
  return key;
}

/** A delivery in the queue of a session. */
export function queueKey(sessionNumber: number, position: number): Buffer {
  return ofSessionAndNumber(Kind.queue, sessionNumber, position);
}

/** Where the delivery of a message stands, when that does not follow from its messageId. */
export function placeKey(sessionNumber: number, messageId: number): Buffer {
  return ofSessionAndNumber(Kind.place, sessionNumber, messageId);
}

export function messageKey(messageId: number): Buffer {
  return numberKey(Kind.message, messageId);
}

/** How many deliveries and retained messages use a message, when it is more than one. */
export function usesKey(messageId: number): Buffer {
  return numberKey(Kind.uses, messageId);
}

export function retainedKey(topicName: string): Buffer {
  return Buffer.concat([Buffer.of(Kind.retained), textKey(topicName)]);
}

/** A message that is on its way to many. */
export function fanOutKey(messageId: number): Buffer {
  return numberKey(Kind.fanOut, messageId);
}

/** A session that was removed while rows of its subscriptions or its queue still stand. */
export function removedKey(sessionNumber: number): Buffer {
  return ofSession(Kind.removed, sessionNumber, 0);
}

/** From the first key of a kind to behind the last, of one session if one is given. */
export function keyRange(kind: Kind, sessionNumber?: number): { start: Buffer; end: Buffer } {
  if (sessionNumber === undefined) return { start: Buffer.of(kind), end: Buffer.of(kind + 1) };
  return { start: ofSession(kind, sessionNumber, 0), end: ofSession(kind, sessionNumber + 1, 0) };
}

/** The number that a key of journal, message, uses or fan-out, or a session's key, ends with. */
export function numberOfKey(key: Buffer): number {
  if (key.length === SESSION_PREFIX) return key.readUInt32BE(1);
  return key.readUInt32BE(key.length - 8) * 2 ** 32 + key.readUInt32BE(key.length - 4);
}

export type Kind = (typeof Kind)[keyof typeof Kind];
export const Kind = {
  journal: 2,
  session: 3,
  will: 4,
  subscription: 5,
  queue: 6,
  place: 7,
  message: 8,
  uses: 9,
  retained: 10,
  removed: 11,
  fanOut: 12,
} as const;

function ofSession(kind: Kind, sessionNumber: number, room: number): Buffer {
  const key = Buffer.allocUnsafe(SESSION_PREFIX + room);
  key[0] = kind;
  key.writeUInt32BE(sessionNumber, 1);
  return key;
}

function ofSessionAndNumber(kind: Kind, sessionNumber: number, value: number): Buffer {
  const key = ofSession(kind, sessionNumber, 8);
  writeNumber(key, value, SESSION_PREFIX);
  return key;
}

function numberKey(kind: Kind, value: number): Buffer {
  const key = Buffer.allocUnsafe(9);
  key[0] = kind;
  writeNumber(key, value, 1);
  return key;
}

function writeNumber(key: Buffer, value: number, offset: number): void {
  key.writeUInt32BE(Math.floor(value / 2 ** 32), offset);
  key.writeUInt32BE(value >>> 0, offset + 4);
}

/** Keys have a largest length, Topic Names have not: a long one is represented by its beginning and its digest. */
function textKey(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= LONGEST_WHOLE_TEXT) return Buffer.concat([Buffer.of(0), bytes]);
  const digest = createHash('sha256').update(bytes).digest();
  return Buffer.concat([Buffer.of(1), bytes.subarray(0, LONGEST_WHOLE_TEXT), digest]);
}

const SESSION_PREFIX = 5;
const LONGEST_WHOLE_TEXT = 200;
