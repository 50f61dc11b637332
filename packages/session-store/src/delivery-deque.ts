import type { DeliveryRecord, MessageRecord, QueuedDelivery } from './records.ts';

/**
 * Deliveries of one session in order of position, as parallel arrays: about 25 bytes each, because a backlog is
 * most of what a broker keeps. Adding at the end and finding at the head cost O(1); finding elsewhere O(log n).
 * A removed delivery leaves its messageId in its place, so that the binary search still works, until space runs out.
 */
export class DeliveryDeque {
  #records: (MessageRecord | number | undefined)[] = [];
  #positions: Float64Array = new Float64Array(0);
  #states: Uint32Array = new Uint32Array(0);
  /** Made by the first delivery that has one. */
  #identifiers: (readonly number[] | undefined)[] | undefined;
  #sharedFilters: (string | undefined)[] | undefined;
  #head = 0;
  #tail = 0;
  #size = 0;
  /** Position by messageId, from the first message on that did not come in ascending order. */
  #index: Map<number, number> | undefined;

  /** How many deliveries there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds behind all others; `position` is larger than theirs. */
  push(message: MessageRecord, delivery: DeliveryRecord, position: number): void {
    const state = pack(delivery.packetId, delivery.qos, delivery.retain);
    this.#append(message, state, position);
    this.#details(delivery.subscriptionIdentifiers, delivery.sharedFilter);
  }

