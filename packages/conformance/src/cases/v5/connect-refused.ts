import { bytes, packet, properties, Property, rawConnect, str, u16, u32 } from '../../bytes.ts';
import type { Part } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases, type Level } from '../../conformance-case.ts';
import { type Refusal, refusedConnects } from '../../refusals.ts';

type Row = readonly [
  name: string,
  title: string,
  statements: readonly string[],
  bytes: (t: CaseContext) => Uint8Array,
];

const withId = (t: CaseContext, ...rest: readonly Part[]): readonly Part[] => [
  str(t.clientId()),
  ...rest,
];
const will = (t: CaseContext): readonly Part[] => [0, str(t.topic('will')), str('gone')];

const rows: readonly Row[] = [
  [
    'reserved-flag',
    'a CONNECT with the reserved Connect Flag set',
    ['MQTT-3.1.2-3'],
    (t) => rawConnect({ flags: 0x03, payload: withId(t) }),
  ],
  [
    'fixed-header-flags',
    'a CONNECT with wrong fixed header flags',
    ['MQTT-2.1.3-1', 'MQTT-3.1.4-1'],
    (t) => rawConnect({ firstByte: 0x12, payload: withId(t) }),
  ],
  [
    'will-qos-3',
    'a CONNECT with Will QoS 3',
    ['MQTT-3.1.2-12'],
    (t) => rawConnect({ flags: 0x1e, payload: withId(t, will(t)) }),
  ],
  [
    'will-qos-without-will',
    'a CONNECT with Will QoS 1 and Will Flag 0',
    ['MQTT-3.1.2-11'],
    (t) => rawConnect({ flags: 0x0a, payload: withId(t) }),
  ],
  [
    'will-retain-without-will',
    'a CONNECT with Will Retain 1 and Will Flag 0',
    ['MQTT-3.1.2-13'],
    (t) => rawConnect({ flags: 0x22, payload: withId(t) }),
  ],
  [
    'will-missing',
    'a CONNECT with Will Flag 1 and no Will in the payload',
    ['MQTT-3.1.2-9'],
    (t) => rawConnect({ flags: 0x06, payload: withId(t) }),
  ],
  [
    'will-payload-missing',
    'a CONNECT that ends after its Will Topic',
    ['MQTT-3.1.2-9', 'MQTT-3.1.3-1'],
    (t) => rawConnect({ flags: 0x06, payload: withId(t, 0, str('a')) }),
  ],
  [
    'will-without-flag',
    'a CONNECT with a Will in the payload and Will Flag 0',
    ['MQTT-3.1.2-9', 'MQTT-3.1.4-1'],
    (t) => rawConnect({ flags: 0x02, payload: withId(t, will(t)) }),
  ],
  [
    'user-name-missing',
    'a CONNECT with User Name Flag 1 and no User Name',
    ['MQTT-3.1.2-17'],
    (t) => rawConnect({ flags: 0x82, payload: withId(t) }),
  ],
  [
    'user-name-without-flag',
    'a CONNECT with a User Name and User Name Flag 0',
    ['MQTT-3.1.2-16'],
    (t) => rawConnect({ flags: 0x02, payload: withId(t, str('user')) }),
  ],
  [
    'password-missing',
    'a CONNECT with Password Flag 1 and no Password',
    ['MQTT-3.1.2-19'],
    (t) => rawConnect({ flags: 0xc2, payload: withId(t, str('user')) }),
  ],
  [
    'password-without-flag',
    'a CONNECT with a Password and Password Flag 0',
    ['MQTT-3.1.2-18'],
    (t) => rawConnect({ flags: 0x82, payload: withId(t, str('user'), str('password')) }),
  ],
  [
    'no-client-id',
    'a CONNECT without the Client Identifier field',
    ['MQTT-3.1.3-3'],
    () => rawConnect({ payload: [] }),
  ],
  [
    'client-id-behind-end',
    'a CONNECT whose Client Identifier goes behind its end',
    ['MQTT-3.1.3-3', 'MQTT-3.1.4-1'],
    () => rawConnect({ payload: [u16(20), 'abc'] }),
  ],
  [
    'will-topic-utf8',
    'a CONNECT with ill-formed UTF-8 in its Will Topic',
    ['MQTT-3.1.3-11'],
    (t) => rawConnect({ flags: 0x06, payload: withId(t, 0, str('a', 0xff), str('')) }),
  ],
  [
    'user-name-utf8',
    'a CONNECT with ill-formed UTF-8 in its User Name',
    ['MQTT-3.1.3-12'],
    (t) => rawConnect({ flags: 0x82, payload: withId(t, str(0xed, 0xa0, 0x80)) }),
  ],
  [
    'will-topic-empty',
    'a CONNECT with an empty Will Topic',
    ['MQTT-4.7.3-1'],
    (t) => rawConnect({ flags: 0x06, payload: withId(t, 0, str(''), str('x')) }),
  ],
  [
    'will-topic-wildcard',
    'a CONNECT with a wildcard in its Will Topic',
    ['MQTT-4.7.0-1', 'MQTT-3.1.4-1'],
    (t) => rawConnect({ flags: 0x06, payload: withId(t, 0, str('a/+'), str('x')) }),
  ],
  [
    'trailing-bytes',
    'a CONNECT with bytes after its last field',
    ['MQTT-3.1.4-1'],
    (t) => rawConnect({ payload: withId(t, 0, 0, 1) }),
  ],
  [
    'truncated-header',
    'a CONNECT that ends after its level',
    ['MQTT-3.1.4-1'],
    () => packet(0x10, str('MQTT'), 5),
  ],
  [
    'name-empty',
    'a CONNECT with an empty Protocol Name',
    ['MQTT-3.1.2-1'],
    (t) => rawConnect({ protocolName: str(''), payload: withId(t) }),
  ],
];

