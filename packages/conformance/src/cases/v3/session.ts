import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { expectOnlyMarker, expectSession, leaveSession, resume, subscribed } from './steps.ts';

const basics = defineCases(4, 'session', [
  {
    name: 'clean-session-0-new',
    title: 'CleanSession 0 without a session creates one: Session Present 0, and 1 the next time',
    statements: ['MQTT-3.1.2-4', 'MQTT-3.2.2-3', 'MQTT-3.2.2-2'],
    async run(t) {
      const clientId = t.clientId();
      const client = await t.connect({ clientId, cleanStart: false });
      expectSession(client, false);
      await client.disconnect();
      expectSession(await t.connect({ clientId, cleanStart: false }), true);
    },
  },
  {
    name: 'clean-session-0',
    title:
      'CleanSession 0 resumes the session: its subscriptions and the messages that came meanwhile',
    statements: ['MQTT-3.1.2-4', 'MQTT-3.1.2-5', 'MQTT-3.2.2-2', 'MQTT-4.1.0-1', 'MQTT-4.5.0-1'],
    async run(t) {
      const clientId = await leaveSession(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'one', { qos: 1 });
      await publisher.publish(t.topic(), 'two', { qos: 2 });
      const again = await resume(t, clientId);
      await again.receive({ payload: 'one', qos: 1, dup: false });
      await again.receive({ payload: 'two', qos: 2, dup: false });
      await publisher.publish(t.topic(), 'later', { qos: 1 });
      await again.receive({ payload: 'later' });
    },
  },
  {
    name: 'clean-session-0-lost',
    title: 'The session is kept as well when the connection is lost',
    statements: ['MQTT-3.1.2-4', 'MQTT-3.1.2-5', 'MQTT-4.1.0-1'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      await client.lose();
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 1 });
      const again = await resume(t, client.clientId);
      await again.receive({ payload: 'x' });
    },
  },
  {
    name: 'clean-session-1',
    title: 'CleanSession 1 discards the session: Session Present 0, no subscription, no message',
    statements: ['MQTT-3.1.2-6', 'MQTT-3.2.2-1', 'MQTT-3.1.4-3'],
    async run(t) {
      const clientId = await leaveSession(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'queued', { qos: 1 });
      const again = await t.connect({ clientId });
      expectSession(again, false);
      await again.publish(t.topic(), 'later', { qos: 1 });
      await again.expectSilence();
    },
  },
  ...[true, false].map((inOrder) => ({
    name: `clean-session-1-not-kept-${inOrder ? 'disconnect' : 'loss'}`,
    title: `A session with CleanSession 1 ends with its connection, by ${inOrder ? 'DISCONNECT' : 'loss'}`,
    statements: ['MQTT-3.1.2-6', 'MQTT-3.2.2-3'],
    async run(t: CaseContext) {
      const client = await subscribed(t);
      if (inOrder) await client.disconnect();
      else await client.lose();
      const again = await t.connect({ clientId: client.clientId, cleanStart: false });
      expectSession(again, false);
      await again.publish(t.topic(), 'x', { qos: 1 });
      await again.expectSilence();
    },
  })),
  {
    name: 'clean-session-1-discards-for-good',
    title: 'A session that CleanSession 1 discarded does not come back for CleanSession 0',
    statements: ['MQTT-3.1.2-6', 'MQTT-3.2.2-3'],
    async run(t) {
      const clientId = await leaveSession(t);
      const clean = await t.connect({ clientId });
      await clean.disconnect();
      const again = await t.connect({ clientId, cleanStart: false });
      expectSession(again, false);
      await again.publish(t.topic(), 'x', { qos: 1 });
      await again.expectSilence();
    },
  },
  {
    name: 'clean-session-1-while-connected',
    title:
      'The state of a session lasts at least as long as its connection, with CleanSession 1 too',
    statements: ['MQTT-4.1.0-2', 'MQTT-4.1.0-1'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 2 });
      const { packetId = 0 } = await client.expect('publish', { qos: 2 });
      for (let i = 0; i < 5; i++) await client.ping();
      client.acknowledge(5, packetId);
      await client.expect('pubrel', { packetId });
      client.acknowledge(7, packetId);
      await publisher.publish(t.topic(), 'y', { qos: 1 });
      await client.receive({ payload: 'y' });
    },
  },
  {
    name: 'by-client-id',
    title: 'Each Client Identifier has its own session',
    statements: ['MQTT-3.1.3-2', 'MQTT-3.1.2-4'],
    async run(t) {
      const one = await leaveSession(t, { topicFilter: t.topic('1') });
      const two = await leaveSession(t, { topicFilter: t.topic('2') });
      const publisher = await t.connect();
      await publisher.publish(t.topic('1'), 'for one', { qos: 1 });
      await publisher.publish(t.topic('2'), 'for two', { qos: 1 });
      for (const [clientId, payload] of [
        [two, 'for two'],
        [one, 'for one'],
      ] as const) {
        const again = await resume(t, clientId);
        await again.receive({ payload });
        await again.expectSilence();
      }
    },
  },
]);

