import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { type Refusal, refusedPackets } from '../../refusals.ts';
import { packet, str, u16 } from '../../bytes.ts';

const identifiers = defineCases(5, 'identifiers', [
  {
    name: 'distinct-while-in-flight',
    title: 'Deliveries that are not yet acknowledged have different Packet Identifiers, never 0',
    statements: ['MQTT-2.2.1-4', 'MQTT-4.3.2-1', 'MQTT-4.3.3-1'],
    requires: ['qos2'],
    async run(t) {
      const subscriber = await t.connect();
      const publisher = await t.connect();
      await subscriber.subscribe(t.topic());
      for (let i = 0; i < 10; i++) {
        await publisher.publish(t.topic(), `${i}`, { qos: i % 2 === 0 ? 1 : 2 });
      }
      const ids = new Set<number | undefined>();
      for (let i = 0; i < 10; i++) ids.add((await subscriber.expect('publish')).packetId);
      check(ids.size === 10 && !ids.has(0), '10 different identifiers', [...ids].join(', '));
    },
  },
  {
    name: 'reused-after-acknowledgement',
    title: 'More deliveries than there are in flight go on when Packet Identifiers are freed',
    statements: ['MQTT-2.2.1-4'],
    requires: ['qos1'],
    async run(t) {
      const subscriber = await t.connect({ properties: { receiveMaximum: 3 } });
      const publisher = await t.connect();
      await subscriber.subscribe({ topicFilter: t.topic(), qos: 1 });
      for (let i = 0; i < 12; i++) await publisher.publish(t.topic(), `${i}`, { qos: 1 });
      for (let i = 0; i < 12; i++) await subscriber.receive({ payload: `${i}` });
    },
  },
  ...[1, 255, 256, 65_535].map((packetId) => ({
    name: `acknowledged-${packetId}`,
    title: `PUBACK, PUBREC and PUBCOMP repeat the Packet Identifier ${packetId}`,
    statements: ['MQTT-2.2.1-5', 'MQTT-4.3.2-4', 'MQTT-4.3.3-8', 'MQTT-4.3.3-11'],
    requires: ['qos2' as const],
    async run(t: Parameters<ConformanceCase['run']>[0]) {
      const client = await t.connect();
      await client.publish(t.topic(), 'x', { qos: 1, packetId });
      await client.publish(t.topic(), 'x', { qos: 2, packetId });
    },
  })),
  ...[1, 255, 256, 65_535].map((packetId) => ({
    name: `requests-${packetId}`,
    title: `SUBACK and UNSUBACK repeat the Packet Identifier ${packetId}`,
    statements: ['MQTT-2.2.1-6', 'MQTT-3.8.4-2', 'MQTT-3.10.4-5'],
    async run(t: Parameters<ConformanceCase['run']>[0]) {
      const client = await t.connect();
      const options = {
        qos: 0,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
      } as const;
      const subscriptions = [{ topicFilter: t.topic(), ...options }];
      client.send({ type: 8, packetId, subscriptions });
      await client.expectNext('suback', { packetId });
      client.send({ type: 10, packetId, topicFilters: [t.topic()] });
      await client.expectNext('unsuback', { packetId });
    },
  })),
]);

// Section 2.2.1 demands a non-zero identifier and names no Reason Code for breaking it.
const zeros: readonly Refusal[] = [
  {
    name: 'publish-0',
    title: 'a QoS 1 PUBLISH with Packet Identifier 0',
    statements: ['MQTT-2.2.1-5'],
    level: 'practice',
    bytes: (t) => packet(0x32, str(t.topic()), u16(0), 0),
  },
  {
    name: 'subscribe-0',
    title: 'a SUBSCRIBE with Packet Identifier 0',
    statements: ['MQTT-2.2.1-6'],
    level: 'practice',
    bytes: (t) => packet(0x82, u16(0), 0, str(t.topic()), 0),
  },
  {
    name: 'unsubscribe-0',
    title: 'an UNSUBSCRIBE with Packet Identifier 0',
    statements: ['MQTT-2.2.1-6'],
    level: 'practice',
    bytes: (t) => packet(0xa2, u16(0), 0, str(t.topic())),
  },
];

/** Section 2.2.1, Packet Identifiers. */
export const identifierCases: readonly ConformanceCase[] = [
  ...identifiers,
  ...refusedPackets(5, 'identifiers', zeros),
];
