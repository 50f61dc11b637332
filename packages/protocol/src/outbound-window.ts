import { AckOutcome } from './ack-outcome.ts';
import { IdentifierRing } from './identifier-ring.ts';

/**
 * Sending half of QoS 1 and 2, MQTT 5.0 sections 4.3.2, 4.3.3, 4.4 and 4.9: Packet Identifiers,
 * send quota, acknowledgements and the re-sending after a reconnect, towards one peer.
 *
 * The exchanges are session state and outlive connections; the quota belongs to one connection and
 * starts with `connected`. `M` is whatever the owner needs to send a message again; it is kept
 * until the exchange has ended. Every call but `connected`, `forEach` and `clear` is O(1) amortised
 * and makes no object. Storage is made at the first exchange, grows with the number in flight, and
 * is let go when nothing is in flight and it had grown large; `trim` lets go of a small one.
 */
export class OutboundWindow<M> {
  /**
   * What was kept for the exchange that the last `puback`, `pubrec` or `pubcomp` was about;
   * undefined after `Unknown`.
   */
  lastMessage: M | undefined = undefined;
  /** Its QoS; 0 after `Unknown`. */
  lastQoS: 0 | 1 | 2 = 0;
  /** What `resendNext` found: with `resendReleased` send PUBREL, otherwise PUBLISH with DUP = 1. */
  resendPacketId = 0;
  resendQoS: 1 | 2 = 1;
  resendReleased = false;
  resendMessage: M | undefined = undefined;

  #ring: IdentifierRing<M> | undefined = undefined;
  #nextPacketId = 1;
  #reserved = 0;
  #receiveMaximum = 0;
  #quota = 0;
  #pending = 0;
  /**
   * Where re-sending stands, as Packet Identifiers because slots move when the ring grows; 0 is the
   * end.
   */
  #resendCursor = 0;
  #pubrelCursor = 0;

  /** Exchanges in flight, those of earlier connections included. */
  get size(): number {
    return this.#ring === undefined ? 0 : this.#ring.size - this.#reserved;
  }

  /**
   * How many more QoS 1 and 2 PUBLISH packets may be sent on this connection; 0 before the first
   * `connected`.
   */
  get quota(): number {
    return this.#quota;
  }

  /**
   * Something of before this connection has not been re-sent yet; `send` gives 0 as long as that is
   * so.
   */
  get resending(): boolean {
    return this.#pending !== 0;
  }

