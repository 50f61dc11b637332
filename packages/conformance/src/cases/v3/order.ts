import { bytes, packet, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { subscribed } from './steps.ts';

/** Section 4.6, message ordering. */
export const orderCases: readonly ConformanceCase[] = defineCases(4, 'order', [
  ...([0, 1, 2] as const).map((qos) => ({
    name: `qos${qos}`,
    title: `Messages of one client on one topic with QoS ${qos} reach every subscriber in their order`,
    statements: ['MQTT-4.6.0-5', 'MQTT-4.6.0-6'],
    async run(t: CaseContext) {
      const subscribers = [await subscribed(t), await subscribed(t, { topicFilter: t.topic('+') })];
      const publisher = await t.connect();
      for (let i = 0; i < 10; i++) publisher.sendPublish(t.topic(), `${i}`, { qos });
      if (qos === 2) {
        for (let packetId = 1; packetId <= 10; packetId++) {
          await publisher.expect('pubrec', { packetId });
          publisher.acknowledge(6, packetId);
        }
      }
      for (const subscriber of subscribers) {
        for (let i = 0; i < 10; i++) await subscriber.receive({ payload: `${i}`, qos });
      }
    },
  })),
  {
    name: 'downgraded',
    title: 'Messages that are delivered with a lower QoS keep their order',
    statements: ['MQTT-4.6.0-6'],
    async run(t) {
      const subscriber = await subscribed(t, { qos: 0 });
      const publisher = await t.connect();
      for (let i = 0; i < 20; i++) publisher.sendPublish(t.topic(), `${i}`, { qos: 1 });
      for (let i = 0; i < 20; i++) await subscriber.receive({ payload: `${i}`, qos: 0 });
    },
  },
  {
    name: 'pubacks',
    title: 'PUBACKs come in the order of their PUBLISHes',
    statements: ['MQTT-4.6.0-6', 'MQTT-4.3.2-2'],
    async run(t) {
      const client = await t.connect();
      const ids = [9, 3, 27, 1, 8, 300];
      const topic = str(t.topic());
      client.send(bytes(...ids.map((packetId) => packet(0x32, topic, u16(packetId), 'x'))));
      for (const packetId of ids) await client.expectNext('puback', { packetId });
    },
  },
  {
    name: 'pubrecs',
    title: 'PUBRECs come in the order of their PUBLISHes',
    statements: ['MQTT-4.6.0-6', 'MQTT-4.3.3-2'],
    async run(t) {
      const client = await t.connect();
      const ids = [9, 3, 27, 1, 8, 300];
      const topic = str(t.topic());
      client.send(bytes(...ids.map((packetId) => packet(0x34, topic, u16(packetId), 'x'))));
      for (const packetId of ids) await client.expectNext('pubrec', { packetId });
    },
  },
  {
    name: 'pubrels',
    title: 'PUBRELs come in the order of their PUBRECs, whatever the order of the PUBLISHes',
    statements: ['MQTT-4.6.0-6', 'MQTT-4.3.3-1'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      const ids: number[] = [];
      for (let i = 0; i < 5; i++) {
        await publisher.publish(t.topic(), `${i}`, { qos: 2 });
        ids.push((await client.expect('publish', { payload: `${i}` })).packetId ?? 0);
      }
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = ids;
      const mixed = [c, a, e, b, d];
      client.send(bytes(...mixed.map((packetId) => packet(0x50, u16(packetId)))));
      for (const packetId of mixed) await client.expectNext('pubrel', { packetId });
      for (const packetId of mixed) client.acknowledge(7, packetId);
    },
  },
  {
    name: 'across-wait',
    title: 'What waited for an absent client precedes what is published after its return',
    statements: ['MQTT-4.6.0-6'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      await client.disconnect();
      const publisher = await t.connect();
      for (let i = 0; i < 10; i++) await publisher.publish(t.topic(), `${i}`, { qos: 1 });
      const again = await t.connect({ clientId: client.clientId, cleanStart: false });
      for (let i = 10; i < 20; i++) publisher.sendPublish(t.topic(), `${i}`, { qos: 1 });
      const received = await again.receiveUntil('19');
      const order = received.map(({ payload }) => Buffer.from(payload).toString()).join();
      check(order === Array.from({ length: 20 }, (_, i) => i).join(), '0 to 19', order);
    },
  },
]);
