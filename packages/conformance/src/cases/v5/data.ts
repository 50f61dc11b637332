import { bytes, hex, packet, properties, Property, rawConnect, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { type Refusal, refusedConnects, refusedPackets } from '../../refusals.ts';

const strings = defineCases(5, 'data', [
  {
    name: 'utf8-unchanged',
    title: 'A Topic Name of one to four byte characters is delivered as it was published',
    statements: ['MQTT-1.5.4-1'],
    async run(t) {
      const client = await t.connect();
      const topicName = t.topic('aß€𝄞');
      await client.subscribe(topicName);
      await client.publish(topicName, 'x');
      await client.receive({ topicName, payload: 'x' });
    },
  },
  {
    name: 'bom-kept',
    title: 'U+FEFF in a Topic Name is delivered and not stripped',
    statements: ['MQTT-1.5.4-3'],
    requires: ['wildcard'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(`${t.topic('b')}/+`);
      const topicName = `${t.topic('b')}/\uFEFFx`;
      await client.publish(topicName, '1');
      await client.receive({ topicName });
    },
  },
  {
    name: 'bom-at-start',
    title: 'U+FEFF at the start of a Topic Filter is a character like others when matching',
    statements: ['MQTT-1.5.4-3'],
    async run(t) {
      const client = await t.connect();
      const marked = `\uFEFF${t.topic()}`;
      await client.subscribe(marked);
      await client.publish(t.topic(), 'without');
      await client.publish(marked, 'with');
      await client.receive({ topicName: marked, payload: 'with' });
    },
  },
]);

const illFormed: readonly (readonly [string, string, Uint8Array, string])[] = [
  ['surrogate', 'the surrogate U+D800', hex('ed a0 80'), 'MQTT-1.5.4-1'],
  ['overlong', 'an over-long encoding', hex('c1 81'), 'MQTT-1.5.4-1'],
  ['truncated', 'half of a character', hex('e2 82'), 'MQTT-1.5.4-1'],
  ['invalid-byte', 'the byte FF', hex('ff'), 'MQTT-1.5.4-1'],
  ['beyond-unicode', 'U+110000', hex('f4 90 80 80'), 'MQTT-1.5.4-1'],
  ['null', 'U+0000', hex('00'), 'MQTT-1.5.4-2'],
];

function withText(name: string, what: string, bad: Uint8Array, id: string): readonly Refusal[] {
  return [
    {
      name: `topic-${name}`,
      title: `a PUBLISH with ${what} in its Topic Name`,
      statements: [id, 'MQTT-3.3.2-1', ...(name === 'null' ? ['MQTT-4.7.3-2'] : [])],
      bytes: (t) => packet(0x30, str(t.topic(), bad), 0, 'x'),
      codes: [0x81, 0x90],
    },
    {
      name: `filter-${name}`,
      title: `a SUBSCRIBE with ${what} in its Topic Filter`,
      statements: [id, 'MQTT-3.8.3-1', ...(name === 'null' ? ['MQTT-4.7.3-2'] : [])],
      bytes: (t) => packet(0x82, u16(1), 0, str(t.topic(), bad), 0),
      codes: [0x81, 0x8f],
    },
  ];
}

const illFormedPackets: readonly Refusal[] = [
  ...illFormed.flatMap((row) => withText(...row)),
  {
    name: 'unsubscribe-surrogate',
    title: 'an UNSUBSCRIBE with ill-formed UTF-8 in its Topic Filter',
    statements: ['MQTT-3.10.3-1', 'MQTT-1.5.4-1'],
    bytes: (t) => packet(0xa2, u16(1), 0, str(t.topic(), hex('ed bf bf'))),
    codes: [0x81, 0x8f],
  },
  ...pairs('name', str(hex('ed a0 80')), str('v')),
  ...pairs('value', str('n'), str(hex('ff'))),
  ...pairs('null', str('n'), str('a\0b')),
  ...(['ResponseTopic', 'ContentType'] as const).map((name) => ({
    name: `${name.toLowerCase()}-utf8`,
    title: `a PUBLISH with ill-formed UTF-8 in its ${name}`,
    statements: [name === 'ResponseTopic' ? 'MQTT-3.3.2-13' : 'MQTT-3.3.2-19'],
    bytes: (t: CaseContext) =>
      packet(0x30, str(t.topic()), properties(Property[name], str(hex('c3 28')))),
    codes: [0x81],
  })),
];

function pairs(name: string, first: Uint8Array, second: Uint8Array): readonly Refusal[] {
  return [
    {
      name: `user-property-${name}`,
      title: `a PUBLISH with an ill-formed ${name} in a User Property`,
      statements: ['MQTT-1.5.7-1'],
      bytes: (t) => packet(0x30, str(t.topic()), properties(Property.UserProperty, first, second)),
      codes: [0x81],
    },
  ];
}

const illFormedConnects: readonly Refusal[] = illFormed.map(([name, what, bad, id]) => ({
  name: `client-id-${name}`,
  title: `a CONNECT with ${what} in its Client Identifier`,
  statements: [id, 'MQTT-3.1.3-4'],
  bytes: (t) => rawConnect({ payload: [str(t.clientId(), bad)] }),
}));

const badHeaders: readonly Refusal[] = [
  ['puback', 0x41, 'MQTT-2.1.3-1', () => [u16(1)]],
  ['pubrec', 0x58, 'MQTT-2.1.3-1', () => [u16(1)]],
  ['pubrel', 0x60, 'MQTT-3.6.1-1', () => [u16(1)]],
  ['pubrel-3', 0x63, 'MQTT-3.6.1-1', () => [u16(1)]],
  ['pubcomp', 0x72, 'MQTT-2.1.3-1', () => [u16(1)]],
  ['subscribe', 0x80, 'MQTT-3.8.1-1', (t: CaseContext) => [u16(1), 0, str(t.topic()), 0]],
  ['subscribe-3', 0x83, 'MQTT-3.8.1-1', (t: CaseContext) => [u16(1), 0, str(t.topic()), 0]],
  ['unsubscribe', 0xa0, 'MQTT-3.10.1-1', (t: CaseContext) => [u16(1), 0, str(t.topic())]],
  ['pingreq', 0xc1, 'MQTT-2.1.3-1', () => []],
  ['disconnect', 0xe1, 'MQTT-3.14.1-1', () => []],
  [
    'auth',
    0xf4,
    'MQTT-3.15.1-1',
    () => [0x18, properties(Property.AuthenticationMethod, str('x'))],
  ],
].map(([name, first, id, body]) => ({
  name: `flags-${String(name)}`,
  title: `wrong fixed header flags in ${String(name).replace(/-.*/, '').toUpperCase()}`,
  statements: [...new Set([String(id), 'MQTT-2.1.3-1'])],
  bytes: (t: CaseContext) => packet(Number(first), ...(typeof body === 'function' ? body(t) : [])),
  // an AUTH on a connection without a method is wrong in two ways
  codes: name === 'auth' ? [0x81, 0x82] : [0x81],
}));

const badIntegers: readonly Refusal[] = [
  {
    name: 'remaining-length-5-bytes',
    title: 'a Remaining Length of five bytes',
    statements: ['MQTT-1.5.5-1'],
    bytes: () => hex('c0 80 80 80 80 00'),
    codes: [0x81],
  },
  {
    name: 'property-length-5-bytes',
    title: 'a Property Length of five bytes',
    statements: ['MQTT-1.5.5-1'],
    bytes: (t) => packet(0x30, str(t.topic()), hex('80 80 80 80 00'), 'x'),
    codes: [0x81],
  },
  {
    name: 'property-length-overlong',
    title: 'a Property Length that is not in its shortest form',
    statements: ['MQTT-1.5.5-1'],
    level: 'practice',
    bytes: (t) => packet(0x30, str(t.topic()), hex('80 00'), 'x'),
  },
  {
    name: 'remaining-length-overlong',
    title: 'a Remaining Length that is not in its shortest form',
    statements: ['MQTT-1.5.5-1'],
    level: 'practice',
    bytes: () => hex('c0 80 00'),
  },
  {
    name: 'reserved-type',
    title: 'the reserved packet type 0',
    statements: ['MQTT-2.1.3-1'],
    bytes: () => hex('00 00'),
    codes: [0x81, 0x82],
  },
  {
    name: 'subscribe-without-property-length',
    title: 'a SUBSCRIBE that ends before its Property Length',
    statements: ['MQTT-2.2.2-1'],
    bytes: () => packet(0x82, u16(1)),
    codes: [0x81, 0x82],
  },
  {
    name: 'properties-behind-end',
    title: 'a Property Length that goes behind the end of the packet',
    statements: ['MQTT-2.2.2-1'],
    bytes: (t) => packet(0x30, str(t.topic()), 0x20, Property.PayloadFormatIndicator, 1),
    codes: [0x81],
  },
];

const headers = defineCases(5, 'data', [
  {
    name: 'shortest-remaining-length',
    title: 'Packets around each boundary of the Remaining Length arrive, in its shortest form',
    statements: ['MQTT-1.5.5-1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), qos: 0 });
      const overhead = 2 + t.topic().length + 1;
      const lengths = [127, 128, 129, 16_383, 16_384].map((n) => n - overhead);
      for (const length of lengths) {
        const payload = new Uint8Array(length).fill(0x61);
        await client.publish(t.topic(), payload);
        await client.receive({ payload });
      }
    },
  },
  {
    name: 'qos0-no-identifier',
    title: 'A forwarded QoS 0 PUBLISH has no Packet Identifier: its payload begins where it should',
    statements: ['MQTT-2.2.1-2'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), qos: 2 });
      const payload = bytes(0, 1, 0, 0);
      await client.publish(t.topic(), payload);
      const publish = await client.receive({ qos: 0, payload });
      check(publish.packetId === undefined, 'no Packet Identifier', `${publish.packetId}`);
    },
  },
  {
    name: 'qos0-with-identifier',
    title: 'In a QoS 0 PUBLISH the bytes after the properties are payload, whatever they look like',
    statements: ['MQTT-2.2.1-2'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(t.topic());
      client.send(packet(0x30, str(t.topic()), 0, u16(7), 'x'));
      await client.receive({ payload: bytes(0, 7, 'x') });
    },
  },
  {
    name: 'property-length-present',
    title: 'CONNACK, SUBACK, UNSUBACK and PUBLISH without properties have a Property Length of 0',
    statements: ['MQTT-2.2.2-1'],
    async run(t) {
      const client = await t.connect({ properties: { requestProblemInformation: 0 } });
      await client.subscribe(t.topic());
      await client.publish(t.topic(), 'x');
      const publish = await client.receive({ payload: 'x' });
      const count = Object.keys(publish.properties ?? {}).length;
      check(count === 0, 'no properties', `${count} of them`);
      await client.unsubscribe(t.topic());
    },
  },
]);

/** Sections 1.5 and 2: data representation, headers, Packet Identifiers. */
export const dataCases: readonly ConformanceCase[] = [
  ...strings,
  ...refusedConnects(5, 'data', illFormedConnects),
  ...refusedPackets(5, 'data', illFormedPackets),
  ...headers,
  ...refusedPackets(5, 'data', [...badIntegers, ...badHeaders]),
];
