import { describe, expect, test } from 'vitest';
import {
  decode,
  encode,
  forwardedLength,
  type HopProperties,
  PacketDecoder,
  type Publish,
  writeForwardedHead,
} from '../src/index.ts';
import { recorder } from './drive.ts';

const received = (fields: Partial<Publish>): Publish => ({
  type: 3,
  topicName: 'plant/7/temperature',
  payload: Uint8Array.from({ length: 300 }, (_, at) => at),
  qos: 0,
  dup: false,
  retain: false,
  ...fields,
});

/** What a receiver gets of a packet that came in. */
function forwarded(publish: Publish, hop: HopProperties, packetId: number): Uint8Array {
  const target = new Uint8Array(1_000).fill(0xee);
  let written = new Uint8Array(0);
  const sink = recorder();
  sink.publish = (view) => {
    const length = forwardedLength(view, hop);
    const at = writeForwardedHead(view, hop, packetId, target, 10);
    expect(target[at]).toBe(0xee);
    target.set(view.bytes.subarray(view.propertiesStart, view.end), at);
    const end = at + view.end - view.propertiesStart;
    expect(end).toBe(10 + length);
    expect(target[end]).toBe(0xee);
    written = target.slice(10, end);
  };
  const before = encode({ type: 12 }, 5);
  const bytes = encode(publish, 5);
  const decoder = new PacketDecoder(sink, { role: 'server', protocolVersion: 5 });
  // not at the beginning of its chunk
  decoder.receive(Uint8Array.from([...before, ...bytes]));
  expect(sink.error).toBeUndefined();
  return written;
}

const packets: [string, Publish][] = [
  ['plain', received({})],
  ['short', received({ payload: new Uint8Array(0) })],
  ['QoS 1, retained', received({ qos: 1, packetId: 7, retain: true })],
  ['QoS 2, repeated', received({ qos: 2, packetId: 0x1234, dup: true })],
  [
    'with properties',
    received({
      qos: 1,
      packetId: 9,
      properties: {
        messageExpiryInterval: 60,
        contentType: 'text/plain',
        userProperties: [['n', 'v']],
      },
    }),
  ],
  ['of a long block', received({ properties: { contentType: 'c'.repeat(122) } })],
];

const hops: [string, HopProperties][] = [
  ['nothing', { topicAlias: 0, isAliasKnown: false, subscriptionIdentifiers: undefined }],
  ['a new alias', { topicAlias: 300, isAliasKnown: false, subscriptionIdentifiers: undefined }],
  ['a known alias', { topicAlias: 2, isAliasKnown: true, subscriptionIdentifiers: undefined }],
  [
    'identifiers',
    { topicAlias: 0, isAliasKnown: false, subscriptionIdentifiers: [1, 268_435_455] },
  ],
  ['all of it', { topicAlias: 65_535, isAliasKnown: true, subscriptionIdentifiers: [128] }],
];

describe.each(packets)('a forwarded PUBLISH, %s', (_name, publish) => {
  test.each(hops)('with %s', (_hop, hop) => {
    const packetId = publish.qos === 0 ? undefined : 0xabcd;
    const packet = decode(forwarded(publish, hop, packetId ?? 0), {
      role: 'client',
      protocolVersion: 5,
    });
    const { topicAlias, isAliasKnown, subscriptionIdentifiers } = hop;
    const properties = {
      ...publish.properties,
      ...(topicAlias === 0 ? {} : { topicAlias }),
      ...(subscriptionIdentifiers === undefined ? {} : { subscriptionIdentifiers }),
    };
    expect(packet).toEqual({
      ...publish,
      topicName: isAliasKnown ? '' : publish.topicName,
      dup: false, // [MQTT-3.3.1-3]
      ...(packetId === undefined ? {} : { packetId }),
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
    });
  });
});
