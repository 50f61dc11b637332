import {
  Decoder,
  decode,
  encode,
  type Packet,
  PacketType,
  type ProtocolVersion,
} from '@wellhead/codec';
import type { ByteStream, StreamReceiver } from './byte-stream.ts';
import { describeCode, describePacket, packetNames } from './describe-packet.ts';
import { difference, type Expected } from './difference.ts';
import { ConformanceFailure } from './failure.ts';
import { isNamed, type PacketByName, type PacketName } from './packet-names.ts';
import { PacketFramer } from './packet-framer.ts';
import { ServerRules } from './server-rules.ts';
import type { Transcript } from './transcript.ts';

export interface RawClientSettings {
  /** `A`, `B`, …: names the connection in the transcript. */
  readonly label: string;
  readonly protocolVersion: ProtocolVersion;
  readonly transcript: Transcript;
  /** Milliseconds that an expectation waits. */
  readonly timeout: number;
  /** A CONNACK may have the format of another version. */
  readonly anyConnack: boolean;
  /** Sees every valid packet that the client sends, for the cleaning up. */
  onSent(packet: Packet): void;
}

/** What came until the server closed the connection. */
export interface Ending {
  readonly packets: readonly Packet[];
  /** Of the DISCONNECT, or of the refusing CONNACK; undefined for a close without a word. */
  readonly reasonCode: number | undefined;
}

/**
 * One Network Connection in the hands of a case: it sends any bytes, receives decoded packets, and
 * waits for what is expected with a deadline. Everything goes into the transcript, and every packet of
 * the server is held against the rules that always hold.
 */
export class RawClient implements StreamReceiver {
  readonly label: string;
  readonly protocolVersion: ProtocolVersion;
  /** Packets that came and were not yet expected. */
  readonly inbox: Packet[] = [];
  /** Text frames that came over WebSocket. */
  readonly texts: string[] = [];
  /** Bytes of the CONNACK that came; 0 before it. */
  connackSize = 0;
  protected readonly settings: RawClientSettings;
  readonly #framer = new PacketFramer();
  readonly #rules = new ServerRules();
  #sent: Decoder;
  #stream: ByteStream | undefined;
  #failure: ConformanceFailure | undefined;
  #closed: string | undefined;
  #changed: (() => void)[] = [];

  constructor(settings: RawClientSettings) {
    this.settings = settings;
    this.label = settings.label;
    this.protocolVersion = settings.protocolVersion;
    this.#sent = this.#newDecoder();
  }

