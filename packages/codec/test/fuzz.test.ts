// Whatever comes: nothing is thrown, nothing depends on how it is split or on what lies around it.
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encode,
  type PacketDecoderOptions,
  ProtocolError,
  type ProtocolVersion,
} from '../src/index.ts';
import { anyConnect, anyFromClient, anyFromServer } from './arbitrary.ts';
import { decodeChunks, type Outcome } from './drive.ts';
import { connect, join } from './wire.ts';
import { cut } from './cut.ts';

const sizes = fc.array(fc.nat(12), { maxLength: 40 });

function sameOutcome(actual: Outcome, expected: Outcome): void {
  expect(actual.packets).toEqual(expected.packets);
  expect(actual.error?.message).toBe(expected.error?.message);
}

function check(stream: Uint8Array, cuts: number[], options: PacketDecoderOptions): void {
  const whole = decodeChunks([stream.slice()], options);
  if (whole.error !== undefined) expect(whole.error).toBeInstanceOf(ProtocolError);
  sameOutcome(decodeChunks(cut(stream, cuts), options), whole);
  const field = new Uint8Array(stream.length + 40).fill(0x30);
  field.set(stream, 20);
  sameOutcome(decodeChunks([field.subarray(20, 20 + stream.length)], options), whole);
}

/** A few bytes changed, put in or taken out. */
const mutate = (stream: Arbitrary<Uint8Array>): Arbitrary<Uint8Array> =>
  fc
    .tuple(
      stream,
      fc.array(
        fc.tuple(
          fc.nat(),
          fc.constantFrom('set', 'insert', 'delete'),
          fc.oneof(fc.nat(255), fc.constantFrom(0, 0x80, 0xff)),
        ),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
    )
    .map(([bytes, changes]) => {
      const mutated = [...bytes];
      for (const [where, how, value] of changes) {
        const at = where % (mutated.length + 1);
        if (how === 'insert') mutated.splice(at, 0, value);
        else mutated.splice(at, 1, ...(how === 'set' ? [value] : []));
      }
      return Uint8Array.from(mutated);
    });

describe.each<ProtocolVersion>([3, 4, 5])('version %i', (version) => {
  const first = connect({ level: version });
  const server = { role: 'server' } as const;
  const client = { role: 'client', protocolVersion: version } as const;

  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), sizes, (bytes, cuts) => {
        check(bytes, cuts, server);
        check(join(first, bytes), cuts, server);
        check(bytes, cuts, client);
      }),
      { numRuns: 400 },
    );
  });

  test('a right fixed header and random bytes', () => {
    const headers = fc.constantFrom(
      0x10,
      0x20,
      0x30,
      0x32,
      0x3d,
      0x40,
      0x62,
      0x82,
      0x90,
      0xa2,
      0xb0,
      0xe0,
      0xf0,
    );
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 60 }), sizes, (header, body, cuts) => {
        const bytes = join(header, body.length, body);
        check(join(first, bytes), cuts, server);
        check(bytes, cuts, client);
      }),
      { numRuns: 400 },
    );
  });

  test('packets with a few bytes changed', () => {
    const fromClient = fc
      .tuple(anyConnect(version), fc.array(anyFromClient(version), { minLength: 1, maxLength: 3 }))
      .map(([connecting, others]) =>
        join(...[connecting, ...others].map((each) => encode(each, version))),
      );
    const fromServer = fc
      .array(anyFromServer(version), { minLength: 1, maxLength: 3 })
      .map((packets) => join(...packets.map((each) => encode(each, version))));
    fc.assert(
      fc.property(mutate(fromClient), mutate(fromServer), sizes, (toServer, toClient, cuts) => {
        check(toServer, cuts, server);
        check(toClient, cuts, client);
        check(toClient, cuts, { role: 'any', protocolVersion: version });
      }),
      { numRuns: 600 },
    );
  });

  test('what is accepted can be sent again', () => {
    fc.assert(
      fc.property(mutate(anyFromServer(version).map((each) => encode(each, version))), (bytes) => {
        const { packets } = decodeChunks([bytes], client);
        for (const packet of packets) {
          // the one form that is received and not sent
          if (packet.type === 15 && packet.properties === undefined) continue;
          const again = decodeChunks([encode(packet, version)], client);
          expect(again).toEqual({ packets: [packet], error: undefined });
        }
      }),
      { numRuns: 600 },
    );
  });
});
