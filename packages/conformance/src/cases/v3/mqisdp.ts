import { bytes, packet, rawConnect, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { describeCode } from '../../describe-packet.ts';
import { check, ConformanceFailure } from '../../failure.ts';
import {
  connect3,
  leaveSession,
  nextOrClosed,
  resume,
  subscribed,
  watchWill,
  willOf,
} from './steps.ts';

// The text of 3.1 has no numbered statements: those of 3.1.1 that say the same stand for it.
const connecting: readonly CaseDefinition[] = [
  {
    name: 'connack',
    title: 'A CONNECT of "MQIsdp" level 3 is acknowledged with 20 02 00 00',
    statements: ['MQTT-3.1.4-4', 'MQTT-3.1.2-1'],
    async run(t) {
      const client = await t.open();
      client.send(connect3({ payload: [str(t.clientId())] }));
      await client.expectNext('connack', { reasonCode: 0, sessionPresent: false });
    },
  },
  ...(
    [
      ['mqtt-level-3', str('MQTT'), 3],
      ['mqisdp-level-4', str('MQIsdp'), 4],
    ] as const
  ).map(([name, protocolName, level]) => ({
    name,
    title: `${name.startsWith('mqtt') ? '"MQTT" with level 3' : '"MQIsdp" with level 4'} is refused with 0x01, or closed`,
    statements: ['MQTT-3.1.2-2'],
    async run(t: CaseContext) {
      const client = await t.open();
      client.send(rawConnect({ protocolName, level, payload: [str(t.clientId())] }));
      await client.expectRefused([1]);
    },
  })),
  {
    name: 'empty-client-id',
    title: 'An empty Client Identifier is answered with CONNACK 0x02, and closed',
    statements: ['MQTT-3.1.3-9', 'MQTT-3.2.2-5'],
    async run(t) {
      const client = await t.open();
      client.send(connect3({ payload: [str('')] }));
      await client.expectNext('connack', { reasonCode: 2 });
      await client.expectClosed();
    },
  },
  {
    name: 'client-id-23',
    title: 'A Client Identifier of 23 characters is accepted',
    statements: ['MQTT-3.1.3-5'],
    async run(t) {
      await t.connect({ clientId: `${t.clientId()}${'z'.repeat(23)}`.slice(0, 23) });
    },
  },
  {
    name: 'unused-connect-flag',
    title: 'The unused bit 0 of the Connect Flags is not looked at',
    statements: ['MQTT-3.1.2-3'],
    async run(t) {
      const client = await t.open();
      client.send(connect3({ flags: 0x03, payload: [str(t.clientId())] }));
      await client.expectAccepted();
    },
  },
  {
    name: 'credentials-missing',
    title: 'The flags of User Name and Password without the fields are tolerated',
    statements: ['MQTT-3.1.2-19'],
    async run(t) {
      for (const flags of [0x82, 0xc2]) {
        const client = await t.open();
        client.send(connect3({ flags, payload: [str(t.clientId())] }));
        const { reasonCode } = await client.expect('connack');
        check([0, 4, 5].includes(reasonCode), '0x00, 0x04 or 0x05', describeCode(reasonCode));
      }
    },
  },
  {
    name: 'second-connect',
    title: 'A second CONNECT closes the connection',
    statements: ['MQTT-3.1.0-2'],
    async run(t) {
      const client = await t.connect();
      client.send(t.connectPacket());
      await client.expectClosed();
    },
  },
  {
    name: 'takeover',
    title: 'A second connection with the same Client Identifier closes the first',
    statements: ['MQTT-3.1.4-2'],
    async run(t) {
      const old = await t.connect();
      const fresh = await t.connect({ clientId: old.clientId });
      await old.expectClosed();
      await fresh.ping();
    },
  },
];

const messages: readonly CaseDefinition[] = [
  ...([0, 1, 2] as const).map((qos) => ({
    name: `exchange-qos${qos}`,
    title: `A QoS ${qos} message is acknowledged and delivered`,
    statements: [['MQTT-4.3.1-1', 'MQTT-4.3.2-2', 'MQTT-4.3.3-2'][qos] ?? '', 'MQTT-4.5.0-1'],
    async run(t: CaseContext) {
      const client = await subscribed(t);
      await client.publish(t.topic(), 'x', { qos });
      await client.receive({ topicName: t.topic(), payload: 'x', qos, dup: false });
      await client.expectSilence();
    },
  })),
  {
    name: 'session',
    title:
      'A session with clean session 0 keeps subscriptions and messages; CONNACK byte 1 stays 0',
    statements: ['MQTT-3.1.2-4', 'MQTT-3.1.2-5'],
    async run(t) {
      const clientId = await leaveSession(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), '1', { qos: 1 });
      await publisher.publish(t.topic(), '2', { qos: 2 });
      const again = await resume(t, clientId);
      check(again.connack?.sessionPresent === false, 'CONNACK byte 1 0x00', '0x01');
      await again.receive({ payload: '1', qos: 1 });
      await again.receive({ payload: '2', qos: 2 });
    },
  },
  {
    name: 'clean-session-1',
    title: 'Clean session 1 discards the session',
    statements: ['MQTT-3.1.2-6'],
    async run(t) {
      const clientId = await leaveSession(t);
      const again = await t.connect({ clientId });
      await again.publish(t.topic(), 'x', { qos: 1 });
      await again.expectSilence();
    },
  },
  {
    name: 'retained',
    title: 'Retained messages are kept, sent with RETAIN 1, and removed by an empty payload',
    statements: ['MQTT-3.3.1-5', 'MQTT-3.3.1-8', 'MQTT-3.3.1-10'],
    async run(t) {
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'kept', { qos: 1, retain: true });
      const client = await subscribed(t);
      await client.receive({ payload: 'kept', retain: true });
      await publisher.publish(t.topic(), '', { qos: 1, retain: true });
      const later = await subscribed(t);
      await later.expectSilence();
    },
  },
  {
    name: 'will',
    title: 'The Will is published at the loss of the connection, and not after DISCONNECT',
    statements: ['MQTT-3.1.2-8', 'MQTT-3.14.4-3'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t, { qos: 1 }) });
      await client.lose();
      await watcher.receive({ payload: 'gone', qos: 1 });
      const orderly = await t.connect({ will: willOf(t) });
      await orderly.disconnect();
      await watcher.expectSilence();
    },
  },
  {
    name: 'again-after-loss',
    title: 'What was in flight is sent again at the next connection',
    statements: ['MQTT-4.4.0-1', 'MQTT-3.3.1-1'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      await client.publish(t.topic(), 'x', { qos: 1 });
      const { packetId } = await client.expect('publish');
      await client.lose();
      const again = await resume(t, client.clientId);
      await again.receive({ payload: 'x', dup: true, packetId });
    },
  },
  {
    name: 'ping',
    title: 'A PINGREQ is answered',
    statements: ['MQTT-3.12.4-1'],
    async run(t) {
      const client = await t.connect();
      await client.ping();
    },
  },
];

