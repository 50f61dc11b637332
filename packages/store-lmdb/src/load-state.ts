import { type MessageRecord, plainMessage, messageBytes } from '@wellhead/session-store';
import type { Database } from './database.ts';
import { Content, Delivery, type DeliveryState } from './delivery.ts';
import { JournalEntry, type JournalSink, replay, weightOf } from './journal.ts';
import { keyRange, Kind, numberOfKey } from './keys.ts';
import { endContent } from './messages.ts';
import { endDelivery, releaseDelivery } from './queues.ts';
import { readSession } from './session-codec.ts';
import { loadRemoved } from './sessions.ts';
import { StoreState } from './store-state.ts';
import { StoredSession } from './stored-session.ts';

/** Reads what memory holds of the store: the rows of sessions, and the journal over them. */
export function loadState(database: Database): StoreState {
  const state = new StoreState(database);
  const byNumber = new Map<number, StoredSession>();
  const sessions = keyRange(Kind.session);
  for (const { key, value } of database.range(sessions.start, sessions.end)) {
    const number = numberOfKey(key);
    const session = StoredSession.fromRow(number, readSession(value), state.counters.lastPlace);
    byNumber.set(number, session);
    state.sessions.set(session.clientId, session);
    state.deliveries += session.rowDeliveries;
  }
  loadRemoved(state);
  loadJournal(state, byNumber);
  return state;
}

function loadJournal(state: StoreState, sessions: ReadonlyMap<number, StoredSession>): void {
  const { start, end } = keyRange(Kind.journal);
  for (const { key, value } of state.database.range(start, end)) {
    const entry = new JournalEntry(numberOfKey(key));
    replay(value, new Replay(state, sessions, entry));
    entry.weight = weightOf(value, entry);
    state.journal.add(entry);
  }
  for (const content of state.contents.values()) {
    if (content.uses === 0) endContent(state, content);
  }
  for (const session of sessions.values()) session.sortQueue();
}

/**
 * Brings memory to where it was. Rows are in that state already, so an operation that finds nothing to change here
 * was about a row, or about a session that is gone. Contents without use stay until the end: an entry names what
 * ended before what began.
 */
class Replay implements JournalSink {
  readonly #state: StoreState;
  readonly #sessions: ReadonlyMap<number, StoredSession>;
  readonly #entry: JournalEntry;

  constructor(
    state: StoreState,
    sessions: ReadonlyMap<number, StoredSession>,
    entry: JournalEntry,
  ) {
    this.#state = state;
    this.#sessions = sessions;
    this.#entry = entry;
  }

  content(message: MessageRecord, isRetained: boolean): void {
    const before = this.#state.contents.get(message.messageId);
    if (before) endContent(this.#state, before); // nobody uses it, or it would not have come again
    const content = new Content(owned(message), this.#entry);
    content.isRetained = isRetained;
    content.uses = isRetained ? 1 : 0;
    this.#state.contents.set(content.messageId, content);
    this.#state.contentBytes += messageBytes(message);
    this.#entry.contents.push(content);
    this.#entry.live++;
  }

  delivery(sessionNumber: number, position: number, what: DeliveryState): void {
    const session = this.#sessions.get(sessionNumber);
    if (session === undefined) return;
    const content = what.released ? undefined : this.#state.contents.get(what.messageId);
    if (content) content.uses++;
    const delivery = new Delivery(session, what, position, content, this.#entry);
    session.add(delivery);
    this.#state.deliveries++;
    this.#entry.deliveries.push(delivery);
    this.#entry.live++;
  }

  sent(sessionNumber: number, messageId: number, packetId: number, position: number): void {
    const delivery = this.#find(sessionNumber, messageId);
    if (delivery) delivery.session.sent(delivery, packetId, position);
  }

  released(sessionNumber: number, messageId: number): void {
    const delivery = this.#find(sessionNumber, messageId);
    if (delivery === undefined || delivery.released) return;
    if (delivery.content) delivery.content.uses--;
    releaseDelivery(delivery);
  }

  settled(sessionNumber: number, messageId: number): void {
    const delivery = this.#find(sessionNumber, messageId);
    if (delivery === undefined) return;
    if (delivery.content) delivery.content.uses--;
    endDelivery(this.#state, delivery);
  }

  /** In the order of receipt, whatever the row already says. */
  received(sessionNumber: number, packetId: number): void {
    const session = this.#sessions.get(sessionNumber);
    if (session === undefined) return;
    const received = (session.received ??= new Set());
    received.delete(packetId);
    received.add(packetId);
    (this.#entry.received ??= new Set()).add(session);
  }

  receiptReleased(sessionNumber: number, packetId: number): void {
    const session = this.#sessions.get(sessionNumber);
    if (session === undefined) return;
    session.received?.delete(packetId);
    (this.#entry.received ??= new Set()).add(session);
  }

  retained(messageId: number, isRetained: boolean): void {
    const content = this.#state.contents.get(messageId);
    if (content === undefined || content.isRetained === isRetained) return;
    content.isRetained = isRetained;
    content.uses += isRetained ? 1 : -1;
  }

  #find(sessionNumber: number, messageId: number): Delivery | undefined {
    return this.#sessions.get(sessionNumber)?.find(messageId);
  }
}

/** Bytes of its own, so that one message does not keep a whole entry in memory. */
function owned(message: MessageRecord): MessageRecord {
  const { payload, properties } = message;
  return {
    ...plainMessage(message),
    payload: Buffer.from(payload),
    properties: properties && Buffer.from(properties),
  };
}
