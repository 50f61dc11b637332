import { packet } from '../../bytes.ts';
import type { CaseContext, WillRequest } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';

const basics = defineCases(5, 'will', [
  {
    name: 'published-on-loss',
    title: 'The Will is published when the connection is lost without DISCONNECT',
    statements: ['MQTT-3.1.2-7', 'MQTT-3.1.2-8'],
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: willOf(t) });
      await watcher.expectSilence();
      await client.lose();
      await watcher.receive({ topicName: t.topic('will'), payload: 'gone' });
    },
  },
  {
    name: 'not-after-disconnect-0',
    title: 'DISCONNECT 0x00 deletes the Will',
    statements: ['MQTT-3.1.2-10', 'MQTT-3.14.4-3', 'MQTT-3.1.2-8'],
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: willOf(t) });
      await client.disconnect();
      await watcher.expectSilence();
      await t.sleep(200);
      await watcher.expectSilence();
    },
  },
  ...[0x04, 0x80, 0x93].map((code) => ({
    name: `disconnect-${code.toString(16).padStart(2, '0')}`,
    title: `DISCONNECT 0x${code.toString(16).padStart(2, '0')} leaves the Will to be published`,
    statements: ['MQTT-3.1.2-10', 'MQTT-3.1.2-8', 'MQTT-3.14.2-1'],
    async run(t: CaseContext) {
      const watcher = await watch(t);
      const client = await t.connect({ will: willOf(t) });
      await client.disconnect(code);
      await watcher.receive({ payload: 'gone' });
    },
  })),
  {
    name: 'after-malformed-packet',
    title: 'The Will is published when the server closes for a Malformed Packet',
    statements: ['MQTT-3.1.2-8'],
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: willOf(t) });
      client.send(packet(0x00));
      await client.expectClosed();
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'after-second-connect',
    title: 'The Will is published when the server closes for a second CONNECT',
    statements: ['MQTT-3.1.2-8', 'MQTT-3.1.0-2'],
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: willOf(t) });
      client.send(t.connectPacket());
      await client.expectClosed();
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'once',
    title: 'A Will is removed once it was published: the resumed session has none',
    statements: ['MQTT-3.1.2-10'],
    async run(t) {
      const watcher = await watch(t);
      const keeping = { properties: { sessionExpiryInterval: 60 } };
      const client = await t.connect({ will: willOf(t), ...keeping });
      await client.lose();
      await watcher.receive({ payload: 'gone' });
      const again = await t.connect({ clientId: client.clientId, cleanStart: false, ...keeping });
      await again.lose();
      await expectOnlyMarker(t, watcher);
    },
  },
  {
    name: 'replaced',
    title: 'A new CONNECT brings its own Will: the old one is forgotten',
    statements: ['MQTT-3.1.2-7', 'MQTT-3.1.2-10'],
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: willOf(t) });
      await client.disconnect();
      const will = { ...willOf(t), payload: 'new' };
      const again = await t.connect({ clientId: client.clientId, will });
      await again.lose();
      await watcher.receive({ payload: 'new' });
      await watcher.expectSilence();
    },
  },
  {
    name: 'empty-payload',
    title: 'A Will with an empty payload is published',
    statements: ['MQTT-3.1.2-9'],
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: { ...willOf(t), payload: '' } });
      await client.lose();
      await watcher.receive({ topicName: t.topic('will'), payload: '' });
    },
  },
]);

