/**
 * Packet Identifiers in use, each with a state and a value, in the order in which they were taken.
 *
 * Direct-mapped: an identifier lives in slot `packetId & mask`. Every slot is on one of two doubly
 * linked lists that share one typed array: in use (oldest first), or free (longest free first). A
 * free slot already holds the identifier that it gives next, one lap on from its last, so taking
 * one is O(1) in the worst case whatever the peer leaves unacknowledged, a ring may be full to the
 * last slot, and an identifier comes back only after all others of its lap. Acknowledged in order,
 * identifiers count 1, 2, 3 … 65535, 1.
 */
export class IdentifierRing<V> {
  #size = 0;
  #capacity: number;
  /**
   * next and previous of slot `s` at `2s` and `2s + 1`; the heads of the two lists come after the
   * last slot.
   */
  #links: Int32Array;
  /** `state << 16 | packetId`; state 0 is free. */
  #entries: Int32Array;
  #values: (V | undefined)[];

  /**
   * `capacity` is a power of two up to 65,536; the first identifier taken will be `firstPacketId`.
   */
  constructor(capacity: number, firstPacketId: number) {
    this.#capacity = capacity;
    this.#links = new Int32Array(2 * (capacity + 2));
    this.#entries = new Int32Array(capacity);
    this.#values = new Array<V | undefined>(capacity).fill(undefined); // Array.from takes ten times as long
    this.#linkSlots(firstPacketId);
  }

  get size(): number {
    return this.#size;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Where a ring that follows goes on: what was free longest, else the one after the last taken. */
  get nextPacketId(): number {
    const slot = at(this.#links, 2 * (this.#capacity + 1));
    if (slot < this.#capacity) return at(this.#entries, slot) & ID_MASK;
    return (this.packetId(at(this.#links, 2 * this.#capacity + 1)) % MAXIMUM_PACKET_ID) + 1;
  }

  /**
   * Takes the identifier that was free longest; 0 when all 65,535 are in use. `state` is 1 to 255.
   */
  take(state: number, value: V | undefined): number {
    let slot = at(this.#links, 2 * (this.#capacity + 1));
    if (slot >= this.#capacity) {
      if (this.#capacity === MAXIMUM_CAPACITY) return 0;
      this.#grow();
      slot = at(this.#links, 2 * (this.#capacity + 1));
    }
    const packetId = at(this.#entries, slot);
    this.#use(slot, packetId, state, value);
    return packetId;
  }

  /** Takes this identifier; false when it is in use. */
  takeExactly(packetId: number, state: number, value: V | undefined): boolean {
    if (this.slot(packetId) >= 0) return false;
    // another identifier sits in its slot: two different ones part at the latest at the full size
    while (at(this.#entries, packetId & (this.#capacity - 1)) >> STATE_SHIFT !== 0) this.#grow();
    this.#use(packetId & (this.#capacity - 1), packetId, state, value);
    return true;
  }

  /** The slot of an identifier in use, or -1. Valid until the next take. */
  slot(packetId: number): number {
    const slot = packetId & (this.#capacity - 1);
    const entry = at(this.#entries, slot);
    return entry >> STATE_SHIFT !== 0 && (entry & ID_MASK) === packetId ? slot : -1;
  }

  /** Oldest slot in use, or -1. */
  first(): number {
    return this.after(this.#capacity);
  }

  /** The slot in use taken next after this one, or -1. */
  after(slot: number): number {
    const next = at(this.#links, 2 * slot);
    return next < this.#capacity ? next : -1;
  }

  packetId(slot: number): number {
    return at(this.#entries, slot) & ID_MASK;
  }

  state(slot: number): number {
    return at(this.#entries, slot) >> STATE_SHIFT;
  }

  setState(slot: number, state: number): void {
    this.#entries[slot] = (at(this.#entries, slot) & ID_MASK) | (state << STATE_SHIFT);
  }

  value(slot: number): V | undefined {
    return this.#values[slot];
  }

  setValue(slot: number, value: V | undefined): void {
    this.#values[slot] = value;
  }

  free(slot: number): void {
    this.#entries[slot] = lapAfter(at(this.#entries, slot) & ID_MASK, this.#capacity);
    this.#values[slot] = undefined;
    this.#size--;
    this.#unlink(slot);
    this.#append(this.#capacity + 1, slot);
  }

  #use(slot: number, packetId: number, state: number, value: V | undefined): void {
    this.#entries[slot] = packetId | (state << STATE_SHIFT);
    this.#values[slot] = value;
    this.#size++;
    this.#unlink(slot);
    this.#append(this.#capacity, slot);
  }

  #unlink(slot: number): void {
    const links = this.#links;
    const next = at(links, 2 * slot);
    const previous = at(links, 2 * slot + 1);
    links[2 * previous] = next;
    links[2 * next + 1] = previous;
  }

  #append(head: number, slot: number): void {
    const links = this.#links;
    const last = at(links, 2 * head + 1);
    links[2 * last] = slot;
    links[2 * slot] = head;
    links[2 * slot + 1] = last;
    links[2 * head + 1] = slot;
  }

  #grow(): void {
    const larger = new IdentifierRing<V>(this.#capacity * 2, this.nextPacketId);
    for (let slot = this.first(); slot >= 0; slot = this.after(slot)) {
      larger.takeExactly(this.packetId(slot), this.state(slot), this.#values[slot]);
    }
    this.#capacity = larger.#capacity;
    this.#links = larger.#links;
    this.#entries = larger.#entries;
    this.#values = larger.#values;
  }

  /** All slots free, in the order of their identifiers from `firstPacketId` on. */
  #linkSlots(firstPacketId: number): void {
    const capacity = this.#capacity;
    for (let head = capacity; head < capacity + 2; head++) {
      this.#links[2 * head] = head;
      this.#links[2 * head + 1] = head;
    }
    for (let i = 0; i < capacity; i++) {
      const candidate = (firstPacketId + i) & ID_MASK;
      const slot = candidate & (capacity - 1);
      // identifier 0 is illegal [MQTT-2.2.1-3]: its slot starts a lap later, and at the full size
      // is never used
      const packetId = candidate === 0 ? capacity & ID_MASK : candidate;
      this.#entries[slot] = packetId;
      if (packetId !== 0) this.#append(capacity + 1, slot);
    }
  }
}

/** The next identifier of the same slot; 0 is skipped. */
function lapAfter(packetId: number, capacity: number): number {
  const next = (packetId + capacity) & ID_MASK;
  return next === 0 ? capacity & ID_MASK : next;
}

function at(array: Int32Array, index: number): number {
  return array[index] as number; // every index is a slot or a list head of this array
}

const STATE_SHIFT = 16;
const ID_MASK = 0xffff;
const MAXIMUM_PACKET_ID = 65_535;
const MAXIMUM_CAPACITY = 65_536;
