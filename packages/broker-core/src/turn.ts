import type { SessionChange } from '@wellhead/session-store';
import { DeliveryRun } from './delivery-run.ts';
import type { ClientConnection } from './client-connection.ts';
import { type Fate, type Fates, giveUp, type Later } from './fate.ts';
import type { TurnWork } from './long-fan-out.ts';
import type { Session } from './session.ts';
import type { Undecided } from './undecided.ts';

/** One page of a session's queue. */
export interface PageRequest {
  readonly session: Session;
  readonly pageNumber: number;
  /** Who reads it, if it is not for the session's own client. */
  readonly reader?: { read(): void };
}

/**
 * What happened since the last turn of the driver: changes of durable state, committed together, and
 * connections that have something to say, written once each.
 */
export class Turn {
  changes: SessionChange[] = [];
  dirty: ClientConnection[] = [];
  /** Those who have something to say only since a message went to very many: they wait behind `dirty`. */
  crowd: ClientConnection[] = [];
  /** A message is going to very many. */
  isToMany = false;
  /** Connections that ask to go on with what they put off (a long chunk, a long queue). */
  continuing: ClientConnection[] = [];
  /** What takes more than one turn, in order. */
  work: TurnWork[] = [];
  /** Sessions whose next page of the queue is to be read once the changes are committed. */
  reading: PageRequest[] = [];
  /** Commits that have not settled. */
  unsettled = 0;
  /** Changes of failed commits that are to be tried again, in order, before any others. */
  retried: SessionChange[] = [];
  /** Grows with each turn: what is read, and what goes on at its end, is one. */
  number = 1;
  /** Work that was counted for all connections while they were read, or while they went on. */
  spent = 0;
  /** The work at which to look at the clock. */
  nextLook: number = WORK_BETWEEN_LOOKS;
  /** Who has a say in what becomes of a change of a failed commit. */
  readonly fates: Fates = new Map();
  /** QoS 2 messages in memory that the store may still refuse, by their identifiers. */
  readonly undecided: Map<number, Undecided> = new Map();
  /** What is to be done anew when the store may have recovered. */
  later: Later[] = [];
  #isAwake = false;
  #isEnding = false;
  readonly #run = new DeliveryRun();
  readonly #wake: () => void;

  /** `wake` asks the driver to end the turn soon; called once a turn. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  record(change: SessionChange, fate?: Fate): void {
    this.changes.push(change);
    if (fate !== undefined) this.#decides(fate, change);
    this.wake();
  }

  /** A waiting delivery has got its Packet Identifier. */
  recordSent(session: Session, messageId: number, packetId: number): void {
    this.#run.sent(this.changes, session, messageId, packetId);
    this.wake();
  }

  /** PUBREC has come. */
  recordReleased(session: Session, messageId: number): void {
    this.#run.released(this.changes, session, messageId);
    this.wake();
  }

  /** A delivery is over. */
  recordSettled(session: Session, messageId: number): void {
    this.#run.settled(this.changes, session, messageId);
    this.wake();
  }

  /** Hands over what is to be committed now, what is tried again first. */
  takeChanges(): SessionChange[] {
    const { changes, retried } = this;
    this.changes = [];
    this.#run.end();
    if (retried.length === 0) return changes;
    this.retried = [];
    return [...retried, ...changes];
  }

  /**
   * Records a message in front of its own copies, which were recorded while it was delivered: the
   * store keeps a queue in the order of the changes, and that must be the order of the identifiers.
   */
  recordMessage(
    change: Extract<SessionChange, { type: 'enqueued' }>,
    fate: Fate | undefined,
  ): void {
    const { changes } = this;
    if (fate !== undefined) this.#decides(fate, change);
    let at = changes.length;
    for (; at > 0; at--) {
      const previous = changes[at - 1];
      if (previous?.type !== 'enqueued') break;
      if (previous.message.messageId < change.message.messageId) break;
    }
    if (at === changes.length) changes.push(change);
    else changes.splice(at, 0, change);
    this.wake();
  }

  /** What a message in memory waits for, if it does. */
  undecidedOf(messageId: number): Undecided | undefined {
    return this.undecided.size === 0 ? undefined : this.undecided.get(messageId);
  }

  /** Nothing more of that client is to be committed. What is tried again came before: the end of its last session. */
  dropChangesOf(clientId: string): void {
    const isOf = (change: SessionChange): boolean =>
      'clientId' in change && change.clientId === clientId;
    const dropped = this.changes.filter(isOf);
    this.changes = this.changes.filter((change) => !isOf(change));
    for (const change of dropped) giveUp(this.fates, change);
    this.#run.end();
  }