  /** Moves the delivery in `slot` of another deque behind all others of this one. */
  take(from: DeliveryDeque, slot: number, packetId: number, position: number): void {
    const message = from.message(slot);
    if (!message) return;
    const state = (from.#states[slot] ?? 0) & ~PACKET_ID;
    this.#append(message, state | packetId, position);
    this.#details(from.#identifiers?.[slot], from.#sharedFilters?.[slot]);
    from.remove(slot);
  }

  /** The slot of a message's delivery, -1 when there is none. It is valid until the deque changes. */
  find(messageId: number): number {
    if (this.#size === 0) return -1;
    if (this.#idAt(this.#head) === messageId) return this.#head;
    if (this.#index) {
      const position = this.#index.get(messageId);
      return position === undefined ? -1 : this.#slotOfPosition(position);
    }
    if (messageId > this.#idAt(this.#tail - 1)) return -1;
    const slot = this.#slotOfMessage(messageId);
    return this.#idAt(slot) === messageId && this.message(slot) ? slot : -1;
  }

  /** The message in a slot; undefined when its delivery was removed. */
  message(slot: number): MessageRecord | undefined {
    const record = this.#records[slot];
    return typeof record === 'object' ? record : undefined;
  }

  identifiers(slot: number): readonly number[] | undefined {
    return this.#identifiers?.[slot];
  }

  isReleased(slot: number): boolean {
    return ((this.#states[slot] ?? 0) & RELEASED) !== 0;
  }

  /** Marks the delivery as released and forgets its content. */
  release(slot: number): void {
    const message = this.message(slot);
    if (!message) return;
    this.#records[slot] = withoutContent(message);
    if (this.#identifiers) this.#identifiers[slot] = undefined;
    this.#states[slot] = (this.#states[slot] ?? 0) | RELEASED;
  }

  remove(slot: number): void {
    const messageId = this.#idAt(slot);
    this.#records[slot] = messageId;
    this.#index?.delete(messageId);
    if (this.#identifiers) this.#identifiers[slot] = undefined;
    if (this.#sharedFilters) this.#sharedFilters[slot] = undefined;
    this.#size--;
    if (this.#size === 0) return this.#reset();
    while (!this.message(this.#head)) this.#records[this.#head++] = undefined;
    while (!this.message(this.#tail - 1)) this.#records[--this.#tail] = undefined;
    if (this.#size < this.#positions.length >> 2) this.#move(this.#positions.length >> 1);
  }

  /** Adds up to `limit` deliveries behind a position to `page`. */
  read(after: number, limit: number, page: QueuedDelivery[]): void {
    let slot = this.#slotOfPosition(after + 1);
    for (let left = limit; left > 0 && slot < this.#tail; slot++) {
      const message = this.message(slot);
      if (!message) continue;
      page.push(this.#deliveryAt(slot, message));
      left--;
    }
  }

  forEachMessage(visit: (message: MessageRecord, released: boolean) => void): void {
    for (let slot = this.#head; slot < this.#tail; slot++) {
      const message = this.message(slot);
      if (message) visit(message, this.isReleased(slot));
    }
  }

  #deliveryAt(slot: number, message: MessageRecord): QueuedDelivery {
    const state = this.#states[slot] ?? 0;
    return {
      message,
      qos: (state & QOS_2) === 0 ? 1 : 2,
      retain: (state & RETAIN) !== 0,
      subscriptionIdentifiers: this.#identifiers?.[slot],
      sharedFilter: this.#sharedFilters?.[slot],
      packetId: state & PACKET_ID,
      released: (state & RELEASED) !== 0,
      position: this.#positionAt(slot),
    };
  }

  #append(message: MessageRecord, state: number, position: number): void {
    if (this.#tail === this.#positions.length) this.#makeRoom();
    const { messageId } = message;
    if (this.#index) this.#index.set(messageId, position);
    else if (this.#size > 0 && messageId < this.#idAt(this.#tail - 1)) {
      this.#index = this.#indexed().set(messageId, position);
    }
    const slot = this.#tail++;
    this.#records[slot] = message;
    this.#positions[slot] = position;
    this.#states[slot] = state;
    this.#size++;
  }

  /** Of the delivery that was appended last. */
  #details(identifiers: readonly number[] | undefined, sharedFilter: string | undefined): void {
    if (identifiers) (this.#identifiers ??= [])[this.#tail - 1] = identifiers;
    if (sharedFilter !== undefined) (this.#sharedFilters ??= [])[this.#tail - 1] = sharedFilter;
  }

  #indexed(): Map<number, number> {
    const index = new Map<number, number>();
    for (let slot = this.#head; slot < this.#tail; slot++) {
      if (this.message(slot)) index.set(this.#idAt(slot), this.#positionAt(slot));
    }
    return index;
  }

  /** The first slot, the tail if there is none, whose position is at least this. */
  #slotOfPosition(position: number): number {
    let low = this.#head;
    let high = this.#tail;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#positionAt(middle) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The same by messageId, while those ascend. */
  #slotOfMessage(messageId: number): number {
    let low = this.#head;
    let high = this.#tail;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#idAt(middle) < messageId) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #idAt(slot: number): number {
    const record = this.#records[slot];
    return typeof record === 'object' ? record.messageId : (record ?? 0);
  }

  #positionAt(slot: number): number {
    return this.#positions[slot] ?? 0;
  }

  /** A quarter of reclaimable slots makes moving in place worth its while: O(1) amortised either way. */
  #makeRoom(): void {
    const capacity = this.#positions.length;
    const enough = this.#size <= capacity - (capacity >> 2) - 1;
    const more = capacity < DOUBLING_BELOW ? capacity : capacity >> 1;
    this.#move(enough ? capacity : Math.max(SMALLEST, capacity + more));
  }

  /** Moves what is there to the front of arrays of `capacity` slots. */
  #move(capacity: number): void {
    const [head, tail] = [this.#head, this.#tail];
    const old = [this.#records, this.#positions, this.#states] as const;
    const [identifiers, sharedFilters] = [this.#identifiers, this.#sharedFilters];
    this.#records = new Array<MessageRecord | number | undefined>(capacity);
    this.#positions = new Float64Array(capacity);
    this.#states = new Uint32Array(capacity);
    this.#identifiers = identifiers && [];
    this.#sharedFilters = sharedFilters && [];
    this.#head = 0;
    this.#tail = 0;
    for (let slot = head; slot < tail; slot++) {
      const record = old[0][slot];
      if (typeof record !== 'object') continue;
      this.#records[this.#tail] = record;
      this.#positions[this.#tail] = old[1][slot] ?? 0;
      this.#states[this.#tail++] = old[2][slot] ?? 0;
      this.#details(identifiers?.[slot], sharedFilters?.[slot]);
    }
  }

  #reset(): void {
    this.#index = undefined;
    this.#identifiers = undefined;
    this.#sharedFilters = undefined;
    if (this.#positions.length > LARGEST_KEPT) {
      this.#records = [];
      this.#positions = new Float64Array(0);
      this.#states = new Uint32Array(0);
    } else {
      this.#records.fill(undefined, this.#head, this.#tail);
    }
    this.#head = 0;
    this.#tail = 0;
  }
}

function pack(packetId: number, qos: 1 | 2, retain: boolean): number {
  return packetId | (qos === 2 ? QOS_2 : 0) | (retain ? RETAIN : 0);
}

function withoutContent(message: MessageRecord): MessageRecord {
  const { messageId, topicName, qos, retain, publishedAt, expiresAt, publisherId } = message;
  const payload = NOTHING;
  const properties = undefined;
  return {
    messageId,
    topicName,
    payload,
    qos,
    retain,
    properties,
    publishedAt,
    expiresAt,
    publisherId,
  };
}

const NOTHING = new Uint8Array(0);
const PACKET_ID = 0xffff;
const QOS_2 = 1 << 16;
const RETAIN = 1 << 17;
const RELEASED = 1 << 18;
const SMALLEST = 4;
/** Slots; what is in flight grows from nothing with each page that is sent, a backlog once. */
const DOUBLING_BELOW = 1_024;
/** Slots that an empty deque keeps for the next deliveries. */
const LARGEST_KEPT = 64;
