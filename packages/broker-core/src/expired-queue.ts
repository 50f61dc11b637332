import type { QueuedDelivery } from '@wellhead/session-store';
import type { BrokerContext } from './context.ts';
import { deliverySize } from './message.ts';
import type { Session } from './session.ts';
import { drop } from './settlement.ts';

/**
 * Looks through the queue of an absent session that is full for what has expired there, in pages: nobody
 * else would before its client comes back. What has expired leaves; what was sent stays, expired or not [MQTT-4.4.0-1].
 */
export class ExpiredQueue {
  readonly #context: BrokerContext;
  readonly #session: Session;
  #epoch = 0;
  #position = 0;
  #isUnderWay = false;
  /** Before then it is not worth looking again. */
  #nextAt = -Infinity;
  #earliest: number = Infinity;

  constructor(context: BrokerContext, session: Session) {
    this.#context = context;
    this.#session = session;
  }

  begin(): void {
    if (this.#isUnderWay || this.#context.now < this.#nextAt) return;
    this.#isUnderWay = true;
    this.#epoch = this.#session.epoch;
    this.#position = 0;
    this.#earliest = Infinity;
    this.#readLater();
  }

  #readLater(): void {
    this.#context.turn.readLater({ session: this.#session, pageNumber: 0, reader: this });
  }

  /** For the driver: the store has all that has happened until now. */
  read(): void {
    if (!this.#isTheSame) return this.#finish();
    try {
      const page = this.#context.store.readQueue(this.#session.clientId, this.#position, PAGE);
      if (page instanceof Promise) {
        page.then((deliveries) => this.#take(deliveries)).catch((error) => this.#giveUp(error));
      } else this.#take(page);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** Its client has not come back meanwhile, and nobody else has got what waits. */
  get #isTheSame(): boolean {
    const { connection, ended, epoch, leaving } = this.#session;
    return !ended && connection === undefined && leaving === undefined && epoch === this.#epoch;
  }

  #take(page: readonly QueuedDelivery[]): void {
    if (!this.#isTheSame) return this.#finish();
    const { now } = this.#context;
    for (const queued of page) {
      if (queued.packetId !== 0) continue;
      const { expiresAt } = queued.message;
      if (expiresAt <= now) this.#settle(queued);
      else this.#earliest = Math.min(this.#earliest, expiresAt);
    }
    this.#position = page.at(-1)?.position ?? this.#position;
    if (page.length < PAGE) this.#finish();
    else this.#readLater();
  }

  #settle(queued: QueuedDelivery): void {
    const { message } = queued;
    const session = this.#session;
    session.queuedMessages--;
    session.queuedBytes -= deliverySize(queued);
    this.#context.turn.recordSettled(session, message.messageId);
    drop(this.#context, session, message.topicName, 'expired');
  }

  #giveUp(error: unknown): void {
    this.#context.observer.fault?.(error, 'store');
    this.#finish();
  }

  #finish(): void {
    const { now } = this.#context;
    this.#isUnderWay = false;
    this.#nextAt = Math.min(now + LONGEST_PAUSE, Math.max(now + SHORTEST_PAUSE, this.#earliest));
  }
}

const PAGE = 256;
/** Milliseconds. */
const SHORTEST_PAUSE = 1_000;
/** What comes meanwhile may expire sooner than all that was seen. */
const LONGEST_PAUSE = 60_000;
