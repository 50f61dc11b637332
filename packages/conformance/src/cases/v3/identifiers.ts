import { packet, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { type Refusal, refusedPackets } from '../../refusals.ts';
import { subscribed } from './steps.ts';

const identifiers = defineCases(4, 'identifiers', [
  {
    name: 'distinct-while-in-flight',
    title: 'Deliveries that are not yet acknowledged have different Packet Identifiers, never 0',
    statements: ['MQTT-2.3.1-4', 'MQTT-2.3.1-1', 'MQTT-4.3.2-1', 'MQTT-4.3.3-1'],
    async run(t) {
      const subscriber = await subscribed(t);
      const publisher = await t.connect();
      for (let i = 0; i < 10; i++) {
        await publisher.publish(t.topic(), `${i}`, { qos: i % 2 === 0 ? 1 : 2 });
      }
      const ids = new Set<number | undefined>();
      for (let i = 0; i < 10; i++) ids.add((await subscriber.expect('publish')).packetId);
      check(ids.size === 10 && !ids.has(0), '10 different identifiers', [...ids].join(', '));
    },
  },
  {
    name: 'independent-directions',
    title:
      'The identifiers of client and server are independent: both may use the same one at once',
    statements: ['MQTT-2.3.1-4', 'MQTT-2.3.1-6'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'down', { qos: 2 });
      const { packetId = 0 } = await client.expect('publish', { payload: 'down' });
      await client.publish(t.topic('other'), 'up', { qos: 2, packetId });
      client.acknowledge(5, packetId);
      await client.expect('pubrel', { packetId });
      client.acknowledge(7, packetId);
      await client.expectSilence();
    },
  },
  {
    name: 'released-by-acknowledgement',
    title:
      'Packet Identifiers become free again: a client gets many more messages than are in flight',
    statements: ['MQTT-2.3.1-4'],
    async run(t) {
      const subscriber = await subscribed(t);
      const publisher = await t.connect();
      for (let i = 0; i < 60; i++) {
        await publisher.publish(t.topic(), `${i}`, { qos: i % 3 === 0 ? 2 : 1 });
      }
      for (let i = 0; i < 60; i++) await subscriber.receive({ payload: `${i}` });
    },
  },
  ...[1, 255, 256, 65_535].map((packetId) => ({
    name: `acknowledged-${packetId}`,
    title: `PUBACK, PUBREC and PUBCOMP repeat the Packet Identifier ${packetId}`,
    statements: ['MQTT-2.3.1-6', 'MQTT-2.3.1-1', 'MQTT-4.3.2-2', 'MQTT-4.3.3-2'],
    async run(t: CaseContext) {
      const client = await t.connect();
      await client.publish(t.topic(), 'x', { qos: 1, packetId });
      await client.publish(t.topic(), 'x', { qos: 2, packetId });
    },
  })),
  ...[1, 255, 256, 65_535].map((packetId) => ({
    name: `requests-${packetId}`,
    title: `SUBACK and UNSUBACK repeat the Packet Identifier ${packetId}`,
    statements: ['MQTT-2.3.1-7', 'MQTT-3.8.4-2', 'MQTT-3.10.4-4', 'MQTT-2.3.1-1'],
    async run(t: CaseContext) {
      const client = await t.connect();
      client.send(packet(0x82, u16(packetId), str(t.topic()), 0));
      await client.expectNext('suback', { packetId });
      client.send(packet(0xa2, u16(packetId), str(t.topic())));
      await client.expectNext('unsuback', { packetId });
    },
  })),
  {
    name: 'none-at-qos-0',
    title: 'A QoS 0 PUBLISH has no Packet Identifier: its payload follows the Topic Name',
    statements: ['MQTT-2.3.1-5', 'MQTT-3.3.2-1'],
    async run(t) {
      const client = await subscribed(t, { qos: 0 });
      client.send(packet(0x30, str(t.topic()), 0, 7, 'x'));
      await client.receive({ payload: Uint8Array.of(0, 7, 0x78), qos: 0 });
    },
  },
]);

// Section 2.3.1 demands a non-zero identifier, and section 4.8 a close for what breaks that.
const zeros: readonly Refusal[] = [
  {
    name: 'publish-qos1-0',
    title: 'a QoS 1 PUBLISH with Packet Identifier 0',
    statements: ['MQTT-2.3.1-1', 'MQTT-4.8.0-1'],
    bytes: (t) => packet(0x32, str(t.topic()), u16(0), 'x'),
  },
  {
    name: 'publish-qos2-0',
    title: 'a QoS 2 PUBLISH with Packet Identifier 0',
    statements: ['MQTT-2.3.1-1', 'MQTT-4.8.0-1'],
    bytes: (t) => packet(0x34, str(t.topic()), u16(0), 'x'),
  },
  {
    name: 'subscribe-0',
    title: 'a SUBSCRIBE with Packet Identifier 0',
    statements: ['MQTT-2.3.1-1', 'MQTT-4.8.0-1'],
    bytes: (t) => packet(0x82, u16(0), str(t.topic()), 0),
  },
  {
    name: 'unsubscribe-0',
    title: 'an UNSUBSCRIBE with Packet Identifier 0',
    statements: ['MQTT-2.3.1-1', 'MQTT-4.8.0-1'],
    bytes: (t) => packet(0xa2, u16(0), str(t.topic())),
  },
];

/** Section 2.3.1, Packet Identifiers. */
export const identifierCases: readonly ConformanceCase[] = [
  ...identifiers,
  ...refusedPackets(4, 'identifiers', zeros),
];