const details = defineCases(5, 'will', [
  ...([0, 1, 2] as const).map((qos) => ({
    name: `qos-${qos}`,
    title: `A Will with QoS ${qos} is published with it`,
    statements: ['MQTT-3.1.2-12'],
    ...(qos > 0 && { requires: [qos === 1 ? 'qos1' : 'qos2'] as const }),
    async run(t: CaseContext) {
      const watcher = await watch(t);
      const client = await t.connect({ will: { ...willOf(t), qos } });
      await client.lose();
      await watcher.receive({ payload: 'gone', qos });
    },
  })),
  {
    name: 'not-retained',
    title: 'A Will with Will Retain 0 is published as a message that is not retained',
    statements: ['MQTT-3.1.2-14'],
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: willOf(t) });
      await client.lose();
      await watcher.receive({ payload: 'gone', retain: false });
      const later = await watch(t);
      await later.expectSilence();
    },
  },
  {
    name: 'retained',
    title: 'A Will with Will Retain 1 is published as a retained message',
    statements: ['MQTT-3.1.2-15'],
    requires: ['retain'],
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: { ...willOf(t), retain: true } });
      await client.lose();
      await watcher.receive({ payload: 'gone', retain: false });
      const later = await watch(t);
      await later.receive({ payload: 'gone', retain: true });
    },
  },
  {
    name: 'properties',
    title: 'The properties of the Will are those of the message, User Properties in their order',
    statements: ['MQTT-3.1.3-10', 'MQTT-3.1.2-9'],
    async run(t) {
      const watcher = await watch(t);
      const carried = {
        payloadFormatIndicator: 1,
        contentType: 'text/plain',
        responseTopic: 'answers',
        correlationData: Buffer.from([0, 1, 255]),
        userProperties: [
          ['b', '1'],
          ['a', '2'],
          ['b', '3'],
          ['a', '2'],
        ],
      } as const;
      const client = await t.connect({ will: { ...willOf(t), properties: carried } });
      await client.lose();
      const { properties } = await watcher.receive({ payload: 'gone', properties: carried });
      check(!('willDelayInterval' in (properties ?? {})), 'no Will Delay Interval', 'one');
    },
  },
  {
    name: 'expiry-from-publication',
    title: 'The Message Expiry Interval of a Will counts from its publication',
    statements: ['MQTT-3.3.2-6'],
    slow: true,
    requires: ['qos1'],
    async run(t) {
      const watcher = await watch(t);
      const properties = { messageExpiryInterval: 2 };
      const client = await t.connect({ will: { ...willOf(t), properties } });
      await t.sleep(3000);
      await client.lose();
      await watcher.receive({ payload: 'gone', properties });
    },
  },
]);

const delays = defineCases(5, 'will', [
  {
    name: 'delayed',
    title: 'The Will is published when its Will Delay Interval has passed, and not before',
    statements: ['MQTT-3.1.2-8'],
    slow: true,
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: delayed(t, 2), ...expiring(60) });
      const lost = performance.now();
      await client.lose();
      await watcher.expect('publish', { payload: 'gone' }, 15_000);
      const waited = Math.round(performance.now() - lost);
      // whole seconds: a clock that counts them may be nearly one short
      check(waited >= 1000, 'at least 1 s of a delay of 2 s', `${waited} ms`);
    },
  },
  {
    name: 'session-end-first',
    title: 'The Will is published when the session ends, if that is before the Will Delay Interval',
    statements: ['MQTT-3.1.2-8'],
    slow: true,
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: delayed(t, 3600), ...expiring(1) });
      await client.lose();
      await watcher.expect('publish', { payload: 'gone' }, 20_000);
    },
  },
  {
    name: 'no-session-no-delay',
    title: 'With Session Expiry Interval 0 the Will is published at once, whatever its delay',
    statements: ['MQTT-3.1.2-8'],
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: delayed(t, 3600) });
      await client.lose();
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'disconnect-04-ends-session',
    title: 'DISCONNECT 0x04 with Session Expiry Interval 0 publishes a delayed Will at once',
    statements: ['MQTT-3.1.2-8'],
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: delayed(t, 3600), ...expiring(60) });
      await client.disconnect(0x04, { sessionExpiryInterval: 0 });
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'cancelled-by-reconnect',
    title: 'Resuming the session before the Will Delay Interval has passed cancels the Will',
    statements: ['MQTT-3.1.3-9', 'MQTT-3.1.2-8'],
    slow: true,
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: delayed(t, 3), ...expiring(60) });
      await client.lose();
      await t.connect({ clientId: client.clientId, cleanStart: false, ...expiring(60) });
      await t.sleep(5000);
      await watcher.expectSilence();
    },
  },
  {
    name: 'cancelled-then-lost-again',
    title: 'After a resumption that cancelled the Will, a new loss waits for the new delay',
    statements: ['MQTT-3.1.3-9', 'MQTT-3.1.2-8'],
    slow: true,
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: delayed(t, 2), ...expiring(60) });
      await client.lose();
      const { clientId } = client;
      const will = { ...delayed(t, 3600), payload: 'second' };
      const again = await t.connect({ clientId, cleanStart: false, will, ...expiring(60) });
      await again.lose();
      await t.sleep(4000);
      await watcher.expectSilence();
    },
  },
  {
    name: 'clean-start-ends-session',
    title: 'A Clean Start 1 reconnection ends the session, so its delayed Will is published',
    statements: ['MQTT-3.1.3-9', 'MQTT-3.1.2-8'],
    level: 'should',
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: delayed(t, 3600), ...expiring(60) });
      await client.lose();
      await t.connect({ clientId: client.clientId });
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'disconnect-0-while-delayed',
    title: 'DISCONNECT 0x00 deletes a Will with a delay too',
    statements: ['MQTT-3.14.4-3', 'MQTT-3.1.2-10'],
    slow: true,
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: delayed(t, 1), ...expiring(60) });
      await client.disconnect();
      await t.sleep(3000);
      await watcher.expectSilence();
    },
  },
]);