const forms: readonly CaseDefinition[] = [
  {
    name: 'dup-requests',
    title:
      'SUBSCRIBE, PUBREL and UNSUBSCRIBE with DUP set, as a client that tries again sends them',
    statements: ['MQTT-3.8.4-1', 'MQTT-3.10.4-4', 'MQTT-4.3.3-2'],
    async run(t) {
      const client = await t.connect();
      client.send(packet(0x8a, u16(1), str(t.topic()), 1));
      await client.expectNext('suback', { packetId: 1 });
      client.sendPublish(t.topic('other'), 'x', { qos: 2, packetId: 2 });
      await client.expectNext('pubrec', { packetId: 2 });
      client.send(packet(0x6a, u16(2)));
      await client.expectNext('pubcomp', { packetId: 2 });
      client.send(packet(0xaa, u16(3), str(t.topic())));
      await client.expectNext('unsuback', { packetId: 3 });
    },
  },
  {
    name: 'dup-at-qos-0',
    title: 'DUP at QoS 0 is no error',
    statements: ['MQTT-3.3.1-2'],
    async run(t) {
      const client = await subscribed(t);
      client.send(packet(0x38, str(t.topic()), 'x'));
      await client.receive({ payload: 'x', dup: false });
    },
  },
  {
    name: 'suback',
    title: 'SUBACK has a granted QoS for each filter, in their order',
    statements: ['MQTT-3.8.4-5', 'MQTT-3.9.3-1'],
    async run(t) {
      const client = await t.connect();
      const [a, b, c] = [str(t.topic('a')), str(t.topic('b')), str(t.topic('c'))];
      client.send(packet(0x82, u16(1), a, 2, b, 0, c, 1));
      const { reasonCodes } = await client.expectNext('suback');
      check(reasonCodes.join() === '2,0,1', '2, 0, 1', reasonCodes.join());
    },
  },
  {
    name: 'subscribe-not-authorised',
    title:
      'There is no failure code in SUBACK: a filter that is not authorised is granted without effect, or the connection closed',
    statements: ['MQTT-3.9.3-2'],
    needs: ['authorization'],
    async run(t) {
      const { subscribe = '' } = t.fixture('authorization').parameters;
      const client = await t.connect({ fixture: 'authorization' });
      client.send(packet(0x82, u16(1), str(subscribe), 1));
      const answer = await nextOrClosed(client);
      // 0x80 would have failed as an invalid packet
      if (answer && answer.type !== 9)
        throw new ConformanceFailure('SUBACK', `type ${answer.type}`);
    },
  },
  {
    name: 'malformed',
    title: 'A packet that cannot be read closes the connection',
    statements: ['MQTT-4.8.0-1'],
    async run(t) {
      for (const broken of [packet(0xf0), packet(0x36, str('a'), u16(1)), packet(0x40)]) {
        const client = await t.connect();
        client.send(broken);
        await client.expectClosed();
      }
    },
  },
  {
    name: 'websocket',
    title: 'The subprotocol "mqttv3.1" is selected when a client offers it',
    statements: ['MQTT-6.0.0-4'],
    requires: ['websocket'],
    async run(t) {
      const client = await t.connect({ webSocket: true, subprotocols: ['mqttv3.1'] });
      check(client.subprotocol === 'mqttv3.1', '"mqttv3.1"', JSON.stringify(client.subprotocol));
      await client.ping();
    },
  },
];

