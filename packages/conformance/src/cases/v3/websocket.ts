import { bytes, packet, str, u16 } from '../../bytes.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';
import { connect4, subscribed, watchWill, willOf } from './steps.ts';

const webSocket = true;

const frames: readonly CaseDefinition[] = [
  {
    name: 'subprotocol',
    title: 'The server selects the subprotocol "mqtt"',
    statements: ['MQTT-6.0.0-4'],
    async run(t) {
      const client = await t.connect({ webSocket });
      check(client.subprotocol === 'mqtt', '"mqtt"', JSON.stringify(client.subprotocol));
    },
  },
  {
    name: 'subprotocol-among-others',
    title: 'The server selects "mqtt" among several subprotocols',
    statements: ['MQTT-6.0.0-4'],
    async run(t) {
      const client = await t.connect({ webSocket, subprotocols: ['wellhead-test', 'mqtt'] });
      check(client.subprotocol === 'mqtt', '"mqtt"', JSON.stringify(client.subprotocol));
    },
  },
  {
    name: 'subprotocol-unknown',
    title: 'A client that does not offer a subprotocol of MQTT gets no other one',
    statements: ['MQTT-6.0.0-4'],
    async run(t) {
      const opening = t.open({ webSocket, subprotocols: ['wellhead-test'] });
      const client = await opening.catch(() => undefined);
      if (client === undefined) return; // refused, which is the better answer
      const selected = JSON.stringify(client.subprotocol);
      check(client.subprotocol === '', 'no subprotocol', selected);
    },
  },
  {
    name: 'text-frame',
    title: 'A text frame closes the connection',
    statements: ['MQTT-6.0.0-1'],
    async run(t) {
      const client = await t.connect({ webSocket });
      // the bytes of a PINGREQ as far as UTF-8 can carry them: whatever it is, it is text
      client.sendText('ping');
      await client.expectClosed();
    },
  },
  {
    name: 'text-frame-first',
    title: 'A CONNECT in a text frame is not accepted',
    statements: ['MQTT-6.0.0-1'],
    async run(t) {
      const client = await t.open({ webSocket });
      const connect = connect4({ payload: [str(t.clientId())] });
      client.sendText(Buffer.from(connect).toString('latin1'));
      const { packets } = await client.expectClosed();
      check(packets.length === 0, 'no packet', `${packets.length}`);
    },
  },
  {
    name: 'several-packets',
    title: 'A frame may hold several packets',
    statements: ['MQTT-6.0.0-2'],
    async run(t) {
      const client = await t.open({ webSocket });
      const topic = str(t.topic());
      client.send(
        bytes(
          connect4({ payload: [str(t.clientId())] }),
          packet(0x82, u16(1), topic, 0),
          packet(0x32, topic, u16(2), 'x'),
          packet(0xc0),
        ),
      );
      await client.expectNext('connack', { reasonCode: 0 });
      await client.expect('suback');
      await client.expect('puback', { packetId: 2 });
      await client.expect('publish', { payload: 'x' });
      await client.expect('pingresp');
    },
  },
  {
    name: 'packet-in-pieces',
    title: 'A packet may be spread over frames, also of one byte each, and end inside of one',
    statements: ['MQTT-6.0.0-2'],
    async run(t) {
      const client = await t.open({ webSocket });
      for (const byte of connect4({ payload: [str(t.clientId())] }))
        client.send(Uint8Array.of(byte));
      await client.expectAccepted();
      const all = bytes(packet(0x32, str(t.topic()), u16(2), 'x'), packet(0xc0), packet(0xc0));
      for (let i = 0; i < all.length; i += 7) client.send(all.subarray(i, i + 7));
      await client.expect('puback', { packetId: 2 });
      await client.expect('pingresp');
      await client.expect('pingresp');
    },
  },
  {
    name: 'large',
    title: 'A message of 200,000 bytes passes in both directions',
    statements: ['MQTT-6.0.0-2', 'MQTT-6.0.0-1'],
    async run(t) {
      const client = await subscribed(t, { webSocket });
      const payload = Buffer.alloc(200_000, 'wellhead');
      const publish = packet(0x32, str(t.topic()), u16(9), payload);
      for (let i = 0; i < publish.length; i += 30_000) client.send(publish.subarray(i, i + 30_000));
      await client.expect('puback', { packetId: 9 });
      await client.receive({ payload });
    },
  },
];

const sessions: readonly CaseDefinition[] = [
  {
    name: 'exchanges',
    title:
      'All that holds over TCP holds over WebSocket: subscriptions, every QoS, retained messages',
    statements: ['MQTT-6.0.0-1', 'MQTT-6.0.0-2'],
    async run(t) {
      const client = await subscribed(t, { webSocket });
      const tcp = await subscribed(t);
      for (const qos of [0, 1, 2] as const) {
        await client.publish(t.topic(), `up ${qos}`, { qos, retain: qos === 1 });
        for (const one of [client, tcp]) await one.receive({ payload: `up ${qos}`, qos });
        await tcp.publish(t.topic(), `down ${qos}`, { qos });
        for (const one of [client, tcp]) await one.receive({ payload: `down ${qos}`, qos });
      }
      const later = await subscribed(t, { webSocket });
      await later.receive({ payload: 'up 1', retain: true });
      await client.unsubscribe(t.topic());
      await client.ping();
    },
  },
  {
    name: 'session-moves',
    title: 'A session that began over TCP goes on over WebSocket',
    statements: ['MQTT-6.0.0-2'],
    level: 'practice',
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      await client.disconnect();
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 1 });
      const again = await t.connect({ webSocket, clientId: client.clientId, cleanStart: false });
      check(again.connack?.sessionPresent === true, 'Session Present 1', '0');
      await again.receive({ payload: 'x' });
    },
  },
  {
    name: 'will',
    title: 'The Will is published when the WebSocket is lost or closed without DISCONNECT',
    statements: ['MQTT-6.0.0-1'],
    async run(t) {
      const watcher = await watchWill(t);
      const endings: readonly ((client: WireClient) => void)[] = [
        (client) => client.drop(),
        (client) => client.end(),
      ];
      for (const end of endings) {
        end(await t.connect({ webSocket, will: willOf(t) }));
        await watcher.receive({ payload: 'gone' });
      }
      const client = await t.connect({ webSocket, will: willOf(t) });
      await client.disconnect();
      await watcher.expectSilence();
    },
  },
  {
    name: 'malformed',
    title: 'A malformed packet closes the WebSocket',
    statements: ['MQTT-6.0.0-2', 'MQTT-4.8.0-1'],
    async run(t) {
      const client = await t.connect({ webSocket });
      client.send(packet(0xf0));
      await client.expectClosed();
    },
  },
];

/** Section 6, WebSocket. */
export const webSocketCases: readonly ConformanceCase[] = defineCases(
  4,
  'websocket',
  [...frames, ...sessions].map((one) => ({ ...one, requires: ['websocket'] })),
);
