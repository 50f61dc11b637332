import type { ClientRole, LoadClient, LoadContext } from './load-client.ts';
import type { MessageFlow } from './message-flow.ts';
import { type PublishTemplate, publishTemplate } from './packets.ts';

/** A topic that is published to, and how many subscribers must get it. */
export interface Target {
  readonly topicName: string;
  readonly receivers: number;
}

/**
 * Publishes to its topics in turn, as many messages as the flow has room for. The packets are made
 * beforehand; a message costs a few stores into them.
 */
export class Publisher implements ClientRole {
  /** Set by whoever connects it. */
  client: LoadClient | undefined;
  /** Messages that are still wanted of this publisher. */
  left: number = Infinity;
  readonly #index: number;
  readonly #flow: MessageFlow;
  readonly #isPaced: boolean;
  readonly #qos: number;
  readonly #targets: readonly Target[];
  readonly #templates: readonly PublishTemplate[];
  #sequence = 0;
  /** Room for some packets; when all are alike they are already there. */
  #batch: Buffer;
  readonly #isPrefilled: boolean;
  readonly #batchSize: number;

  constructor(
    { bench }: LoadContext,
    flow: MessageFlow,
    index: number,
    targets: readonly Target[],
    { retain = false }: { readonly retain?: boolean } = {},
  ) {
    this.#index = index;
    this.#flow = flow;
    this.#isPaced = bench.rate > 0;
    this.#qos = bench.qos;
    this.#targets = targets;
    const marks = { publisher: index, retain };
    this.#templates = targets.map(({ topicName }) => publishTemplate(bench, topicName, marks));
    const longest = Math.max(...this.#templates.map(({ bytes }) => bytes.length));
    this.#batchSize = Math.max(1, Math.min(bench.window || 1, Math.floor(BATCH_BYTES / longest)));
    this.#batch = Buffer.alloc(this.#batchSize * longest);
    this.#isPrefilled = targets.length === 1;
    const only = this.#templates[0];
    if (this.#isPrefilled && only) this.#batch.fill(only.bytes);
  }

  message(): void {}

  acknowledged(packetId: number): void {
    this.#flow.acknowledge(this.#index, packetId);
  }

  endTurn(): void {
    if (!this.#isPaced) this.send(this.#flow.room(this.#index), performance.now());
  }

  /** Sends up to `count` messages that say that they were sent at this time. */
  send(count: number, sentAt: number): void {
    let wanted = Math.min(count, this.left);
    while (wanted > 0) {
      const batch = Math.min(wanted, this.#batchSize);
      const length = this.#fill(batch, sentAt);
      this.#write(length);
      if (length === 0) return;
      wanted -= batch;
    }
  }

  #fill(count: number, sentAt: number): number {
    const batch = this.#batch;
    let position = 0;
    for (let done = 0; done < count; done++) {
      const which = this.#isPrefilled ? 0 : this.#sequence % this.#templates.length;
      const template = this.#templates[which];
      const target = this.#targets[which];
      if (template === undefined || target === undefined) break;
      if (!this.#flow.send(this.#index, this.#sequence, target.receivers, sentAt)) break;
      if (!this.#isPrefilled) batch.set(template.bytes, position);
      batch.writeUInt32LE(this.#sequence, position + template.payloadAt + 4);
      batch.writeDoubleLE(sentAt, position + template.payloadAt + 8);
      if (this.#qos > 0) {
        batch.writeUInt16BE(this.#flow.packetId(this.#sequence), position + template.packetIdAt);
      }
      position += template.bytes.length;
      this.#sequence++;
      this.left--;
    }
    return position;
  }

  #write(length: number): void {
    if (length === 0 || this.client === undefined) return;
    const bytes = this.#batch.subarray(0, length);
    // at QoS 1 and 2 acknowledgements go out with it
    if (this.#qos > 0 && !this.#isPaced) this.client.channel.append(bytes);
    else if (!this.client.channel.writeNow(bytes)) this.#batch = Buffer.from(this.#batch);
  }
}

const BATCH_BYTES = 128 * 1024;
