import type { BrokerContext } from '../context.ts';
import { Message } from '../message.ts';
import { route } from '../route.ts';

/**
 * `$SYS/broker/…`: the broker's counters as retained messages in decimal text, under the names that
 * operators know. A topic is published when its value has changed.
 */
export class SysTopics {
  readonly #context: BrokerContext;
  readonly #startedAt: number;
  readonly #last = new Map<string, string>();
  readonly #version: string;

  constructor(context: BrokerContext, version: string) {
    this.#context = context;
    this.#startedAt = context.now;
    this.#version = version;
  }

  publish(): void {
    const context = this.#context;
    for (const [name, value] of this.#values()) {
      const text = String(value);
      if (this.#last.get(name) === text) continue;
      this.#last.set(name, text);
      const topicName = `$SYS/broker/${name}`;
      const payload = TEXT.encode(text);
      const { now } = context;
      const message = new Message(
        context.nextMessageId(),
        topicName,
        payload,
        0,
        true,
        undefined,
        now,
        Infinity,
        undefined,
      );
      context.retained.publishVolatile(message);
      context.publication.fromMessage(message, context.topics.entry(topicName), undefined, now);
      const topic = context.publication.topic;
      route(context, context.publication, context.router.route(topic));
    }
  }

  #values(): readonly (readonly [string, string | number])[] {
    const { counters, now, store } = this.#context;
    const sizes = store.sizes();
    const offline = counters.sessions - counters.clientsConnected;
    return [
      ['version', `wellhead ${this.#version}`],
      ['uptime', `${Math.floor((now - this.#startedAt) / 1000)} seconds`],
      ['clients/total', counters.sessions],
      ['clients/connected', counters.clientsConnected],
      ['clients/disconnected', offline],
      ['clients/maximum', counters.clientsMaximum],
      ['clients/expired', counters.sessionsExpired],
      ['connections/socket/count', counters.connectionsAccepted],
      ['messages/received', counters.packetsReceived],
      ['messages/sent', counters.packetsSent],
      ['store/messages/count', sizes.messages],
      ['store/messages/bytes', sizes.messageBytes],
      ['store/failures', counters.storeFailures],
      ['publish/messages/received', counters.publishReceived],
      ['publish/messages/sent', counters.publishSent],
      ['publish/messages/dropped', counters.publishDropped],
      ['publish/messages/refused', counters.publishRefused],
      ['queued/bytes', counters.queuedBytes],
      ['publish/bytes/received', counters.publishBytesReceived],
      ['publish/bytes/sent', counters.publishBytesSent],
      ['bytes/received', counters.bytesReceived],
      ['bytes/sent', counters.bytesSent],
      ['subscriptions/count', counters.subscriptions],
      ['shared_subscriptions/count', counters.sharedSubscriptions],
      ['retained messages/count', counters.retainedMessages],
    ];
  }
}

const TEXT = new TextEncoder();
