import type {
  AckProperties,
  Connack,
  DisconnectProperties,
  Packet,
  Publish,
  PublishProperties,
  QoS,
  Suback,
  SubscribeProperties,
  SubscriptionRequest,
  Unsuback,
} from '@wellhead/codec';
import { describeCode, describePacket } from './describe-packet.ts';
import type { Expected } from './difference.ts';
import { CaseSkipped, check, ConformanceFailure } from './failure.ts';
import { RawClient } from './raw-client.ts';

export interface PublishOptions {
  /** @default 0 */
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly packetId?: number;
  readonly properties?: PublishProperties;
}

/** A filter with its options; a bare string asks for QoS 2. */
export type FilterRequest =
  | string
  | (Partial<SubscriptionRequest> & { readonly topicFilter: string });

/**
 * A {@link RawClient} that also knows the usual exchanges. Each waits for its answers, and fails when
 * they do not come or refuse.
 */
export class WireClient extends RawClient {
  /** As sent, or as assigned by the server. */
  clientId = '';
  /** The CONNACK of a connection that was accepted. */
  connack: Connack | undefined;
  #packetId = 0;

  /** 1, 2, 3 …: the next Packet Identifier for a request of this client. */
  nextPacketId(): number {
    this.#packetId += 1;
    return this.#packetId;
  }

  /** Waits for the CONNACK and for its success. */
  async expectAccepted(expected: Expected<Connack> = {}): Promise<Connack> {
    this.connack = await this.expect('connack', { reasonCode: 0, ...expected });
    this.clientId = this.connack.properties?.assignedClientIdentifier ?? this.clientId;
    return this.connack;
  }

  /** A refused CONNECT: a CONNACK with one of the codes, or no word at all, and the connection closed. */
  async expectRefused(codes?: readonly number[]): Promise<number | undefined> {
    const { packets, reasonCode } = await this.expectClosed();
    const what = `the CONNECT refused${codes ? ` (${codes.map(describeCode).join(' or ')})` : ''}`;
    const other = packets.find((packet) => packet.type !== 2);
    if (other) throw new ConformanceFailure(what, describePacket(other));
    const isRight =
      reasonCode === undefined || (codes ? codes.includes(reasonCode) : reasonCode > 0);
    check(isRight, what, `CONNACK ${describeCode(reasonCode ?? 0)}`);
    return reasonCode;
  }

  /** SUBSCRIBE and its SUBACK; skips the case when the server grants less than was asked. */
  async subscribe(
    filters: FilterRequest | readonly FilterRequest[],
    properties?: SubscribeProperties,
  ): Promise<Suback> {
    const requests = listOf(filters).map(requestOf);
    const suback = await this.requestSubscribe(requests, properties);
    for (const [i, request] of requests.entries()) {
      const code = suback.reasonCodes[i] ?? 0x80;
      check(code < 0x80, `${request.topicFilter} granted`, describeCode(code));
      if (code < request.qos) throw new CaseSkipped(`the server grants QoS ${code} only`);
    }
    return suback;
  }

  /** SUBSCRIBE and its SUBACK, whatever its Reason Codes. */
  async requestSubscribe(
    filters: FilterRequest | readonly FilterRequest[],
    properties?: SubscribeProperties,
  ): Promise<Suback> {
    const packetId = this.nextPacketId();
    const subscriptions = listOf(filters).map(requestOf);
    this.send({ type: 8, packetId, subscriptions, properties });
    const suback = await this.expect('suback', { packetId });
    const count = subscriptions.length;
    const got = suback.reasonCodes.length;
    check(got === count, `${count} Reason Codes in SUBACK`, `${got}`);
    return suback;
  }

  /** UNSUBSCRIBE and its UNSUBACK. */
  async unsubscribe(topicFilters: string | readonly string[]): Promise<Unsuback> {
    const packetId = this.nextPacketId();
    this.send({ type: 10, packetId, topicFilters: listOf(topicFilters) });
    return this.expect('unsuback', { packetId });
  }

