import type { Packet as TheirPacket } from './mqtt-packet-shapes.ts';
import type { Packet } from './packet.ts';
import { PacketDecoder } from './packet-decoder.ts';
import type { OtherPacket, PacketSink } from './packet-sink.ts';
import { type AcknowledgementType, PacketType, type ProtocolVersion } from './packet-type.ts';
import type { AckProperties } from './properties.ts';
import type { ProtocolError } from './protocol-error.ts';
import type { PublishView } from './publish-view.ts';
import { toMqttPacket } from './to-mqtt-packet.ts';
import { integerLength } from './variable-byte-integer.ts';

export interface ParserOptions {
  /** Until a CONNECT names another. @default 4 */
  readonly protocolVersion?: number | undefined;
}

type Event = 'packet' | 'error';

/**
 * mqtt-packet's parser over our decoder: the same packets for what is right, an `'error'` for what
 * is not. Byte arrays have the class of the chunks: who parses Buffers gets Buffers.
 */
export class Parser {
  readonly #packetListeners = new Listeners<TheirPacket>();
  readonly #errorListeners = new Listeners<ProtocolError>();
  #version: ProtocolVersion;
  #isBridge = false;
  #decoder: PacketDecoder;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(options: ParserOptions | null = {}) {
    const version = options?.protocolVersion;
    this.#version = version === 3 || version === 5 ? version : 4;
    this.#decoder = this.#newDecoder();
  }

  /** Takes bytes in any portions; returns how many of them wait for the rest of their packet. */
  parse(chunk: Uint8Array): number {
    this.#chunk = chunk;
    this.#decoder.receive(chunk);
    return this.#decoder.bufferedBytes;
  }

  on(event: 'packet', listener: (packet: TheirPacket) => void): this;
  on(event: 'error', listener: (error: ProtocolError) => void): this;
  on(event: Event, listener: (value: never) => void): this {
    return this.#add(event, listener, false);
  }

  once(event: 'packet', listener: (packet: TheirPacket) => void): this;
  once(event: 'error', listener: (error: ProtocolError) => void): this;
  once(event: Event, listener: (value: never) => void): this {
    return this.#add(event, listener, true);
  }

  removeListener(event: Event, listener: (value: never) => void): this {
    if (event === 'packet') this.#packetListeners.remove(listener);
    else this.#errorListeners.remove(listener);
    return this;
  }

  off(event: Event, listener: (value: never) => void): this {
    return this.removeListener(event, listener);
  }

  removeAllListeners(event?: Event): this {
    if (event !== 'error') this.#packetListeners.clear();
    if (event !== 'packet') this.#errorListeners.clear();
    return this;
  }

  #add(event: Event, listener: (value: never) => void, once: boolean): this {
    // the overloads pair each event with a listener for its value
    if (event === 'packet') this.#packetListeners.add(listener as (p: TheirPacket) => void, once);
    else this.#errorListeners.add(listener as (e: ProtocolError) => void, once); // likewise
    return this;
  }

  #emit(packet: Packet): void {
    if (packet.type === PacketType.Connect) {
      this.#version = packet.protocolVersion;
      this.#isBridge = packet.bridge === true;
    }
    const theirs = toMqttPacket(packet, {
      isVersion5: this.#version === 5,
      isBridge: this.#isBridge,
      length: remainingLength(this.#decoder.packetSize),
      bytes: (own) => ofClass(own, this.#chunk),
    });
    this.#packetListeners.call(theirs);
  }

  #fail(error: ProtocolError): void {
    // like mqtt-packet, ready for a fresh start
    this.#decoder = this.#newDecoder();
    // as an EventEmitter does with an 'error' that nobody listens to
    if (!this.#errorListeners.call(error)) throw error;
  }

  #newDecoder(): PacketDecoder {
    const sink: PacketSink = {
      publish: (publish: PublishView) => this.#emit(publish.toPacket()),
      acknowledge: (
        type: AcknowledgementType,
        packetId: number,
        reasonCode: number,
        properties: AckProperties | undefined,
      ) => this.#emit({ type, packetId, reasonCode, properties }),
      packet: (packet: OtherPacket) => this.#emit(packet),
      malformed: (error: ProtocolError) => this.#fail(error),
    };
    return new PacketDecoder(sink, { role: 'any', protocolVersion: this.#version });
  }
}

/** As much of an EventEmitter as a parser needs. */
class Listeners<V> {
  #entries: { readonly listener: (value: V) => void; readonly once: boolean }[] = [];

  add(listener: (value: V) => void, once: boolean): void {
    this.#entries.push({ listener, once });
  }

  remove(listener: unknown): void {
    const at = this.#entries.findIndex((entry) => entry.listener === listener);
    if (at >= 0) this.#entries.splice(at, 1);
  }

  clear(): void {
    this.#entries = [];
  }

  /** Was there anybody? Listeners that come or go meanwhile count from the next call on. */
  call(value: V): boolean {
    const entries = this.#entries.slice();
    for (const { listener, once } of entries) {
      if (once) this.remove(listener);
      listener(value);
    }
    return entries.length > 0;
  }
}

/** The Remaining Length of a packet of this size: the fixed header has one byte and the length itself. */
function remainingLength(packetSize: number): number {
  let length = packetSize - 2;
  while (1 + integerLength(length) + length > packetSize) length--;
  return length;
}

/** The same bytes as an instance of the class of `model`, so that a Buffer begets Buffers, and no global is named. */
function ofClass(own: Uint8Array, model: Uint8Array): Uint8Array {
  if (model.constructor === Uint8Array) return own;
  // Reflect.construct gives `any`; what Uint8Array constructs is one, whatever its prototype
  return Reflect.construct(
    Uint8Array,
    [own.buffer, own.byteOffset, own.length],
    model.constructor,
  ) as Uint8Array;
}
