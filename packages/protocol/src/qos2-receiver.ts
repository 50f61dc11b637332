/**
 * Receiving half of QoS 2, MQTT 5.0 section 4.3.3: the Packet Identifiers whose PUBREL has not
 * come. Session state.
 *
 * The peer chooses the identifiers, so they are kept in pages of 256, one byte each: constant time
 * for any choice, some hundred bytes for identifiers that count up, and at most 64 KB for all of
 * them. A page is let go when it is empty and no longer the newest; `trim` lets go of that one too.
 */
export class Qos2Receiver {
  #pages: Map<number, Page> | undefined = undefined;
  #newest: Page | undefined = undefined;
  #size = 0;

  /** Identifiers whose PUBREL has not come. */
  get size(): number {
    return this.#size;
  }

  has(packetId: number): boolean {
    return this.#state(packetId) !== FREE;
  }

  /**
   * A PUBLISH has come. True: it is new, deliver it. False: it repeats one whose PUBREL has not
   * come, answer PUBREC and deliver nothing. The identifier decides, never DUP. [MQTT-4.3.3-10]
   */
  publish(packetId: number): boolean {
    return this.#hold(packetId, COUNTED);
  }

  /**
   * PUBREL has come: the next PUBLISH with this identifier is a new message [MQTT-4.3.3-12]. False:
   * it was unknown, answer PUBCOMP 0x92.
   */
  release(packetId: number): boolean {
    const index = packetId >> PAGE_BITS;
    const page = this.#page(index);
    if (page === undefined || page.states[packetId & PAGE_MASK] === FREE) return false;
    page.states[packetId & PAGE_MASK] = FREE;
    page.held--;
    this.#size--;
    if (page.held === 0 && page !== this.#newest) this.#pages?.delete(index);
    return true;
  }

  /**
   * PUBREC with 0x80 or more is sent: that ends the exchange, and the identifier means a new
   * message next. [MQTT-4.3.3-9]
   */
  refuse(packetId: number): boolean {
    return this.release(packetId);
  }

  /**
   * A new Network Connection: the identifiers stay, and none of them counts in its Receive Maximum
   * until its PUBLISH comes again.
   */
  connected(): void {
    for (const page of this.#pages?.values() ?? []) {
      for (let i = 0; i < PAGE_SIZE; i++) if (page.states[i] === COUNTED) page.states[i] = HELD;
    }
  }

  /**
   * True when the PUBLISH of a held identifier came on this connection, so that it counts in the
   * Receive Maximum. Asked before `publish` it says whether a `ReceiveQuota` already has it; asked
   * before `release` or `refuse`, whether to give it back.
   */
  counted(packetId: number): boolean {
    return this.#state(packetId) === COUNTED;
  }

  /** Puts back identifiers that a store kept. */
  restore(packetIds: Iterable<number>): void {
    for (const packetId of packetIds) this.#hold(packetId, HELD);
  }

  /** All identifiers held, in no order that matters. */
  *ids(): Generator<number, void, undefined> {
    for (const [index, page] of this.#pages ?? []) {
      for (let i = 0; i < PAGE_SIZE; i++)
        if (page.states[i] !== FREE) yield (index << PAGE_BITS) | i;
    }
  }

  /** The session has ended. */
  clear(): void {
    this.#pages = undefined;
    this.#newest = undefined;
    this.#size = 0;
  }

  /** Lets go of the storage when nothing is held; for a connection that has gone idle. */
  trim(): void {
    if (this.#size === 0) this.clear();
  }

  #state(packetId: number): number {
    return this.#page(packetId >> PAGE_BITS)?.states[packetId & PAGE_MASK] ?? FREE;
  }

  #hold(packetId: number, state: number): boolean {
    const page = this.#openPage(packetId >> PAGE_BITS);
    const isNew = page.states[packetId & PAGE_MASK] === FREE;
    page.states[packetId & PAGE_MASK] = state;
    if (!isNew) return false;
    page.held++;
    this.#size++;
    return true;
  }

  #page(index: number): Page | undefined {
    const newest = this.#newest;
    return newest !== undefined && newest.index === index ? newest : this.#pages?.get(index);
  }

  #openPage(index: number): Page {
    const newest = this.#newest;
    if (newest !== undefined && newest.index === index) return newest;
    this.#pages ??= new Map();
    if (newest !== undefined && newest.held === 0) this.#pages.delete(newest.index);
    let page = this.#pages.get(index);
    if (page === undefined) {
      page = new Page(index);
      this.#pages.set(index, page);
    }
    this.#newest = page;
    return page;
  }
}

class Page {
  readonly index: number;
  readonly states: Uint8Array = new Uint8Array(PAGE_SIZE);
  held = 0;

  constructor(index: number) {
    this.index = index;
  }
}

const PAGE_BITS = 8;
const PAGE_SIZE = 256;
const PAGE_MASK = 255;

const FREE = 0;
const HELD = 1;
/** Held, and its PUBLISH came on this connection. */
const COUNTED = 2;
