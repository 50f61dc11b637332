import { expect } from 'vitest';
import {
  type Packet,
  PacketDecoder,
  type PacketDecoderOptions,
  type PacketSink,
  type ProtocolError,
} from '../src/index.ts';

/** What a decoder made of some bytes. */
export interface Outcome {
  packets: Packet[];
  error: ProtocolError | undefined;
}

/** A sink that writes everything down. */
export function recorder(): PacketSink & Outcome {
  const outcome: PacketSink & Outcome = {
    packets: [],
    error: undefined,
    publish: (view) => void outcome.packets.push(view.toPacket()),
    acknowledge: (type, packetId, reasonCode, properties) =>
      void outcome.packets.push(
        properties === undefined
          ? { type, packetId, reasonCode }
          : { type, packetId, reasonCode, properties },
      ),
    packet: (packet) => void outcome.packets.push(packet),
    malformed: (error) => {
      expect(outcome.error, 'malformed() is called once').toBeUndefined();
      outcome.error = error;
    },
  };
  return outcome;
}

/** Decodes chunks; nothing may stay behind but what the decoder says. */
export function decodeChunks(chunks: Uint8Array[], options: PacketDecoderOptions): Outcome {
  const sink = recorder();
  const decoder = new PacketDecoder(sink, options);
  for (const chunk of chunks) {
    decoder.receive(chunk);
    // the chunk was only lent
    chunk.fill(0xee);
  }
  return { packets: sink.packets, error: sink.error };
}

/**
 * Decodes bytes whole, byte by byte, at every split of short ones, and as a part of a larger
 * buffer of poison; all must agree.
 */
export function decodeEveryWay(bytes: Uint8Array, options: PacketDecoderOptions): Outcome {
  const whole = decodeChunks([bytes.slice()], options);
  const single = decodeChunks(
    Array.from(bytes, (byte) => Uint8Array.of(byte)),
    options,
  );
  agree(single, whole, 'byte by byte');
  for (let at = 1; at < bytes.length && bytes.length < 400; at++) {
    agree(decodeChunks([bytes.slice(0, at), bytes.slice(at)], options), whole, `split at ${at}`);
  }
  for (const poison of [0x00, 0x41, 0xff]) {
    const field = new Uint8Array(bytes.length + 64).fill(poison);
    field.set(bytes, 32);
    agree(decodeChunks([field.subarray(32, 32 + bytes.length)], options), whole, 'amid poison');
  }
  return whole;
}

/** The Reason Code and statement of what was refused, the packets of what was not. */
export function verdict({ packets, error }: Outcome): unknown {
  return error === undefined
    ? packets
    : { reasonCode: error.reasonCode, statement: error.statement };
}

function agree(actual: Outcome, expected: Outcome, how: string): void {
  expect(actual.packets, how).toEqual(expected.packets);
  expect(actual.error?.message, how).toBe(expected.error?.message);
  expect(actual.error?.reasonCode, how).toBe(expected.error?.reasonCode);
  expect(actual.error?.connect, how).toEqual(expected.error?.connect);
}