const across: readonly CaseDefinition[] = [
  ...([4, 5] as const).map((protocolVersion) => ({
    name: `with-${protocolVersion === 4 ? '3.1.1' : '5.0'}`,
    title: `Messages pass between clients of 3.1 and of ${protocolVersion === 4 ? '3.1.1' : '5.0'}`,
    statements: ['MQTT-4.5.0-1'],
    async run(t: CaseContext) {
      const old = await subscribed(t, { topicFilter: t.topic('down') });
      const fresh = await subscribed(t, { topicFilter: t.topic('up'), protocolVersion });
      for (const qos of [0, 1, 2] as const) {
        await old.publish(t.topic('up'), `${qos}`, { qos });
        await fresh.receive({ payload: `${qos}`, qos });
        await fresh.publish(t.topic('down'), `${qos}`, { qos });
        await old.receive({ payload: `${qos}`, qos });
      }
    },
  })),
  {
    name: 'ill-formed-topic',
    title: 'A Topic Name that is no UTF-8 is not passed on as such to a client of 3.1.1',
    statements: ['MQTT-1.5.3-1', 'MQTT-1.5.3-2'],
    async run(t) {
      const watcher = await subscribed(t, { topicFilter: t.topic('#'), protocolVersion: 4 });
      for (const topic of [str(t.topic(), 0xff), str(t.topic(), 0, 'x')]) {
        const client = await t.connect();
        client.send(bytes(packet(0x30, topic, 'x'), packet(0xc0)));
        await nextOrClosed(client);
      }
      // what comes, if anything, would fail as an invalid packet
      await watcher.ping();
    },
  },
];

/** MQTT 3.1, whose Protocol Name is "MQIsdp". */
export const mqisdpCases: readonly ConformanceCase[] = defineCases(
  3,
  'mqisdp',
  [...connecting, ...messages, ...forms, ...across].map((one) => ({ ...one, level: 'practice' })),
);
