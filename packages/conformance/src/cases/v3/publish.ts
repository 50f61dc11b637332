import { packet, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { type Refusal, refusedPackets } from '../../refusals.ts';
import { expectOnlyMarker, subscribed } from './steps.ts';

const dup = defineCases(4, 'publish', [
  {
    name: 'dup-not-copied-qos1',
    title: 'DUP of an incoming PUBLISH is not passed on: the delivery is a first one',
    statements: ['MQTT-3.3.1-3', 'MQTT-4.3.2-1'],
    async run(t) {
      const subscriber = await subscribed(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 1, dup: true });
      await subscriber.receive({ payload: 'x', dup: false, qos: 1 });
    },
  },
  {
    name: 'dup-not-copied-qos2',
    title: 'DUP of an incoming QoS 2 PUBLISH is not passed on either',
    statements: ['MQTT-3.3.1-3', 'MQTT-4.3.3-1'],
    async run(t) {
      const subscriber = await subscribed(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 2, dup: true });
      await subscriber.receive({ payload: 'x', dup: false, qos: 2 });
    },
  },
  {
    name: 'dup-0-at-qos-0',
    title: 'A message at QoS 0 is sent with DUP 0, also when it came with DUP 1 at QoS 1',
    statements: ['MQTT-3.3.1-2', 'MQTT-3.3.1-3', 'MQTT-4.3.1-1'],
    async run(t) {
      const subscriber = await subscribed(t, { qos: 0 });
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 1, dup: true });
      await subscriber.receive({ payload: 'x', dup: false, qos: 0 });
    },
  },
]);

const delivery = defineCases(4, 'publish', [
  {
    name: 'topic-and-payload',
    title: 'A subscriber gets the Topic Name and the payload as they were published',
    statements: ['MQTT-3.3.2-3', 'MQTT-3.3.2-1', 'MQTT-4.7.3-4'],
    async run(t) {
      const client = await subscribed(t, { topicFilter: t.topic('+/#') });
      for (const [suffix, payload] of [
        ['A/b', '1'],
        ['a/B', ''],
        ['a//', '\0'],
      ] as const) {
        await client.publish(t.topic(suffix), payload, { qos: 1 });
        await client.receive({ topicName: t.topic(suffix), payload });
      }
    },
  },
  {
    name: 'not-matching',
    title: 'A client gets no message that matches none of its filters',
    statements: ['MQTT-3.3.2-3'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      for (const suffix of ['tt', 'T', 't/', 't/t', 'x/t']) {
        await publisher.publish(t.topic(suffix), 'no', { qos: 1 });
      }
      await expectOnlyMarker(t, client);
    },
  },
  {
    name: 'own-message',
    title: 'A client gets its own messages when it has subscribed to their topic',
    statements: ['MQTT-3.3.2-3', 'MQTT-4.5.0-1'],
    async run(t) {
      const client = await subscribed(t);
      await client.publish(t.topic(), 'x', { qos: 1 });
      await client.receive({ payload: 'x' });
    },
  },
  {
    name: 'no-subscriber',
    title: 'A message that nobody has subscribed to is acknowledged as any other',
    statements: ['MQTT-3.3.4-1', 'MQTT-4.3.2-2', 'MQTT-4.3.3-2'],
    async run(t) {
      const client = await t.connect();
      await client.publish(t.topic(), 'x', { qos: 1 });
      await client.publish(t.topic(), 'x', { qos: 2 });
      await client.expectSilence();
    },
  },
  {
    name: 'no-acknowledgement-at-qos-0',
    title: 'A QoS 0 PUBLISH has no answer',
    statements: ['MQTT-3.3.4-1', 'MQTT-4.3.1-1'],
    async run(t) {
      const client = await t.connect();
      client.sendPublish(t.topic(), 'x');
      await client.expectSilence();
    },
  },
  {
    name: 'empty-payload',
    title: 'A message without payload is delivered as such',
    statements: ['MQTT-3.3.2-3', 'MQTT-4.5.0-1'],
    async run(t) {
      const client = await subscribed(t);
      await client.publish(t.topic(), '', { qos: 1 });
      await client.receive({ payload: '', retain: false });
    },
  },
  {
    name: 'every-subscriber',
    title:
      'A message goes to every client with a matching subscription, connected or not, and once to each',
    statements: ['MQTT-4.5.0-1'],
    async run(t) {
      const filters = [t.topic(), t.topic('+'), t.topic('#')];
      const clients = await Promise.all(
        filters.map((topicFilter) => subscribed(t, { topicFilter })),
      );
      const absent = await subscribed(t, { cleanStart: false });
      await absent.disconnect();
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 2 });
      for (const client of clients) {
        await client.receive({ payload: 'x', qos: 2 });
        await client.expectSilence();
      }
      const again = await t.connect({ clientId: absent.clientId, cleanStart: false });
      await again.receive({ payload: 'x', qos: 2 });
      await again.expectSilence();
    },
  },
]);

