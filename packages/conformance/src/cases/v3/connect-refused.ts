import { bytes, packet, type Part, rawConnect, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check, ConformanceFailure } from '../../failure.ts';
import { describePacket } from '../../describe-packet.ts';
import { connect4 } from './steps.ts';

type Row = readonly [
  name: string,
  title: string,
  statements: readonly string[],
  flags: number,
  payload: (t: CaseContext) => readonly Part[],
];

const will = (t: CaseContext): readonly Part[] => [str(t.topic('will')), str('gone')];

const rows: readonly Row[] = [
  ['reserved-flag', 'the reserved Connect Flag set', ['MQTT-3.1.2-3'], 0x03, () => []],
  ['will-qos-3', 'Will QoS 3', ['MQTT-3.1.2-14'], 0x1e, will],
  [
    'will-qos-without-will',
    'Will QoS 1 and Will Flag 0',
    ['MQTT-3.1.2-13', 'MQTT-3.1.2-11'],
    0x0a,
    () => [],
  ],
  [
    'will-retain-without-will',
    'Will Retain 1 and Will Flag 0',
    ['MQTT-3.1.2-15', 'MQTT-3.1.2-11'],
    0x22,
    () => [],
  ],
  ['will-missing', 'Will Flag 1 and no Will in its payload', ['MQTT-3.1.2-9'], 0x06, () => []],
  [
    'will-message-missing',
    'Will Flag 1 and no Will Message behind the Will Topic',
    ['MQTT-3.1.2-9', 'MQTT-3.1.3-1'],
    0x06,
    () => [str('a')],
  ],
  ['will-without-flag', 'a Will in its payload and Will Flag 0', ['MQTT-3.1.2-11'], 0x02, will],
  ['user-name-missing', 'User Name Flag 1 and no User Name', ['MQTT-3.1.2-19'], 0x82, () => []],
  [
    'user-name-without-flag',
    'a User Name and User Name Flag 0',
    ['MQTT-3.1.2-18'],
    0x02,
    () => [str('user')],
  ],
  [
    'password-missing',
    'Password Flag 1 and no Password',
    ['MQTT-3.1.2-21'],
    0xc2,
    () => [str('user')],
  ],
  [
    'password-without-flag',
    'a Password and Password Flag 0',
    ['MQTT-3.1.2-20'],
    0x82,
    () => [str('user'), str('password')],
  ],
  [
    'password-without-user-name',
    'Password Flag 1 and User Name Flag 0',
    ['MQTT-3.1.2-22'],
    0x42,
    () => [str('password')],
  ],
  [
    'will-topic-surrogate',
    'a surrogate in its Will Topic',
    ['MQTT-3.1.3-10', 'MQTT-1.5.3-1'],
    0x06,
    () => [str('a', 0xed, 0xa0, 0x80), str('')],
  ],
  [
    'will-topic-null',
    'U+0000 in its Will Topic',
    ['MQTT-3.1.3-10', 'MQTT-1.5.3-2', 'MQTT-4.7.3-2'],
    0x06,
    () => [str('a', 0), str('')],
  ],
  [
    'user-name-ill-formed',
    'ill-formed UTF-8 in its User Name',
    ['MQTT-3.1.3-11', 'MQTT-1.5.3-1'],
    0x82,
    () => [str(0xc0, 0xaf)],
  ],
  [
    'user-name-null',
    'U+0000 in its User Name',
    ['MQTT-3.1.3-11', 'MQTT-1.5.3-2'],
    0x82,
    () => [str('u', 0)],
  ],
  ['will-topic-empty', 'an empty Will Topic', ['MQTT-4.7.3-1'], 0x06, () => [str(''), str('x')]],
  [
    'will-topic-wildcard',
    'a wildcard in its Will Topic',
    ['MQTT-4.7.1-1', 'MQTT-3.1.4-1'],
    0x06,
    () => [str('a/+'), str('x')],
  ],
  ['trailing-bytes', 'bytes after its last field', ['MQTT-3.1.4-1'], 0x02, () => [0, 0, 1]],
];

