import { bytes, packet, rawConnect, str, u16 } from '../../bytes.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';

const overWebSocket = { webSocket: true } as const;

const cases: readonly CaseDefinition[] = [
  {
    name: 'subprotocol',
    title: 'The server selects the subprotocol "mqtt"',
    statements: ['MQTT-6.0.0-4'],
    async run(t) {
      for (const subprotocols of [['mqtt'], ['other', 'mqtt'], ['mqtt', 'other']]) {
        const client = await t.connect({ ...overWebSocket, subprotocols });
        check(client.subprotocol === 'mqtt', 'the subprotocol mqtt', `"${client.subprotocol}"`);
      }
    },
  },
  {
    name: 'binary-frames',
    title: 'Packets travel in binary frames, both ways',
    statements: ['MQTT-6.0.0-1'],
    async run(t) {
      const client = await t.connect(overWebSocket);
      await client.subscribe(t.topic());
      await client.publish(t.topic(), 'x', { qos: 1 });
      await client.receive({ payload: 'x' });
      check(client.texts.length === 0, 'no text frame', `${client.texts.length}`);
    },
  },
  {
    name: 'text-frame',
    title: 'A text frame closes the connection',
    statements: ['MQTT-6.0.0-1'],
    async run(t) {
      const client = await t.connect(overWebSocket);
      // a PINGREQ, had it come in a binary frame
      client.sendText('\u0030\u0000');
      await client.expectClosed();
    },
  },
  {
    name: 'text-frame-first',
    title: 'A text frame instead of the CONNECT closes the connection',
    statements: ['MQTT-6.0.0-1'],
    async run(t) {
      const client = await t.open(overWebSocket);
      client.sendText('\u0010\u0000');
      const { packets } = await client.expectClosed();
      check(packets.length === 0, 'no packet', `${packets.length}`);
    },
  },
  {
    name: 'several-in-a-frame',
    title: 'One frame may hold several packets',
    statements: ['MQTT-6.0.0-2'],
    async run(t) {
      const client = await t.open(overWebSocket);
      const connect = rawConnect({ payload: [str(t.clientId())] });
      const subscribe = packet(0x82, u16(1), 0, str(t.topic()), 0);
      const publish = packet(0x30, str(t.topic()), 0, 'x');
      client.send(bytes(connect, subscribe, publish));
      await client.expectAccepted();
      await client.expect('suback');
      await client.expect('publish', { payload: 'x' });
    },
  },
  {
    name: 'packet-over-frames',
    title: 'One packet may be spread over frames, down to a byte in each',
    statements: ['MQTT-6.0.0-2'],
    async run(t) {
      const client = await t.open(overWebSocket);
      const connect = rawConnect({ payload: [str(t.clientId())] });
      for (const byte of connect) client.send(Uint8Array.of(byte));
      await client.expectAccepted();
      const publish = packet(0x32, str(t.topic()), u16(1), 0, 'x');
      client.send(publish.subarray(0, 5));
      client.send(publish.subarray(5));
      await client.expect('puback', { packetId: 1 });
    },
  },
  {
    name: 'unaligned',
    title: 'A frame may end in the middle of a packet and the next one go on with others',
    statements: ['MQTT-6.0.0-2'],
    async run(t) {
      const client = await t.connect(overWebSocket);
      const first = packet(0x32, str(t.topic()), u16(1), 0, 'x');
      const second = packet(0x32, str(t.topic()), u16(2), 0, 'y');
      const all = bytes(first, second);
      client.send(all.subarray(0, first.length + 3));
      client.send(all.subarray(first.length + 3));
      await client.expect('puback', { packetId: 1 });
      await client.expect('puback', { packetId: 2 });
    },
  },
  {
    name: 'will-on-close',
    title: 'A WebSocket that closes without DISCONNECT publishes the Will',
    statements: ['MQTT-3.1.2-8'],
    async run(t) {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic('will'));
      const will = { topicName: t.topic('will'), payload: 'gone' };
      const client = await t.connect({ ...overWebSocket, will });
      client.end();
      await client.expectClosed();
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'across-transports',
    title: 'Messages go between WebSocket and TCP, in both directions',
    statements: ['MQTT-4.2-1'],
    requires: ['websocket', 'qos1'],
    async run(t) {
      const [tcp, web] = [await t.connect(), await t.connect(overWebSocket)];
      for (const client of [tcp, web]) await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await tcp.publish(t.topic(), '1', { qos: 1 });
      await web.receive({ payload: '1' });
      await web.publish(t.topic(), '2', { qos: 1 });
      await tcp.receive({ payload: '1' });
      await tcp.receive({ payload: '2' });
    },
  },
  {
    name: 'large-message',
    title: 'A message larger than a frame of 64 kB goes through',
    statements: ['MQTT-6.0.0-2'],
    requires: ['websocket', 'qos1'],
    async run(t) {
      const limit = (t.server.maximumPacketSize ?? Infinity) - 200;
      const payload = Buffer.alloc(Math.min(100_000, limit), 'abc');
      const client = await t.connect(overWebSocket);
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await client.publish(t.topic(), payload, { qos: 1 });
      await client.receive({ payload });
    },
  },
];

/** Section 6, WebSocket. */
export const webSocketCases: readonly ConformanceCase[] = defineCases(
  5,
  'websocket',
  cases.map((one) => ({ ...one, requires: one.requires ?? ['websocket'] })),
);
