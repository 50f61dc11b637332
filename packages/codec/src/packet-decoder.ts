import { isReasonCodeAllowed } from './allowed-reason-codes.ts';
import { byteAt, copyOf, uint16At } from './byte-at.ts';
import { firstByteRule } from './fixed-header.ts';
import { PacketAssembly } from './packet-assembly.ts';
import { newMemory, type PacketMemory } from './packet-memory.ts';
import { PacketReader } from './packet-reader.ts';
import type { OtherPacket, PacketSink } from './packet-sink.ts';
import {
  type AcknowledgementType,
  PacketType,
  type ProtocolVersion,
  type Role,
} from './packet-type.ts';
import type { AckProperties } from './properties.ts';
import { ProtocolError } from './protocol-error.ts';
import { PublishReader } from './publish-reader.ts';
import { isKept } from './publish-view.ts';
import { readConnect } from './read-connect.ts';
import { readPacket } from './read-packet.ts';
import { readProperties } from './read-properties.ts';
import { integerRule, reasonCodeRule, type Rule, rules, violation } from './rules.ts';
import type { TopicTable } from './topic-table.ts';
import { incomplete, integerLength, maximumInteger, readInteger } from './variable-byte-integer.ts';

export interface PacketDecoderOptions {
  /** `'any'` accepts the packets of both sides, for whoever only looks on. */
  readonly role: Role | 'any';
  /**
   * Needed by a client. A server learns it from the CONNECT; when it is given to a server, that
   * CONNECT has been read elsewhere. With `'any'` it holds until a CONNECT is seen.
   */
  readonly protocolVersion?: ProtocolVersion;
  /** Largest packet in bytes, fixed header included. @default 268435460 */
  readonly maximumPacketSize?: number;
  /** The same for the first packet that a server receives. @default maximumPacketSize */
  readonly maximumConnectSize?: number;
  /**
   * The same for packets other than CONNECT and PUBLISH, and for the properties of a PUBLISH: each of
   * their fields costs work and memory, so that one of the full Maximum Packet Size would hold up
   * everybody else. Beyond: 0x97.
   *
   * @default maximumPacketSize
   */
  readonly maximumRequestSize?: number;
  /** Shared between connections; without it the decoder makes a small one when the first PUBLISH comes. */
  readonly topics?: TopicTable<unknown>;
  /** For packets that arrive in pieces. @default a new block for each */
  readonly memory?: PacketMemory;
}

/**
 * Bytes in any portions to checked packets, without an object per PUBLISH or acknowledgement.
 *
 * Never throws on what a peer sends: the first broken rule goes to the sink as a ProtocolError and
 * finishes the decoder. The first byte and the size of a packet are judged before any of it is kept.
 */
export class PacketDecoder {
  /** 0 until the CONNECT was read. */
  protocolVersion: ProtocolVersion | 0;
  /** May be changed between packets. */
  maximumPacketSize: number;
  /** Bytes of the packet that the sink is being given, fixed header included. */
  packetSize = 0;

  readonly #sink: PacketSink;
  readonly #sender: Role | undefined;
  readonly #maximumConnectSize: number;
  readonly #maximumRequestSize: number;
  readonly #topics: TopicTable<unknown> | undefined;
  readonly #memory: PacketMemory;
  #connectSeen: boolean;
  #state: State = State.Open;
  #running = false;
  #publishes: PublishReader | undefined = undefined;
  #assembly: PacketAssembly | undefined = undefined;
  /** The packet that is being delivered did not have the shortest Remaining Length. */
  #isShortened = false;
  #kept: Uint8Array[] | undefined = undefined;

  constructor(sink: PacketSink, options: PacketDecoderOptions) {
    const { role, protocolVersion } = options;
    if (role === 'client' && protocolVersion === undefined) {
      throw new TypeError('a decoder for a client needs its protocolVersion');
    }
    this.#sink = sink;
    this.#sender = role === 'any' ? undefined : role === 'server' ? 'client' : 'server';
    this.protocolVersion = protocolVersion ?? (role === 'any' ? 5 : 0);
    this.#connectSeen = role === 'server' && protocolVersion !== undefined;
    this.maximumPacketSize = options.maximumPacketSize ?? maximumInteger + 5;
    this.#maximumConnectSize = options.maximumConnectSize ?? this.maximumPacketSize;
    this.#maximumRequestSize = options.maximumRequestSize ?? Infinity;
    this.#topics = options.topics;
    this.#memory = options.memory ?? newMemory;
  }

  get paused(): boolean {
    return this.#state === State.Paused;
  }

