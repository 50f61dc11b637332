import type { QoS } from '@wellhead/codec';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';
import { expectOnlyMarker, resume, subscribed } from './steps.ts';

const storing = defineCases(4, 'retain', [
  ...([0, 1, 2] as const).map((qos) => ({
    name: `stored-qos${qos}`,
    title: `A QoS ${qos} message with RETAIN 1 is stored for later subscribers, and comes with RETAIN 1`,
    statements: [
      'MQTT-3.3.1-5',
      'MQTT-3.3.1-6',
      'MQTT-3.3.1-8',
      ...(qos === 0 ? ['MQTT-3.3.1-7'] : []),
    ],
    // a server may discard what was published with QoS 0 at any time
    level: qos === 0 ? ('should' as const) : ('must' as const),
    async run(t: CaseContext) {
      await retain(t, 'kept', qos);
      const client = await subscribed(t);
      await client.receive({
        topicName: t.topic(),
        payload: 'kept',
        retain: true,
        qos,
        dup: false,
      });
    },
  })),
  {
    name: 'granted-qos',
    title: 'A retained message comes with the lower of its QoS and the granted one',
    statements: ['MQTT-3.3.1-5', 'MQTT-3.8.4-6'],
    async run(t) {
      await retain(t, 'kept', 2);
      for (const qos of [0, 1, 2] as const) {
        const client = await subscribed(t, { qos });
        await client.receive({ payload: 'kept', retain: true, qos });
      }
    },
  },
  {
    name: 'last',
    title: 'Only the last retained message of a topic is sent',
    statements: ['MQTT-3.3.1-6', 'MQTT-3.3.1-5'],
    async run(t) {
      const publisher = await retain(t, 'old');
      await publisher.publish(t.topic(), 'new', { qos: 1, retain: true });
      const client = await subscribed(t);
      await client.receive({ payload: 'new', retain: true });
      await client.expectSilence();
    },
  },
  {
    name: 'qos-0-replaces',
    title: 'A retained message with QoS 0 puts an end to the one before it',
    statements: ['MQTT-3.3.1-7'],
    async run(t) {
      const publisher = await retain(t, 'old');
      await publisher.publish(t.topic(), 'new', { retain: true });
      await publisher.ping();
      const client = await subscribed(t);
      await client.ping();
      const [kept] = client.inbox;
      if (kept === undefined) return; // it may be discarded at any time
      await client.receive({ payload: 'new' });
      await client.expectSilence();
    },
  },
  {
    name: 'each-topic',
    title: 'A filter with wildcards gets the retained message of each matching topic',
    statements: ['MQTT-3.3.1-6', 'MQTT-3.3.2-3'],
    async run(t) {
      const publisher = await t.connect();
      for (const suffix of ['a/1', 'a/2', 'b/1', 'a/1/x']) {
        await publisher.publish(t.topic(suffix), suffix, { qos: 1, retain: true });
      }
      const client = await subscribed(t, { topicFilter: t.topic('a/+') });
      await client.receiveUntilAll([
        [t.topic('a/1'), 'a/1'],
        [t.topic('a/2'), 'a/2'],
      ]);
      await client.expectSilence();
    },
  },
  {
    name: 'new-subscriptions-only',
    title: 'A retained message is sent for a new subscription, not when a session is resumed',
    statements: ['MQTT-3.3.1-6'],
    async run(t) {
      await retain(t, 'kept');
      const client = await subscribed(t, { cleanStart: false });
      await client.receive({ payload: 'kept' });
      await client.disconnect();
      const again = await resume(t, client.clientId);
      await again.expectSilence();
    },
  },
  {
    name: 'of-every-filter',
    title: 'Each filter of a SUBSCRIBE gets its retained messages',
    statements: ['MQTT-3.3.1-6', 'MQTT-3.8.4-4'],
    async run(t) {
      const publisher = await t.connect();
      await publisher.publish(t.topic('a'), '1', { qos: 1, retain: true });
      await publisher.publish(t.topic('b'), '2', { qos: 1, retain: true });
      const client = await t.connect();
      await client.subscribe([t.topic('a'), t.topic('none'), t.topic('b')]);
      await client.receiveUntilAll([
        [t.topic('a'), '1'],
        [t.topic('b'), '2'],
      ]);
    },
  },
]);

