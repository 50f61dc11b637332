// Section 3.3 of both specifications.
import { describe, expect, test } from 'vitest';
import {
  decode,
  PacketDecoder,
  type ProtocolVersion,
  type Publish,
  type PublishView,
} from '../src/index.ts';
import { decodeEveryWay, recorder, verdict } from './drive.ts';
import { hex, join, packet, props, publish, sized, text, u16, u32 } from './wire.ts';

const server = (protocolVersion: ProtocolVersion) => ({ role: 'server', protocolVersion }) as const;
const client = (protocolVersion: ProtocolVersion) => ({ role: 'client', protocolVersion }) as const;
const refused = (reasonCode: number, statement?: string): unknown => ({ reasonCode, statement });

const plain: Publish = {
  type: 3,
  topicName: 'a/b',
  payload: hex('01 02'),
  qos: 0,
  dup: false,
  retain: false,
};

describe('what is right', () => {
  test.each<[string, ProtocolVersion, Uint8Array, Publish]>([
    [
      '[MQTT-3.3.2-1 @3.1.1] [MQTT-2.3.1-5 @3.1.1] QoS 0',
      4,
      join(
        hex('30 07'), // PUBLISH, 7 bytes follow
        hex('00 03 61 2f 62'), // a/b
        hex('01 02'), // payload
      ),
      plain,
    ],
    [
      '[MQTT-3.3.2-1] [MQTT-2.2.1-2] [MQTT-2.2.2-1] QoS 0',
      5,
      join(
        hex('30 08'),
        hex('00 03 61 2f 62'),
        hex('00'), // no properties
        hex('01 02'),
      ),
      plain,
    ],
    [
      'QoS 2, DUP and RETAIN',
      4,
      join(
        hex('3d 09'),
        hex('00 03 61 2f 62'),
        hex('12 34'), // Packet Identifier
        hex('01 02'),
      ),
      { ...plain, qos: 2, dup: true, retain: true, packetId: 0x1234 },
    ],
    ['an empty payload', 5, publish(5, { payload: hex('') }), { ...plain, payload: hex('') }],
    [
      'an alias and a name',
      5,
      publish(5, { properties: props(0x23, u16(9)) }),
      { ...plain, properties: { topicAlias: 9 } },
    ],
    [
      'an alias for a name',
      5,
      publish(5, { topic: text(''), properties: props(0x23, u16(9)) }),
      { ...plain, topicName: '', properties: { topicAlias: 9 } },
    ],
    [
      'all properties that a client may send',
      5,
      publish(5, {
        properties: props(
          ...[
            0x26,
            text('b'),
            text('1'),
            0x01,
            1,
            0x02,
            u32(0xffff_ffff),
            0x26,
            text('a'),
            text('2'),
          ],
          ...[0x03, text('text/plain'), 0x08, text('r/t'), 0x09, sized(hex('00 ff'))],
          ...[0x26, text('b'), text('1'), 0x23, u16(65_535)],
        ),
      }),
      {
        ...plain,
        properties: {
          payloadFormatIndicator: 1,
          messageExpiryInterval: 0xffff_ffff,
          contentType: 'text/plain',
          responseTopic: 'r/t',
          correlationData: hex('00 ff'),
          topicAlias: 65_535,
          userProperties: [
            ['b', '1'],
            ['a', '2'],
            ['b', '1'],
          ],
        },
      },
    ],
    [
      '[MQTT-4.7.3-3] the longest name',
      5,
      publish(5, { topic: text('x'.repeat(65_535)) }),
      { ...plain, topicName: 'x'.repeat(65_535) },
    ],
    [
      '[MQTT-4.7.3-3 @3.1.1] the longest name',
      4,
      publish(4, { topic: text('x'.repeat(65_535)) }),
      { ...plain, topicName: 'x'.repeat(65_535) },
    ],
  ])('%s', (_name, protocolVersion, wire, expected) => {
    expect(verdict(decodeEveryWay(wire, server(protocolVersion)))).toEqual([expected]);
    expect(decode(wire, { protocolVersion })).toEqual(expected);
  });

  test('Subscription Identifiers from a server, in their order', () => {
    const wire = publish(5, { properties: props(0x0b, 5, 0x0b, hex('ff ff ff 7f'), 0x0b, 5) });
    expect(verdict(decodeEveryWay(wire, client(5)))).toEqual([
      { ...plain, properties: { subscriptionIdentifiers: [5, 268_435_455, 5] } },
    ]);
  });
});

