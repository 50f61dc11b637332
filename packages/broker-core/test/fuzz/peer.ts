import {
  type Connack,
  Decoder,
  type Packet,
  type ProtocolVersion,
  type Publish,
  encode,
} from '@wellhead/codec';
import type { MemoryConnection } from '@wellhead/transport/memory';
import { type ClientSession, type Ledger, type Sent } from './ledger.ts';
import { payloadOf, serialOf } from './payload.ts';
import type { ReluctantHooks } from './reluctant-hooks.ts';
import type { ConnectStep } from './step.ts';
import type { Tap } from './tap.ts';
import { Violation, demand } from './violation.ts';

/** One connection of a client: what it has said, what it must hear, what it owes. */
export class Peer {
  readonly number: number;
  readonly slot: number;
  readonly ledger: Ledger;
  readonly hooks: ReluctantHooks;
  readonly connection: MemoryConnection;
  readonly tap: Tap;
  clientId = '';
  version: ProtocolVersion = 4;
  connect: ConnectStep | undefined;
  /** Since CONNACK. */
  isOpen = false;
  isClosed = false;
  isPaused = false;
  /** A later connection of the same client has its CONNACK: nobody listens here any more. */
  isStale = false;
  /** It has done nothing that it might be disconnected for. */
  isHonest = true;
  /** It acknowledged what it had not got. */
  isConfused = false;
  session: ClientSession | undefined;
  will: Sent | undefined;
  /** Acknowledgements that it owes, in order. */
  due: { readonly type: 4 | 5 | 6 | 7; readonly packetId: number }[] = [];
  /** Messages of the broker that it has not acknowledged, by Packet Identifier. */
  readonly inFlight = new Map<number, 'published' | 'received'>();
  /** What the broker must still answer: a packet type and Packet Identifier each. */
  readonly awaited = new Map<string, readonly string[]>();
  pings = 0;
  /** QoS 1 and 2 messages of its own that count in the broker's Receive Maximum. */
  readonly outstanding = new Set<number>();
  readonly aliases = new Map<number, string>();
  serverReceiveMaximum = 65_535;
  serverAliasMaximum = 0;
  readonly #decoders: { decoder: Decoder | undefined } = { decoder: undefined };
  readonly #aliasesIn = new Map<number, string>();
  #failure: Error | undefined;

  constructor(
    number: number,
    slot: number,
    ledger: Ledger,
    hooks: ReluctantHooks,
    connection: MemoryConnection,
    tap: Tap,
  ) {
    this.number = number;
    this.slot = slot;
    this.ledger = ledger;
    this.hooks = hooks;
    this.connection = connection;
    this.tap = tap;
    connection.start({
      data: (chunk) => this.#receive(chunk.slice()),
      drain: () => undefined,
      closed: () => {
        this.isClosed = true;
        this.isOpen = false;
      },
    });
  }

  /** What went wrong while the network was moving; thrown after the step. */
  takeFailure(): Error | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  send(packet: Packet): void {
    this.sendBytes(encode(packet, this.version));
  }

  sendBytes(bytes: Uint8Array): void {
    if (!this.isClosed) this.connection.write(bytes);
  }

  /** Sends an acknowledgement and notes what it does to the exchange. */
  acknowledge(type: 4 | 5 | 6 | 7, packetId: number, reasonCode: number): void {
    const state = this.inFlight.get(packetId);
    const { session } = this;
    const owed = this.due.findIndex((one) => one.type === type && one.packetId === packetId);
    if (owed === -1) {
      this.isHonest = false;
      this.isConfused = true;
      // whoever acknowledges what has not come has nothing to complain of
      if (session !== undefined) session.isBlurred = true;
    } else this.due.splice(owed, 1);
    if (type === 4 || type === 7) this.inFlight.delete(packetId);
    else if (type === 5 && state !== undefined) {
      if (reasonCode >= 0x80) {
        this.inFlight.delete(packetId);
        const serial = session?.held.get(packetId);
        session?.held.delete(packetId);
        if (serial !== undefined) session?.refused.add(serial);
      } else this.inFlight.set(packetId, 'received');
    }
    if (type === 6) {
      const exchange = session?.outgoing.get(packetId);
      if (exchange !== undefined) exchange.isReleased = true;
      this.awaited.set(`7 ${packetId}`, []);
    }
    this.send({ type, packetId, reasonCode: this.version === 5 ? reasonCode : 0 });
  }