const whole: readonly (readonly [
  name: string,
  title: string,
  statements: readonly string[],
  bytes: (t: CaseContext) => Uint8Array,
])[] = [
  [
    'fixed-header-flags',
    'wrong fixed header flags',
    ['MQTT-2.2.2-1', 'MQTT-2.2.2-2', 'MQTT-3.1.4-1'],
    (t) => connect4({ firstByte: 0x12, payload: [str(t.clientId())] }),
  ],
  [
    'client-id-missing',
    'no Client Identifier field',
    ['MQTT-3.1.3-3'],
    () => connect4({ payload: [] }),
  ],
  [
    'client-id-behind-end',
    'a Client Identifier that goes behind the end',
    ['MQTT-3.1.3-3', 'MQTT-3.1.4-1'],
    () => connect4({ payload: [u16(20), 'abc'] }),
  ],
  [
    'client-id-ill-formed',
    'ill-formed UTF-8 in its Client Identifier',
    ['MQTT-3.1.3-4', 'MQTT-1.5.3-1'],
    () => connect4({ payload: [str('a', 0xff)] }),
  ],
  [
    'client-id-null',
    'U+0000 in its Client Identifier',
    ['MQTT-3.1.3-4', 'MQTT-1.5.3-2'],
    () => connect4({ payload: [str('a', 0, 'b')] }),
  ],
  [
    'truncated-header',
    'nothing behind its level',
    ['MQTT-3.1.4-1'],
    () => packet(0x10, str('MQTT'), 4),
  ],
];

const malformed = defineCases(4, 'connect-refused', [
  ...rows.map(([name, what, statements, flags, payload]) =>
    malformedCase(name, what, statements, (t) =>
      connect4({ flags, payload: [str(t.clientId()), payload(t)] }),
    ),
  ),
  ...whole.map((row) => malformedCase(...row)),
]);

/** Section 3.1.4 wants no CONNACK for these, other than 5.0. */
function malformedCase(
  name: string,
  what: string,
  statements: readonly string[],
  make: (t: CaseContext) => Uint8Array,
): Parameters<typeof defineCases>[2][number] {
  return {
    name,
    title: `A CONNECT with ${what} is answered by a close without a CONNACK`,
    // ill-formed Client Identifiers may be called rejected identifiers as well
    statements: [...new Set([...statements, 'MQTT-3.1.4-1', 'MQTT-3.2.2-6'])],
    async run(t) {
      const client = await t.open();
      client.send(make(t));
      const { packets } = await client.expectClosed();
      const answer = packets[0];
      const isRejectedId =
        name.startsWith('client-id') && answer?.type === 2 && answer.reasonCode === 2;
      if (answer && !isRejectedId) {
        throw new ConformanceFailure('a close without a packet', describePacket(answer));
      }
    },
  };
}

