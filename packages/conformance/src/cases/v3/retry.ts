import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { expectOnlyMarker, expectSession, resume, subscribed } from './steps.ts';

const sender = defineCases(4, 'retry', [
  ...([1, 2] as const).map((qos) => ({
    name: `publish-qos${qos}`,
    title: `A QoS ${qos} PUBLISH without acknowledgement is sent again on resumption: DUP 1, same identifier`,
    statements: ['MQTT-4.4.0-1', 'MQTT-3.3.1-1', 'MQTT-2.3.1-4'],
    async run(t: Parameters<ConformanceCase['run']>[0]) {
      const client = await subscribed(t, { cleanStart: false });
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos });
      const { packetId } = await client.expect('publish', { payload: 'x', dup: false });
      await client.lose();
      const again = await resume(t, client.clientId);
      const expected = { payload: 'x', dup: true, qos, retain: false, packetId };
      await again.receive({ ...expected, topicName: t.topic() });
      await again.expectSilence();
    },
  })),
  {
    name: 'again-and-again',
    title: 'A PUBLISH is sent again on every resumption until it is acknowledged, and then no more',
    statements: ['MQTT-4.4.0-1', 'MQTT-3.3.1-1', 'MQTT-4.3.2-1'],
    async run(t) {
      let client = await subscribed(t, { cleanStart: false });
      const { clientId } = client;
      await client.publish(t.topic(), 'x', { qos: 1 });
      const { packetId = 0 } = await client.expect('publish', { dup: false });
      for (let i = 0; i < 3; i++) {
        await client.lose();
        client = await resume(t, clientId);
        await client.expect('publish', { dup: true, packetId });
      }
      client.acknowledge(4, packetId);
      await client.ping();
      await client.lose();
      client = await resume(t, clientId);
      await client.expectSilence();
    },
  },
  {
    name: 'pubrel',
    title: 'A PUBREL without PUBCOMP is sent again on resumption, and its PUBLISH is not',
    statements: ['MQTT-4.4.0-1', 'MQTT-4.3.3-1'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      await client.publish(t.topic(), 'x', { qos: 2 });
      const { packetId = 0 } = await client.expect('publish');
      client.acknowledge(5, packetId);
      await client.expect('pubrel', { packetId });
      await client.lose();
      const again = await resume(t, client.clientId);
      await again.expectNext('pubrel', { packetId });
      again.acknowledge(7, packetId);
      await expectOnlyMarker(t, again);
    },
  },
  {
    name: 'mixed-states',
    title: 'Each delivery goes on where it was: PUBREL for what had PUBREC, PUBLISH for the rest',
    statements: ['MQTT-4.4.0-1', 'MQTT-4.3.3-1', 'MQTT-3.3.1-1'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      const publisher = await t.connect();
      const ids: number[] = [];
      for (const [payload, qos] of [
        ['a', 2],
        ['b', 1],
        ['c', 2],
        ['d', 1],
      ] as const) {
        await publisher.publish(t.topic(), payload, { qos });
        ids.push((await client.expect('publish', { payload })).packetId ?? 0);
      }
      const [a = 0, b, c = 0, d = 0] = ids;
      client.acknowledge(5, a);
      await client.expect('pubrel', { packetId: a });
      client.acknowledge(4, d);
      await client.ping();
      await client.lose();
      const again = await resume(t, client.clientId);
      await again.expect('pubrel', { packetId: a });
      again.acknowledge(7, a);
      await again.receive({ payload: 'b', dup: true, packetId: b });
      await again.receive({ payload: 'c', dup: true, packetId: c });
      await expectOnlyMarker(t, again);
    },
  },
  {
    name: 'order-of-first-sending',
    title: 'What is sent again keeps the order of its first sending, and precedes new messages',
    statements: ['MQTT-4.6.0-6', 'MQTT-4.4.0-1'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      const publisher = await t.connect();
      for (let i = 0; i < 8; i++) {
        await publisher.publish(t.topic(), `${i}`, { qos: 1 });
        await client.expect('publish', { payload: `${i}` });
      }
      await client.lose();
      for (let i = 8; i < 12; i++) await publisher.publish(t.topic(), `${i}`, { qos: 1 });
      const again = await resume(t, client.clientId);
      for (let i = 0; i < 12; i++) await again.receive({ payload: `${i}`, dup: i < 8 });
    },
  },
  {
    name: 'new-identifiers',
    title: 'New messages after a resumption do not take an identifier that is still in use',
    statements: ['MQTT-2.3.1-4', 'MQTT-4.3.2-1'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'old', { qos: 1 });
      await client.expect('publish');
      await client.lose();
      const again = await resume(t, client.clientId);
      const ids = new Set([(await again.expect('publish', { payload: 'old' })).packetId]);
      for (let i = 0; i < 5; i++) {
        await publisher.publish(t.topic(), `${i}`, { qos: 2 });
        ids.add((await again.expect('publish', { payload: `${i}` })).packetId);
      }
      check(ids.size === 6, '6 different identifiers', [...ids].join(', '));
    },
  },
  {
    name: 'clean-session-1',
    title: 'CleanSession 1 forgets what was in flight',
    statements: ['MQTT-3.1.2-6', 'MQTT-4.4.0-1'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      await client.publish(t.topic(), 'x', { qos: 2 });
      await client.expect('publish');
      await client.lose();
      const again = await t.connect({ clientId: client.clientId });
      await again.subscribe(t.topic());
      await expectOnlyMarker(t, again);
    },
  },
  {
    name: 'no-timer',
    title: 'Nothing is sent again while the connection lasts',
    statements: ['MQTT-4.4.0-1'],
    level: 'practice',
    slow: true,
    async run(t) {
      const client = await subscribed(t);
      await client.publish(t.topic(), 'x', { qos: 2 });
      const { packetId = 0 } = await client.expect('publish');
      await t.sleep(6000);
      await client.expectSilence();
      client.acknowledge(5, packetId);
      await client.expect('pubrel', { packetId });
      await t.sleep(6000);
      await client.expectSilence();
    },
  },
]);