describe('what is wrong', () => {
  const with5 = (...block: (Uint8Array | number)[]): Uint8Array =>
    publish(5, { properties: props(...block) });
  test.each<[string, ProtocolVersion, Uint8Array, unknown]>([
    [
      '[MQTT-2.2.1-3] Packet Identifier 0',
      5,
      publish(5, { first: 0x32, packetId: 0 }),
      refused(0x82, 'MQTT-2.2.1-3'),
    ],
    [
      '[MQTT-2.3.1-1 @3.1.1] Packet Identifier 0',
      4,
      publish(4, { first: 0x34, packetId: 0 }),
      refused(0x82, 'MQTT-2.3.1-1 @3.1.1'),
    ],
    ['[MQTT-3.3.2-1] no Topic Name', 5, packet(0x30), refused(0x81)],
    ['[MQTT-3.3.2-1 @3.1.1] half a Topic Name', 4, packet(0x30, u16(3), hex('61')), refused(0x81)],
    [
      '[MQTT-3.3.2-1] an ill-formed Topic Name',
      5,
      publish(5, { topic: sized(hex('f8')) }),
      refused(0x81, 'MQTT-1.5.4-1'),
    ],
    [
      '[MQTT-3.3.2-2] [MQTT-4.7.0-1] + in the Topic Name',
      5,
      publish(5, { topic: text('+') }),
      refused(0x90, 'MQTT-3.3.2-2'),
    ],
    [
      '[MQTT-3.3.2-2] # in the Topic Name',
      5,
      publish(5, { topic: text('a/b#') }),
      refused(0x90, 'MQTT-3.3.2-2'),
    ],
    [
      '[MQTT-3.3.2-2 @3.1.1] [MQTT-4.7.1-1 @3.1.1] + in the Topic Name',
      4,
      publish(4, { topic: text('a+') }),
      refused(0x90, 'MQTT-3.3.2-2 @3.1.1'),
    ],
    [
      '[MQTT-4.7.3-1] an empty Topic Name',
      5,
      publish(5, { topic: text('') }),
      refused(0x82, 'MQTT-4.7.3-1'),
    ],
    [
      '[MQTT-4.7.3-1 @3.1.1] an empty Topic Name',
      4,
      publish(4, { topic: text('') }),
      refused(0x82, 'MQTT-4.7.3-1 @3.1.1'),
    ],
    [
      '[MQTT-4.7.3-2] U+0000 in the Topic Name',
      5,
      publish(5, { topic: text('a\0') }),
      refused(0x81, 'MQTT-1.5.4-2'),
    ],
    [
      '[MQTT-4.7.3-2 @3.1.1] U+0000 in the Topic Name',
      4,
      publish(4, { topic: text('a\0') }),
      refused(0x81, 'MQTT-1.5.3-2 @3.1.1'),
    ],
    ['[MQTT-3.3.2-8] Topic Alias 0', 5, with5(0x23, u16(0)), refused(0x94, 'MQTT-3.3.2-8')],
    [
      '[MQTT-3.3.2-13] an ill-formed Response Topic',
      5,
      with5(0x08, sized(hex('ff'))),
      refused(0x81, 'MQTT-1.5.4-1'),
    ],
    [
      '[MQTT-3.3.2-14] + in the Response Topic',
      5,
      with5(0x08, text('a/+')),
      refused(0x82, 'MQTT-3.3.2-14'),
    ],
    [
      '[MQTT-3.3.2-14] # in the Response Topic',
      5,
      with5(0x08, text('#')),
      refused(0x82, 'MQTT-3.3.2-14'),
    ],
    ['an empty Response Topic', 5, with5(0x08, text('')), refused(0x82, 'MQTT-3.3.2-14')],
    [
      '[MQTT-3.3.2-19] an ill-formed Content Type',
      5,
      with5(0x03, sized(hex('ff'))),
      refused(0x81, 'MQTT-1.5.4-1'),
    ],
    [
      '[MQTT-3.3.4-6] a Subscription Identifier from a client',
      5,
      with5(0x0b, 1),
      refused(0x82, 'MQTT-3.3.4-6'),
    ],
    ['[MQTT-2.2.2-1] no Property Length', 5, packet(0x30, text('a')), refused(0x81)],
    ['a Property Length behind the packet', 5, packet(0x30, text('a'), 9, 0x01, 1), refused(0x81)],
    [
      '[MQTT-1.5.5-1] a Property Length not in its shortest form',
      5,
      packet(0x30, text('a'), hex('80 00')),
      refused(0x81, 'MQTT-1.5.5-1'),
    ],
    [
      '[MQTT-1.5.5-1] a Property Length of five bytes',
      5,
      packet(0x30, text('a'), hex('80 80 80 80 00')),
      refused(0x81, 'MQTT-1.5.5-1'),
    ],
  ])('%s', (_name, protocolVersion, wire, expected) => {
    expect(verdict(decodeEveryWay(wire, server(protocolVersion)))).toEqual(expected);
  });

  test.each<[string, Uint8Array, unknown]>([
    [
      '[MQTT-1.5.5-1] a Subscription Identifier not in its shortest form',
      with5(0x0b, hex('81 00')),
      refused(0x81, 'MQTT-1.5.5-1'),
    ],
    [
      '[MQTT-1.5.5-1] a Subscription Identifier of five bytes',
      with5(0x0b, hex('81 80 80 80 01')),
      refused(0x81, 'MQTT-1.5.5-1'),
    ],
    ['Subscription Identifier 0', with5(0x0b, 0), refused(0x82)],
  ])('%s', (_name, wire, expected) => {
    expect(verdict(decodeEveryWay(wire, client(5)))).toEqual(expected);
  });
});