const offline = defineCases(4, 'session', [
  {
    name: 'offline-order',
    title: 'Messages that wait for a session come in the order of their publication, each once',
    statements: ['MQTT-3.1.2-5', 'MQTT-4.6.0-6', 'MQTT-4.5.0-1'],
    async run(t) {
      const clientId = await leaveSession(t);
      const publisher = await t.connect();
      for (let i = 0; i < 30; i++) {
        await publisher.publish(t.topic(), `${i}`, { qos: 1 });
      }
      const again = await resume(t, clientId);
      for (let i = 0; i < 30; i++) await again.receive({ payload: `${i}`, dup: false });
      await again.expectSilence();
    },
  },
  {
    name: 'offline-granted-qos',
    title: 'A message is kept for an absent client with the lower of its QoS and the granted one',
    statements: ['MQTT-3.1.2-5', 'MQTT-3.8.4-6'],
    async run(t) {
      const clientId = await leaveSession(t, { qos: 1 });
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 2 });
      const again = await resume(t, clientId);
      await again.receive({ payload: 'x', qos: 1 });
    },
  },
  {
    name: 'offline-unmatched',
    title: 'Only what matches its subscriptions waits for an absent client',
    statements: ['MQTT-3.1.2-5', 'MQTT-3.3.2-3'],
    async run(t) {
      const clientId = await leaveSession(t, { topicFilter: t.topic('a/+') });
      const publisher = await t.connect();
      await publisher.publish(t.topic('b/1'), 'no', { qos: 1 });
      await publisher.publish(t.topic('a/1/2'), 'no', { qos: 1 });
      await publisher.publish(t.topic('a/1'), 'yes', { qos: 1 });
      const again = await resume(t, clientId);
      await again.receive({ payload: 'yes' });
      await again.expectSilence();
    },
  },
  {
    name: 'offline-delivered-once',
    title: 'A message that was acknowledged does not come again at the next connection',
    statements: ['MQTT-3.1.2-5', 'MQTT-4.3.2-1', 'MQTT-4.3.3-1'],
    async run(t) {
      const clientId = await leaveSession(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), '1', { qos: 1 });
      await publisher.publish(t.topic(), '2', { qos: 2 });
      const again = await resume(t, clientId);
      await again.receiveUntil('2');
      await again.disconnect();
      const third = await resume(t, clientId);
      await expectOnlyMarker(t, third);
    },
  },
  {
    name: 'unsubscribed-session',
    title: 'A session keeps its UNSUBSCRIBE as well: nothing waits on account of that filter',
    statements: ['MQTT-3.1.2-5', 'MQTT-3.10.4-2', 'MQTT-4.1.0-1'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      await client.unsubscribe(t.topic());
      await client.disconnect();
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 1 });
      const again = await resume(t, client.clientId);
      await again.expectSilence();
    },
  },
  {
    name: 'kept-for-seconds',
    title: 'A session with CleanSession 0 is there after some seconds: it has no expiry of its own',
    statements: ['MQTT-3.1.2-4', 'MQTT-4.1.0-1'],
    slow: true,
    async run(t) {
      const clientId = await leaveSession(t);
      await t.sleep(6000);
      await resume(t, clientId);
    },
  },
  {
    name: 'retained-survives',
    title: 'Retained messages stay when the session of their publisher ends',
    statements: ['MQTT-3.1.2-7'],
    async run(t) {
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'kept', { qos: 1, retain: true });
      await publisher.disconnect();
      const again = await t.connect({ clientId: publisher.clientId });
      await again.disconnect();
      const later = await subscribed(t);
      const { retain } = await later.receive({ payload: 'kept' });
      check(retain, 'RETAIN 1', '0');
    },
  },
]);

/** Sections 3.1.2.4 and 4.1, session state. */
export const sessionCases: readonly ConformanceCase[] = [...basics, ...offline];
