import {
  type Connack,
  type Packet,
  PacketType,
  type Publish,
  type Suback,
  type Unsuback,
  type Will,
} from '@wellhead/codec';
import { Connection } from './connection.ts';
import { Outgoing } from './outgoing.ts';
import type { World } from './world.ts';

export interface ClientOptions {
  readonly clientId: string;
  readonly version: 4 | 5;
  /** Session Expiry Interval of MQTT 5 in seconds; 0 is Clean Session 1 for 3.1.1. @default 3600 */
  readonly expiry?: number;
  /** MQTT 5. @default none */
  readonly receiveMaximum?: number;
}

/**
 * A client that keeps its half of a session faithfully (MQTT 5.0 section 4.1): it sends again with DUP
 * what was not acknowledged, takes a QoS 2 message once, and remembers what the broker has promised.
 */
export class Client {
  readonly clientId: string;
  readonly version: 4 | 5;
  readonly world: World;
  readonly outgoing: Outgoing;
  /** The broker has acknowledged a session that outlives its connection. */
  isKept = false;
  readonly #options: ClientOptions;
  #connection: Connection | undefined;
  #isConnected = false;
  #connack: ((connack: Connack | undefined) => void) | undefined;
  readonly #requests = new Map<number, (answer: Suback | Unsuback | undefined) => void>();
  /** QoS 2 messages that were taken and whose PUBREL has not come: Packet Identifier and payload. */
  readonly #awaitingPubrel = new Map<number, string>();
  /** Acknowledgements that were not sent yet, in order. */
  #answers: Packet[] = [];
  #answerTimer: NodeJS.Timeout | undefined;
  /** Longest time in milliseconds that an acknowledgement is held back. */
  answerDelay = 0;
  #closed: Promise<void> = Promise.resolve();