describe('the view', () => {
  /** What `look` says of each PUBLISH, during the call. */
  function views<T>(
    chunks: Uint8Array[],
    version: ProtocolVersion,
    look: (view: PublishView) => T,
  ): T[] {
    const seen: T[] = [];
    const sink = { ...recorder(), publish: (view: PublishView) => void seen.push(look(view)) };
    const decoder = new PacketDecoder(sink, client(version));
    for (const chunk of chunks) decoder.receive(chunk);
    expect(sink.error).toBeUndefined();
    return seen;
  }

  test('has offsets into the chunk', () => {
    const first = publish(4, { first: 0x32, packetId: 7 });
    const second = publish(4, { topic: text('c') });
    const chunk = join(first, second);
    const look = (view: PublishView): unknown => [
      view.bytes === chunk,
      view.owned,
      view.bytes.slice(view.start, view.end),
      view.packetId,
      view.packetIdOffset,
      view.topic?.topicName,
      view.propertiesEnd - view.propertiesStart,
      view.bytes.slice(view.payloadStart, view.end),
    ];
    expect(views([chunk], 4, look)).toEqual([
      [true, false, first, 7, 7, 'a/b', 0, hex('01 02')],
      [true, false, second, 0, -1, 'c', 0, hex('01 02')],
    ]);
  });

  test('of a packet in pieces owns exactly its bytes', () => {
    const packets = [publish(4), publish(4, { payload: new Uint8Array(70_000).fill(3) })];
    const chunk = join(...packets);
    const look = (view: PublishView): unknown => [
      view.owned,
      view.start,
      view.bytes.length,
      view.bytes.buffer.byteLength,
    ];
    const [first = 0, second = 0] = packets.map((bytes) => bytes.length);
    for (const at of [1, first - 1, first + 1, first + 5, 40_000, first + second - 1]) {
      const seen = views([chunk.slice(0, at), chunk.slice(at)], 4, look);
      if (at < first) expect(seen[0], `split at ${at}`).toEqual([true, 0, first, first]);
      else expect(seen[1], `split at ${at}`).toEqual([true, 0, second, second]);
    }
  });

  test('notes what a broker needs of the properties', () => {
    const chunk = join(
      publish(5, { properties: props(0x02, u32(4_000_000_000), 0x01, 1, 0x23, u16(3)) }),
      publish(5),
    );
    const look = (view: PublishView): unknown => [
      view.messageExpiryInterval,
      view.messageExpiryOffset,
      view.payloadFormatIndicator,
      view.topicAlias,
      view.protocolVersion,
    ];
    expect(views([chunk], 5, look)).toEqual([
      [4_000_000_000, 9, 1, 3, 5],
      [-1, -1, -1, 0, 5],
    ]);
  });

  test('reads properties that repeat those of the packet before', () => {
    const block = (expiry: number): Uint8Array =>
      props(0x01, 1, 0x02, u32(expiry), 0x26, text('a'), text('b'));
    const look = (view: PublishView): unknown => [
      view.messageExpiryInterval,
      view.bytes[view.messageExpiryOffset + 3],
      view.payloadFormatIndicator,
      view.topicAlias,
      view.topic?.topicName,
    ];
    const chunk = join(
      publish(5, { properties: block(5) }),
      publish(5, { properties: block(5), topic: text('longer/name') }),
      publish(5, { properties: block(6) }),
      publish(5),
      publish(5, { properties: block(6) }),
      publish(5, { properties: props(0x23, u16(9)) }),
      publish(5, { properties: props(0x23, u16(9)), topic: text('') }),
      publish(5, { properties: block(6) }),
    );
    expect(views([chunk], 5, look)).toEqual([
      [5, 5, 1, 0, 'a/b'],
      [5, 5, 1, 0, 'longer/name'],
      [6, 6, 1, 0, 'a/b'],
      [-1, expect.anything(), -1, 0, 'a/b'],
      [6, 6, 1, 0, 'a/b'],
      [-1, expect.anything(), -1, 9, 'a/b'],
      [-1, expect.anything(), -1, 9, undefined],
      [6, 6, 1, 0, 'a/b'],
    ]);
  });

  test('takes no block of a chunk before for the one in its place', () => {
    const buffer = publish(5, { properties: props(0x26, text('a'), text('b')) });
    const sink = recorder();
    const decoder = new PacketDecoder(sink, client(5));
    decoder.receive(buffer);
    buffer.set(publish(5, { properties: props(0x26, text('a'), hex('00 01 ff')) }));
    decoder.receive(buffer);
    expect(sink.packets).toHaveLength(1);
    expect(sink.error?.reasonCode).toBe(0x81);
  });

  test('an alias alone has no topic, and the next name is its own', () => {
    const chunk = join(
      publish(5),
      publish(5, { topic: text(''), properties: props(0x23, u16(1)) }),
      publish(5),
    );
    expect(views([chunk], 5, (view) => view.topic?.topicName)).toEqual(['a/b', undefined, 'a/b']);
  });

  test.each<[string, Uint8Array, Uint8Array | undefined]>([
    ['nothing', props(), undefined],
    [
      'only properties of one hop',
      props(0x23, u16(1), 0x0b, hex('80 01'), 0x02, u32(1)),
      undefined,
    ],
    [
      'properties of both kinds',
      props(
        0x0b,
        hex('80 01'),
        0x03,
        text('t'),
        0x02,
        u32(1),
        0x26,
        text('b'),
        text('1'),
        0x23,
        u16(1),
        0x01,
        0,
        0x0b,
        1,
      ),
      join(0x03, text('t'), 0x26, text('b'), text('1'), 0x01, 0),
    ],
    [
      'only properties that travel on',
      props(0x09, sized(hex('0b 23 02')), 0x08, text('r'), 0x26, text('a'), text('')),
      join(0x09, sized(hex('0b 23 02')), 0x08, text('r'), 0x26, text('a'), text('')),
    ],
  ])('forwards %s', (_name, block, expected) => {
    const chunk = publish(5, { properties: block });
    const forwarded = views([chunk], 5, (view) => view.forwardedProperties());
    chunk.fill(0xee);
    expect(forwarded).toEqual([expected]);
  });

  test('lets go of the chunk', () => {
    const kept = views([publish(4)], 4, (view) => view);
    expect(kept[0]?.bytes).toHaveLength(0);
  });
});
