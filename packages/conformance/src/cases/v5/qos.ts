import { packet, u16 } from '../../bytes.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';

const qos1 = defineCases(5, 'qos', [
  {
    name: 'qos0-sender',
    title: 'QoS 0 deliveries have QoS 0 and DUP 0',
    statements: ['MQTT-4.3.1-1'],
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), qos: 0 });
      for (const qos of [0, 1, 2] as const) {
        await client.publish(t.topic(), `${qos}`, { qos });
        await client.receive({ payload: `${qos}`, qos: 0, dup: false });
      }
    },
  },
  {
    name: 'qos1-sender',
    title: 'QoS 1 deliveries have different Packet Identifiers, QoS 1 and DUP 0',
    statements: ['MQTT-4.3.2-1', 'MQTT-4.3.2-2'],
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      const ids = new Set<number | undefined>();
      for (let i = 0; i < 5; i++) {
        await client.publish(t.topic(), `${i}`, { qos: 1 });
        ids.add((await client.expect('publish', { qos: 1, dup: false })).packetId);
      }
      check(ids.size === 5, '5 identifiers', `${ids.size}`);
    },
  },
  {
    name: 'qos1-unacknowledged-kept',
    title:
      'A QoS 1 delivery is unacknowledged until its PUBACK: it is re-sent on the next connection',
    statements: ['MQTT-4.3.2-3', 'MQTT-4.4.0-1', 'MQTT-3.3.1-1'],
    requires: ['qos1'],
    async run(t) {
      const keeping = { properties: { sessionExpiryInterval: 60 } };
      const client = await t.connect(keeping);
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await client.publish(t.topic(), 'x', { qos: 1 });
      const { packetId } = await client.expect('publish');
      await client.lose();
      const again = await t.connect({ clientId: client.clientId, cleanStart: false, ...keeping });
      await again.receive({ payload: 'x', packetId, qos: 1, dup: true });
      await again.ping();
      await again.lose();
      const third = await t.connect({ clientId: client.clientId, cleanStart: false });
      await third.expectSilence();
    },
  },
  {
    name: 'qos1-receiver-new-after-puback',
    title: 'After PUBACK the same Packet Identifier is a new message, whatever DUP says',
    statements: ['MQTT-4.3.2-5', 'MQTT-4.3.2-4'],
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      for (const dup of [false, true, true]) {
        await client.publish(t.topic(), 'x', { qos: 1, packetId: 9, dup });
        await client.receive({ payload: 'x', dup: false });
      }
    },
  },
]);

