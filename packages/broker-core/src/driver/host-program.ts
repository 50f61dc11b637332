import type { QoS } from '@wellhead/codec';
import type { MessageRecord } from '@wellhead/session-store';
import { type TopicError, validateTopicFilter } from '@wellhead/topic-matcher';
import type { BrokerContext } from '../context.ts';
import { BrokerError } from '../errors.ts';
import type { Host } from '../host.ts';
import { copyOf } from '../message.ts';
import { publishMessage } from '../publish.ts';
import { HostPublish } from './host-publish.ts';
import { type LocalMessage, toMessage } from './local-message.ts';
import { type LocalSubscription, MessageStream, receivedMessage } from './local-subscription.ts';

export interface LocalSubscribeOptions {
  /** @default 2 */
  readonly qos?: QoS | undefined;
  /** Messages that wait for the loop, at least 1; beyond them messages are dropped and counted. @default 1024 */
  readonly highWaterMark?: number | undefined;
  /** Ends the subscription. */
  readonly signal?: AbortSignal | undefined;
}

/** What the program that runs the broker does with it, at the end of a turn like everything else. */
export class HostProgram {
  readonly #context: BrokerContext;
  readonly #host: Host;
  readonly #streams = new Set<MessageStream>();
  #work: (() => void)[] = [];

  constructor(context: BrokerContext, host: Host) {
    this.#context = context;
    this.#host = host;
  }

  publish(local: LocalMessage): Promise<void> {
    const message = toMessage(local, this.#context.limits, this.#host.now());
    return new Promise((resolve, reject) => {
      if (this.#context.closing) reject(closed());
      else this.soon(() => this.#publish(message, new HostPublish(resolve, reject)));
    });
  }

  subscribe(topicFilter: string, options: LocalSubscribeOptions): LocalSubscription {
    const { limits, sessions } = this.#context;
    const { qos = 2, highWaterMark = 1024, signal } = options;
    const invalid = validateTopicFilter(topicFilter, {
      maximumLength: limits.maximumTopicLength,
      maximumLevels: limits.maximumTopicLevels,
    });
    check(topicFilter, invalid, qos, highWaterMark);
    if (this.#context.closing) throw closed();
    signal?.throwIfAborted();
    const abort = (): void => void stream.close();
    const stream: MessageStream = new MessageStream(topicFilter, highWaterMark, () => {
      signal?.removeEventListener('abort', abort);
      this.#streams.delete(stream);
      this.soon(() => sessions.endLocal(session));
    });
    const session = sessions.openLocal('', (record, undecided) =>
      stream.push(receivedMessage(record), undecided),
    );
    this.#streams.add(stream);
    signal?.addEventListener('abort', abort);
    const subscription = {
      topicFilter,
      qos,
      noLocal: false,
      retainAsPublished: true,
      retainHandling: 2,
      subscriptionIdentifier: 0,
    } as const;
    this.soon(() => {
      if (!session.ended) sessions.putSubscription(session, subscription);
    });
    return stream;
  }

  /** Ends all subscriptions. */
  async unsubscribeAll(): Promise<void> {
    for (const stream of Array.from(this.#streams)) await stream.close();
  }

  /** Does something in the turn that is open, or the next one. */
  soon(work: () => void): void {
    this.#work.push(work);
    this.#context.turn.wake();
  }

  /** For the driver: it is time. */
  run(): void {
    const work = this.#work;
    if (work.length === 0) return;
    this.#work = [];
    for (const one of work) {
      try {
        one();
      } catch (error) {
        this.#context.observer.fault?.(error, 'host program');
      }
    }
  }

  #publish(message: MessageRecord, told: HostPublish): void {
    const context = this.#context;
    try {
      // identifiers follow the order of acceptance, which is now
      const record = copyOf(message, context.nextMessageId());
      const { isRetained, isLong } = publishMessage(context, record, undefined, told, told);
      if (!isRetained) {
        const reason = 'there is no room for one more retained message';
        told.failed(new BrokerError('BROKER_QUOTA', reason));
      } else if (!isLong) told.complete();
    } catch (error) {
      told.failed(error);
    }
  }
}

function check(
  topicFilter: string,
  invalid: TopicError | undefined,
  qos: number,
  highWaterMark: number,
): void {
  if (invalid !== undefined)
    throw new TypeError(`${JSON.stringify(topicFilter)}: ${invalid.message}`);
  if (!(qos === 0 || qos === 1 || qos === 2)) throw new TypeError(`qos ${qos} is not 0, 1 or 2`);
  if (!(highWaterMark >= 1)) throw new TypeError(`highWaterMark ${highWaterMark} is not 1 or more`);
}

function closed(): BrokerError {
  return new BrokerError('BROKER_CLOSED', 'the broker is closed');
}
