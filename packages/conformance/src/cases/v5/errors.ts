import { hex, packet, str, u16 } from '../../bytes.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { refusedPackets } from '../../refusals.ts';

const fromServerOnly: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ['connack', hex('20 03 00 00 00')],
  ['suback', packet(0x90, u16(1), 0, 0)],
  ['unsuback', packet(0xb0, u16(1), 0, 0)],
  ['pingresp', packet(0xd0)],
];

/** Section 4.13, handling errors, beyond what the sections of the packets ask. */
export const errorCases: readonly ConformanceCase[] = [
  ...refusedPackets(
    5,
    'errors',
    fromServerOnly.map(([name, bytes]) => ({
      name: `from-client-${name}`,
      title: `a ${name.toUpperCase()} from a client`,
      statements: ['MQTT-4.13.1-1'],
      codes: [0x81, 0x82],
      bytes: () => bytes,
    })),
  ),
  ...refusedPackets(5, 'errors', [
    {
      name: 'pingreq-with-body',
      title: 'a PINGREQ with a body',
      statements: ['MQTT-4.13.1-1'],
      codes: [0x81, 0x82],
      bytes: () => packet(0xc0, 0),
    },
  ]),
  ...defineCases(5, 'errors', [
    {
      name: 'others-undisturbed',
      title: 'A Malformed Packet on one connection does not disturb another',
      statements: ['MQTT-4.13.1-1'],
      async run(t) {
        const [good, bad] = [await t.connect(), await t.connect()];
        await good.subscribe(t.topic());
        bad.send(hex('00 00'));
        await bad.expectClosed();
        await good.publish(t.topic(), 'x');
        await good.receive({ payload: 'x' });
      },
    },
    {
      name: 'packets-before-the-error-count',
      title: 'What precedes a Malformed Packet in the same write is processed',
      statements: ['MQTT-4.13.1-1', 'MQTT-4.2-1'],
      async run(t) {
        const [watcher, client] = [await t.connect(), await t.connect()];
        await watcher.subscribe(t.topic());
        client.send(Buffer.concat([packet(0x30, str(t.topic()), 0, 'x'), hex('00 00')]));
        await watcher.receive({ payload: 'x' });
        await client.expectClosed();
      },
    },
    {
      name: 'error-in-acknowledgement-keeps-connection',
      title:
        'PUBACK of 0x80 or more from the client concerns that message only: the connection stays',
      statements: ['MQTT-4.4.0-2'],
      requires: ['qos1'],
      async run(t) {
        const client = await t.connect();
        await client.subscribe({ topicFilter: t.topic(), qos: 1 });
        await client.publish(t.topic(), 'x', { qos: 1 });
        const { packetId = 0 } = await client.expect('publish');
        client.acknowledge(4, packetId, 0x80);
        await client.publish(t.topic(), 'y', { qos: 1 });
        await client.receive({ payload: 'y' });
      },
    },
    {
      name: 'split-packets',
      title: 'Packets split at every byte, and several in one write, are all processed in order',
      statements: ['MQTT-4.2-1'],
      async run(t) {
        const client = await t.connect();
        await client.subscribe(t.topic());
        const publishes = ['1', '2', '3'].map((text) => packet(0x30, str(t.topic()), 0, text));
        client.send(Buffer.concat(publishes));
        for (const byte of Buffer.concat(publishes)) {
          client.send(Uint8Array.of(byte));
          await new Promise(setImmediate);
        }
        for (const payload of ['1', '2', '3', '1', '2', '3']) await client.receive({ payload });
      },
    },
  ]),
];