  /**
   * A new Network Connection, with the peer's Receive Maximum (65,535 when it sent none, and for
   * MQTT 3.x). The quota is not session state: it starts afresh, and an exchange counts only once
   * its PUBLISH was sent again on this connection.
   */
  connected(receiveMaximum: number): void {
    if (
      !Number.isInteger(receiveMaximum) ||
      receiveMaximum < 1 ||
      receiveMaximum > MAXIMUM_PACKET_ID
    ) {
      throw new TypeError(
        `receiveMaximum must be an integer from 1 to 65535, not ${receiveMaximum}`,
      ); // [MQTT-4.9.0-1]
    }
    this.#receiveMaximum = receiveMaximum;
    this.#quota = receiveMaximum;
    this.#pending = 0;
    this.#resendCursor = 0;
    const ring = this.#ring;
    if (ring === undefined) return;
    for (let slot = ring.first(); slot >= 0; slot = ring.after(slot)) {
      const state = ring.state(slot);
      if ((state & RESERVED) !== 0) continue;
      ring.setState(slot, (state & ~COUNTED) | PENDING);
      if (this.#pending++ === 0) this.#resendCursor = ring.packetId(slot);
    }
    this.#pubrelCursor = this.#resendCursor;
  }

  /**
   * Starts an exchange and returns the Packet Identifier for its PUBLISH with DUP = 0; 0 when it
   * has to wait: the quota is used up, older exchanges are still to be re-sent, or all identifiers
   * are in use. [MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT-4.9.0-2]
   */
  send(qos: 1 | 2, message: M | undefined): number {
    if (this.#quota === 0 || this.#pending !== 0) return 0;
    const packetId = (this.#ring ?? this.#open(this.#nextPacketId)).take(qos | COUNTED, message);
    if (packetId !== 0) this.#quota--;
    return packetId;
  }

  /**
   * Puts back an exchange that a store kept, oldest first and before `connected`. Throws TypeError
   * for an identifier that is in use or out of range.
   */
  restore(packetId: number, qos: 1 | 2, released: boolean, message: M | undefined): void {
    if (!Number.isInteger(packetId) || packetId < 1 || packetId > MAXIMUM_PACKET_ID) {
      throw new TypeError(`Packet Identifier ${packetId} is not an integer from 1 to 65535`);
    }
    if (released && qos !== 2) throw new TypeError('only a QoS 2 exchange can be past its PUBREC');
    const ring = this.#ring ?? this.#open(packetId);
    if (!ring.takeExactly(packetId, qos | PENDING | (released ? RELEASED : 0), message)) {
      throw new TypeError(`Packet Identifier ${packetId} is already in use`);
    }
    this.#pending++;
    if (this.#resendCursor === 0) this.#resendCursor = packetId;
    if (this.#pubrelCursor === 0) this.#pubrelCursor = packetId;
  }

  /**
   * PUBACK, whatever its Reason Code, ends a QoS 1 exchange. `Unknown`, `Completed`, or `Violation`
   * for a QoS 2 exchange.
   */
  puback(packetId: number): AckOutcome {
    const slot = this.#find(packetId);
    if (slot < 0) return AckOutcome.Unknown;
    if (this.lastQoS !== 1) return AckOutcome.Violation;
    this.#complete(packetId, slot);
    return AckOutcome.Completed;
  }

  /**
   * PUBREC. `Release`: answer PUBREL. `ReleaseAgain`: it is a repeat, answer PUBREL again.
   * `Completed`: the Reason Code was 0x80 or more, nothing is answered. `Unknown`: answer PUBREL
   * 0x92. `Violation`: the exchange is one of QoS 1.
   */
  pubrec(packetId: number, reasonCode: number): AckOutcome {
    const slot = this.#find(packetId);
    if (slot < 0) return AckOutcome.Unknown;
    if (this.lastQoS !== 2) return AckOutcome.Violation;
    const ring = this.#ringInUse();
    const state = ring.state(slot);
    if ((state & RELEASED) === 0 && reasonCode >= 0x80) {
      this.#complete(packetId, slot); // [MQTT-4.4.0-2]
      return AckOutcome.Completed;
    }
    // [MQTT-4.3.3-6] no PUBLISH from here on; it keeps its place in the quota until PUBCOMP. The
    // PUBREL that answers now is also the re-sending, if that was still to come.
    if ((state & PENDING) !== 0) this.#pending--;
    ring.setState(slot, (state & ~PENDING) | RELEASED);
    return (state & RELEASED) === 0 ? AckOutcome.Release : AckOutcome.ReleaseAgain;
  }

  /**
   * PUBCOMP ends a QoS 2 exchange. `Unknown`, `Completed`, or `Violation`: QoS 1, or no PUBREC came
   * before.
   */
  pubcomp(packetId: number): AckOutcome {
    const slot = this.#find(packetId);
    if (slot < 0) return AckOutcome.Unknown;
    if ((this.#ringInUse().state(slot) & RELEASED) === 0) return AckOutcome.Violation;
    this.#complete(packetId, slot);
    return AckOutcome.Completed;
  }

  /**
   * Finds what is to be sent again now and fills the `resend…` fields; false when nothing (more)
   * can be sent now: call again after acknowledgements. Order is the original one [MQTT-4.6.0-1]. A
   * PUBLISH takes one of the quota like a new one; PUBREL takes none and therefore overtakes
   * PUBLISH packets that the quota holds back [MQTT-3.3.4-10].
   */
  resendNext(): boolean {
    this.resendMessage = undefined;
    if (this.#pending === 0) return false;
    const ring = this.#ringInUse();
    let slot = this.#nextPending(ring, this.#resendCursor, PENDING);
    this.#resendCursor = slot < 0 ? 0 : ring.packetId(slot);
    if (slot >= 0 && this.#quota === 0 && (ring.state(slot) & RELEASED) === 0) {
      slot = this.#nextPending(ring, this.#pubrelCursor, PENDING | RELEASED);
      this.#pubrelCursor = slot < 0 ? 0 : ring.packetId(slot);
    }
    if (slot < 0) return false;
    this.#resend(ring, slot);
    return true;
  }

  has(packetId: number): boolean {
    const ring = this.#ring;
    if (ring === undefined) return false;
    const slot = ring.slot(packetId);
    return slot >= 0 && (ring.state(slot) & RESERVED) === 0;
  }

  /** Visits every exchange in sending order. The window must not be changed meanwhile. */
  forEach(
    visit: (packetId: number, qos: 1 | 2, released: boolean, message: M | undefined) => void,
  ): void {
    const ring = this.#ring;
    if (ring === undefined) return;
    for (let slot = ring.first(); slot >= 0; slot = ring.after(slot)) {
      const state = ring.state(slot);
      if ((state & RESERVED) === 0)
        visit(ring.packetId(slot), qosOf(state), (state & RELEASED) !== 0, ring.value(slot));
    }
  }

  /**
   * Keeps something else for an exchange, for example less once PUBREC has come; false when there
   * is no such exchange.
   */
  replaceMessage(packetId: number, message: M | undefined): boolean {
    if (!this.has(packetId)) return false;
    const ring = this.#ringInUse();
    ring.setValue(ring.slot(packetId), message);
    return true;
  }

  /**
   * Ends an exchange without an acknowledgement, frees its identifier and its place in the quota,
   * and returns what was kept. Meant for a PUBLISH that was not written in the end (too large,
   * say): a peer that has seen it still counts it and knows its identifier.
   */
  drop(packetId: number): M | undefined {
    const slot = this.#find(packetId);
    if (slot < 0) return undefined;
    const message = this.lastMessage;
    this.#complete(packetId, slot);
    this.lastMessage = undefined;
    return message;
  }

  /**
   * Takes an identifier for SUBSCRIBE or UNSUBSCRIBE: a client has one space for these and for
   * PUBLISH [MQTT-2.2.1-3]. It costs no quota; 0 when all are in use. `unreserve` frees it.
   */
  reserve(): number {
    const packetId = (this.#ring ?? this.#open(this.#nextPacketId)).take(RESERVED, undefined);
    if (packetId !== 0) this.#reserved++;
    return packetId;
  }

  /** Frees an identifier that `reserve` gave; false when it is none. */
  unreserve(packetId: number): boolean {
    const ring = this.#ring;
    const slot = ring === undefined ? -1 : ring.slot(packetId);
    if (ring === undefined || slot < 0 || (ring.state(slot) & RESERVED) === 0) return false;
    this.#reserved--;
    this.#free(ring, packetId, slot);
    return true;
  }

  /** The session has ended: forgets every exchange, reserved identifiers too. */
  clear(): void {
    if (this.#ring !== undefined) this.#nextPacketId = this.#ring.nextPacketId;
    this.#ring = undefined;
    this.#reserved = 0;
    this.#quota = this.#receiveMaximum;
    this.#pending = 0;
    this.#resendCursor = 0;
    this.#pubrelCursor = 0;
    this.lastMessage = undefined;
    this.resendMessage = undefined;
  }

  /** Lets go of the storage when nothing is in flight; for a connection that has gone idle. */
  trim(): void {
    const ring = this.#ring;
    if (ring === undefined || ring.size !== 0) return;
    this.#nextPacketId = ring.nextPacketId; // identifiers go on where they were
    this.#ring = undefined;
  }

  #open(firstPacketId: number): IdentifierRing<M> {
    this.#ring = new IdentifierRing<M>(FIRST_CAPACITY, firstPacketId);
    return this.#ring;
  }

  #ringInUse(): IdentifierRing<M> {
    return this.#ring as IdentifierRing<M>; // asked for only after an exchange was found in it
  }

  /** Slot of an exchange, and its `lastMessage` and `lastQoS`; -1 when there is none. */
  #find(packetId: number): number {
    const ring = this.#ring;
    const slot = ring === undefined ? -1 : ring.slot(packetId);
    if (ring === undefined || slot < 0 || (ring.state(slot) & RESERVED) !== 0) {
      this.lastMessage = undefined;
      this.lastQoS = 0;
      return -1;
    }
    this.lastMessage = ring.value(slot);
    this.lastQoS = qosOf(ring.state(slot));
    return slot;
  }

  #complete(packetId: number, slot: number): void {
    const ring = this.#ringInUse();
    const state = ring.state(slot);
    if ((state & PENDING) !== 0) this.#pending--;
    // Only what was sent on this connection took from the quota, so this never lifts it above the
    // peer's Receive Maximum
    if ((state & COUNTED) !== 0) this.#quota++;
    this.#free(ring, packetId, slot);
  }

  /** Re-sending may stand at any identifier, a reserved one too: it moves on before that goes. */
  #free(ring: IdentifierRing<M>, packetId: number, slot: number): void {
    if (packetId === this.#resendCursor) this.#resendCursor = this.#packetIdAfter(ring, slot);
    if (packetId === this.#pubrelCursor) this.#pubrelCursor = this.#packetIdAfter(ring, slot);
    ring.free(slot);
    if (ring.size === 0 && ring.capacity > KEPT_CAPACITY) this.trim();
  }

  #packetIdAfter(ring: IdentifierRing<M>, slot: number): number {
    const next = ring.after(slot);
    return next < 0 ? 0 : ring.packetId(next);
  }

  /** First slot from a cursor on whose state has all the wanted bits, or -1. */
  #nextPending(ring: IdentifierRing<M>, cursor: number, wanted: number): number {
    let slot = cursor === 0 ? -1 : ring.slot(cursor);
    while (slot >= 0 && (ring.state(slot) & wanted) !== wanted) slot = ring.after(slot);
    return slot;
  }

  #resend(ring: IdentifierRing<M>, slot: number): void {
    const state = ring.state(slot);
    const released = (state & RELEASED) !== 0;
    if (!released) this.#quota--;
    this.#pending--;
    ring.setState(slot, (state & ~PENDING) | (released ? 0 : COUNTED));
    this.resendPacketId = ring.packetId(slot);
    this.resendQoS = qosOf(state);
    this.resendReleased = released;
    this.resendMessage = ring.value(slot);
  }
}

function qosOf(state: number): 1 | 2 {
  return (state & QOS_2) === 0 ? 1 : 2;
}

// State of an exchange; its low two bits are its QoS.
const QOS_2 = 2;
/** PUBREC has come: PUBREL from now on. */
const RELEASED = 4;
/** Its PUBLISH was sent on this connection and takes one of the quota. */
const COUNTED = 8;
/** From before this connection, and not sent again yet. */
const PENDING = 16;
/** Not a PUBLISH at all. */
const RESERVED = 32;

const FIRST_CAPACITY = 16;
/** An empty ring up to this size is kept for the next burst, a larger one is let go. */
const KEPT_CAPACITY = 128;
const MAXIMUM_PACKET_ID = 65_535;
