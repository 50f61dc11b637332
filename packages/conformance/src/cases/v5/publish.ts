import { packet, properties, Property, str, u16, u32 } from '../../bytes.ts';
import type { Part } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases, type Level } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { type Refusal, refusedPackets } from '../../refusals.ts';

const flags = defineCases(5, 'publish', [
  {
    name: 'dup-0-at-qos-0',
    title: 'A forwarded QoS 0 PUBLISH has DUP 0',
    statements: ['MQTT-3.3.1-2', 'MQTT-4.3.1-1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), qos: 0 });
      await client.publish(t.topic(), 'x', { qos: 0 });
      await client.receive({ payload: 'x', qos: 0, dup: false });
    },
  },
  ...([1, 2] as const).map((qos) => ({
    name: `dup-not-propagated-qos${qos}`,
    title: `DUP of an incoming QoS ${qos} PUBLISH is not that of the outgoing one`,
    statements: ['MQTT-3.3.1-3', qos === 1 ? 'MQTT-4.3.2-2' : 'MQTT-4.3.3-2'],
    requires: [qos === 1 ? 'qos1' : 'qos2'] as const,
    async run(t: CaseContext) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), qos });
      await client.publish(t.topic(), 'x', { qos, dup: true });
      await client.receive({ payload: 'x', qos, dup: false });
    },
  })),
  {
    name: 'response-by-qos',
    title: 'A PUBLISH is answered by nothing at QoS 0, PUBACK at QoS 1, PUBREC at QoS 2',
    statements: ['MQTT-3.3.4-1', 'MQTT-4.3.2-4', 'MQTT-4.3.3-8'],
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect();
      client.sendPublish(t.topic(), 'x');
      await client.expectSilence();
      client.sendPublish(t.topic(), 'x', { qos: 1, packetId: 10 });
      await client.expectNext('puback', { packetId: 10 });
      client.sendPublish(t.topic(), 'x', { qos: 2, packetId: 11 });
      await client.expectNext('pubrec', { packetId: 11 });
      await client.expectSilence();
    },
  },
  {
    name: 'empty-payload',
    title: 'A PUBLISH with an empty payload is delivered',
    statements: ['MQTT-3.3.4-1', 'MQTT-3.3.2-3'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(t.topic());
      await client.publish(t.topic(), '');
      await client.receive({ topicName: t.topic(), payload: '' });
    },
  },
  {
    name: 'large-payload',
    title: 'A message of 200 kB, or as large as the server allows, is delivered whole',
    statements: ['MQTT-4.2-1', 'MQTT-3.3.4-1'],
    requires: ['qos1'],
    async run(t) {
      const limit = (t.server.maximumPacketSize ?? Infinity) - 200;
      const payload = Buffer.alloc(Math.min(200_000, limit), 'abcdefghij');
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await client.publish(t.topic(), payload, { qos: 1 });
      await client.receive({ payload });
    },
  },
  {
    name: 'topic-name',
    title: 'The Topic Name that a subscriber sees is the published one, also through wildcards',
    statements: ['MQTT-3.3.2-3', 'MQTT-3.3.2-1'],
    requires: ['wildcard'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(`${t.topic()}/#`);
      for (const name of ['', '/', '/a', '/a/b c', '//']) {
        await client.publish(`${t.topic()}${name}`, 'x');
        await client.receive({ topicName: `${t.topic()}${name}` });
      }
    },
  },
]);

