import { bytes, hex, packet, str, u16, varint } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { type Refusal, refusedPackets } from '../../refusals.ts';
import { subscribed } from './steps.ts';

type Body = (t: CaseContext) => Uint8Array;

const none: Body = () => new Uint8Array();
const id: Body = () => u16(1);
const subscribe: Body = (t) => bytes(u16(1), str(t.topic()), 0);
const unsubscribe: Body = (t) => bytes(u16(1), str(t.topic()));

const wrongFlags: readonly (readonly [
  name: string,
  firstByte: number,
  body: Body,
  statements: readonly string[],
])[] = [
  ['PUBACK', 0x42, id, []],
  ['PUBREC', 0x52, id, []],
  ['PUBREL', 0x60, id, ['MQTT-3.6.1-1']],
  ['PUBREL', 0x66, id, ['MQTT-3.6.1-1']],
  ['PUBREL', 0x6a, id, ['MQTT-3.6.1-1']],
  ['PUBCOMP', 0x71, id, []],
  ['SUBSCRIBE', 0x80, subscribe, ['MQTT-3.8.1-1']],
  ['SUBSCRIBE', 0x83, subscribe, ['MQTT-3.8.1-1']],
  ['SUBSCRIBE', 0x8a, subscribe, ['MQTT-3.8.1-1']],
  ['UNSUBSCRIBE', 0xa0, unsubscribe, ['MQTT-3.10.1-1']],
  ['UNSUBSCRIBE', 0xa6, unsubscribe, ['MQTT-3.10.1-1']],
  ['UNSUBSCRIBE', 0xaa, unsubscribe, ['MQTT-3.10.1-1']],
  ['PINGREQ', 0xc1, none, []],
  ['DISCONNECT', 0xe8, none, ['MQTT-3.14.1-1']],
  ['DISCONNECT', 0xe2, none, ['MQTT-3.14.1-1']],
];

// Section 4.8 has one answer to all that breaks the protocol.
const malformed: readonly (readonly [name: string, title: string, body: Body])[] = [
  ['type-0', 'a packet of the reserved type 0', () => packet(0x00)],
  ['type-15', 'a packet of the reserved type 15', () => packet(0xf0)],
  ['connack-from-client', 'a CONNACK from a client', () => packet(0x20, 0, 0)],
  ['suback-from-client', 'a SUBACK from a client', () => packet(0x90, u16(1), 0)],
  ['unsuback-from-client', 'an UNSUBACK from a client', () => packet(0xb0, u16(1))],
  ['pingresp-from-client', 'a PINGRESP from a client', () => packet(0xd0)],
  ['remaining-length-5', 'a Remaining Length of five bytes', () => hex('30 ff ff ff ff 7f')],
  [
    'publish-topic-cut',
    'a PUBLISH whose Topic Name goes behind its end',
    () => hex('30 03 00 05 61'),
  ],
  [
    'publish-id-missing',
    'a QoS 1 PUBLISH without a Packet Identifier',
    () => packet(0x32, str('a')),
  ],
  ['publish-empty', 'a PUBLISH with nothing in it', () => packet(0x30)],
  ['puback-short', 'a PUBACK without a Packet Identifier', () => packet(0x40)],
  ['pubrel-long', 'a PUBREL with a byte too many', () => packet(0x62, u16(1), 0)],
  ['pingreq-long', 'a PINGREQ with a byte in it', () => packet(0xc0, 0)],
  [
    'subscribe-qos-missing',
    'a SUBSCRIBE without the QoS of its last filter',
    (t) => packet(0x82, u16(1), str(t.topic()), 0, str('b')),
  ],
  [
    'unsubscribe-cut',
    'an UNSUBSCRIBE whose filter goes behind its end',
    () => packet(0xa2, u16(1), u16(9), 'a'),
  ],
];

const refusals: readonly Refusal[] = [
  ...wrongFlags.map(([name, firstByte, body, statements]) => ({
    name: `${name.toLowerCase()}-flags-${(firstByte & 15).toString(2).padStart(4, '0')}`,
    title: `${name} with the flags ${(firstByte & 15).toString(2).padStart(4, '0')}`,
    statements: ['MQTT-2.2.2-2', 'MQTT-2.2.2-1', ...statements],
    bytes: (t: CaseContext) => packet(firstByte, body(t)),
  })),
  ...malformed.map(([name, title, body]) => ({
    name,
    title,
    statements: ['MQTT-4.8.0-1'],
    // table 2.1 gives the directions, and no statement says what breaking them means
    ...(name.endsWith('from-client') && { level: 'should' as const }),
    bytes: body,
  })),
];

const fragments = defineCases(4, 'format', [
  {
    name: 'split-anywhere',
    title: 'Packets may arrive in pieces, and several in one piece',
    statements: ['MQTT-7.1.1-1', 'MQTT-2.3.1-7'],
    async run(t) {
      const client = await t.connect();
      const topic = str(t.topic());
      const all = bytes(
        packet(0x82, u16(1), topic, 1),
        packet(0x32, topic, u16(2), 'x'),
        packet(0xc0),
      );
      for (let i = 0; i < all.length; i += 5) {
        client.send(all.subarray(i, i + 5));
        await new Promise(setImmediate);
      }
      await client.expect('suback', { packetId: 1 });
      await client.expect('puback', { packetId: 2 });
      await client.receive({ payload: 'x' });
      await client.expect('pingresp');
    },
  },
  ...[0, 1, 100, 127, 128, 16_383, 16_384].map((size) => ({
    name: `remaining-length-${size}`,
    title: `A message of ${size} bytes is delivered whole`,
    statements: ['MQTT-3.3.2-1', 'MQTT-7.1.1-1'],
    async run(t: CaseContext) {
      const client = await subscribed(t);
      const payload = Buffer.alloc(size, 'abcdefg');
      await client.publish(t.topic(), payload, { qos: 1 });
      await client.receive({ payload });
    },
  })),
  {
    name: 'remaining-length-exact',
    title: 'Remaining Lengths at the borders of its bytes are read right: 127, 128, 16383, 16384',
    statements: ['MQTT-7.1.1-1', 'MQTT-2.3.1-5'],
    async run(t) {
      const client = await subscribed(t);
      const topic = str(t.topic());
      for (const length of [127, 128, 16_383, 16_384]) {
        const payload = Buffer.alloc(length - topic.length, 'x');
        client.send(bytes(0x30, varint(length), topic, payload));
        await client.receive({ payload, qos: 0 });
      }
    },
  },
]);

/** Section 2, the format of packets, as far as it is no other section's. */
export const formatCases: readonly ConformanceCase[] = [
  ...fragments,
  ...refusedPackets(4, 'format', refusals),
];
