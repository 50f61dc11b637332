// What is like the packet before it is not read again: that must show nowhere.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encode,
  PacketDecoder,
  type ProtocolVersion,
  type Publish,
  type PublishProperties,
  type PublishView,
} from '../src/index.ts';
import { recorder } from './drive.ts';

/** What a view says, wherever its packet lies. */
function described(view: PublishView): object {
  const from = (offset: number): number => (offset === -1 ? -1 : offset - view.start);
  return {
    version: view.protocolVersion,
    topic: view.topic,
    packetId: view.packetId,
    topicAlias: view.topicAlias,
    messageExpiryInterval: view.messageExpiryInterval,
    payloadFormatIndicator: view.payloadFormatIndicator,
    end: from(view.end),
    packetIdOffset: from(view.packetIdOffset),
    propertiesStart: from(view.propertiesStart),
    propertiesEnd: from(view.propertiesEnd),
    messageExpiryOffset: from(view.messageExpiryOffset),
    payloadStart: from(view.payloadStart),
    packet: view.toPacket(),
    properties: view.properties(),
  };
}

interface Seen {
  readonly views: object[];
  readonly series: number[];
  readonly error: string | undefined;
}

function receive(chunks: readonly Uint8Array[], protocolVersion: ProtocolVersion): Seen {
  const views: object[] = [];
  const series: number[] = [];
  const sink = recorder();
  sink.publish = (view) => {
    views.push(described(view));
    series.push(view.series);
  };
  const decoder = new PacketDecoder(sink, { role: 'server', protocolVersion });
  for (const chunk of chunks) decoder.receive(chunk);
  return { views, series, error: sink.error?.message };
}

function joined(packets: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(packets.flatMap((bytes) => [...bytes]));
}

const properties: PublishProperties = {
  messageExpiryInterval: 3600,
  payloadFormatIndicator: 1,
  userProperties: [
    ['plant', 'north'],
    ['unit', 'celsius'],
  ],
};

const publish = (fields: Partial<Publish>): Publish => ({
  type: 3,
  topicName: 'plant/7/temperature',
  payload: Uint8Array.of(1, 2, 3),
  qos: 0,
  dup: false,
  retain: false,
  ...fields,
});

const kinds: [string, ProtocolVersion, Partial<Publish>][] = [
  ['3.1 at QoS 0', 3, {}],
  ['3.1.1 at QoS 0', 4, {}],
  ['3.1.1 at QoS 1', 4, { qos: 1 }],
  ['5.0 at QoS 0', 5, {}],
  ['5.0 with properties', 5, { properties }],
  ['5.0 at QoS 2 with properties', 5, { qos: 2, properties }],
  ['5.0 with an alias', 5, { properties: { topicAlias: 3 } }],
  ['5.0 with a known alias', 5, { topicName: '', properties: { topicAlias: 3 } }],
  ['5.0 of more than 127 bytes', 5, { payload: new Uint8Array(200), properties }],
];

describe.each(kinds)('packets of %s that are alike', (_name, version, fields) => {
  const wire = (count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, at) => {
      const { payload, ...rest } = publish(fields);
      const packetId = rest.qos > 0 ? { packetId: at + 1 } : {};
      return encode({ ...rest, ...packetId, payload: payload.map((byte) => byte + at) }, version);
    });

  test.each([2, 7, 100])('are of one series and read like %i alone', (count) => {
    const packets = wire(count);
    const together = receive([joined(packets)], version);
    expect(together.error).toBeUndefined();
    expect(together.views).toEqual(receive(packets, version).views);
    expect(new Set(together.series).size).toBe(1);
  });

  test('are judged like those that come byte by byte, whatever is changed in them', () => {
    const change = fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x80, 0xff)));
    const changes = fc.array(change, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(changes, fc.constantFrom(3, 60), (edits, count) => {
        const bytes = joined(wire(count));
        for (const [where, value] of edits) bytes[where % bytes.length] = value;
        const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
        const whole = receive([bytes], version);
        const apart = receive(single, version);
        expect(whole.views).toEqual(apart.views);
        expect(whole.error).toBe(apart.error);
      }),
      { numRuns: 60 },
    );
  });
});

test.each<[string, Partial<Publish>]>([
  ['topic', { topicName: 'plant/8/temperature' }],
  ['length', { payload: Uint8Array.of(1, 2) }],
  ['flags', { retain: true }],
  ['properties', { properties: { messageExpiryInterval: 3601 } }],
])('packets of another %s are of another series', (_what, fields) => {
  const first = publish({ properties: { messageExpiryInterval: 3600 } });
  const bytes = joined([first, { ...first, ...fields }, first].map((one) => encode(one, 5)));
  const { series } = receive([bytes], 5);
  expect(new Set(series).size).toBe(3);
});

test('a Maximum Packet Size that has become smaller holds for them as well', () => {
  const bytes = encode(publish({}), 4);
  const sink = recorder();
  const decoder = new PacketDecoder(sink, { role: 'server', protocolVersion: 4 });
  sink.publish = (view) => {
    sink.packets.push(view.toPacket());
    decoder.maximumPacketSize = bytes.length - 1;
  };
  decoder.receive(joined([bytes, bytes]));
  expect(sink.packets).toHaveLength(1);
  expect(sink.error).toMatchObject({ reasonCode: 0x95, packetType: 3 });
});

test('a packet that was cut is read anew, and so is the next one', () => {
  const bytes = encode(publish({}), 4);
  const all = joined(Array.from({ length: 6 }, () => bytes));
  const { series, views } = receive([all.subarray(0, 70), all.subarray(70)], 4);
  expect(views).toEqual(receive([all], 4).views);
  expect(series[0]).toBe(series[1]);
  expect(new Set(series).size).toBe(3);
});