const forwarded = defineCases(5, 'publish', [
  ...(
    [
      ['payload-format', 'MQTT-3.3.2-4', { payloadFormatIndicator: 1 }],
      ['payload-format-0', 'MQTT-3.3.2-4', { payloadFormatIndicator: 0 }],
      ['response-topic', 'MQTT-3.3.2-15', { responseTopic: 'answers/ä' }],
      ['correlation-data', 'MQTT-3.3.2-16', { correlationData: Buffer.from([0, 255, 1]) }],
      ['correlation-data-empty', 'MQTT-3.3.2-16', { correlationData: Buffer.alloc(0) }],
      ['content-type', 'MQTT-3.3.2-20', { contentType: 'application/json' }],
      ['content-type-empty', 'MQTT-3.3.2-20', { contentType: '' }],
      [
        'user-properties',
        'MQTT-3.3.2-17',
        {
          userProperties: [
            ['a', '1'],
            ['a', '1'],
            ['', ''],
          ],
        },
      ],
      [
        'user-properties-order',
        'MQTT-3.3.2-18',
        {
          userProperties: [
            ['b', '1'],
            ['a', '2'],
            ['b', '0'],
          ],
        },
      ],
    ] as const
  ).map(([name, statement, expected]) => ({
    name: `forwards-${name}`,
    title: `Forwarded unaltered, at once and as retained message: ${name.replaceAll('-', ' ')}`,
    statements: [statement],
    async run(t: CaseContext) {
      const client = await t.connect();
      const retain = t.server.retainAvailable !== 0;
      await client.subscribe(t.topic());
      await client.publish(t.topic(), 'text', { retain, properties: expected });
      await client.receive({ payload: 'text', properties: expected });
      if (!retain) return;
      const later = await t.connect();
      await later.subscribe(t.topic());
      await later.receive({ payload: 'text', retain, properties: expected });
    },
  })),
  {
    name: 'nothing-added',
    title: 'A message without properties is forwarded without any',
    statements: ['MQTT-3.3.2-4', 'MQTT-3.3.2-6'],
    level: 'practice',
    async run(t) {
      const client = await t.connect();
      await client.subscribe(t.topic());
      await client.publish(t.topic(), 'x');
      const { properties: found = {} } = await client.receive({ payload: 'x' });
      check(Object.keys(found).length === 0, 'no properties', Object.keys(found).join(', '));
    },
  },
  {
    name: 'many-user-properties',
    title: 'Forty User Properties are forwarded in their order',
    statements: ['MQTT-3.3.2-17', 'MQTT-3.3.2-18'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(t.topic());
      const userProperties = Array.from({ length: 40 }, (_, i) => [`k${i % 7}`, `${i}`] as const);
      await client.publish(t.topic(), 'x', { properties: { userProperties } });
      await client.receive({ payload: 'x', properties: { userProperties } });
    },
  },
  {
    name: 'all-properties-together',
    title: 'All properties that belong to a message are forwarded together',
    statements: ['MQTT-3.3.2-4', 'MQTT-3.3.2-15', 'MQTT-3.3.2-16', 'MQTT-3.3.2-17'].concat([
      'MQTT-3.3.2-20',
    ]),
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      const all = {
        payloadFormatIndicator: 1,
        contentType: 'c',
        responseTopic: 'r',
        correlationData: Buffer.from('d'),
        userProperties: [['e', 'f']],
      } as const;
      await client.publish(t.topic(), 'x', { qos: 1, properties: all });
      await client.receive({ payload: 'x', properties: all });
    },
  },
]);

type Row = readonly [
  name: string,
  title: string,
  statement: string,
  codes: readonly number[],
  parts: readonly Part[],
  level?: Level,
];