const flag = defineCases(4, 'retain', [
  {
    name: 'live-0',
    title: 'A subscriber that is there already gets the message with RETAIN 0',
    statements: ['MQTT-3.3.1-9'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      for (const qos of [0, 1, 2] as const) {
        await publisher.publish(t.topic(), `${qos}`, { qos, retain: true });
        await client.receive({ payload: `${qos}`, qos, retain: false });
      }
    },
  },
  {
    name: 'queued-0',
    title: 'A message that waited for an absent subscriber comes with RETAIN 0',
    statements: ['MQTT-3.3.1-9', 'MQTT-3.1.2-5'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false });
      await client.disconnect();
      await retain(t, 'kept');
      const again = await resume(t, client.clientId);
      await again.receive({ payload: 'kept', retain: false });
      await again.expectSilence();
    },
  },
  {
    name: 'again-1',
    title: 'A repeated subscription is sent the retained message again, with RETAIN 1',
    statements: ['MQTT-3.3.1-8', 'MQTT-3.8.4-3'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await retain(t, 'kept');
      await client.receive({ payload: 'kept', retain: false });
      await client.subscribe(t.topic());
      await client.receive({ payload: 'kept', retain: true });
      await publisher.publish(t.topic(), 'live', { qos: 1 });
      await client.receive({ payload: 'live', retain: false });
    },
  },
]);

const removing = defineCases(4, 'retain', [
  {
    name: 'removed',
    title: 'RETAIN 1 with an empty payload is delivered, and removes the retained message',
    statements: ['MQTT-3.3.1-10', 'MQTT-3.3.1-11'],
    async run(t) {
      const publisher = await retain(t, 'kept');
      const client = await subscribed(t);
      await client.receive({ payload: 'kept', retain: true });
      await publisher.publish(t.topic(), '', { qos: 1, retain: true });
      await client.receive({ payload: '', retain: false });
      const later = await subscribed(t);
      await later.expectSilence();
    },
  },
  {
    name: 'removed-qos0',
    title: 'An empty payload removes the retained message with QoS 0 as well',
    statements: ['MQTT-3.3.1-10'],
    async run(t) {
      const publisher = await retain(t, 'kept', 2);
      await publisher.publish(t.topic(), '', { retain: true });
      await publisher.subscribe(t.topic());
      await publisher.expectSilence();
    },
  },
  {
    name: 'empty-not-stored',
    title: 'An empty message with RETAIN 1 is not stored',
    statements: ['MQTT-3.3.1-11'],
    async run(t) {
      const publisher = await t.connect();
      await publisher.publish(t.topic(), '', { qos: 1, retain: true });
      const client = await subscribed(t);
      await client.expectSilence();
    },
  },
  {
    name: 'retain-0-not-stored',
    title: 'A message with RETAIN 0 is not stored',
    statements: ['MQTT-3.3.1-12'],
    async run(t) {
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 1 });
      const client = await subscribed(t);
      await client.expectSilence();
    },
  },
  {
    name: 'retain-0-replaces-nothing',
    title:
      'A message with RETAIN 0 neither replaces nor removes a retained one, not even an empty one',
    statements: ['MQTT-3.3.1-12'],
    async run(t) {
      const publisher = await retain(t, 'kept');
      await publisher.publish(t.topic(), 'passing', { qos: 1 });
      await publisher.publish(t.topic(), '', { qos: 1 });
      const client = await subscribed(t);
      await client.receive({ payload: 'kept', retain: true });
      await client.expectSilence();
    },
  },
  {
    name: 'others-stay',
    title: 'Removing the retained message of a topic leaves those below and beside it',
    statements: ['MQTT-3.3.1-10'],
    async run(t) {
      const publisher = await retain(t, 'kept');
      await publisher.publish(t.topic('t/below'), 'below', { qos: 1, retain: true });
      await publisher.publish(t.topic(), '', { qos: 1, retain: true });
      const client = await subscribed(t, { topicFilter: t.topic('t/#') });
      const { topicName } = await client.receive({ payload: 'below' });
      check(topicName === t.topic('t/below'), t.topic('t/below'), topicName);
      await client.expectSilence();
    },
  },
  {
    name: 'unsubscribed-gets-none',
    title: 'After UNSUBSCRIBE a retained message is not sent any more',
    statements: ['MQTT-3.10.4-2'],
    async run(t) {
      const client = await subscribed(t);
      await client.unsubscribe(t.topic());
      await retain(t, 'kept');
      await client.subscribe(t.topic('end'));
      await expectOnlyMarker(t, client, t.topic('end'));
    },
  },
]);

async function retain(t: CaseContext, payload: string, qos: QoS = 1): Promise<WireClient> {
  const publisher = await t.connect();
  await publisher.publish(t.topic(), payload, { qos, retain: true });
  await publisher.ping();
  return publisher;
}

/** Section 3.3.1.3, RETAIN. */
export const retainCases: readonly ConformanceCase[] = [...storing, ...flag, ...removing];