const receiver = defineCases(4, 'retry', [
  {
    name: 'received-publish-again',
    title:
      'A QoS 2 PUBLISH that the client sends again in a resumed session is not delivered twice',
    statements: ['MQTT-4.4.0-1', 'MQTT-4.3.3-2', 'MQTT-4.1.0-1'],
    async run(t) {
      const watcher = await subscribed(t);
      const client = await t.connect({ cleanStart: false });
      client.sendPublish(t.topic(), 'x', { qos: 2, packetId: 9 });
      await client.expect('pubrec', { packetId: 9 });
      await client.lose();
      const again = await resume(t, client.clientId);
      await again.publish(t.topic(), 'x', { qos: 2, packetId: 9, dup: true });
      await watcher.receive({ payload: 'x', dup: false });
      await expectOnlyMarker(t, watcher);
    },
  },
  {
    name: 'received-pubrel-again',
    title:
      'A PUBREL that the client sends in a resumed session is answered, and completes the delivery',
    statements: ['MQTT-4.4.0-1', 'MQTT-4.3.3-2', 'MQTT-4.1.0-1'],
    async run(t) {
      const watcher = await subscribed(t);
      const client = await t.connect({ cleanStart: false });
      client.sendPublish(t.topic(), 'x', { qos: 2, packetId: 9 });
      await client.expect('pubrec', { packetId: 9 });
      await client.lose();
      const again = await resume(t, client.clientId);
      again.acknowledge(6, 9);
      await again.expectNext('pubcomp', { packetId: 9 });
      await watcher.receive({ payload: 'x' });
      await expectOnlyMarker(t, watcher);
    },
  },
  {
    name: 'received-qos1-again',
    title: 'A QoS 1 PUBLISH that the client sends again is acknowledged again',
    statements: ['MQTT-4.4.0-1', 'MQTT-4.3.2-2'],
    async run(t) {
      const watcher = await subscribed(t);
      const client = await t.connect({ cleanStart: false });
      client.sendPublish(t.topic(), 'x', { qos: 1, packetId: 9 });
      await client.lose();
      const again = await t.connect({ clientId: client.clientId, cleanStart: false });
      await again.publish(t.topic(), 'x', { qos: 1, packetId: 9, dup: true });
      await watcher.receive({ payload: 'x', dup: false });
    },
  },
  {
    name: 'received-forgotten',
    title:
      'With CleanSession 1 the identifiers of received QoS 2 messages are forgotten: the next is new',
    statements: ['MQTT-3.1.2-6', 'MQTT-4.3.3-2'],
    async run(t) {
      const watcher = await subscribed(t);
      const client = await t.connect({ cleanStart: false });
      client.sendPublish(t.topic(), 'old', { qos: 2, packetId: 9 });
      await client.expect('pubrec', { packetId: 9 });
      await client.lose();
      const again = await t.connect({ clientId: client.clientId });
      expectSession(again, false);
      await again.publish(t.topic(), 'new', { qos: 2, packetId: 9 });
      const received = await watcher.receiveUntil('new');
      check(received.length <= 2, 'at most both messages', `${received.length}`);
    },
  },
]);

/** Section 4.4, message delivery retry. */
export const retryCases: readonly ConformanceCase[] = [...sender, ...receiver];