/** PUBLISHes at QoS 0 with bad properties. */
const propertyRows: readonly Row[] = [
  ['alias-0', 'Topic Alias 0', '3.3.2-8', [0x94], [Property.TopicAlias, u16(0)]],
  [
    'response-topic-wildcard',
    'a wildcard in its Response Topic',
    '3.3.2-14',
    [0x81, 0x82, 0x90],
    [Property.ResponseTopic, str('a/#')],
    // forbidden to the sender [MQTT-3.3.2-14], but no Reason Code is given for the receiver
    'should',
  ],
  [
    'subscription-identifier',
    'a Subscription Identifier from a client',
    '3.3.4-6',
    [0x82],
    [Property.SubscriptionIdentifier, 1],
  ],
  [
    'payload-format-2',
    'Payload Format Indicator 2',
    '4.13.1-1',
    [0x81, 0x82, 0x99],
    [Property.PayloadFormatIndicator, 2],
    'practice',
  ],
  [
    'repeated-expiry',
    'Message Expiry Interval twice',
    '4.13.1-1',
    [0x82],
    [Property.MessageExpiryInterval, u32(1), Property.MessageExpiryInterval, u32(1)],
  ],
  [
    'repeated-content-type',
    'Content Type twice',
    '4.13.1-1',
    [0x82],
    [Property.ContentType, str('a'), Property.ContentType, str('a')],
  ],
  [
    'repeated-payload-format',
    'Payload Format Indicator twice',
    '4.13.1-1',
    [0x82],
    [Property.PayloadFormatIndicator, 0, Property.PayloadFormatIndicator, 0],
  ],
  [
    'repeated-response-topic',
    'Response Topic twice',
    '4.13.1-1',
    [0x82],
    [Property.ResponseTopic, str('a'), Property.ResponseTopic, str('a')],
  ],
  [
    'repeated-correlation-data',
    'Correlation Data twice',
    '4.13.1-1',
    [0x82],
    [Property.CorrelationData, str('a'), Property.CorrelationData, str('a')],
  ],
  [
    'property-of-another-packet',
    'a Session Expiry Interval',
    '4.13.1-1',
    [0x81, 0x82],
    [Property.SessionExpiryInterval, u32(1)],
  ],
  ['unknown-property', 'the unknown property 0x7F', '4.13.1-1', [0x81, 0x82], [0x7f, 1]],
];

const refusals: readonly Refusal[] = [
  ...propertyRows.map(([name, what, statement, codes, parts, level]) => ({
    name,
    title: `a PUBLISH with ${what}`,
    statements: [`MQTT-${statement}`],
    codes,
    ...(level && { level }),
    bytes: (t: CaseContext) => packet(0x30, str(t.topic()), properties(parts), 'x'),
  })),
  {
    name: 'qos-3',
    title: 'a PUBLISH with QoS 3',
    statements: ['MQTT-3.3.1-4'],
    codes: [0x81],
    bytes: (t) => packet(0x36, str(t.topic()), u16(1), 0, 'x'),
  },
  {
    name: 'dup-at-qos-0',
    title: 'a PUBLISH with DUP 1 at QoS 0',
    statements: ['MQTT-3.3.1-2'],
    level: 'practice',
    bytes: (t) => packet(0x38, str(t.topic()), 0, 'x'),
  },
  ...['a/+', '#', '+', 'a/#/b', 'a+'].map((topic) => ({
    name: `wildcard-${topic.replaceAll('/', '-').replaceAll('+', 'plus').replaceAll('#', 'hash')}`,
    title: `a PUBLISH to "${topic}"`,
    statements: ['MQTT-3.3.2-2', 'MQTT-4.7.0-1'],
    codes: [0x81, 0x82, 0x90],
    bytes: () => packet(0x30, str(topic), 0, 'x'),
  })),
  {
    name: 'empty-topic',
    title: 'a PUBLISH with an empty Topic Name and no Topic Alias',
    statements: ['MQTT-3.3.2-1', 'MQTT-4.7.3-1'],
    codes: [0x82],
    bytes: () => packet(0x30, str(''), 0, 'x'),
  },
  {
    name: 'truncated-topic',
    title: 'a PUBLISH whose Topic Name goes behind its end',
    statements: ['MQTT-3.3.2-1'],
    codes: [0x81, 0x82],
    bytes: () => packet(0x30, u16(50), 'abc'),
  },
  {
    name: 'no-packet-id',
    title: 'a QoS 1 PUBLISH that ends before its Packet Identifier',
    statements: ['MQTT-4.13.1-1', 'MQTT-2.2.1-5'],
    codes: [0x81, 0x82],
    bytes: (t) => packet(0x32, str(t.topic())),
  },
];

/** Section 3.3, PUBLISH: its flags, Topic Name and properties. */
export const publishCases: readonly ConformanceCase[] = [
  ...flags,
  ...forwarded,
  ...refusedPackets(5, 'publish', refusals),
];
