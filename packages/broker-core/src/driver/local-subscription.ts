import { type PublishProperties, type QoS, decodePublishProperties } from '@wellhead/codec';
import type { MessageRecord } from '@wellhead/session-store';
import type { Undecided } from '../undecided.ts';

/** A message as the host program gets it. */
export interface ReceivedMessage {
  readonly topicName: string;
  /** Shared with other receivers: read it, do not change it. */
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: PublishProperties | undefined;
  /** Client Identifier of the publisher; `undefined` for a message of the broker or the host program. */
  readonly publisherId: string | undefined;
}

export function receivedMessage(record: MessageRecord): ReceivedMessage {
  return {
    topicName: record.topicName,
    payload: record.payload,
    qos: record.qos,
    retain: record.retain,
    properties:
      record.properties === undefined ? undefined : decodePublishProperties(record.properties),
    publisherId: record.publisherId,
  };
}

/** Messages of one subscription of the host program, in order. Disposing of it, or leaving its loop, unsubscribes. */
export interface LocalSubscription extends AsyncIterable<ReceivedMessage>, AsyncDisposable {
  readonly topicFilter: string;
  /** Messages that were dropped because the loop was slower than `highWaterMark` allows. */
  readonly dropped: number;
  close(): Promise<void>;
}

/** The queue between the broker's turn and a `for await` loop. */
export class MessageStream implements LocalSubscription {
  readonly topicFilter: string;
  dropped = 0;
  readonly #highWaterMark: number;
  readonly #close: () => void;
  #queue: ReceivedMessage[] = [];
  /** Those that the store may still refuse, and what came behind them. */
  #undecided: { readonly message: ReceivedMessage; readonly undecided: Undecided | undefined }[] =
    [];
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(topicFilter: string, highWaterMark: number, close: () => void) {
    this.topicFilter = topicFilter;
    this.#highWaterMark = highWaterMark;
    this.#close = close;
  }

  push(message: ReceivedMessage, undecided?: Undecided): void {
    if (this.#isClosed) return;
    if (this.#queue.length + this.#undecided.length >= this.#highWaterMark) {
      this.dropped++;
      return;
    }
    if (undecided === undefined && this.#undecided.length === 0) {
      this.#queue.push(message);
      this.#wake?.();
      return;
    }
    this.#undecided.push({ message, undecided });
    undecided?.onDecided(() => this.#takeDecided());
  }

  #takeDecided(): void {
    let first = this.#undecided[0];
    for (; first !== undefined && first.undecided?.isOpen !== true; first = this.#undecided[0]) {
      this.#undecided.shift();
      if (first.undecided?.isRefused !== true) this.#queue.push(first.message);
    }
    if (this.#queue.length > 0) this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<ReceivedMessage> {
    try {
      for (;;) {
        const batch = this.#queue;
        this.#queue = [];
        yield* batch;
        if (this.#queue.length > 0) continue;
        if (this.#isClosed) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#close();
    this.#wake?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
