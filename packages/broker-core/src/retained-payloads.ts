import type { Message } from './message.ts';
import { LONGEST_SHARED, PAYLOAD_BLOCK } from './payload-pool.ts';

/**
 * Where short payloads of retained messages are. They come and go in any order and may stay for ever,
 * so a block that is less than half full is emptied: its messages move to the block that is being
 * filled. So at most half of the memory is waste, and what goes moves little more than its own length.
 * Bytes that were written are never written again: views of payloads that have moved stay right.
 */
export class RetainedPayloads {
  readonly #blocks = new Map<Uint8Array, Block>();
  #current: Block | undefined;

  /** Bytes of all blocks. */
  get bytes(): number {
    return this.#blocks.size * PAYLOAD_BLOCK;
  }

  /** Takes a message's payload in. */
  add(message: Message): void {
    const { payloadLength } = message;
    if (payloadLength > LONGEST_SHARED) return;
    const block = this.#blockFor(payloadLength);
    message.moveTo(block.bytes, block.used);
    block.used += payloadLength;
    block.live += payloadLength;
    message.place = block.messages.push(message) - 1;
  }

  /** The message is not retained any more; somebody else may still have it. */
  remove(message: Message): void {
    if (message.place < 0) return;
    const block = this.#blocks.get(message.block);
    if (block === undefined) return;
    const last = block.messages.pop();
    if (last !== undefined && last !== message) {
      block.messages[message.place] = last;
      last.place = message.place;
    }
    message.place = -1;
    block.live -= message.payloadLength;
    if (block !== this.#current && block.live < PAYLOAD_BLOCK / 2) this.#empty(block);
  }

  #blockFor(length: number): Block {
    const current = this.#current;
    if (current !== undefined && current.used + length <= PAYLOAD_BLOCK) return current;
    const next = { bytes: new Uint8Array(PAYLOAD_BLOCK), used: 0, live: 0, messages: [] };
    this.#blocks.set(next.bytes, next);
    this.#current = next;
    // what went while the block was being filled
    if (current !== undefined && current.live < PAYLOAD_BLOCK / 2) this.#empty(current);
    return this.#current;
  }

  #empty(block: Block): void {
    this.#blocks.delete(block.bytes);
    for (const message of block.messages) this.add(message);
  }
}

interface Block {
  readonly bytes: Uint8Array;
  /** Bytes that were ever used. */
  used: number;
  /** Bytes of {@link messages}. */
  live: number;
  readonly messages: Message[];
}