// Section 3.1.4 and its comment: what a take-over means for the Will of the old connection.
const takeovers = defineCases(5, 'will', [
  takeoverCase('delay-0', 'its delay was 0', { delay: 0, expiry: 60, cleanStart: false }),
  takeoverCase('expiry-0', 'its session ended', { delay: 3600, expiry: 0, cleanStart: false }),
  takeoverCase('clean-start', 'the new one starts clean', {
    delay: 3600,
    expiry: 60,
    cleanStart: true,
  }),
  {
    name: 'takeover-delayed',
    title: 'A take-over that resumes the session does not publish a Will with a delay',
    statements: ['MQTT-3.1.2-8', 'MQTT-3.1.3-9'],
    slow: true,
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: delayed(t, 2), ...expiring(60) });
      await t.connect({ clientId: client.clientId, cleanStart: false, ...expiring(60) });
      await client.expectClosed();
      await t.sleep(4000);
      await watcher.expectSilence();
    },
  },
]);

function takeoverCase(
  name: string,
  when: string,
  { delay, expiry, cleanStart }: { delay: number; expiry: number; cleanStart: boolean },
): CaseDefinition {
  return {
    name: `takeover-${name}`,
    title: `A take-over publishes the Will of the old connection: ${when}`,
    statements: ['MQTT-3.1.2-8', 'MQTT-3.1.4-3'],
    level: 'should',
    async run(t) {
      const watcher = await watch(t);
      const client = await t.connect({ will: delayed(t, delay), ...expiring(expiry) });
      await t.connect({ clientId: client.clientId, cleanStart, ...expiring(expiry) });
      await client.expectClosed();
      await watcher.receive({ payload: 'gone' });
    },
  };
}

async function watch(t: CaseContext): Promise<WireClient> {
  const watcher = await t.connect();
  await watcher.subscribe(t.topic('will'));
  return watcher;
}

/** Whatever else was to come for the watcher has come before a message of another client. */
async function expectOnlyMarker(t: CaseContext, watcher: WireClient): Promise<void> {
  const other = await t.connect();
  await other.publish(t.topic('will'), 'marker');
  await watcher.receive({ payload: 'marker' });
}

function willOf(t: CaseContext): WillRequest {
  return { topicName: t.topic('will'), payload: 'gone' };
}

function delayed(t: CaseContext, willDelayInterval: number): WillRequest {
  return { ...willOf(t), properties: { willDelayInterval } };
}

function expiring(sessionExpiryInterval: number): {
  properties: { sessionExpiryInterval: number };
} {
  return { properties: { sessionExpiryInterval } };
}

/** Sections 3.1.2.5 to 3.1.2.7 and 3.1.3.2, the Will Message. */
export const willCases: readonly ConformanceCase[] = [
  ...basics,
  ...details,
  ...delays,
  ...takeovers,
];
