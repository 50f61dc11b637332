import { PacketType } from '@wellhead/codec';
import type { BenchCase } from '../bench-case.ts';
import { type Address, type ByteChannel, openChannel } from './byte-channel.ts';
import type { LoadRequest } from './load-request.ts';
import { PacketScanner, type ScannerSink } from './packet-scanner.ts';
import {
  type SessionOptions,
  connectPacket,
  disconnectPacket,
  subscribePacket,
} from './packets.ts';
import { type EndOfTurn, Turn } from './turn.ts';

/** What everything that loads one broker with one case shares. */
export interface LoadContext {
  readonly bench: BenchCase;
  readonly address: Address;
  readonly turn: Turn;
  /** Client Identifiers begin with it. */
  readonly prefix: string;
}

export function contextOf({ bench, address, prefix }: LoadRequest): LoadContext {
  return { bench, address, prefix, turn: new Turn() };
}

/** What a client does with what comes in. */
export interface ClientRole {
  message(publisher: number, sequence: number, sentAt: number): void;
  /** PUBACK or PUBCOMP for a message of this client. */
  acknowledged(packetId: number): void;
  /** This turn of the event loop is over: a last chance to have something to write. */
  endTurn(): void;
}

/** An MQTT client of a load generator: answers what QoS 1 and 2 ask for, and writes once a turn. */
export class LoadClient implements ScannerSink, EndOfTurn {
  readonly channel: ByteChannel;
  readonly #context: LoadContext;
  readonly #role: ClientRole;
  #isDirty = false;
  #answer:
    | {
        readonly type: number;
        readonly resolve: (body: Buffer) => void;
        readonly reject: (error: Error) => void;
      }
    | undefined;
  #isLeaving = false;

  private constructor(context: LoadContext, role: ClientRole, channel: ByteChannel) {
    this.#context = context;
    this.#role = role;
    this.channel = channel;
  }

  /** Resolves after CONNACK; rejects when it says no. */
  static async connect(
    context: LoadContext,
    role: ClientRole,
    { localAddress, ...options }: SessionOptions & { readonly localAddress?: string },
  ): Promise<LoadClient> {
    const { bench, address, turn, prefix } = context;
    const session = { ...options, clientId: `${prefix}${options.clientId}` };
    const channel = await openChannel(address, {
      localAddress,
      receive: (chunk, start, end) => {
        turn.now = performance.now();
        scanner.receive(chunk, start, end);
      },
      closed: (reason) => client.#closed(reason),
    });
    const client = new LoadClient(context, role, channel);
    const scanner = new PacketScanner(client, bench.protocolVersion);
    const body = await client.request(connectPacket(bench, session), PacketType.Connack);
    if (body[1] !== 0) throw new Error(`CONNACK says ${body[1]}`);
    return client;
  }

  async subscribe(topicFilters: readonly string[], packetId = 1): Promise<void> {
    const { bench } = this.#context;
    const body = await this.request(
      subscribePacket(bench, packetId, topicFilters),
      PacketType.Suback,
    );
    const codes = body.subarray(bench.protocolVersion === 5 ? 3 : 2);
    if (codes.some((code) => code >= 0x80)) throw new Error('A subscription was refused.');
  }

  /** Sends a packet and resolves with the body of the next packet of a type. */
  request(packet: Uint8Array, type: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#answer = { type, resolve, reject };
      this.channel.append(packet);
      this.channel.flush();
    });
  }

  /** In order, so that nothing is left of the session of a clean client. */
  leave(): void {
    this.#isLeaving = true;
    this.channel.append(disconnectPacket(this.#context.bench));
    this.channel.flush();
    this.channel.socket.end();
  }

  /** The role has something to write in this turn. */
  touch(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#context.turn.add(this);
  }

  endTurn(): void {
    this.#isDirty = false;
    this.#role.endTurn();
    this.channel.flush();
  }

  message(
    publisher: number,
    sequence: number,
    sentAt: number,
    qos: number,
    packetId: number,
  ): void {
    this.#role.message(publisher, sequence, sentAt);
    if (qos === 0) return;
    this.channel.appendAcknowledgement(qos === 1 ? PUBACK : PUBREC, packetId);
    this.touch();
  }

  acknowledgement(type: number, packetId: number): void {
    if (type === PacketType.Pubrec) this.channel.appendAcknowledgement(PUBREL, packetId);
    else if (type === PacketType.Pubrel) this.channel.appendAcknowledgement(PUBCOMP, packetId);
    else return this.#role.acknowledged(packetId);
    return this.touch();
  }

  control(type: number, body: Buffer): void {
    if (this.#answer?.type === type) {
      const { resolve } = this.#answer;
      this.#answer = undefined;
      resolve(Buffer.from(body)); // a copy: it is looked at later
    } else if (type === PacketType.Disconnect) {
      this.#closed(`DISCONNECT 0x${(body[0] ?? 0).toString(16)}`);
    }
  }

  #closed(reason: string): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    const error = new Error(`A connection ended: ${reason}.`);
    if (this.#answer === undefined) throw error; // ends this process, and with it the run
    this.#answer.reject(error);
  }
}

/** First bytes of the packets that answer. */
const PUBACK = 0x40;
const PUBREC = 0x50;
const PUBREL = 0x62;
const PUBCOMP = 0x70;
