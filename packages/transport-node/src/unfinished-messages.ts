import { ByteTally } from '@wellhead/transport';

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
  readonly #held = new ByteTally<UnfinishedMessage>();

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** `whose` holds so many bytes now. */
  count(whose: UnfinishedMessage, bytes: number): void {
    const held = this.#held;
    held.count(whose, bytes);
    while (held.bytes > this.#maximum && held.first !== undefined) {
      const { first } = held;
      held.count(first, 0);
      first.giveUp();
    }
  }
}
