/**
 * Tells when the end of a turn may come with a read, instead of after all that is ready to be read. When
 * messages come one by one there is nothing else to wait for, and the way through the event loop costs
 * more than the message. Whether others were ready is only known at the end of a turn that has waited:
 * now and then one does.
 */
export class LoneReads {
  /** Reads of this turn. */
  #reads = 0;
  /** Turns in a row that have waited for one read only. */
  #loneTurns = 0;
  /** Reads that may still end their turn. */
  #left = 0;

  /** Something of that length was read. True: it may end the turn, without {@link turnEnded}. */
  mayEndTurn(length: number): boolean {
    if (this.#left > 0 && length <= LONGEST) {
      this.#left--;
      return true;
    }
    this.#reads++;
    return false;
  }

  /** A turn has ended that has waited for what was ready. */
  turnEnded(): void {
    if (this.#reads === 0) return; // not begun by a read
    this.#loneTurns = this.#reads === 1 ? this.#loneTurns + 1 : 0;
    this.#left = this.#loneTurns < CONFIDENCE ? 0 : TRUST;
    this.#reads = 0;
  }
}

/** Bytes: a connection that sends more may have more to read, and shares the turn with others. */
const LONGEST = 4_096;
const CONFIDENCE = 3;
const TRUST = 16;