const versions = defineCases(4, 'connect-refused', [
  ...['MQTX', 'mqtt', 'MQTTT', 'HTTP', ''].map((name) => ({
    name: `name-${name === '' ? 'empty' : name.toLowerCase()}${name === 'mqtt' ? '-small' : ''}`,
    title: `The Protocol Name "${name}" is not taken for MQTT 3.1.1`,
    statements: ['MQTT-3.1.2-1'],
    async run(t: CaseContext) {
      const client = await t.open({ anyConnack: true, protocolVersion: 5 });
      client.send(connect4({ protocolName: str(name), payload: [str(t.clientId())] }));
      await client.expectRefused([1, 0x81, 0x82, 0x84]);
    },
  })),
  ...[0, 1, 2, 3].map((level) => ({
    name: `level-${level}`,
    title: `Protocol Level ${level} is answered with CONNACK 0x01, and closed`,
    statements: ['MQTT-3.1.2-2', 'MQTT-3.2.2-5'],
    async run(t: CaseContext) {
      const client = await t.open({ anyConnack: true, protocolVersion: 5 });
      client.send(rawConnect({ level, payload: [str(t.clientId())] }));
      // a server that speaks 5.0 too may answer in its words
      const code = await client.expectRefused([1, 0x84]);
      check(code !== undefined, 'CONNACK 0x01', 'a close without a packet');
    },
  })),
  ...[6, 7, 127, 255].map((level) => ({
    name: `level-${level}`,
    title: `Protocol Level ${level} is refused: CONNACK 0x01, or as 5.0 has it, and closed`,
    statements: ['MQTT-3.1.2-2', 'MQTT-3.2.2-5'],
    async run(t: CaseContext) {
      const client = await t.open({ anyConnack: true, protocolVersion: 5 });
      client.send(rawConnect({ level, properties: 0, payload: [str(t.clientId())] }));
      await client.expectRefused([1, 0x84]);
    },
  })),
]);

const identifiers = defineCases(4, 'connect-refused', [
  {
    name: 'empty-client-id-clean-session-0',
    title:
      'An empty Client Identifier with CleanSession 0 is answered with CONNACK 0x02, and closed',
    statements: ['MQTT-3.1.3-8', 'MQTT-3.2.2-4', 'MQTT-3.2.2-5', 'MQTT-3.1.3-9'],
    async run(t) {
      const client = await t.open();
      client.send(connect4({ flags: 0, payload: [str('')] }));
      await client.expectNext('connack', { reasonCode: 2, sessionPresent: false });
      const { packets } = await client.expectClosed();
      check(packets.length === 0, 'nothing behind CONNACK', `${packets.length} packets`);
    },
  },
  {
    name: 'client-id-refused',
    title: 'A Client Identifier that the server does not accept: CONNACK 0x02, and closed',
    statements: ['MQTT-3.1.3-9', 'MQTT-3.2.2-5', 'MQTT-3.2.2-4'],
    needs: ['client-id-refused'],
    async run(t) {
      const fixture = 'client-id-refused';
      const { clientId = '' } = t.fixture(fixture).parameters;
      const client = await t.open({ fixture });
      client.send(t.connectPacket({ fixture, clientId }));
      await client.expectNext('connack', { reasonCode: 2, sessionPresent: false });
      await client.expectClosed();
    },
  },
]);

const ignored = defineCases(4, 'connect-refused', [
  {
    name: 'nothing-processed-after',
    title: 'What follows a malformed CONNECT is not processed',
    statements: ['MQTT-3.1.4-5', 'MQTT-3.1.4-1'],
    async run(t) {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic());
      await expectIgnored(t, connect4({ flags: 0x03, payload: [str(t.clientId())] }));
      await watcher.expectSilence();
    },
  },
  {
    name: 'nothing-processed-after-0x02',
    title: 'What follows a CONNECT that is refused with 0x02 is not processed',
    statements: ['MQTT-3.1.4-5', 'MQTT-3.1.3-8'],
    async run(t) {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic());
      await expectIgnored(t, connect4({ flags: 0, payload: [str('')] }));
      await watcher.expectSilence();
      const later = await t.connect();
      await later.subscribe(t.topic());
      await later.expectSilence();
    },
  },
]);

async function expectIgnored(t: CaseContext, refused: Uint8Array): Promise<void> {
  const client = await t.open();
  const topic = str(t.topic());
  const publish = bytes(
    packet(0x30, topic, 'x'),
    packet(0x31, topic, 'y'),
    packet(0x32, topic, u16(1)),
  );
  client.send(bytes(refused, publish, publish));
  await client.expectRefused();
}

/** Section 3.1, CONNECT, as far as it must be refused. */
export const connectRefusedCases: readonly ConformanceCase[] = [
  ...malformed,
  ...versions,
  ...identifiers,
  ...ignored,
];
