import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decode,
  encode,
  EncodeError,
  encodeProperties,
  type ProtocolVersion,
  type Publish,
  PublishFrame,
  type PublishParts,
} from '../src/index.ts';
import { anyPublish } from './arbitrary.ts';
import { hex, join, text, u16, u32 } from './wire.ts';

const parts: PublishParts = {
  topicBytes: new TextEncoder().encode('a/b'),
  qos: 1,
  dup: false,
  retain: true,
  payload: hex('01 02'),
};

test('a frame is patched for each receiver', () => {
  const frame = PublishFrame.fromParts(parts, 4);
  frame.setPacketId(0x1234);
  expect(frame.bytes).toEqual(join(0x33, 9, text('a/b'), u16(0x1234), hex('01 02')));
  frame.setPacketId(1);
  expect(frame.bytes).toEqual(join(0x33, 9, text('a/b'), u16(1), hex('01 02')));
  expect(frame).toMatchObject({ packetIdOffset: 7, topicAliasOffset: -1, messageExpiryOffset: -1 });
});

test('all parts of 5.0 are where the offsets say', () => {
  const frame = PublishFrame.fromParts(
    {
      ...parts,
      topicBytes: hex(''),
      topicAlias: 9,
      messageExpiryInterval: 77,
      subscriptionIdentifiers: [1, 300],
      properties: encodeProperties({ contentType: 't' }),
    },
    5,
  );
  const block = join(0x23, u16(9), 0x02, u32(77), 0x0b, 1, 0x0b, hex('ac 02'), 0x03, text('t'));
  expect(frame.bytes.subarray(4, 7)).toEqual(hex('00 00 11'));
  expect(frame.bytes.subarray(7, 7 + 17)).toEqual(block);
  expect(frame.bytes.subarray(frame.topicAliasOffset, frame.topicAliasOffset + 2)).toEqual(u16(9));
  expect(frame.bytes.subarray(frame.messageExpiryOffset, frame.messageExpiryOffset + 4)).toEqual(
    u32(77),
  );
});

test('the identifier of a frame', () => {
  const frame = PublishFrame.fromParts({ ...parts, qos: 0 }, 5);
  expect(frame.packetIdOffset).toBe(-1);
  expect(() => frame.setPacketId(1)).toThrow(EncodeError);
  for (const id of [0, 65_536, 1.5]) {
    expect(() => PublishFrame.fromParts(parts, 5).setPacketId(id)).toThrow(EncodeError);
  }
});

test('a packet may leave its identifier open', () => {
  const open: Publish = {
    type: 3,
    topicName: 'a',
    payload: hex(''),
    qos: 2,
    dup: false,
    retain: false,
  };
  const frame = PublishFrame.encode(open, 4);
  frame.setPacketId(5);
  expect(frame.bytes).toEqual(encode({ ...open, packetId: 5 }, 4));
});

describe.each<ProtocolVersion>([3, 4, 5])('version %i', (version) => {
  test.each([0, 1, 60, 64, 65, 110, 16_370])(
    'a payload in a block, a Topic Name as text, and lengths from %i on',
    (from) => {
      for (let length = from; length < from + 30; length++) {
        const payload = new Uint8Array(length).map((_, index) => index);
        const { qos, dup, retain } = parts;
        const flags = { qos, dup, retain, packetId: 7 };
        const publish = { type: 3, topicName: 'a/b', payload, ...flags } as const;
        const block = join(hex('ee ee'), payload, hex('ee'));
        const inBlock = { ...parts, payload: block, payloadFrom: 2, payloadTo: 2 + length };
        const expected = PublishFrame.encode(publish, version).bytes;
        expect(PublishFrame.fromParts(inBlock, version).bytes.length).toBe(expected.length);
        const size = PublishFrame.namedLength('a/b', inBlock, version);
        expect(size).toBe(expected.length);
        const target = new Uint8Array(size + 2);
        expect(PublishFrame.writeNamed('a/b', inBlock, version, 7, size, target, 1)).toBe(size + 1);
        expect(target.subarray(1, size + 1)).toEqual(expected);
      }
    },
  );

  test('frames, parts and encode agree', () => {
    fc.assert(
      fc.property(anyPublish(version), (publish) => {
        const frame = PublishFrame.encode(publish, version);
        expect(frame.bytes).toEqual(encode(publish, version));
        expect(decode(frame.bytes, { protocolVersion: version })).toEqual(publish);
        const { topicAlias, messageExpiryInterval, subscriptionIdentifiers, ...rest } =
          publish.properties ?? {};
        const same: PublishParts = {
          topicBytes: new TextEncoder().encode(publish.topicName),
          qos: publish.qos,
          dup: publish.dup,
          retain: publish.retain,
          payload: publish.payload,
          properties: encodeProperties(rest),
          messageExpiryInterval,
          subscriptionIdentifiers,
          topicAlias,
        };
        expect(PublishFrame.partsLength(same, version)).toBe(frame.bytes.length);
        const built = PublishFrame.fromParts(same, version);
        if (publish.packetId !== undefined) built.setPacketId(publish.packetId);
        expect(built.bytes).toEqual(frame.bytes);
        const target = new Uint8Array(frame.bytes.length + 2).fill(0xee);
        const end = PublishFrame.writeParts(same, version, publish.packetId ?? 0, target, 1);
        expect(end).toBe(target.length - 1);
        expect(target.subarray(1, end)).toEqual(frame.bytes);
        expect([target[0], target[end]]).toEqual([0xee, 0xee]);
      }),
    );
  });
});