  /** Bytes held: of a packet partly received, and those kept while paused. */
  get bufferedBytes(): number {
    let bytes = this.#assembly?.length ?? 0;
    for (const chunk of this.#kept ?? []) bytes += chunk.length;
    return bytes;
  }

  /** Memory that `bufferedBytes` take: a block for a packet may be larger than what has come of it. */
  get bufferedMemory(): number {
    const { length = 0, bytes } = this.#assembly ?? {};
    return this.bufferedBytes - length + (bytes?.length ?? 0);
  }

  /** A packet is partly received. */
  get midPacket(): boolean {
    return this.#assembly !== undefined;
  }

  /**
   * Takes the next bytes of the connection and calls the sink for every packet that they complete.
   *
   * The chunk is read during the call only; what must stay is copied, except that with `stable` (its
   * memory is never written again) a paused decoder keeps the rest as it is.
   */
  receive(chunk: Uint8Array, stable = false): void {
    if (this.#state === State.Finished || chunk.length === 0) return;
    if (this.#running || this.#state === State.Paused) {
      this.#keep(chunk, 0, stable);
      return;
    }
    this.#run(chunk, stable);
  }

  /** No further sink call until `resume`, also when called by the sink: the rest of the bytes is kept. */
  pause(): void {
    if (this.#state === State.Open) this.#state = State.Paused;
  }

  /** Goes on with what was kept, and so may call the sink. */
  resume(): void {
    if (this.#state !== State.Paused) return;
    this.#state = State.Open;
    if (!this.#running) this.#run(nothing, true);
  }

  /** No further sink call, ever, also when called by the sink; the buffers are freed. */
  close(): void {
    this.#state = State.Finished;
    this.#assembly?.release();
    this.#assembly = undefined;
    this.#kept = undefined;
  }

  #run(chunk: Uint8Array, stable: boolean): void {
    this.#running = true;
    let completed = false;
    try {
      let next: Uint8Array | undefined = chunk;
      let isStable = stable;
      while (next !== undefined) {
        const position = this.#consume(next);
        if (this.#state === State.Paused && position < next.length) {
          this.#keepFirst(next, position, isStable);
        }
        if (this.#state !== State.Open) break;
        next = this.#takeKept();
        isStable = true;
      }
      completed = true;
    } finally {
      this.#running = false;
      this.#publishes?.release();
      // the sink threw: what it missed of the stream cannot be made up
      if (!completed) this.close();
    }
  }

  /** Reads packets until the chunk ends or the sink wants no more; returns the position reached. */
  #consume(bytes: Uint8Array): number {
    const end = bytes.length;
    let position = this.#assembly === undefined ? 0 : this.#assemble(bytes, 0);
    while (position < end && this.#state === State.Open) {
      if (this.#publishAlike(bytes, position)) {
        position += this.packetSize;
        continue;
      }
      const first = byteAt(bytes, position);
      const fault = this.#firstByteRule(first);
      if (fault !== undefined) {
        this.#fail(fault, first);
        break;
      }
      let remaining = position + 1 < end ? byteAt(bytes, position + 1) : incomplete;
      let body = position + 2;
      if (remaining > 0x7f) {
        remaining = readInteger(bytes, position + 1, end);
        body = position + 1 + integerLength(remaining);
      }
      const tooLarge =
        remaining < 0 ? undefined : this.#sizeRule(first, body - position + remaining);
      if (tooLarge !== undefined) {
        this.#fail(tooLarge, first);
        break;
      }
      if (remaining < 0 || remaining > end - body) {
        // a length that is not right, or not in its shortest form, is judged there
        this.#assembly = new PacketAssembly(this.#memory);
        position = this.#assemble(bytes, position);
        continue;
      }
      this.#deliver(bytes, position, body, body + remaining, false);
      position = body + remaining;
    }
    return position;
  }

  /** Adds to the packet that has begun, and delivers it when it is whole. */
  #assemble(bytes: Uint8Array, from: number): number {
    const assembly = this.#assembly;
    if (assembly === undefined) return from;
    let position = from;
    if (assembly.total === 0) {
      position = assembly.takeHeader(bytes, from, bytes.length, this.protocolVersion);
      const first = byteAt(assembly.bytes, 0);
      if (position < 0) {
        this.#fail(integerRule(position), first);
        return bytes.length;
      }
      if (assembly.total === 0) return position;
      const tooLarge = this.#sizeRule(first, assembly.total);
      if (tooLarge !== undefined) {
        this.#fail(tooLarge, first);
        return position;
      }
    }
    position = assembly.takeBody(bytes, position, bytes.length);
    if (assembly.isComplete) {
      this.#assembly = undefined;
      this.#isShortened = assembly.isShortened;
      this.#deliver(assembly.bytes, 0, assembly.headerLength, assembly.total, true);
      this.#isShortened = false;
      if (this.#publishes === undefined || !isKept(this.#publishes.view, assembly.bytes))
        assembly.release();
    }
    return position;
  }

  #deliver(bytes: Uint8Array, start: number, body: number, end: number, owned: boolean): void {
    this.packetSize = end - start;
    const type = byteAt(bytes, start) >> 4;
    if (type === PacketType.Publish) this.#publish(bytes, start, body, end, owned);
    else if (type >= PacketType.Puback && type <= PacketType.Pubcomp) {
      // the condition above
      this.#acknowledge(type as AcknowledgementType, bytes, body, end);
    } else {
      // the first byte was judged, so it names one of the other types
      this.#other(type as PacketType, bytes, body, end);
    }
  }

  #publish(bytes: Uint8Array, start: number, body: number, end: number, owned: boolean): void {
    this.#publishes ??= new PublishReader(this.#topics, this.#sender, this.#maximumRequestSize);
    try {
      this.#publishes.read(bytes, start, body, end, this.#version(), owned);
    } catch (error) {
      this.#refuse(error, PacketType.Publish);
      return;
    }
    this.#sink.publish(this.#publishes.view);
  }

  /** Most of what one client publishes is like what it published before. */
  #publishAlike(bytes: Uint8Array, position: number): boolean {
    const reader = this.#publishes;
    const { maximumPacketSize: maximum, protocolVersion } = this;
    if (reader === undefined || !reader.readAlike(bytes, position, protocolVersion, maximum))
      return false;
    const { view } = reader;
    this.packetSize = view.end - position;
    this.#sink.publish(view);
    return true;
  }

  #acknowledge(type: AcknowledgementType, bytes: Uint8Array, body: number, end: number): void {
    const version = this.#version();
    const length = end - body;
    if (length < 2) return this.#fail(rules.truncated, type << 4);
    const packetId = uint16At(bytes, body);
    if (packetId === 0) return this.#fail(rules.packetIdZero, type << 4);
    let reasonCode = 0;
    let properties: AckProperties | undefined;
    if (length > 2) {
      if (version !== 5) return this.#fail(rules.trailingBytes, type << 4);
      reasonCode = byteAt(bytes, body + 2);
      if (!isReasonCodeAllowed(type, reasonCode, version, this.#sender)) {
        return this.#fail(reasonCodeRule(type), type << 4);
      }
      if (length > 3) {
        try {
          const reader = new PacketReader(bytes, body + 3, end, version, this.#sender);
          properties = readProperties(reader, type);
          reader.finish();
        } catch (error) {
          return this.#refuse(error, type);
        }
      }
    }
    this.#sink.acknowledge(type, packetId, reasonCode, properties);
  }

  #other(type: PacketType, bytes: Uint8Array, body: number, end: number): void {
    let packet: OtherPacket;
    try {
      packet =
        type === PacketType.Connect
          ? readConnect(bytes, body, end, this.#isShortened)
          : readPacket(new PacketReader(bytes, body, end, this.#version(), this.#sender), type);
    } catch (error) {
      this.#refuse(error, type);
      return;
    }
    if (packet.type === PacketType.Connect) {
      this.#connectSeen = true;
      this.protocolVersion = packet.protocolVersion;
    }
    this.#sink.packet(packet);
  }

  #firstByteRule(first: number): Rule | undefined {
    return firstByteRule(first, this.#sender, this.protocolVersion, this.#connectSeen);
  }

  /** What is wrong with the size of a packet, if anything. */
  #sizeRule(first: number, size: number): Rule | undefined {
    if (size > this.maximumPacketSize) return rules.packetTooLarge;
    if (this.#sender === 'client' && !this.#connectSeen) {
      return size > this.#maximumConnectSize ? rules.packetTooLarge : undefined;
    }
    const isRequest = size > this.#maximumRequestSize && first >> 4 !== PacketType.Publish;
    return isRequest ? rules.requestTooLarge : undefined;
  }

  /** 0 was refused at the first byte of anything but a CONNECT, which brings its own. */
  #version(): ProtocolVersion {
    return this.protocolVersion === 0 ? 5 : this.protocolVersion;
  }

  #fail(rule: Rule, first: number): void {
    this.#refuse(violation(rule, this.protocolVersion), first >> 4);
  }

  #refuse(error: unknown, packetType: number): void {
    // anything else is a defect of ours, not of the peer
    if (!(error instanceof ProtocolError)) throw error;
    error.packetType = packetType;
    this.close();
    this.#sink.malformed(error);
  }

  #keep(chunk: Uint8Array, position: number, stable: boolean): void {
    this.#kept ??= [];
    this.#kept.push(rest(chunk, position, stable));
  }

  #keepFirst(chunk: Uint8Array, position: number, stable: boolean): void {
    this.#kept ??= [];
    this.#kept.unshift(rest(chunk, position, stable));
  }

  #takeKept(): Uint8Array | undefined {
    const next = this.#kept?.shift();
    if (next === undefined) this.#kept = undefined;
    return next;
  }
}

function rest(chunk: Uint8Array, position: number, stable: boolean): Uint8Array {
  return stable ? chunk.subarray(position) : copyOf(chunk, position, chunk.length);
}

const State = { Open: 0, Paused: 1, Finished: 2 } as const;
type State = (typeof State)[keyof typeof State];

const nothing = new Uint8Array(0);
