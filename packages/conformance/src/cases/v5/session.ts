import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';

const keeping = { properties: { sessionExpiryInterval: 60 } } as const;

const basics = defineCases(5, 'session', [
  {
    name: 'clean-start-1',
    title: 'Clean Start 1 discards the session: Session Present 0, no subscription, no message',
    statements: ['MQTT-3.1.2-4', 'MQTT-3.2.2-2'],
    requires: ['qos1'],
    async run(t) {
      const clientId = await leaveWithMessage(t);
      const again = await t.connect({ clientId, cleanStart: true });
      expectSession(again, false);
      await again.publish(t.topic(), 'later', { qos: 1 });
      await again.expectSilence();
    },
  },
  {
    name: 'clean-start-0',
    title: 'Clean Start 0 resumes the session: Session Present 1, its subscriptions and messages',
    statements: ['MQTT-3.1.2-5', 'MQTT-3.2.2-3', 'MQTT-3.1.2-23', 'MQTT-4.5.0-1'],
    requires: ['qos1'],
    async run(t) {
      const clientId = await leaveWithMessage(t);
      const again = await t.connect({ clientId, cleanStart: false, ...keeping });
      expectSession(again, true);
      await again.receive({ payload: 'queued', qos: 1 });
      await again.publish(t.topic(), 'later', { qos: 1 });
      await again.receive({ payload: 'later' });
    },
  },
  {
    name: 'clean-start-0-new',
    title: 'Clean Start 0 without a session creates one: Session Present 0, and 1 the next time',
    statements: ['MQTT-3.1.2-6', 'MQTT-3.2.2-3'],
    async run(t) {
      const clientId = t.clientId();
      const client = await t.connect({ clientId, cleanStart: false, ...keeping });
      expectSession(client, false);
      await client.disconnect();
      expectSession(await t.connect({ clientId, cleanStart: false, ...keeping }), true);
    },
  },
  {
    name: 'clean-start-1-new-session-kept',
    title: 'A session begun with Clean Start 1 and an expiry is kept for the next Clean Start 0',
    statements: ['MQTT-3.1.2-23', 'MQTT-3.1.2-4'],
    async run(t) {
      const client = await t.connect(keeping);
      await client.lose();
      const { clientId } = client;
      expectSession(await t.connect({ clientId, cleanStart: false, ...keeping }), true);
    },
  },
  {
    name: 'no-expiry',
    title: 'Without a Session Expiry Interval the session ends with the connection',
    statements: ['MQTT-3.1.2-23', 'MQTT-4.1.0-2'],
    async run(t) {
      const client = await t.connect({ cleanStart: false });
      await client.subscribe(t.topic());
      await client.disconnect();
      const again = await t.connect({ clientId: client.clientId, cleanStart: false });
      expectSession(again, false);
      await again.publish(t.topic(), 'x');
      await again.expectSilence();
    },
  },
  {
    name: 'by-client-id',
    title: 'Sessions of different Client Identifiers are separate, also when only the case differs',
    statements: ['MQTT-3.1.3-2'],
    requires: ['qos1'],
    async run(t) {
      const clientId = `${t.clientId()}a`;
      const client = await t.connect({ clientId, ...keeping });
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await client.disconnect();
      const other = await t.connect({ clientId: clientId.toUpperCase(), cleanStart: false });
      expectSession(other, false);
      await other.publish(t.topic(), 'x', { qos: 1 });
      await other.expectSilence();
      const again = await t.connect({ clientId, cleanStart: false });
      await again.receive({ payload: 'x' });
    },
  },
  {
    name: 'kept-while-connected',
    title: 'The state of a session with expiry 0 is not discarded while it is connected',
    statements: ['MQTT-4.1.0-1'],
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect({ properties: { receiveMaximum: 1 } });
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      const publisher = await t.connect();
      for (const payload of ['1', '2', '3']) {
        await publisher.publish(t.topic(), payload, { qos: 1 });
      }
      for (const payload of ['1', '2', '3']) await client.receive({ payload });
    },
  },
]);

