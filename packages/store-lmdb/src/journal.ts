import { ByteReader, DamagedRecord } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { type Content, type Delivery, readDelivery, writeDelivery } from './delivery.ts';
import type { DeliveryState } from './delivery.ts';
import { readMessage, writeMessage } from './message-codec.ts';
import type { MessageRecord } from '@wellhead/session-store';
import type { StoredSession } from './stored-session.ts';

/** One commit, as the journal keeps it: what it brought and is still in use. */
export class JournalEntry {
  readonly number: number;
  /** What it costs: its bytes in the file, and an estimate for its objects in memory. */
  weight = 0;
  /** Contents and deliveries that are still in use. */
  live = 0;
  contents: Content[] = [];
  deliveries: Delivery[] = [];
  /** Sessions whose inbound Packet Identifiers it changed. */
  received: Set<StoredSession> | undefined;

  constructor(number: number) {
    this.number = number;
  }

  /** One of its contents or deliveries is in use no more. */
  ended(): void {
    this.live--;
    if (this.live > 0) return;
    this.contents = [];
    this.deliveries = [];
  }
}

/**
 * Most messages are delivered soon after they came. So a commit does not make rows of them: all that it brings goes
 * into one journal entry, a single value, and what is delivered before its entry grows old never gets a row. Entries
 * leave in the order in which they came. Those that begin the journal and hold nothing that is in use are removed;
 * when the journal is larger than its limit, what is in use in the first entry moves to rows.
 *
 * At start the entries are replayed in order over the rows, which gives what was in memory. Because an entry only leaves after all before
 * it have left, what it says of deliveries that are gone or have a row is skipped.
 */
export class Journal {
  #current: JournalEntry;
  readonly #entries: JournalEntry[] = [];
  #head = 0;
  readonly #writer = new ByteWriter(64 * 1024);
  /** Of all entries but the current one. */
  weight = 0;

  constructor(nextNumber: number) {
    this.#current = new JournalEntry(nextNumber);
  }

  /** The entry of the commits that are being applied. */
  get current(): JournalEntry {
    return this.#current;
  }

  get first(): JournalEntry | undefined {
    return this.#entries[this.#head];
  }