const qos2 = defineCases(
  5,
  'qos',
  (
    [
      {
        name: 'qos2-sender',
        title:
          'QoS 2 deliveries have different Packet Identifiers, QoS 2, DUP 0, and PUBREL after PUBREC',
        statements: ['MQTT-4.3.3-1', 'MQTT-4.3.3-2', 'MQTT-4.3.3-4'],
        async run(t) {
          const client = await t.connect();
          await client.subscribe(t.topic());
          const ids = new Set<number>();
          for (let i = 0; i < 5; i++) {
            await client.publish(t.topic(), `${i}`, { qos: 2 });
            const publish = await client.expect('publish', { qos: 2, dup: false });
            ids.add(publish.packetId ?? 0);
          }
          check(ids.size === 5, '5 identifiers', `${ids.size}`);
          for (const packetId of ids) {
            client.acknowledge(5, packetId);
            await client.expect('pubrel', { packetId, reasonCode: 0 });
          }
        },
      },
      {
        name: 'qos2-no-pubrel-after-error',
        title: 'PUBREC of 0x80 or more ends the exchange: no PUBREL, and no re-sending',
        statements: ['MQTT-4.3.3-4', 'MQTT-4.4.0-2'],
        async run(t) {
          const keeping = { properties: { sessionExpiryInterval: 60 } };
          const client = await t.connect(keeping);
          await client.subscribe(t.topic());
          await client.publish(t.topic(), 'x', { qos: 2 });
          const { packetId = 0 } = await client.expect('publish');
          client.acknowledge(5, packetId, 0x83);
          await client.expectSilence();
          await client.lose();
          const again = await t.connect({ clientId: client.clientId, cleanStart: false });
          await again.expectSilence();
        },
      },
      {
        name: 'qos2-unacknowledged-kept',
        title: 'A QoS 2 PUBLISH without PUBREC is re-sent on the next connection',
        statements: ['MQTT-4.3.3-3', 'MQTT-4.4.0-1', 'MQTT-3.3.1-1'],
        async run(t) {
          const keeping = { properties: { sessionExpiryInterval: 60 } };
          const client = await t.connect(keeping);
          await client.subscribe(t.topic());
          await client.publish(t.topic(), 'x', { qos: 2 });
          const { packetId } = await client.expect('publish');
          await client.lose();
          const again = await t.connect({ clientId: client.clientId, cleanStart: false });
          await again.receive({ payload: 'x', packetId, qos: 2, dup: true });
        },
      },
      {
        name: 'qos2-pubrel-kept',
        title: 'After PUBREC it is the PUBREL that is re-sent, and never the PUBLISH',
        statements: ['MQTT-4.3.3-5', 'MQTT-4.3.3-6', 'MQTT-4.4.0-1'],
        async run(t) {
          const keeping = { properties: { sessionExpiryInterval: 60 } };
          const client = await t.connect(keeping);
          await client.subscribe(t.topic());
          await client.publish(t.topic(), 'x', { qos: 2 });
          const { packetId = 0 } = await client.expect('publish');
          client.acknowledge(5, packetId);
          await client.expect('pubrel', { packetId });
          await client.lose();
          const again = await t.connect({
            clientId: client.clientId,
            cleanStart: false,
            ...keeping,
          });
          await again.expectNext('pubrel', { packetId });
          again.acknowledge(7, packetId);
          await again.expectSilence();
          await again.lose();
          const third = await t.connect({ clientId: client.clientId, cleanStart: false });
          await third.expectSilence();
        },
      },
      {
        name: 'qos2-receiver-once',
        title:
          'Repeats of a Packet Identifier before PUBREL are answered by PUBREC and not delivered',
        statements: ['MQTT-4.3.3-10', 'MQTT-4.3.3-8'],
        async run(t) {
          const client = await t.connect();
          const subscriber = await t.connect();
          await subscriber.subscribe(t.topic());
          for (const dup of [false, true, true]) {
            client.sendPublish(t.topic(), 'x', { qos: 2, packetId: 9, dup });
            await client.expect('pubrec', { packetId: 9 });
          }
          client.acknowledge(6, 9);
          await client.expect('pubcomp', { packetId: 9 });
          await client.publish(t.topic(), 'last', { qos: 2 });
          const received = await subscriber.receiveUntil('last');
          check(received.length === 2, 'x once and last', `${received.length} messages`);
        },
      },
      {
        name: 'qos2-receiver-once-without-dup',
        title: 'A repeat before PUBREL is known by its Packet Identifier, also with DUP 0',
        statements: ['MQTT-4.3.3-10'],
        async run(t) {
          const client = await t.connect();
          await client.subscribe(t.topic());
          client.sendPublish(t.topic(), 'x', { qos: 2, packetId: 9 });
          await client.expect('pubrec', { packetId: 9, reasonCode: 0 });
          client.sendPublish(t.topic(), 'x', { qos: 2, packetId: 9 });
          // 0x91, Packet Identifier in use, is an answer as well
          const { reasonCode } = await client.expect('pubrec', { packetId: 9 });
          check([0, 0x91].includes(reasonCode), '0x00 or 0x91', `${reasonCode}`);
          client.acknowledge(6, 9);
          await client.expect('pubcomp', { packetId: 9 });
          await client.publish(t.topic(), 'last', { qos: 2 });
          const received = await client.receiveUntil('last');
          check(received.length <= 2, 'x once at most, and last', `${received.length} messages`);
        },
      },
      {
        name: 'qos2-receiver-once-resumed',
        title: 'A repeat after a reconnection is not delivered again either',
        statements: ['MQTT-4.3.3-10', 'MQTT-3.1.2-5'],
        async run(t) {
          const keeping = { properties: { sessionExpiryInterval: 60 } };
          const subscriber = await t.connect();
          await subscriber.subscribe(t.topic());
          const client = await t.connect(keeping);
          client.sendPublish(t.topic(), 'x', { qos: 2, packetId: 9 });
          await client.expect('pubrec', { packetId: 9 });
          await client.lose();
          const again = await t.connect({
            clientId: client.clientId,
            cleanStart: false,
            ...keeping,
          });
          again.sendPublish(t.topic(), 'x', { qos: 2, packetId: 9, dup: true });
          await again.expect('pubrec', { packetId: 9 });
          again.acknowledge(6, 9);
          await again.expect('pubcomp', { packetId: 9, reasonCode: 0 });
          await again.publish(t.topic(), 'last', { qos: 2, packetId: 10 });
          const received = await subscriber.receiveUntil('last');
          check(received.length === 2, 'x once and last', `${received.length} messages`);
        },
      },
      {
        name: 'qos2-receiver-new-after-pubcomp',
        title: 'After PUBCOMP the same Packet Identifier is a new message',
        statements: ['MQTT-4.3.3-12', 'MQTT-4.3.3-11'],
        async run(t) {
          const client = await t.connect();
          await client.subscribe(t.topic());
          for (const payload of ['1', '2']) {
            await client.publish(t.topic(), payload, { qos: 2, packetId: 9 });
            await client.receive({ payload });
          }
        },
      },
      {
        name: 'qos2-pubrel-repeated',
        title: 'A PUBREL that comes again is answered by PUBCOMP again',
        statements: ['MQTT-4.3.3-11'],
        async run(t) {
          const client = await t.connect();
          await client.publish(t.topic(), 'x', { qos: 2, packetId: 9 });
          client.send(packet(0x62, u16(9)));
          await client.expect('pubcomp', { packetId: 9 });
        },
      },
    ] satisfies Parameters<typeof defineCases>[2]
  ).map((one) => ({ ...one, requires: ['qos2' as const] })),
);

/** Section 4.3, Quality of Service levels. */
export const qosCases: readonly ConformanceCase[] = [...qos1, ...qos2];