const disconnects = defineCases(5, 'session', [
  {
    name: 'disconnect-sets-expiry-0',
    title: 'A DISCONNECT with Session Expiry Interval 0 ends the session at once',
    statements: ['MQTT-3.1.2-23', 'MQTT-4.1.0-2'],
    async run(t) {
      const client = await t.connect(keeping);
      await client.disconnect(0, { sessionExpiryInterval: 0 });
      const { clientId } = client;
      expectSession(await t.connect({ clientId, cleanStart: false }), false);
    },
  },
  {
    name: 'disconnect-prolongs',
    title: 'A DISCONNECT may replace the Session Expiry Interval by a longer one',
    statements: ['MQTT-3.1.2-23'],
    slow: true,
    async run(t) {
      const client = await t.connect({ properties: { sessionExpiryInterval: 1 } });
      await client.disconnect(0, { sessionExpiryInterval: 60 });
      await t.sleep(3500);
      const { clientId } = client;
      expectSession(await t.connect({ clientId, cleanStart: false }), true);
    },
  },
  {
    name: 'disconnect-0-to-more',
    title:
      'A DISCONNECT cannot set an expiry when CONNECT had 0: it is a Protocol Error, the Will goes out',
    statements: ['MQTT-3.14.2-2', 'MQTT-4.13.1-1'],
    async run(t) {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic('will'));
      const client = await t.connect({ will: { topicName: t.topic('will'), payload: 'gone' } });
      client.send({ type: 14, reasonCode: 0, properties: { sessionExpiryInterval: 60 } });
      await client.expectClosed([0x82]);
      await watcher.receive({ payload: 'gone' });
      const { clientId } = client;
      expectSession(await t.connect({ clientId, cleanStart: false }), false);
    },
  },
  {
    name: 'expires',
    title: 'A session that is not resumed within its Session Expiry Interval is discarded',
    statements: ['MQTT-4.1.0-2', 'MQTT-3.2.2-3'],
    slow: true,
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect({ properties: { sessionExpiryInterval: 1 } });
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await client.disconnect();
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 1 });
      await t.sleep(expiryMargin);
      const again = await t.connect({ clientId: client.clientId, cleanStart: false });
      expectSession(again, false);
      await again.expectSilence();
    },
  },
  {
    name: 'expiry-counts-from-the-close',
    title:
      'The Session Expiry Interval counts from the end of the connection, not from its beginning',
    statements: ['MQTT-3.1.2-23', 'MQTT-4.1.0-1'],
    slow: true,
    async run(t) {
      const client = await t.connect({ properties: { sessionExpiryInterval: 3 } });
      await t.sleep(4000);
      await client.disconnect();
      const { clientId } = client;
      expectSession(await t.connect({ clientId, cleanStart: false }), true);
    },
  },
  {
    name: 'expiry-of-the-last-connect',
    title: 'The Session Expiry Interval of the last CONNECT holds, also when it is shorter',
    statements: ['MQTT-4.1.0-2'],
    async run(t) {
      const client = await t.connect(keeping);
      const { clientId } = client;
      await client.disconnect();
      const again = await t.connect({ clientId, cleanStart: false });
      expectSession(again, true);
      await again.disconnect();
      expectSession(await t.connect({ clientId, cleanStart: false }), false);
    },
  },
  {
    name: 'expiry-limit-announced',
    title: 'A server that shortens the Session Expiry Interval says so in CONNACK',
    statements: ['MQTT-3.1.2-23'],
    needs: ['session-expiry-limit'],
    async run(t) {
      const client = await t.connect({
        fixture: 'session-expiry-limit',
        properties: { sessionExpiryInterval: 0xffff_ffff },
      });
      const told = client.connack?.properties?.sessionExpiryInterval;
      check(told !== undefined && told < 0xffff_ffff, 'a shorter interval', `${told}`);
    },
  },
]);

/** A session with a subscription and one queued message; returns its Client Identifier. */
async function leaveWithMessage(t: CaseContext): Promise<string> {
  const client = await t.connect(keeping);
  await client.subscribe({ topicFilter: t.topic(), qos: 1 });
  await client.disconnect();
  const publisher = await t.connect();
  await publisher.publish(t.topic(), 'queued', { qos: 1 });
  return client.clientId;
}

function expectSession(client: WireClient, expected: boolean): void {
  const present = client.connack?.sessionPresent;
  check(present === expected, `Session Present ${Number(expected)}`, `${Number(present)}`);
}

// Servers look for expired sessions every few seconds; the specification sets no upper bound.
const expiryMargin = 8000;

/** Sections 3.1.2.4, 3.1.2.11.2 and 4.1, session state. */
export const sessionCases: readonly ConformanceCase[] = [...basics, ...disconnects];
