import { Histogram } from '../measure/histogram.ts';
import { SequenceChecker } from '../measure/sequence-checker.ts';
import type { Turn } from './turn.ts';

export interface FlowOptions {
  readonly publishers: number;
  readonly subscribers: number;
  /** Messages that one publisher may have on the way, 0 for as many as there is room for. */
  readonly window: number;
  /** A message counts as arrived only when its publisher has the acknowledgement too. */
  readonly isAcknowledged: boolean;
  /** A subscriber gets some of a publisher's messages only. */
  readonly gaps: boolean;
  readonly turn: Turn;
}

/** Knows which messages are on the way, checks those that arrive, and tells publishers of their room. */
export class MessageFlow {
  readonly latency: Histogram = new Histogram();
  /** From PUBLISH to PUBACK or PUBCOMP. */
  readonly acknowledgement: Histogram = new Histogram();
  readonly checker: SequenceChecker;
  /** Called when one of a publisher's messages has reached everybody. */
  completed: (publisher: number) => void = () => {};
  isMeasuring = false;
  isSending = true;
  /** Deliveries that must come of what was sent, and those that came. */
  expected = 0;
  delivered = 0;
  readonly #options: FlowOptions;
  readonly #ring: number;
  readonly #onTheWay: Uint32Array;
  /** By publisher and the low bits of the sequence number: who has not said yet that it arrived. */
  readonly #missing: Int32Array;
  readonly #sequences: Uint32Array;
  readonly #sentAt: Float64Array;

  constructor(options: FlowOptions) {
    const { publishers, subscribers, window, gaps } = options;
    this.#options = options;
    this.#ring =
      window === 0 ? MAXIMUM_RING : 2 ** Math.ceil(Math.log2(Math.max(1024, 4 * window)));
    this.checker = new SequenceChecker(publishers * subscribers, { gaps });
    this.#onTheWay = new Uint32Array(publishers);
    this.#missing = new Int32Array(publishers * this.#ring);
    this.#sequences = new Uint32Array(publishers * this.#ring);
    this.#sentAt = new Float64Array(options.isAcknowledged ? publishers * this.#ring : 0);
  }

  get isEmpty(): boolean {
    return this.#onTheWay.every((count) => count === 0);
  }

  get lost(): number {
    return this.expected - this.delivered;
  }

  /** Messages that a publisher may send now. */
  room(publisher: number): number {
    if (!this.isSending) return 0;
    const limit = this.#options.window || this.#ring;
    return limit - (this.#onTheWay[publisher] ?? 0);
  }

  packetId(sequence: number): number {
    return (sequence & (this.#ring - 1)) + 1;
  }

  /** Returns false when a message of long ago stands in the way: this one may not be sent. */
  send(publisher: number, sequence: number, receivers: number, sentAt: number): boolean {
    const slot = this.#slot(publisher, sequence);
    if (this.#missing[slot] !== 0) return false;
    this.#missing[slot] = receivers + (this.#options.isAcknowledged ? 1 : 0);
    this.#sequences[slot] = sequence;
    if (this.#options.isAcknowledged) this.#sentAt[slot] = sentAt;
    this.#onTheWay[publisher] = (this.#onTheWay[publisher] ?? 0) + 1;
    this.expected += receivers;
    return true;
  }

  deliver(subscriber: number, publisher: number, sequence: number, sentAt: number): void {
    const { publishers, turn } = this.#options;
    if (!this.checker.accept(subscriber * publishers + publisher, sequence)) return;
    const slot = this.#slot(publisher, sequence);
    if (this.#sequences[slot] !== sequence || this.#missing[slot] === 0) {
      this.checker.doubled++; // everybody had it before
      return;
    }
    this.delivered++;
    if (this.isMeasuring) this.latency.record(turn.now - sentAt);
    this.#arrived(publisher, slot);
  }

  acknowledge(publisher: number, packetId: number): void {
    const slot = this.#slot(publisher, packetId - 1);
    const { turn } = this.#options;
    if (this.isMeasuring) this.acknowledgement.record(turn.now - (this.#sentAt[slot] ?? 0));
    this.#arrived(publisher, slot);
  }

  #arrived(publisher: number, slot: number): void {
    const missing = (this.#missing[slot] ?? 0) - 1;
    this.#missing[slot] = missing;
    if (missing !== 0) return;
    this.#onTheWay[publisher] = (this.#onTheWay[publisher] ?? 0) - 1;
    this.completed(publisher);
  }

  #slot(publisher: number, sequence: number): number {
    return publisher * this.#ring + (sequence & (this.#ring - 1));
  }
}

/** A Packet Identifier stands for a place in the ring, so it is at most half of the 65,535. */
const MAXIMUM_RING = 32_768;