const propertyRows: readonly (readonly [string, string, readonly Part[]])[] = [
  ['receive-maximum-0', 'Receive Maximum 0', [Property.ReceiveMaximum, u16(0)]],
  ['maximum-packet-size-0', 'Maximum Packet Size 0', [Property.MaximumPacketSize, u32(0)]],
  ['request-problem-2', 'Request Problem Information 2', [Property.RequestProblemInformation, 2]],
  [
    'request-response-2',
    'Request Response Information 2',
    [Property.RequestResponseInformation, 2],
  ],
  [
    'repeated-property',
    'Session Expiry Interval twice',
    [Property.SessionExpiryInterval, u32(1), Property.SessionExpiryInterval, u32(1)],
  ],
  [
    'repeated-receive-maximum',
    'Receive Maximum twice',
    [Property.ReceiveMaximum, u16(5), Property.ReceiveMaximum, u16(5)],
  ],
  ['property-of-another-packet', 'a Topic Alias', [Property.TopicAlias, u16(1)]],
  ['property-of-connack', 'a Server Keep Alive', [Property.ServerKeepAlive, u16(1)]],
  ['unknown-property', 'the unknown property 0x7F', [0x7f, 0]],
  [
    'authentication-data-alone',
    'Authentication Data and no Authentication Method',
    [Property.AuthenticationData, str('x')],
  ],
  ['property-cut', 'half of a property', [Property.SessionExpiryInterval, u16(1)]],
  [
    'user-property-utf8',
    'ill-formed UTF-8 in a User Property',
    [Property.UserProperty, str('a'), str(0xc0, 0x80)],
  ],
];

// A sender must not do the last two, but no Reason Code is given for a receiver to use.
const willPropertyRows: readonly (readonly [string, string, readonly Part[], Level?])[] = [
  ['will-topic-alias', 'a Topic Alias among its Will Properties', [Property.TopicAlias, u16(1)]],
  [
    'will-repeated-delay',
    'Will Delay Interval twice',
    [Property.WillDelayInterval, u32(1), Property.WillDelayInterval, u32(1)],
  ],
  [
    'will-payload-format-2',
    'Payload Format Indicator 2',
    [Property.PayloadFormatIndicator, 2],
    'practice',
  ],
  [
    'will-response-wildcard',
    'a wildcard in the Response Topic of its Will',
    [Property.ResponseTopic, str('a/#')],
    'practice',
  ],
];

