import { bytes, packet, str } from '../../bytes.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { subscribed, watchWill, willOf } from './steps.ts';

const ping = defineCases(4, 'ping', [
  {
    name: 'pingresp',
    title: 'A PINGREQ is answered with a PINGRESP',
    statements: ['MQTT-3.12.4-1'],
    async run(t) {
      const client = await t.connect();
      client.send({ type: 12 });
      await client.expectNext('pingresp');
    },
  },
  {
    name: 'each-pingresp',
    title: 'Each of several PINGREQs in one write is answered',
    statements: ['MQTT-3.12.4-1'],
    async run(t) {
      const client = await t.connect();
      const pingreq = packet(0xc0);
      client.send(bytes(pingreq, pingreq, pingreq));
      for (let i = 0; i < 3; i++) await client.expectNext('pingresp');
      await client.expectSilence();
    },
  },
]);

const disconnect = defineCases(4, 'disconnect', [
  {
    name: 'server-closes',
    title: 'The server closes the connection after DISCONNECT when the client has not done so',
    statements: ['MQTT-3.14.4-3'],
    level: 'should',
    async run(t) {
      const client = await t.connect();
      client.send(packet(0xe0));
      const { packets } = await client.expectClosed();
      check(packets.length === 0, 'a close without a packet', `${packets.length} packets`);
    },
  },
  {
    name: 'flags-keep-will',
    title:
      'A DISCONNECT with wrong flags is none: the connection is closed, and its Will published',
    statements: ['MQTT-3.14.1-1', 'MQTT-3.1.2-8'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t) });
      client.send(packet(0xe1));
      await client.expectClosed();
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'with-a-body',
    title: 'A DISCONNECT with a body, as 5.0 has it, is a protocol violation',
    statements: ['MQTT-4.8.0-1'],
    level: 'practice',
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t) });
      client.send(packet(0xe0, 0x04));
      await client.expectClosed();
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'nothing-after',
    title: 'What a client sends after DISCONNECT is not processed',
    statements: ['MQTT-3.14.4-3'],
    level: 'practice',
    async run(t) {
      const watcher = await subscribed(t);
      const client = await t.connect();
      client.send(bytes(packet(0xe0), packet(0x30, str(t.topic()), 'x')));
      await client.expectClosed();
      await watcher.expectSilence();
    },
  },
]);

/** Sections 3.12 and 3.14, PINGREQ and DISCONNECT. */
export const pingDisconnectCases: readonly ConformanceCase[] = [...ping, ...disconnect];