  /** Sends a PUBLISH and does not wait; returns its Packet Identifier, 0 at QoS 0. */
  sendPublish(
    topicName: string,
    payload: string | Uint8Array,
    options: PublishOptions = {},
  ): number {
    const { qos = 0, retain = false, dup = false, properties } = options;
    const packetId = qos === 0 ? 0 : (options.packetId ?? this.nextPacketId());
    this.send({
      type: 3,
      topicName,
      payload: Buffer.from(payload),
      qos,
      dup,
      retain,
      packetId: qos === 0 ? undefined : packetId,
      properties,
    });
    return packetId;
  }

  /** PUBLISH with its whole exchange, which must succeed; returns the Reason Code (0x10 is a success). */
  async publish(
    topicName: string,
    payload: string | Uint8Array,
    options: PublishOptions = {},
  ): Promise<number> {
    const packetId = this.sendPublish(topicName, payload, options);
    if (packetId === 0) return 0;
    const name = options.qos === 1 ? 'puback' : 'pubrec';
    const { reasonCode } = await this.expect(name, { packetId });
    check(reasonCode < 0x80, `${name.toUpperCase()} with success`, describeCode(reasonCode));
    if (name === 'pubrec') {
      this.acknowledge(6, packetId);
      await this.expect('pubcomp', { packetId, reasonCode: 0 });
    }
    return reasonCode;
  }

  /** Waits for a PUBLISH and completes its exchange. */
  async receive(expected: Expected<Publish> = {}): Promise<Publish> {
    const publish = await this.expect('publish', expected);
    await this.complete(publish);
    return publish;
  }

  /** Acknowledges a PUBLISH to the end. */
  async complete(publish: Publish): Promise<void> {
    const packetId = publish.packetId ?? 0;
    if (publish.qos === 1) this.acknowledge(4, packetId);
    if (publish.qos === 2) {
      this.acknowledge(5, packetId);
      await this.expect('pubrel', { packetId });
      this.acknowledge(7, packetId);
    }
  }

  /** Receives and acknowledges until the payload is `last`; that one is included. */
  async receiveUntil(last: string): Promise<Publish[]> {
    const publishes: Publish[] = [];
    for (;;) {
      const publish = await this.receive();
      publishes.push(publish);
      if (Buffer.from(publish.payload).equals(Buffer.from(last))) return publishes;
    }
  }

  /** Receives and acknowledges these topics and payloads, in any order, and nothing else among them. */
  async receiveUntilAll(wanted: readonly (readonly [string, string])[]): Promise<void> {
    const missing = wanted.map(([topicName, payload]) => `${topicName} ${payload}`);
    while (missing.length > 0) {
      const publish = await this.receive();
      const found = `${publish.topicName} ${Buffer.from(publish.payload).toString()}`;
      const i = missing.indexOf(found);
      check(i >= 0, `one of ${missing.join('; ')}`, found);
      missing.splice(i, 1);
    }
  }

  /** Sends PUBACK (4), PUBREC (5), PUBREL (6) or PUBCOMP (7). */
  acknowledge(
    type: 4 | 5 | 6 | 7,
    packetId: number,
    reasonCode = 0,
    properties?: AckProperties,
  ): void {
    this.send({ type, packetId, reasonCode, properties });
  }

  /** DISCONNECT, and waits until the connection is closed. */
  async disconnect(reasonCode = 0, properties?: DisconnectProperties): Promise<void> {
    this.send({ type: 14, reasonCode, properties });
    await this.#finish();
  }

  /**
   * Ends the connection without DISCONNECT, and waits until the server has closed it too, so that it
   * knows of the loss; {@link RawClient.drop} does not wait.
   */
  async lose(): Promise<void> {
    await this.#finish();
  }

  /** The end of a case: no Will is left armed by a connection that is still open. */
  async dispose(): Promise<void> {
    if (this.isClosed) return;
    if (this.connack) this.send(goodbye);
    await this.#finish().catch(() => undefined);
    this.drop();
  }

  async #finish(): Promise<void> {
    this.end();
    const timer = setTimeout(() => this.drop(), 1000);
    try {
      await this.expectClosed();
    } finally {
      clearTimeout(timer);
    }
  }
}

function requestOf(filter: FilterRequest): SubscriptionRequest {
  const request = typeof filter === 'string' ? { topicFilter: filter } : filter;
  return { qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0, ...request };
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  // the only arrays among the values are lists of them
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

const goodbye: Packet = { type: 14, reasonCode: 0 };