const refusals: readonly Refusal[] = [
  ...rows.map(([name, title, statements, make]) => ({ name, title, statements, bytes: make })),
  ...propertyRows.map(([name, what, parts]) => ({
    name,
    title: `a CONNECT with ${what}`,
    statements: name === 'user-property-utf8' ? ['MQTT-1.5.7-1'] : ['MQTT-3.1.4-1'],
    bytes: (t: CaseContext) => rawConnect({ properties: properties(parts), payload: withId(t) }),
  })),
  ...willPropertyRows.map(([name, what, parts, level]) => ({
    name,
    title: `a CONNECT with ${what}`,
    statements: name === 'will-response-wildcard' ? ['MQTT-3.3.2-14'] : ['MQTT-3.1.4-1'],
    level: level ?? 'must',
    bytes: (t: CaseContext) =>
      rawConnect({
        flags: 0x06,
        payload: withId(t, properties(parts), str(t.topic('will')), str('x')),
      }),
  })),
];

const versions = defineCases(5, 'connect-refused', [
  ...['MQTX', 'mqtt', 'MQTTT', 'HTTP'].map((name) => ({
    name: `name-${name.toLowerCase()}${name === 'mqtt' ? '-small' : ''}`,
    title: `The Protocol Name "${name}" is refused: CONNACK 0x84 or nothing, and closed`,
    statements: ['MQTT-3.1.2-1'],
    async run(t: CaseContext) {
      const client = await t.open({ anyConnack: true });
      client.send(rawConnect({ protocolName: str(name), payload: [str(t.clientId())] }));
      await client.expectRefused([0x84, 0x81, 0x82, 1]);
    },
  })),
  ...[0, 1, 2, 6, 127, 255].map((level) => ({
    name: `level-${level}`,
    title: `Protocol Version ${level} is refused: CONNACK 0x84 or nothing, and closed`,
    statements: ['MQTT-3.1.2-2'],
    async run(t: CaseContext) {
      const client = await t.open({ anyConnack: true });
      client.send(rawConnect({ level, properties: 0, payload: [str(t.clientId())] }));
      // a server that speaks 3.1.1 too may answer in its words: return code 1
      await client.expectRefused([0x84, 1]);
    },
  })),
  {
    name: 'nothing-processed-after',
    title: 'What follows a refused CONNECT is not processed',
    statements: ['MQTT-3.1.4-6', 'MQTT-3.2.2-7'],
    async run(t: CaseContext) {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic());
      const client = await t.open();
      const refused = rawConnect({ flags: 0x03, payload: [str(t.clientId())] });
      const publish = packet(0x30, str(t.topic()), 0, 'x');
      client.send(bytes(refused, publish, publish));
      await client.expectRefused();
      await watcher.expectSilence();
    },
  },
  {
    name: 'session-present-0',
    title: 'A refusing CONNACK has Session Present 0, also when there is a session',
    statements: ['MQTT-3.2.2-6', 'MQTT-3.2.2-7'],
    async run(t: CaseContext) {
      const owner = await t.connect({ properties: { sessionExpiryInterval: 30 } });
      await owner.disconnect();
      const client = await t.open();
      const properties0 = properties(Property.AuthenticationMethod, str('no such method'));
      const payload = [str(owner.clientId)];
      client.send(rawConnect({ flags: 0, properties: properties0, payload }));
      const { packets } = await client.expectClosed();
      const [connack] = packets;
      if (connack?.type !== 2) t.skip('the server refuses without a CONNACK');
      if (connack.reasonCode === 0) t.skip('the server takes any Authentication Method');
      // Session Present beside a refusal would have failed as an invalid packet
    },
  },
]);

/** Section 3.1, CONNECT, as far as it must be refused. */
export const connectRefusedCases: readonly ConformanceCase[] = [
  ...refusedConnects(5, 'connect-refused', refusals),
  ...versions,
];