  /** The connection that {@link RawClient} was given as receiver of. */
  attach(stream: ByteStream): void {
    this.#stream = stream;
    this.#note('connected');
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** The subprotocol that a WebSocket server selected. */
  get subprotocol(): string {
    return this.#stream?.subprotocol ?? '';
  }

  /** The first rule that the server broke on this connection, if any. */
  get failure(): ConformanceFailure | undefined {
    return this.#failure;
  }

  /** Sends a packet, or bytes as they are: whole packets, parts of packets, several, nonsense. */
  send(packet: Packet | Uint8Array): void {
    const bytes = packet instanceof Uint8Array ? packet : encode(packet, this.protocolVersion);
    const known = packet instanceof Uint8Array ? this.#parse(packet) : [packet];
    const text = known.length > 0 ? known.map(describePacket).join('; ') : 'bytes by hand';
    this.settings.transcript.add(this.label, 'sent', text, bytes);
    for (const one of known) {
      this.#rules.sent(one);
      this.settings.onSent(one);
    }
    this.#stream?.write(bytes);
  }

  /** Sends a WebSocket text frame. */
  sendText(text: string): void {
    this.#note(`sends the text frame ${JSON.stringify(text)}`);
    this.#stream?.writeText?.(text);
  }

  /** Waits for the next packet of that type, leaving others in the inbox, and compares it. */
  async expect<N extends PacketName>(
    name: N,
    expected: Expected<PacketByName[N]> = {},
    timeout: number = this.settings.timeout,
  ): Promise<PacketByName[N]> {
    const what = describeExpected(name, expected);
    const packet = await this.#until(() => this.#take(name, what), what, timeout);
    this.#compare(packet, expected, what);
    return packet;
  }

  /** Waits for the very next packet, which must be of that type. */
  async expectNext<N extends PacketName>(
    name: N,
    expected: Expected<PacketByName[N]> = {},
  ): Promise<PacketByName[N]> {
    const what = describeExpected(name, expected);
    const packet = await this.#until(() => this.#takeNext(what), what, this.settings.timeout);
    if (!isNamed(packet, name)) throw new ConformanceFailure(what, describePacket(packet));
    this.#compare(packet, expected, what);
    return packet;
  }

  /** Waits until the server has closed the connection; `codes`, if given, bind the reason that it tells. */
  async expectClosed(
    codes?: readonly number[],
    timeout: number = this.settings.timeout,
  ): Promise<Ending> {
    const allowed = codes?.map(describeCode).join(' or ');
    const what = `the server to close the connection${allowed ? ` (${allowed})` : ''}`;
    const packets = await this.#until(() => this.#takeAllClosed(), what, timeout);
    const last = packets.findLast((packet) => packet.type === 14 || packet.type === 2);
    const reasonCode = last?.type === 14 || last?.type === 2 ? last.reasonCode : undefined;
    if (codes && reasonCode !== undefined && !codes.includes(reasonCode)) {
      throw new ConformanceFailure(what, `the reason ${describeCode(reasonCode)}`);
    }
    return { packets, reasonCode };
  }

  /** A PING round trip, in which nothing else may come: what was to come has come by then. */
  async expectSilence(): Promise<void> {
    await this.ping();
    const unexpected = this.inbox[0];
    if (unexpected) throw new ConformanceFailure('nothing', describePacket(unexpected));
  }

  /** PINGREQ and PINGRESP; other packets stay in the inbox. */
  async ping(): Promise<void> {
    this.send({ type: 12 });
    await this.expect('pingresp');
  }

  /** Ends the sending side in order. */
  end(): void {
    this.#note('ends the connection');
    this.#stream?.end();
  }

  /** Loses the connection without a DISCONNECT. */
  drop(): void {
    this.#note('drops the connection');
    this.#stream?.destroy();
  }

  data(chunk: Uint8Array): void {
    try {
      for (const bytes of this.#framer.push(chunk)) this.#receive(bytes);
    } catch (error) {
      this.settings.transcript.add(this.label, 'received', 'bytes that are no packet', chunk);
      this.#fail('a valid packet', error);
    }
    this.#notify();
  }

  text(text: string): void {
    this.#note(`received the text frame ${JSON.stringify(text)}`);
    this.texts.push(text);
    this.#fail('binary frames only [MQTT-6.0.0-1]', new Error('a text frame'));
    this.#notify();
  }

  closed(how: string): void {
    this.#closed = how;
    this.#note(`the connection is closed (${how})`);
    this.#notify();
  }

  #receive(bytes: Uint8Array): void {
    const isShortConnack = this.settings.anyConnack && bytes[0] === 0x20 && bytes[1] === 2;
    let packet: Packet;
    try {
      const protocolVersion = isShortConnack ? 4 : this.protocolVersion;
      packet = decode(bytes, { role: 'client', protocolVersion });
    } catch (error) {
      const name = packetNames[(bytes[0] ?? 0) >> 4] ?? 'a packet';
      this.settings.transcript.add(this.label, 'received', `${name}, not valid`, bytes);
      this.#fail(`a valid ${name}`, error);
      return;
    }
    this.settings.transcript.add(this.label, 'received', describePacket(packet), bytes);
    if (packet.type === PacketType.Connack) this.connackSize = bytes.length;
    this.#failure ??= this.#rules.received(packet, bytes.length);
    this.inbox.push(packet);
  }

  /** The valid packets that bytes by hand complete. */
  #parse(bytes: Uint8Array): Packet[] {
    const packets = this.#sent.decode(bytes);
    if (this.#sent.error) this.#sent = this.#newDecoder();
    return packets;
  }

  #newDecoder(): Decoder {
    return new Decoder({ role: 'any', protocolVersion: this.protocolVersion });
  }

  #fail(expected: string, error: unknown): void {
    this.#failure ??= new ConformanceFailure(
      expected,
      error instanceof Error ? error.message : String(error),
    );
  }

  #take<N extends PacketName>(name: N, what: string): PacketByName[N] | undefined {
    for (const [i, packet] of this.inbox.entries()) {
      if (isNamed(packet, name)) {
        this.inbox.splice(i, 1);
        return packet;
      }
    }
    if (this.isClosed) throw new ConformanceFailure(what, this.#describeState());
    return undefined;
  }

  #takeNext(what: string): Packet | undefined {
    const packet = this.inbox.shift();
    if (!packet && this.isClosed) throw new ConformanceFailure(what, this.#describeState());
    return packet;
  }

  #takeAllClosed(): Packet[] | undefined {
    return this.isClosed ? this.inbox.splice(0) : undefined;
  }

  #compare(packet: object & Packet, expected: object, what: string): void {
    const differs = difference(expected, packet);
    if (differs) throw new ConformanceFailure(`${what}: ${differs}`, describePacket(packet));
  }

  async #until<T>(probe: () => T | undefined, what: string, timeout: number): Promise<T> {
    const deadline = performance.now() + timeout;
    for (;;) {
      if (this.#failure) throw this.#failure;
      const found = probe();
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0) {
        throw new ConformanceFailure(what, `${this.#describeState()} for ${timeout} ms`);
      }
      await this.#change(left);
    }
  }

  #change(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.#changed.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #notify(): void {
    const waiting = this.#changed;
    this.#changed = [];
    for (const wake of waiting) wake();
  }

  #describeState(): string {
    const packets = this.inbox.map(describePacket).join('; ');
    const state = this.isClosed ? `the connection closed (${this.#closed})` : 'nothing more';
    return packets === '' ? state : `${packets}; then ${state}`;
  }

  #note(text: string): void {
    this.settings.transcript.add(this.label, 'event', text);
  }
}

function describeExpected(name: string, expected: object): string {
  const fields =
    Object.keys(expected).length === 0 ? '' : ` with ${Object.keys(expected).join(', ')}`;
  return `${name.toUpperCase()}${fields}`;
}
