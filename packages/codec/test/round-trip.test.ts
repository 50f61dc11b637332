// The codec against its inverse, in any portions.
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decode,
  Decoder,
  encode,
  encodedLength,
  type Packet,
  type ProtocolVersion,
} from '../src/index.ts';
import { anyConnect, anyFromClient, anyFromServer } from './arbitrary.ts';
import { cut } from './cut.ts';
import { decodeChunks } from './drive.ts';
import { join } from './wire.ts';

const sizes = fc.array(fc.nat(40), { maxLength: 60 });

describe.each<ProtocolVersion>([3, 4, 5])('version %i', (version) => {
  test('what a client sends reaches a server unaltered, however it is split', () => {
    const session: Arbitrary<Packet[]> = fc
      .tuple(anyConnect(version), fc.array(anyFromClient(version), { maxLength: 8 }))
      .map(([first, others]) => [first, ...others]);
    fc.assert(
      fc.property(session, sizes, (packets, cuts) => {
        const stream = join(...packets.map((packet) => encode(packet, version)));
        const outcome = decodeChunks(cut(stream, cuts), { role: 'server' });
        expect(outcome.error).toBeUndefined();
        expect(outcome.packets).toEqual(packets);
      }),
    );
  });

  test('what a server sends reaches a client unaltered, however it is split', () => {
    fc.assert(
      fc.property(fc.array(anyFromServer(version), { maxLength: 8 }), sizes, (packets, cuts) => {
        const stream = join(...packets.map((packet) => encode(packet, version)));
        const outcome = decodeChunks(cut(stream, cuts), {
          role: 'client',
          protocolVersion: version,
        });
        expect(outcome.error).toBeUndefined();
        expect(outcome.packets).toEqual(packets);
        const decoder = new Decoder({ protocolVersion: version });
        expect(cut(stream, cuts).flatMap((chunk) => decoder.decode(chunk))).toEqual(packets);
        expect(decoder.bufferedBytes).toBe(0);
      }),
    );
  });

  test('one packet is decoded as one packet, and its length is known before', () => {
    fc.assert(
      fc.property(fc.oneof(anyFromClient(version), anyFromServer(version)), (packet) => {
        const bytes = encode(packet, version);
        expect(encodedLength(packet, version)).toBe(bytes.length);
        expect(decode(bytes, { protocolVersion: version })).toEqual(packet);
      }),
    );
  });
});
