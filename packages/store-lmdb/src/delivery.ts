import {
  type DeliveryRecord,
  identifierBytes,
  type MessageRecord,
  messageBytes,
} from '@wellhead/session-store';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { JournalEntry } from './journal.ts';
import type { StoredSession } from './stored-session.ts';

/** A message whose bytes are in the journal, and in memory. It moves to a row of its own when its entry grows old. */
export class Content {
  readonly messageId: number;
  readonly size: number;
  /** Undefined when nobody needs it any more. */
  record: MessageRecord | undefined;
  /** The entry that holds its bytes; undefined when a row does. */
  entry: JournalEntry | undefined;
  /** Deliveries and retained messages that need it. */
  uses = 0;
  isRetained = false;

  constructor(record: MessageRecord, entry: JournalEntry) {
    this.messageId = record.messageId;
    this.size = messageBytes(record);
    this.record = record;
    this.entry = entry;
  }
}

/** What a delivery is, wherever it is kept. */
export interface DeliveryState {
  readonly messageId: number;
  readonly packetId: number;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly released: boolean;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  readonly sharedFilter: string | undefined;
  /** Bytes of its content; 0 when it is released. */
  readonly size: number;
}

/** A delivery that the journal holds, and memory. */
export class Delivery implements DeliveryState {
  readonly session: StoredSession;
  readonly messageId: number;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly sharedFilter: string | undefined;
  subscriptionIdentifiers: readonly number[] | undefined;
  size: number;
  packetId: number;
  released: boolean;
  position: number;
  /** Undefined when its message has a row. */
  content: Content | undefined;
  /** The entry that holds it; undefined when it is over, or has a row. */
  entry: JournalEntry | undefined;

  constructor(
    session: StoredSession,
    state: DeliveryState,
    position: number,
    content: Content | undefined,
    entry: JournalEntry,
  ) {
    this.session = session;
    this.messageId = state.messageId;
    this.qos = state.qos;
    this.retain = state.retain;
    this.subscriptionIdentifiers = state.subscriptionIdentifiers;
    this.sharedFilter = state.sharedFilter;
    this.size = state.size;
    this.packetId = state.packetId;
    this.released = state.released;
    this.position = position;
    this.content = content;
    this.entry = entry;
  }
}

/** Of one that has come, or was read. */
export function stateOf(
  message: MessageRecord,
  { packetId, qos, retain, subscriptionIdentifiers, sharedFilter, released = false }: DeliveryInfo,
): DeliveryState {
  const { messageId } = message;
  const size = released ? 0 : messageBytes(message);
  return {
    messageId,
    packetId,
    qos,
    retain,
    released,
    subscriptionIdentifiers,
    sharedFilter,
    size,
  };
}

type DeliveryInfo = Omit<DeliveryRecord, 'clientId' | 'epoch'> & { readonly released?: boolean };

/** What it counts for in its session's queue. */
export function queueBytes(delivery: DeliveryState): number {
  const { released, size, subscriptionIdentifiers } = delivery;
  return released ? 0 : size + identifierBytes(subscriptionIdentifiers);
}

export function writeDelivery(state: DeliveryState, to: ByteWriter): void {
  const { subscriptionIdentifiers: identifiers, sharedFilter } = state;
  to.varint(state.messageId);
  to.varint(state.packetId);
  to.uint8(
    (state.qos === 2 ? QOS_2 : 0) |
      (state.retain ? RETAIN : 0) |
      (state.released ? RELEASED : 0) |
      (identifiers ? HAS_IDENTIFIERS : 0) |
      (sharedFilter === undefined ? 0 : HAS_SHARED_FILTER),
  );
  to.varint(state.size);
  if (identifiers) {
    to.varint(identifiers.length);
    for (const identifier of identifiers) to.varint(identifier);
  }
  if (sharedFilter !== undefined) to.string(sharedFilter);
}

export function readDelivery(from: ByteReader): DeliveryState {
  const messageId = from.varint();
  const packetId = from.varint();
  const flags = from.uint8();
  const size = from.varint();
  return {
    messageId,
    packetId,
    qos: (flags & QOS_2) === 0 ? 1 : 2,
    retain: (flags & RETAIN) !== 0,
    released: (flags & RELEASED) !== 0,
    subscriptionIdentifiers: (flags & HAS_IDENTIFIERS) === 0 ? undefined : readIdentifiers(from),
    sharedFilter: (flags & HAS_SHARED_FILTER) === 0 ? undefined : from.string(),
    size,
  };
}

function readIdentifiers(from: ByteReader): number[] {
  const identifiers: number[] = [];
  for (let left = from.varint(); left > 0; left--) identifiers.push(from.varint());
  return identifiers;
}

const QOS_2 = 1;
const RETAIN = 2;
const RELEASED = 4;
const HAS_IDENTIFIERS = 8;
const HAS_SHARED_FILTER = 16;