  sent(delivery: Delivery): void {
    if (delivery.entry === this.#current) return;
    this.#operation(Operation.sent, delivery.session, delivery.messageId);
    this.#writer.varint(delivery.packetId);
    this.#writer.varint(delivery.position);
  }

  released(delivery: Delivery): void {
    if (delivery.entry === this.#current) return;
    this.#operation(Operation.released, delivery.session, delivery.messageId);
  }

  /** What came and ended within one entry is never written. */
  settled(delivery: Delivery): void {
    if (delivery.entry === this.#current) return;
    this.#operation(Operation.settled, delivery.session, delivery.messageId);
  }

  received(session: StoredSession, packetId: number): void {
    this.#operation(Operation.received, session, packetId);
    (this.#current.received ??= new Set()).add(session);
  }

  receiptReleased(session: StoredSession, packetId: number): void {
    this.#operation(Operation.receiptReleased, session, packetId);
    (this.#current.received ??= new Set()).add(session);
  }

  retained(content: Content): void {
    if (content.entry === this.#current) return;
    this.#writer.uint8(content.isRetained ? Operation.retained : Operation.unretained);
    this.#writer.varint(content.messageId);
  }

  /** Removes the first entry, for which the caller has seen to all that is in use in it. */
  removeFirst(): void {
    const { first } = this;
    if (first === undefined) return;
    this.weight -= first.weight;
    this.#head++;
    if (this.#head === this.#entries.length || this.#head > 1024) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /**
   * Ends the current entry and begins the next. Gives the bytes to write, valid until an operation of the next one;
   * undefined when no replay would need them.
   */
  end(): Uint8Array | undefined {
    const entry = this.#current;
    this.#current = new JournalEntry(entry.number + 1);
    if (entry.live === 0 && (this.first === undefined || this.#writer.length === 0)) {
      this.#writer.clear();
      return undefined;
    }
    for (const content of entry.contents) this.#content(content, entry);
    for (const delivery of entry.deliveries) this.#delivery(delivery, entry);
    const bytes = this.#writer.view();
    this.#writer.clear();
    entry.weight = weightOf(bytes, entry);
    this.add(entry);
    return bytes;
  }

  /** Appends an entry that was read back. */
  add(entry: JournalEntry): void {
    this.#entries.push(entry);
    this.weight += entry.weight;
  }

  #operation(operation: Operation, session: StoredSession, value: number): void {
    this.#writer.uint8(operation);
    this.#writer.varint(session.number);
    this.#writer.varint(value);
  }

  #content(content: Content, entry: JournalEntry): void {
    if (content.entry !== entry || content.record === undefined) return;
    this.#writer.uint8(content.isRetained ? Operation.retainedContent : Operation.content);
    this.#writer.varint(content.messageId);
    writeMessage(content.record, this.#writer);
  }

  #delivery(delivery: Delivery, entry: JournalEntry): void {
    if (delivery.entry !== entry) return;
    this.#writer.uint8(Operation.delivery);
    this.#writer.varint(delivery.session.number);
    this.#writer.varint(delivery.position);
    writeDelivery(delivery, this.#writer);
  }
}

/** What an entry costs in the file and in memory. */
export function weightOf(bytes: Uint8Array, entry: JournalEntry): number {
  const { contents, deliveries, received } = entry;
  return (
    bytes.length +
    OBJECTS_OF_ENTRY +
    (received?.size ?? 0) * OBJECTS_OF_RECEIPTS +
    contents.length * OBJECTS_OF_CONTENT +
    deliveries.length * OBJECTS_OF_DELIVERY
  );
}

/** What a replay does with each operation of an entry. */
export interface JournalSink {
  content(message: MessageRecord, isRetained: boolean): void;
  delivery(sessionNumber: number, position: number, state: DeliveryState): void;
  sent(sessionNumber: number, messageId: number, packetId: number, position: number): void;
  released(sessionNumber: number, messageId: number): void;
  settled(sessionNumber: number, messageId: number): void;
  received(sessionNumber: number, packetId: number): void;
  receiptReleased(sessionNumber: number, packetId: number): void;
  retained(messageId: number, isRetained: boolean): void;
}

/** Tells a sink what an entry says, in order. */
export function replay(bytes: Uint8Array, sink: JournalSink): void {
  const from = new ByteReader(bytes);
  while (!from.done) replayOne(from.uint8(), from, sink);
}

function replayOne(operation: number, from: ByteReader, sink: JournalSink): void {
  switch (operation) {
    case Operation.content:
    case Operation.retainedContent:
      return sink.content(
        readMessage(from.varint(), from),
        operation === Operation.retainedContent,
      );
    case Operation.delivery:
      return sink.delivery(from.varint(), from.varint(), readDelivery(from));
    case Operation.sent:
      return sink.sent(from.varint(), from.varint(), from.varint(), from.varint());
    case Operation.released:
      return sink.released(from.varint(), from.varint());
    case Operation.settled:
      return sink.settled(from.varint(), from.varint());
    case Operation.received:
      return sink.received(from.varint(), from.varint());
    case Operation.receiptReleased:
      return sink.receiptReleased(from.varint(), from.varint());
    case Operation.retained:
    case Operation.unretained:
      return sink.retained(from.varint(), operation === Operation.retained);
    default:
      throw new DamagedRecord(`journal operation ${operation} does not exist`);
  }
}

type Operation = (typeof Operation)[keyof typeof Operation];
const Operation = {
  content: 1,
  retainedContent: 2,
  delivery: 3,
  sent: 4,
  released: 5,
  settled: 6,
  received: 7,
  receiptReleased: 8,
  retained: 9,
  unretained: 10,
} as const;

/** With its row. */
const OBJECTS_OF_ENTRY = 200;
/** Of one session. */
const OBJECTS_OF_RECEIPTS = 160;
const OBJECTS_OF_CONTENT = 250;
const OBJECTS_OF_DELIVERY = 200;