  #decides(fate: Fate, change: SessionChange): void {
    this.fates.set(change, fate);
    fate.recorded?.(change);
  }

  /** Something has changed that is not known to be kept yet: what stands for it must wait. */
  get hasUnsettled(): boolean {
    return this.changes.length > 0 || this.unsettled > 0 || this.retried.length > 0;
  }

  touch(connection: ClientConnection): void {
    if (connection.dirty) return;
    connection.dirty = true;
    (this.isToMany ? this.crowd : this.dirty).push(connection);
    this.wake();
  }

  /**
   * Takes out at most `count` connections to write to, in the order in which they came; half of the room
   * is for each list, if it has as many. So a message between two does not wait for one to thousands.
   */
  takeDirty(count: number): ClientConnection[] {
    const { crowd, dirty } = this;
    const few = Math.min(dirty.length, Math.max(count >> 1, count - crowd.length));
    const many = Math.min(crowd.length, count - few);
    this.dirty = few === dirty.length ? [] : dirty.splice(few);
    if (many === 0) return dirty;
    this.crowd = crowd.splice(many);
    return dirty.length === 0 ? crowd : dirty.concat(crowd);
  }

  /** Not all that were taken out could be written to: the rest comes first the next time. */
  putBack(connections: readonly ClientConnection[]): void {
    this.dirty = [...connections, ...this.dirty];
  }

  /** Somebody is still to be written to. */
  get isDirty(): boolean {
    return this.dirty.length > 0 || this.crowd.length > 0;
  }

  continueLater(connection: ClientConnection): void {
    if (connection.continues) return;
    connection.continues = true;
    this.continuing.push(connection);
    this.wake();
  }

  workOn(work: TurnWork): void {
    this.work.push(work);
    this.wake();
  }

  readLater(request: PageRequest): void {
    this.reading.push(request);
    this.wake();
  }

  /** Hands over {@link reading}: who comes from now on waits for a later commit. */
  takeReading(): readonly PageRequest[] {
    const { reading } = this;
    if (reading.length === 0) return NOBODY;
    this.reading = [];
    return reading;
  }

  /** They are to be read behind a later commit, ahead of those that came meanwhile. */
  putOffReading(requests: readonly PageRequest[]): void {
    this.reading = [...requests, ...this.reading];
  }

  /** Those whose output stands for changes of this turn, out of all that have some. */
  takeGated(): readonly ClientConnection[] {
    const gated = [...this.dirty, ...this.crowd].filter((connection) => connection.gated);
    if (gated.length === 0) return gated;
    this.dirty = this.dirty.filter((connection) => !connection.gated);
    this.crowd = this.crowd.filter((connection) => !connection.gated);
    return gated;
  }

  /** Its end has been asked for. */
  get isAwake(): boolean {
    return this.#isAwake;
  }

  wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.#wake();
  }

  /** The caller ends the turn, so that nobody need ask for it. False when its end is asked for already, or is under way. */
  holdOpen(): boolean {
    if (this.#isAwake || this.#isEnding) return false;
    this.#isAwake = true;
    return true;
  }

  /** The caller of {@link holdOpen} does not end it after all. */
  letGo(): void {
    this.#isAwake = false;
    this.wake();
  }

  /** The driver is ending the turn: what comes from now on belongs to the next one. */
  begin(): void {
    this.#isAwake = false;
    this.#isEnding = true;
    this.isToMany = false; // should a delivery have thrown
  }

  /** It has ended, and what is read now is the next one's. */
  end(): void {
    this.#isEnding = false;
    this.number++;
    this.countAnew();
  }

  /** What was spent until now is none of those who come next. */
  countAnew(): void {
    this.spent = 0;
    this.nextLook = WORK_BETWEEN_LOOKS;
  }
}

/** How many connections, one at least, have no more to say together than so many bytes; those that can say nothing now have nothing. */
export function countWithin(bytes: number, connections: readonly ClientConnection[]): number {
  let left = bytes;
  let count = 0;
  for (const { closing, congested, outbox } of connections) {
    if (left <= 0) return count;
    if (!congested || closing) left -= outbox.bytes;
    count++;
  }
  return count;
}

const NOBODY: readonly PageRequest[] = [];
/** Some tens of messages. */
export const WORK_BETWEEN_LOOKS = 160;
