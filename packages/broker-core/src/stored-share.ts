import type { QueuedDelivery } from '@wellhead/session-store';
import type { BrokerContext } from './context.ts';
import type { Leaving } from './hand-over.ts';
import { type Delivery, deliverySize } from './message.ts';
import type { Session } from './session.ts';

/**
 * What a session that is over leaves to its groups, from the store, in pages. Each message
 * leaves the session in the commit that gives it to another, and the session ends behind the last one: a
 * broker that is killed between two pages goes on with the rest when it starts again.
 */
export class StoredShare implements Leaving {
  readonly #context: BrokerContext;
  readonly #session: Session;
  readonly #finish: () => void;
  readonly #waiting: (() => void)[] = [];
  #page: readonly QueuedDelivery[] = [];
  #next = 0;
  #position = 0;

  /** `finish` is called when all of it has been given away. */
  constructor(context: BrokerContext, session: Session, finish: () => void) {
    this.#context = context;
    this.#session = session;
    this.#finish = finish;
  }

  /** Calls back when all of it has been given away, and the session has ended. */
  whenDone(callback: () => void): void {
    this.#waiting.push(callback);
  }

  /** Gives it away in the shares of several turns; a page is read when all that concerns it is committed. */
  begin(): void {
    this.#context.turn.readLater({ session: this.#session, pageNumber: 0, reader: this });
  }

  /** For the driver: the store has all that has happened until now. */
  read(): void {
    if (this.#session.ended) return;
    try {
      const page = this.#context.store.readQueue(this.#session.clientId, this.#position, PAGE);
      if (page instanceof Promise) {
        page.then((deliveries) => this.#take(deliveries)).catch((error) => this.#giveUp(error));
      } else this.#take(page);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** What cannot be read can be given to nobody. */
  #giveUp(error: unknown): void {
    this.#context.observer.fault?.(error, 'store');
    this.#end();
  }

  next(): Delivery | undefined {
    while (!this.#session.ended) {
      const queued = this.#page[this.#next++];
      if (queued === undefined) return undefined;
      const isFree = queued.packetId === 0 || (queued.qos === 1 && !queued.released);
      if (queued.sharedFilter === undefined || !isFree) continue;
      this.#settle(queued);
      return queued;
    }
    return undefined;
  }

  done(): void {
    if (!this.#session.ended) this.begin();
  }

  #take(page: readonly QueuedDelivery[]): void {
    if (this.#session.ended) return;
    this.#show(page);
    if (page.length === 0) this.#end();
    else this.#context.sessions.handOver.add(this);
  }

  #end(): void {
    this.#finish();
    for (const callback of this.#waiting.splice(0)) callback();
  }

  #show(page: readonly QueuedDelivery[]): void {
    this.#page = page;
    this.#next = 0;
    this.#position = page.at(-1)?.position ?? this.#position;
  }

  #settle(queued: QueuedDelivery): void {
    const session = this.#session;
    session.queuedMessages--;
    session.queuedBytes -= deliverySize(queued);
    this.#context.turn.recordSettled(session, queued.message.messageId);
  }
}

const PAGE = 256;