  #receive(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      const decoder = (this.#decoders.decoder ??= new Decoder({
        role: 'client',
        protocolVersion: this.tap.protocolVersion,
      }));
      for (const packet of decoder.decode(chunk)) this.#packet(packet);
      if (decoder.error !== undefined)
        throw new Violation('unreadable', `to ${this.clientId}: ${decoder.error.message}`);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  #packet(packet: Packet): void {
    if (this.isStale) return;
    if (this.ledger.isWild && !this.isHonest) {
      if (packet.type === 3) this.#owe(packet);
      return;
    }
    switch (packet.type) {
      case 2:
        return this.#connack(packet);
      case 3:
        return this.#publish(packet);
      case 4:
      case 5:
      case 7:
        return this.#acknowledged(packet.type, packet.packetId, packet.reasonCode);
      case 6:
        // a QoS 2 message of the broker is ours to keep from now on
        this.session?.held.delete(packet.packetId);
        this.due.push({ type: 7, packetId: packet.packetId });
        return;
      case 9:
        return this.#suback(packet.packetId, packet.reasonCodes);
      case 11:
        this.#answered(`11 ${packet.packetId}`);
        return;
      case 13:
        demand(this.pings > 0, 'answer', () => `${this.clientId} got PINGRESP for nothing`);
        this.pings--;
        return;
      case 14:
        return this.#disconnected(packet.reasonCode, packet.properties?.reasonString);
      default:
    }
  }

  #connack(packet: Connack): void {
    demand(!this.isOpen, 'answer', () => `${this.clientId} got a second CONNACK`);
    if (packet.reasonCode !== 0) return;
    this.isOpen = true;
    this.serverReceiveMaximum = packet.properties?.receiveMaximum ?? 65_535;
    this.serverAliasMaximum = packet.properties?.topicAliasMaximum ?? 0;
    const { session } = this;
    if (this.connect?.clean === true)
      demand(!packet.sessionPresent, 'session present', () => `${this.clientId} started clean`);
    if (session === undefined) return;
    for (const [packetId, { isReleased }] of session.outgoing)
      if (isReleased) this.due.push({ type: 6, packetId });
  }

  #suback(packetId: number, codes: readonly number[]): void {
    const asked = this.#answered(`9 ${packetId}`);
    const { session } = this;
    if (session !== undefined && session.owner !== this.number) return;
    for (const [index, code] of codes.entries()) {
      const text = asked[index];
      if (text === undefined || code > 2 || session === undefined) continue;
      const filter: ClientSession['subscriptions'] extends Map<string, infer F> ? F : never =
        JSON.parse(text); // written by the player
      // another SUBSCRIBE for it is under way
      const isChanging = [...this.awaited.values()].some((one) =>
        one.some((other) => other.includes(`"${filter.filter}"`)),
      );
      // the QoS that was granted is one of three
      if (!isChanging)
        session.subscriptions.set(filter.filter, { ...filter, qos: code as 0 | 1 | 2 });
    }
  }

  #answered(key: string): readonly string[] {
    const asked = this.awaited.get(key);
    demand(asked !== undefined, 'answer', () => `${this.clientId} got ${key} for nothing`);
    this.awaited.delete(key);
    return asked ?? [];
  }

  #acknowledged(type: 4 | 5 | 7, packetId: number, reasonCode: number): void {
    const { session } = this;
    const asked = this.awaited.get(`${type} ${packetId}`);
    const isExtra = asked === undefined && (type === 5 || this.isConfused);
    if (!isExtra) this.#answered(`${type} ${packetId}`);
    const exchange = session?.outgoing.get(packetId);
    if (type !== 5 || reasonCode >= 0x80) {
      session?.outgoing.delete(packetId);
      this.outstanding.delete(packetId);
    }
    if (type !== 7 && reasonCode < 0x80 && exchange !== undefined) {
      // MQTT 3.x acknowledges what is refused [MQTT-3.3.5-2 @3.1.1]
      const { retain, topic } = exchange.sent;
      const mayBeRefused = this.hooks.hasRefused || retain || topic.startsWith('denied/');
      exchange.sent.isAccepted = this.version === 5 || !mayBeRefused;
      exchange.isReleased = true; // never PUBLISH again
    }
    const isOwed = this.due.some((due) => due.type === 6 && due.packetId === packetId);
    if (type === 5 && reasonCode < 0x80 && !isOwed) this.due.push({ type: 6, packetId });
  }

  #owe(packet: Publish): void {
    if (packet.packetId === undefined) return;
    this.due.push({ type: packet.qos === 1 ? 4 : 5, packetId: packet.packetId });
  }

  #publish(packet: Publish): void {
    const { packetId = 0, qos, dup, retain } = packet;
    demand(this.isOpen, 'answer', () => `${this.clientId} got PUBLISH before CONNACK`);
    const topic = this.#topicOf(packet);
    if (qos > 0) {
      this.#owe(packet);
      demand(!this.inFlight.has(packetId), 'identifier', () => {
        return `${this.clientId} got #${packetId} twice on one connection, for ${topic}`;
      });
      this.inFlight.set(packetId, 'published');
      const maximum = this.connect?.receiveMaximum ?? 65_535;
      demand(this.isConfused || this.inFlight.size <= maximum, 'receive maximum', () => {
        return `${this.clientId} allows ${maximum} and has ${this.inFlight.size}`;
      });
    }
    if (this.ledger.isWild || packet.payload.length === 0) return;
    const serial = serialOf(packet.payload);
    const sent = this.ledger.sent(serial);
    if (sent === undefined) throw new Violation('content', `unknown payload under ${topic}`);
    demand(sent.topic === topic && sent.qos >= qos, 'content', () => {
      return `m${serial} came under ${topic} at QoS ${qos}, and was sent under ${sent.topic} at ${sent.qos}`;
    });
    const whole = payloadOf(serial, sent.size);
    demand(equal(whole, packet.payload), 'content', () => `m${serial} has another payload`);
    if (this.session !== undefined)
      this.ledger.receive(this.session, sent, { qos, dup, retain, packetId });
  }

  #topicOf(packet: Publish): string {
    const alias = packet.properties?.topicAlias ?? 0;
    if (alias === 0) return packet.topicName;
    demand(alias <= (this.connect?.aliases ?? 0), 'alias', () => {
      return `${this.clientId} allows ${this.connect?.aliases ?? 0} aliases and got ${alias}`;
    });
    if (packet.topicName !== '') this.#aliasesIn.set(alias, packet.topicName);
    const topic = this.#aliasesIn.get(alias);
    if (topic === undefined) throw new Violation('alias', `${alias} means nothing`);
    return topic;
  }

  #disconnected(reasonCode: number, reason: string | undefined): void {
    const isBlame = BLAME.has(reasonCode);
    demand(!isBlame || !this.isHonest, 'blame', () => {
      return `${this.clientId}, which is honest, got DISCONNECT ${reasonCode.toString(16)}: ${reason}`;
    });
  }
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** Malformed, Protocol Error, Receive Maximum exceeded, Topic Alias invalid, implementation specific error. */
const BLAME: ReadonlySet<number> = new Set([0x81, 0x82, 0x83, 0x93, 0x94]);
