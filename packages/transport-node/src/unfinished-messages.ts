/** Who holds part of a message, and can be made to let go of it. */
export interface UnfinishedMessage {
  giveUp(): void;
}

/**
 * What all WebSockets of a listener hold of messages that are not whole. Each may have its largest one
 * under way, which for very many of them together is more than there is memory: beyond the bound the
 * one that has been arriving for longest is given up.
 */
export class UnfinishedMessages {
  readonly #maximum: number;
  readonly #bytes = new Map<UnfinishedMessage, number>();
  #total = 0;

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** `whose` holds so many bytes now; few count for nothing. */
  count(whose: UnfinishedMessage, bytes: number): void {
    const counted = bytes <= UNCOUNTED ? 0 : bytes;
    const before = this.#bytes.get(whose) ?? 0;
    if (counted === before) return;
    this.#total += counted - before;
    if (counted === 0) this.#bytes.delete(whose);
    else this.#bytes.set(whose, counted);
    while (this.#total > this.#maximum) this.#giveUpFirst();
  }

  #giveUpFirst(): void {
    const { value: first } = this.#bytes.keys().next();
    if (first === undefined) return;
    this.count(first, 0);
    first.giveUp();
  }
}

const UNCOUNTED = 16_384;