const overlapping = defineCases(4, 'publish', [
  {
    name: 'overlapping-highest-qos',
    title:
      'Overlapping subscriptions deliver with the highest QoS among them; further copies are allowed',
    statements: ['MQTT-3.3.5-1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe([
        { topicFilter: t.topic('#'), qos: 0 },
        { topicFilter: t.topic(), qos: 2 },
        { topicFilter: t.topic('+'), qos: 1 },
      ]);
      await client.subscribe({ topicFilter: t.topic('end'), qos: 1 });
      await client.publish(t.topic(), 'x', { qos: 2 });
      const other = await t.connect();
      await other.publish(t.topic('end'), 'marker', { qos: 1 });
      const copies = (await client.receiveUntil('marker')).filter(
        ({ topicName }) => topicName === t.topic(),
      );
      const highest = Math.max(...copies.map(({ qos }) => qos));
      check(highest === 2, 'a copy at QoS 2', `QoS ${highest}`);
      check(copies.length <= 3, 'at most 3 copies', `${copies.length}`);
    },
  },
  {
    name: 'overlapping-once',
    title: 'Overlapping subscriptions of one client deliver a message once',
    statements: ['MQTT-3.3.5-1'],
    level: 'practice',
    async run(t) {
      const client = await t.connect();
      await client.subscribe([t.topic('#'), t.topic('+'), t.topic()]);
      await client.publish(t.topic(), 'x', { qos: 1 });
      await client.receive({ payload: 'x' });
      await client.expectSilence();
    },
  },
  ...([0, 1, 2] as const).flatMap((published) =>
    ([0, 1, 2] as const).map((granted) => ({
      name: `qos-${published}-granted-${granted}`,
      title: `Published with QoS ${published} and granted QoS ${granted}: delivered with QoS ${Math.min(published, granted)}`,
      statements: ['MQTT-3.8.4-6', 'MQTT-4.3.1-1'],
      async run(t: CaseContext) {
        const subscriber = await subscribed(t, { qos: granted });
        const publisher = await t.connect();
        await publisher.publish(t.topic(), 'x', { qos: published });
        const qos = published < granted ? published : granted;
        await subscriber.receive({ payload: 'x', qos, dup: false, retain: false });
      },
    })),
  ),
]);

const refusals: readonly Refusal[] = [
  {
    name: 'qos-3',
    title: 'a PUBLISH with QoS bits 11',
    statements: ['MQTT-3.3.1-4'],
    bytes: (t) => packet(0x36, str(t.topic()), u16(1), 'x'),
  },
  {
    name: 'qos-3-dup-retain',
    title: 'a PUBLISH with all flags set',
    statements: ['MQTT-3.3.1-4'],
    bytes: (t) => packet(0x3f, str(t.topic()), u16(1), 'x'),
  },
  {
    name: 'dup-at-qos-0',
    title: 'a QoS 0 PUBLISH with DUP 1',
    statements: ['MQTT-3.3.1-2', 'MQTT-4.8.0-1'],
    bytes: (t) => packet(0x38, str(t.topic()), 'x'),
  },
  ...['+', '#', 'a/+', 'a/#', 'a+b', 'a#'].map((topic, i) => ({
    name: `wildcard-${i + 1}`,
    title: `a PUBLISH to "${topic}"`,
    statements: ['MQTT-3.3.2-2', 'MQTT-4.7.1-1'],
    bytes: (t: CaseContext) => packet(0x30, str(`${t.topic()}/${topic}`), 'x'),
  })),
  {
    name: 'topic-empty',
    title: 'a PUBLISH with an empty Topic Name',
    statements: ['MQTT-4.7.3-1'],
    bytes: () => packet(0x30, str(''), 'x'),
  },
];

/** Section 3.3, PUBLISH, without RETAIN. */
export const publishCases: readonly ConformanceCase[] = [
  ...dup,
  ...delivery,
  ...overlapping,
  ...refusedPackets(4, 'publish', refusals),
];
