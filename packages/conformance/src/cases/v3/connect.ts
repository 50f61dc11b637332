import { bytes, packet, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { describeCode } from '../../describe-packet.ts';
import { check } from '../../failure.ts';
import { refusedPackets } from '../../refusals.ts';
import { connect4, subscribed, watchWill, willOf } from './steps.ts';

const first = defineCases(4, 'connect', [
  firstPacket('publish', (t) => packet(0x30, str(t.topic()), 'x')),
  firstPacket('puback', () => packet(0x40, u16(1))),
  firstPacket('pubrel', () => packet(0x62, u16(1))),
  firstPacket('subscribe', (t) => packet(0x82, u16(1), str(t.topic()), 0)),
  firstPacket('unsubscribe', (t) => packet(0xa2, u16(1), str(t.topic()))),
  firstPacket('pingreq', () => packet(0xc0)),
  firstPacket('disconnect', () => packet(0xe0)),
]);

function firstPacket(name: string, make: (t: CaseContext) => Uint8Array): CaseDefinition {
  return {
    name: `first-${name}`,
    title: `${name.toUpperCase()} as the first packet closes the connection without an answer`,
    statements: ['MQTT-3.1.0-1', 'MQTT-3.2.0-1', 'MQTT-4.8.0-1'],
    async run(t) {
      const client = await t.open();
      client.send(make(t));
      const { packets } = await client.expectClosed();
      check(packets.length === 0, 'no packet', `${packets.length}`);
    },
  };
}

const second = [
  ...refusedPackets(4, 'connect', [
    {
      name: 'second-connect',
      title: 'a second CONNECT',
      statements: ['MQTT-3.1.0-2', 'MQTT-4.8.0-1'],
      bytes: (t) => t.connectPacket(),
    },
  ]),
  ...defineCases(4, 'connect', [
    {
      name: 'second-connect-in-one-write',
      title: 'A second CONNECT right behind the first gets no second CONNACK',
      statements: ['MQTT-3.1.0-2', 'MQTT-3.2.0-1'],
      async run(t) {
        const client = await t.open();
        const connect = connect4({ payload: [str(t.clientId())] });
        client.send(bytes(connect, connect));
        const { packets } = await client.expectClosed();
        check(packets.length <= 1, 'at most one CONNACK', `${packets.length} packets`);
      },
    },
  ]),
];

const accepted = defineCases(4, 'connect', [
  {
    name: 'connack',
    title: 'A valid CONNECT is acknowledged with CONNACK 0x00, before anything else',
    statements: ['MQTT-3.1.4-4', 'MQTT-3.2.0-1', 'MQTT-3.2.2-1'],
    async run(t) {
      const client = await t.open();
      client.send(t.connectPacket());
      await client.expectNext('connack', { reasonCode: 0, sessionPresent: false });
    },
  },
  {
    name: 'byte-by-byte',
    title: 'A CONNECT that arrives byte by byte is accepted like any other',
    statements: ['MQTT-3.1.4-4', 'MQTT-7.1.1-1'],
    async run(t) {
      const client = await t.open();
      for (const byte of connect4({ payload: [str(t.clientId())] })) {
        client.send(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
      await client.expectAccepted();
      await client.ping();
    },
  },
  {
    name: 'pipelined',
    title: 'What is sent together with CONNECT is processed after its CONNACK',
    statements: ['MQTT-3.2.0-1', 'MQTT-3.1.4-4'],
    async run(t) {
      const client = await t.open();
      const connect = connect4({ payload: [str(t.clientId())] });
      const subscribe = packet(0x82, u16(1), str(t.topic()), 0);
      client.send(bytes(connect, subscribe, packet(0x30, str(t.topic()), 'x')));
      await client.expectNext('connack', { reasonCode: 0 });
      await client.expect('suback', { packetId: 1 });
      await client.expect('publish', { payload: 'x' });
      await client.expectSilence();
    },
  },
  {
    name: 'connack-before-queued',
    title: 'CONNACK precedes the messages that wait for a session',
    statements: ['MQTT-3.2.0-1'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      await client.disconnect();
      const publisher = await t.connect();
      for (const payload of ['1', '2', '3']) {
        await publisher.publish(t.topic(), payload, { qos: 1 });
      }
      const again = await t.open();
      again.send(t.connectPacket({ clientId: client.clientId, cleanStart: false }));
      await again.expectNext('connack', { sessionPresent: true });
      for (const payload of ['1', '2', '3']) await again.receive({ payload });
    },
  },
  {
    name: 'all-fields',
    title:
      'The payload is read in its order: Client Identifier, Will Topic and Message, User Name, Password',
    statements: ['MQTT-3.1.3-1', 'MQTT-3.1.2-9', 'MQTT-3.1.2-19', 'MQTT-3.1.2-21', 'MQTT-3.1.3-3'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.open();
      const { userName = 'user', password = Buffer.from('password') } = t.connectPacket();
      const will = [str(t.topic('will')), str('last words')];
      const payload = [str(t.clientId()), will, str(userName), str(password)];
      client.send(connect4({ flags: 0xce, payload }));
      await expectGoodCredentials(t, client);
      client.drop();
      await watcher.receive({ topicName: t.topic('will'), payload: 'last words', qos: 1 });
    },
  },
  {
    name: 'user-name-alone',
    title: 'A User Name without a Password is well-formed',
    statements: ['MQTT-3.1.2-19', 'MQTT-3.1.2-20'],
    async run(t) {
      const client = await t.open();
      client.send(connect4({ flags: 0x82, payload: [str(t.clientId()), str('user')] }));
      await expectGoodCredentials(t, client);
      await client.ping();
    },
  },
  {
    name: 'password-binary',
    title:
      'The Password is binary data: bytes that are no UTF-8, also none at all, are well-formed',
    statements: ['MQTT-3.1.2-21', 'MQTT-1.5.3-1'],
    async run(t) {
      for (const password of [str(0xff, 0, 0xed, 0xa0, 0x80), str()]) {
        const client = await t.open();
        const payload = [str(t.clientId()), str('user'), password];
        client.send(connect4({ flags: 0xc2, payload }));
        const { reasonCode } = await client.expect('connack');
        check([0, 4, 5].includes(reasonCode), '0x00, 0x04 or 0x05', describeCode(reasonCode));
      }
    },
  },
  {
    name: 'large-payload',
    title: 'A message of 100,000 bytes passes the Network Connection unaltered, in both directions',
    statements: ['MQTT-7.1.1-1', 'MQTT-3.3.2-1'],
    async run(t) {
      const payload = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
      const client = await subscribed(t);
      await client.publish(t.topic(), payload, { qos: 1 });
      await client.receive({ payload });
    },
  },
]);

async function expectGoodCredentials(
  t: CaseContext,
  client: Awaited<ReturnType<CaseContext['open']>>,
): Promise<void> {
  const { reasonCode } = await client.expect('connack');
  // whether these credentials are good is the server's to decide
  if (reasonCode === 4 || reasonCode === 5) t.skip('the server wants other credentials');
  check(reasonCode === 0, 'CONNACK 0x00', describeCode(reasonCode));
}

const clientIds = defineCases(4, 'connect', [
  {
    name: 'client-id-23',
    title: 'Client Identifiers of 23 letters and digits are accepted',
    statements: ['MQTT-3.1.3-5', 'MQTT-3.1.3-4'],
    async run(t) {
      for (const filler of [
        'ABCDEFGHIJKLMNOPQRSTUVW',
        'abcdefghijklmnopqrstuvw',
        'XYZxyz01234567890123456',
      ]) {
        await t.connect({ clientId: `${t.clientId()}${filler}`.slice(0, 23) });
      }
    },
  },
  {
    name: 'client-id-1',
    title: 'A Client Identifier of one character is accepted',
    statements: ['MQTT-3.1.3-5'],
    async run(t) {
      await t.connect({ clientId: '4' });
    },
  },
  {
    name: 'client-id-long',
    title: 'Client Identifiers of more than 23 bytes, with other characters, are accepted',
    statements: ['MQTT-3.1.3-5'],
    level: 'practice',
    async run(t) {
      await t.connect({ clientId: `${t.clientId()}-sensor.7/ß 水_${'x'.repeat(60)}` });
    },
  },
  {
    name: 'empty-client-id',
    title: 'Clients without a Client Identifier get different ones, or are refused with 0x02',
    statements: ['MQTT-3.1.3-6', 'MQTT-3.1.3-2', 'MQTT-3.1.3-3'],
    async run(t) {
      const one = await withoutClientId(t);
      const two = await withoutClientId(t);
      await one.subscribe(t.topic('1'));
      await two.subscribe(t.topic('2'));
      await two.publish(t.topic('1'), 'for one');
      await one.receive({ payload: 'for one' });
      await one.publish(t.topic('2'), 'for two');
      await two.receive({ payload: 'for two' });
      await one.expectSilence();
      await two.expectSilence();
    },
  },
  {
    name: 'client-id-case',
    title: 'Client Identifiers that differ in case only are two clients',
    statements: ['MQTT-3.1.3-2'],
    async run(t) {
      const clientId = `${t.clientId()}a`;
      const one = await t.connect({ clientId });
      const two = await t.connect({ clientId: clientId.toUpperCase() });
      await one.ping();
      await two.ping();
    },
  },
]);

/** Skips when the server allows no empty Client Identifier, which is its choice. */
async function withoutClientId(t: CaseContext): ReturnType<CaseContext['open']> {
  const client = await t.open();
  client.send(connect4({ payload: [str('')] }));
  const { reasonCode } = await client.expect('connack');
  if (reasonCode === 2) {
    await client.expectClosed();
    t.skip('the server allows no empty Client Identifier');
  }
  check(reasonCode === 0, 'CONNACK 0x00 or 0x02', describeCode(reasonCode));
  return client;
}

const takeover = defineCases(4, 'connect', [
  {
    name: 'takeover',
    title: 'A second connection with the same Client Identifier closes the first, without a word',
    statements: ['MQTT-3.1.4-2'],
    async run(t) {
      const old = await t.connect();
      const fresh = await t.connect({ clientId: old.clientId });
      const { packets } = await old.expectClosed();
      // only 5.0 has a DISCONNECT from the server
      check(packets.length === 0, 'no packet', `${packets.length}`);
      await fresh.ping();
    },
  },
  ...[true, false].map((cleanStart) => ({
    name: `takeover-clean-session-${Number(cleanStart)}`,
    title: `CleanSession ${Number(cleanStart)} holds at a take-over: Session Present ${Number(!cleanStart)}`,
    statements: [
      'MQTT-3.1.4-3',
      'MQTT-3.1.4-2',
      cleanStart ? 'MQTT-3.1.2-6' : 'MQTT-3.1.2-4',
      cleanStart ? 'MQTT-3.2.2-1' : 'MQTT-3.2.2-2',
    ],
    async run(t: CaseContext) {
      const old = await subscribed(t, { cleanStart: false });
      const fresh = await t.connect({ clientId: old.clientId, cleanStart });
      const present = fresh.connack?.sessionPresent;
      check(present === !cleanStart, `Session Present ${!cleanStart}`, `${present}`);
      await fresh.publish(t.topic(), 'x', { qos: 1 });
      if (cleanStart) await fresh.expectSilence();
      else await fresh.receive({ payload: 'x' });
      await old.expectClosed();
    },
  })),
  {
    name: 'takeover-will',
    title: 'A take-over publishes the Will of the first connection',
    statements: ['MQTT-3.1.2-8', 'MQTT-3.1.4-2'],
    async run(t) {
      const watcher = await watchWill(t);
      const old = await t.connect({ will: willOf(t) });
      await t.connect({ clientId: old.clientId });
      await old.expectClosed();
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'failed-takeover',
    title: 'A CONNECT that is refused does not disturb the client that has the identifier',
    statements: ['MQTT-3.1.4-2', 'MQTT-3.1.4-1'],
    async run(t) {
      const old = await t.connect();
      const bad = await t.open();
      // the reserved flag makes it malformed
      bad.send(connect4({ flags: 0x03, payload: [str(old.clientId)] }));
      await bad.expectRefused();
      await old.expectSilence();
    },
  },
  {
    name: 'one-owner',
    title: 'The session has one owner: the old connection gets none of its messages any more',
    statements: ['MQTT-3.1.4-2', 'MQTT-3.1.3-2'],
    async run(t) {
      const old = await subscribed(t, { cleanStart: false, qos: 1 });
      const fresh = await t.connect({ clientId: old.clientId, cleanStart: false });
      await fresh.publish(t.topic(), 'x', { qos: 1 });
      await fresh.receive({ payload: 'x' });
      const { packets } = await old.expectClosed();
      check(!packets.some(({ type }) => type === 3), 'no PUBLISH', 'one on the old connection');
    },
  },
]);

/** Section 3.1, CONNECT, as far as it is accepted. */
export const connectCases: readonly ConformanceCase[] = [
  ...first,
  ...second,
  ...accepted,
  ...clientIds,
  ...takeover,
];
