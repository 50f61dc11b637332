import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FRAME_HEADER_ROOM, FrameReader, writeFrameHeader } from '../src/load/web-socket-frames.ts';

test.each([
  [1, [0x82, 0x81, 0, 0, 0, 0]],
  [125, [0x82, 0xfd, 0, 0, 0, 0]],
  [126, [0x82, 0xfe, 0, 126, 0, 0, 0, 0]],
  [65_536, [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]],
])('the header of a frame of %d bytes stands right before them', (length, expected) => {
  const buffer = Buffer.alloc(FRAME_HEADER_ROOM, 0xee);
  const start = writeFrameHeader(buffer, FRAME_HEADER_ROOM, length);
  expect([...buffer.subarray(start)]).toEqual(expected);
});

test('payloads come out of frames in pieces of any size', () => {
  const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { minLength: 1 });
  fc.assert(
    fc.property(payloads, fc.integer({ min: 1, max: 97 }), (parts, size) => {
      const stream = Buffer.concat([
        Buffer.from([0x89, 2, 1, 2]), // a ping, which is none of our business
        ...parts.flatMap((part) => [serverHeader(part.length), part]),
      ]);
      const found: Buffer[] = [];
      const reader = new FrameReader((chunk, start, end) =>
        found.push(Buffer.from(chunk.subarray(start, end))),
      );
      for (let start = 0; start < stream.length; start += size) {
        reader.receive(stream, start, Math.min(stream.length, start + size));
      }
      expect(Buffer.concat(found)).toEqual(Buffer.concat(parts));
    }),
  );
});

function serverHeader(length: number): Buffer {
  return length < 126
    ? Buffer.from([0x82, length])
    : Buffer.from([0x82, 126, length >> 8, length & 0xff]);
}