  constructor(world: World, options: ClientOptions) {
    this.world = world;
    this.#options = options;
    this.clientId = options.clientId;
    this.version = options.version;
    this.outgoing = new Outgoing(world.ledger, (packet) => this.#send(packet));
  }

  /** Called for each message that is taken. */
  onMessage: (packet: Publish) => void = () => {};
  /** Called when the connection has ended, and had been accepted. */
  onEnd: () => void = () => {};
  /** Called when a connection was accepted, before anything is sent again. */
  onSession: (isPresent: boolean) => void = () => {};

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get isConnecting(): boolean {
    return this.#connack !== undefined;
  }

  /** The last packets in both directions. */
  readonly trace: string[] = [];

  /** Settles when no connection is open. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** Connects to where the broker is now; undefined when the connection ended before CONNACK. */
  async connect(will?: Will, cleanStart = false): Promise<Connack | undefined> {
    const { clientId, version, world } = this;
    const { expiry = 3600, receiveMaximum } = this.#options;
    let closed: () => void = () => {};
    const connection: Connection = new Connection(world.port, version, {
      received: (packet) => {
        if (this.#connection === connection) this.#received(packet);
      },
      closed: (why) => {
        if (this.#connection === connection) this.#over(why);
        closed();
      },
    });
    const before = this.#connection;
    this.#over('the client connects again', true);
    before?.destroy();
    this.#connection = connection;
    this.#note('connects');
    this.#closed = new Promise((resolve) => (closed = resolve));
    const isClean = cleanStart || (version === 4 && expiry === 0);
    const properties = { sessionExpiryInterval: expiry, receiveMaximum };
    connection.send({
      type: PacketType.Connect,
      protocolVersion: version,
      clientId,
      cleanStart: isClean,
      keepAlive: 0,
      will,
      properties: version === 5 ? properties : undefined,
    });
    return new Promise((resolve) => {
      this.#connack = (connack) => {
        // what comes with CONNACK in one read is received in a session
        if (connack?.reasonCode === 0) this.#begin(connack, isClean, expiry);
        resolve(connack);
      };
    });
  }

  /** Resolves with the Reason Code; undefined when the connection ended before the answer. */
  async subscribe(topicFilter: string, qos: 0 | 1 | 2): Promise<number | undefined> {
    const packetId = this.outgoing.takePacketId();
    const rest = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    const subscriptions = [{ topicFilter, qos, ...rest }];
    const answer = await this.#request({ type: PacketType.Subscribe, packetId, subscriptions });
    return answer?.reasonCodes[0];
  }

  async unsubscribe(topicFilter: string): Promise<boolean> {
    const packetId = this.outgoing.takePacketId();
    const topicFilters = [topicFilter];
    const request = { type: PacketType.Unsubscribe, packetId, topicFilters } as const;
    return (await this.#request(request)) !== undefined;
  }

  /** Resolves with the answer, true, or with the end of the connection. */
  async ping(): Promise<boolean> {
    const answered = new Promise<boolean>((resolve) => this.#pings.push(resolve));
    this.#send({ type: PacketType.Pingreq });
    return answered;
  }

  readonly #pings: ((answered: boolean) => void)[] = [];

  /** Sends a message at QoS 0. */
  speak(topicName: string): void {
    const payload = new Uint8Array(1);
    const how = { qos: 0, dup: false, retain: false } as const;
    this.#send({ type: PacketType.Publish, topicName, payload, ...how });
  }

  /** Goes without a word. */
  vanish(): void {
    const connection = this.#connection;
    this.#over('the client vanished', true);
    connection?.destroy();
  }

  /** Says goodbye, so that there is no will. */
  disconnect(): void {
    const connection = this.#connection;
    this.#send({ type: PacketType.Disconnect, reasonCode: 0 });
    this.#over('the client disconnected', true);
    connection?.end();
  }

  /** What was held back is sent now. */
  answer(): void {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = undefined;
    const answers = this.#answers;
    this.#answers = [];
    for (const packet of answers) this.#send(packet);
  }

  #begin(connack: Connack, isClean: boolean, expiry: number): void {
    const { findings } = this.world;
    const { sessionPresent } = connack;
    if (this.isKept && !isClean && !sessionPresent) {
      findings.add('sessions without Session Present', this.clientId);
    }
    if (!sessionPresent) this.#awaitingPubrel.clear();
    this.isKept = expiry > 0 && !isClean;
    this.#isConnected = true;
    this.onSession(sessionPresent);
    this.outgoing.resume(sessionPresent);
  }

  async #request(packet: Packet & { packetId: number }): Promise<Suback | Unsuback | undefined> {
    const { packetId } = packet;
    const answered = new Promise<Suback | Unsuback | undefined>((resolve) => {
      this.#requests.set(packetId, resolve);
    });
    this.#send(packet);
    return answered;
  }

  #send(packet: Packet): void {
    if (!this.#isConnected) return;
    this.#note('sends', packet);
    this.#connection?.send(packet);
  }

  #note(what: string, packet?: Packet): void {
    if (this.trace.length === TRACED) this.trace.shift();
    this.trace.push(this.world.chronicle.line(packet ? `${what} ${nameOf(packet)}` : what));
  }

  #received(packet: Packet): void {
    this.#note('receives', packet);
    switch (packet.type) {
      case PacketType.Connack:
        this.#concludeConnect(packet);
        return;
      case PacketType.Publish:
        this.#publish(packet);
        return;
      case PacketType.Pubrel:
        this.#awaitingPubrel.delete(packet.packetId);
        this.#answerLater({ type: PacketType.Pubcomp, packetId: packet.packetId, reasonCode: 0 });
        return;
      case PacketType.Puback:
      case PacketType.Pubrec:
      case PacketType.Pubcomp:
        this.outgoing.acknowledged(packet.type, packet.packetId, packet.reasonCode);
        return;
      case PacketType.Suback:
      case PacketType.Unsuback:
        this.#requests.get(packet.packetId)?.(packet);
        this.#requests.delete(packet.packetId);
        this.outgoing.releasePacketId(packet.packetId);
        return;
      case PacketType.Pingresp:
        this.#pings.shift()?.(true);
        return;
      default:
        this.#ended(
          `type ${packet.type}, Reason Code ${'reasonCode' in packet ? packet.reasonCode : 0}`,
        );
    }
  }

  #concludeConnect(connack: Connack | undefined): void {
    const conclude = this.#connack;
    this.#connack = undefined;
    conclude?.(connack);
  }

  #publish(packet: Publish): void {
    const { packetId = 0, qos } = packet;
    if (qos === 1) this.#answerLater({ type: PacketType.Puback, packetId, reasonCode: 0 });
    if (qos === 2) {
      this.#answerLater({ type: PacketType.Pubrec, packetId, reasonCode: 0 });
      const payload = UTF8.decode(packet.payload);
      const known = this.#awaitingPubrel.get(packetId);
      this.#awaitingPubrel.set(packetId, payload);
      // [MQTT-4.3.3-10]: the same message again
      if (known === payload) return;
      if (known !== undefined) {
        // a receiver of the specification does not look at the payload, and would drop it
        const text = `${packetId} of ${this.clientId} stands for ${known.slice(0, 40)} and, before PUBREL, for ${payload.slice(0, 40)}`;
        this.world.findings.add('Packet Identifier reused', text);
      }
    }
    this.onMessage(packet);
  }

  #answerLater(packet: Packet): void {
    this.#answers.push(packet);
    if (this.answerDelay === 0) this.answer();
    else this.#answerTimer ??= setTimeout(() => this.answer(), this.answerDelay);
  }

  #ended(what: string): void {
    if (this.world.isDown) return;
    this.world.findings.add('connections ended by the broker', `${this.clientId}: ${what}`);
  }

  #over(why: string, byClient = false): void {
    const wasConnected = this.#isConnected;
    if (this.#connection !== undefined) this.#note(why);
    this.#isConnected = false;
    this.#connection = undefined;
    clearTimeout(this.#answerTimer);
    this.#answerTimer = undefined;
    this.#answers = [];
    this.#concludeConnect(undefined);
    for (const [packetId, settle] of this.#requests) {
      settle(undefined);
      this.outgoing.releasePacketId(packetId);
    }
    this.#requests.clear();
    for (const settle of this.#pings.splice(0)) settle(false);
    if (wasConnected && !byClient) this.#ended(why);
    if (wasConnected) this.onEnd();
  }
}

function nameOf(packet: Packet): string {
  const { type } = packet;
  const name = Object.entries(PacketType).find(([, value]) => value === type)?.[0] ?? String(type);
  const identifier = 'packetId' in packet ? ` ${packet.packetId}` : '';
  const reason = 'reasonCode' in packet ? ` 0x${packet.reasonCode.toString(16)}` : '';
  return `${name}${identifier}${reason}`;
}

const UTF8 = new TextDecoder();
/** Packets that are remembered. */
const TRACED = 60;
