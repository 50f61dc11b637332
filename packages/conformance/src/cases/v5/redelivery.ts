import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';

const keeping = { properties: { sessionExpiryInterval: 60 } } as const;

/** Sections 4.4 to 4.6: re-sending, receipt, order. */
export const redeliveryCases: readonly ConformanceCase[] = defineCases(5, 'redelivery', [
  {
    name: 'in-order-with-identifiers',
    title:
      'After a reconnection everything unacknowledged is re-sent in order, with its identifiers, DUP 1',
    statements: ['MQTT-4.4.0-1', 'MQTT-3.3.1-1', 'MQTT-4.6.0-5'],
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect(keeping);
      const publisher = await t.connect();
      await client.subscribe(t.topic());
      const ids: (number | undefined)[] = [];
      for (let i = 0; i < 6; i++) {
        await publisher.publish(t.topic(), `${i}`, { qos: i % 2 === 0 ? 1 : 2 });
        ids.push((await client.expect('publish', { payload: `${i}` })).packetId);
      }
      await client.lose();
      const again = await t.connect({ clientId: client.clientId, cleanStart: false, ...keeping });
      for (const [i, packetId] of ids.entries()) {
        await again.expectNext('publish', { payload: `${i}`, packetId, dup: true });
      }
    },
  },
  {
    name: 'before-new-messages',
    title: 'What is re-sent comes before what was queued, and that in order with DUP 0',
    statements: ['MQTT-4.4.0-1', 'MQTT-4.6.0-5', 'MQTT-3.3.1-3'],
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect(keeping);
      const publisher = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await publisher.publish(t.topic(), 'sent', { qos: 1 });
      await client.expect('publish', { payload: 'sent' });
      await client.lose();
      for (const payload of ['1', '2', '3']) {
        await publisher.publish(t.topic(), payload, { qos: 1 });
      }
      const again = await t.connect({ clientId: client.clientId, cleanStart: false, ...keeping });
      await again.expect('publish', { payload: 'sent', dup: true });
      for (const payload of ['1', '2', '3']) await again.expect('publish', { payload, dup: false });
    },
  },
  {
    name: 'not-on-a-live-connection',
    title: 'Nothing is re-sent on a live connection, however long an acknowledgement takes',
    statements: ['MQTT-4.4.0-1'],
    slow: true,
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(t.topic());
      await client.publish(t.topic(), '1', { qos: 1 });
      await client.publish(t.topic(), '2', { qos: 2 });
      await client.expect('publish', { payload: '1' });
      const { packetId = 0 } = await client.expect('publish', { payload: '2' });
      client.acknowledge(5, packetId);
      await client.expect('pubrel', { packetId });
      await t.sleep(8000);
      await client.expectSilence();
    },
  },
  {
    name: 'puback-with-error-counts',
    title: 'A PUBACK of 0x80 or more is an acknowledgement: the message is not re-sent',
    statements: ['MQTT-4.4.0-2'],
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect(keeping);
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await client.publish(t.topic(), 'x', { qos: 1 });
      const { packetId = 0 } = await client.expect('publish');
      client.acknowledge(4, packetId, 0x83);
      await client.expectSilence();
      await client.lose();
      const again = await t.connect({ clientId: client.clientId, cleanStart: false });
      await again.expectSilence();
    },
  },
  {
    name: 'not-after-clean-start',
    title: 'After Clean Start 1 nothing is re-sent',
    statements: ['MQTT-4.4.0-1', 'MQTT-3.1.2-4'],
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect(keeping);
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await client.publish(t.topic(), 'x', { qos: 1 });
      await client.expect('publish');
      await client.lose();
      const again = await t.connect({ clientId: client.clientId });
      await again.expectSilence();
    },
  },
  {
    name: 'to-all-matching-sessions',
    title: 'A message is added to every session with a matching subscription, connected or not',
    statements: ['MQTT-4.5.0-1'],
    requires: ['qos1', 'wildcard'],
    async run(t) {
      const [here, away] = [await t.connect(), await t.connect(keeping)];
      await here.subscribe({ topicFilter: t.topic('a/b'), qos: 1 });
      await away.subscribe({ topicFilter: t.topic('a/#'), qos: 1 });
      await away.disconnect();
      const publisher = await t.connect();
      await publisher.publish(t.topic('a/b'), 'x', { qos: 1 });
      await here.receive({ payload: 'x' });
      const again = await t.connect({ clientId: away.clientId, cleanStart: false });
      await again.receive({ payload: 'x' });
    },
  },
  ...([0, 1, 2] as const).map((qos) => ({
    name: `ordered-qos${qos}`,
    title: `Messages of one publisher at QoS ${qos} arrive in the order in which they were sent`,
    statements: ['MQTT-4.6.0-5', 'MQTT-4.6.0-6'],
    requires: [qos === 2 ? 'qos2' : 'qos1'] as const,
    async run(t: Parameters<ConformanceCase['run']>[0]) {
      const [one, two, publisher] = [await t.connect(), await t.connect(), await t.connect()];
      for (const client of [one, two]) await client.subscribe({ topicFilter: t.topic(), qos });
      for (let i = 0; i < 15; i++) await publisher.publish(t.topic(), `${i}`, { qos });
      for (const client of [one, two]) {
        for (let i = 0; i < 15; i++) await client.receive({ payload: `${i}`, qos });
      }
    },
  })),
  {
    name: 'ordered-through-a-queue',
    title: 'The order holds for messages that were queued while the client was away',
    statements: ['MQTT-4.6.0-5'],
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect(keeping);
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await client.disconnect();
      const publisher = await t.connect();
      for (let i = 0; i < 30; i++) await publisher.publish(t.topic(), `${i}`, { qos: 1 });
      const again = await t.connect({
        clientId: client.clientId,
        cleanStart: false,
        properties: { receiveMaximum: 3 },
      });
      check(again.connack?.sessionPresent === true, 'Session Present 1', '0');
      for (let i = 0; i < 30; i++) await again.receive({ payload: `${i}`, dup: false });
    },
  },
]);
