import type { CaseContext } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';

const storing: readonly CaseDefinition[] = [
  ...([0, 1, 2] as const).map((qos) => ({
    name: `stored-qos${qos}`,
    title: `A QoS ${qos} message with RETAIN 1 is stored for later subscribers, with RETAIN 1`,
    statements: ['MQTT-3.3.1-5', 'MQTT-3.3.1-9'],
    ...(qos === 2 && { requires: ['qos2', 'retain'] as const }),
    async run(t: CaseContext) {
      const client = await publishRetained(t, 'kept', qos);
      await client.subscribe({ topicFilter: t.topic(), qos });
      await client.receive({ topicName: t.topic(), payload: 'kept', retain: true, qos });
    },
  })),
  {
    name: 'replaced',
    title: 'A retained message replaces the one before it',
    statements: ['MQTT-3.3.1-5'],
    async run(t) {
      await publishRetained(t, 'old');
      const client = await publishRetained(t, 'new');
      await client.subscribe(t.topic());
      await client.receive({ payload: 'new', retain: true });
      await client.expectSilence();
    },
  },
  {
    name: 'removed',
    title: 'An empty payload with RETAIN 1 is delivered, and removes the retained message',
    statements: ['MQTT-3.3.1-6', 'MQTT-3.3.1-7'],
    async run(t) {
      const client = await publishRetained(t, 'kept');
      await client.subscribe(t.topic());
      await client.receive({ payload: 'kept' });
      await client.publish(t.topic(), '', { retain: true });
      await client.receive({ payload: '' });
      const later = await t.connect();
      await later.subscribe(t.topic());
      await later.expectSilence();
    },
  },
  {
    name: 'empty-not-stored',
    title: 'An empty payload with RETAIN 1 is not stored where nothing was retained',
    statements: ['MQTT-3.3.1-7'],
    async run(t) {
      const client = await publishRetained(t, '');
      await client.subscribe(t.topic());
      await client.expectSilence();
    },
  },
  {
    name: 'retain-0-does-not-store',
    title: 'A message with RETAIN 0 is not stored',
    statements: ['MQTT-3.3.1-8'],
    async run(t) {
      const client = await t.connect();
      await client.publish(t.topic(), 'x');
      await client.subscribe(t.topic());
      await client.expectSilence();
    },
  },
  {
    name: 'retain-0-does-not-touch',
    title: 'A message with RETAIN 0, empty or not, leaves the retained message in place',
    statements: ['MQTT-3.3.1-8'],
    async run(t) {
      const client = await publishRetained(t, 'kept');
      await client.publish(t.topic(), 'other');
      await client.publish(t.topic(), '');
      await client.subscribe(t.topic());
      await client.receive({ payload: 'kept', retain: true });
      await client.expectSilence();
    },
  },
  {
    name: 'lower-qos',
    title: 'A retained message is sent at the lower of its own and the granted QoS',
    statements: ['MQTT-3.8.4-8', 'MQTT-3.3.1-9'],
    requires: ['retain', 'qos2'],
    async run(t) {
      const client = await publishRetained(t, 'kept', 2);
      for (const qos of [0, 1] as const) {
        await client.subscribe({ topicFilter: t.topic(), qos });
        await client.receive({ payload: 'kept', qos, retain: true });
      }
    },
  },
  {
    name: 'wildcard',
    title: 'A subscription with wildcards gets the retained messages of all matching topics',
    statements: ['MQTT-3.3.1-9'],
    requires: ['retain', 'wildcard'],
    async run(t) {
      const client = await t.connect();
      const topics = ['a', 'a/b', 'a/b/c', 'd'].map((name) => t.topic(`w/${name}`));
      for (const topic of topics) await client.publish(topic, topic, { retain: true });
      await client.subscribe(t.topic('w/#'));
      const found = new Set<string>();
      for (let i = 0; i < topics.length; i++) {
        found.add((await client.receive({ retain: true })).topicName);
      }
      check(found.size === topics.length, 'each of them once', [...found].join(', '));
      await client.expectSilence();
    },
  },
];

const handling: readonly CaseDefinition[] = [
  {
    name: 'handling-0',
    title: 'Retain Handling 0: retained messages come at each subscribe, also to a filter held',
    statements: ['MQTT-3.3.1-9', 'MQTT-3.8.4-4'],
    async run(t) {
      const client = await publishRetained(t, 'kept');
      for (let i = 0; i < 2; i++) {
        await client.subscribe({ topicFilter: t.topic(), retainHandling: 0 });
        await client.receive({ payload: 'kept', retain: true });
      }
    },
  },
  {
    name: 'handling-1-new',
    title: 'Retain Handling 1: retained messages come when the subscription is new',
    statements: ['MQTT-3.3.1-10'],
    async run(t) {
      const client = await publishRetained(t, 'kept');
      await client.subscribe({ topicFilter: t.topic(), retainHandling: 1 });
      await client.receive({ payload: 'kept', retain: true });
    },
  },
  {
    name: 'handling-1-again',
    title: 'Retain Handling 1: none when the subscription existed, even with other options',
    statements: ['MQTT-3.3.1-10'],
    async run(t) {
      const client = await publishRetained(t, 'kept');
      await client.subscribe({ topicFilter: t.topic(), qos: 0, retainHandling: 2 });
      await client.expectSilence();
      await client.subscribe({ topicFilter: t.topic(), qos: 1, retainHandling: 1 });
      await client.expectSilence();
    },
  },
  {
    name: 'handling-1-resumed',
    title: 'Retain Handling 1: none when the subscription is one of a resumed session',
    statements: ['MQTT-3.3.1-10'],
    async run(t) {
      const keeping = { properties: { sessionExpiryInterval: 60 } };
      const client = await t.connect(keeping);
      await client.subscribe(t.topic());
      await client.disconnect();
      await publishRetained(t, 'kept', 0);
      const again = await t.connect({ clientId: client.clientId, cleanStart: false, ...keeping });
      // the message itself may have been queued for the session while it was away
      await again.ping();
      again.inbox.length = 0;
      await again.subscribe({ topicFilter: t.topic(), retainHandling: 1 });
      await again.expectSilence();
    },
  },
  {
    name: 'handling-1-after-unsubscribe',
    title: 'Retain Handling 1: they come again when the subscription was removed in between',
    statements: ['MQTT-3.3.1-10'],
    async run(t) {
      const client = await publishRetained(t, 'kept');
      const request = { topicFilter: t.topic(), retainHandling: 1 } as const;
      await client.subscribe(request);
      await client.receive({ payload: 'kept' });
      await client.unsubscribe(t.topic());
      await client.subscribe(request);
      await client.receive({ payload: 'kept' });
    },
  },
  {
    name: 'handling-2',
    title: 'Retain Handling 2: no retained message at a subscribe, new or not',
    statements: ['MQTT-3.3.1-11'],
    async run(t) {
      const client = await publishRetained(t, 'kept');
      for (let i = 0; i < 2; i++) {
        await client.subscribe({ topicFilter: t.topic(), retainHandling: 2 });
        await client.expectSilence();
      }
    },
  },
];

const asPublished: readonly CaseDefinition[] = [
  {
    name: 'as-published-0',
    title: 'Retain As Published 0: messages are forwarded with RETAIN 0',
    statements: ['MQTT-3.3.1-12'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), retainAsPublished: false });
      await client.publish(t.topic(), 'x', { retain: true });
      await client.receive({ payload: 'x', retain: false });
    },
  },
  {
    name: 'as-published-1',
    title: 'Retain As Published 1: messages are forwarded with the RETAIN flag they came with',
    statements: ['MQTT-3.3.1-13'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), retainAsPublished: true });
      await client.publish(t.topic(), 'x', { retain: true });
      await client.receive({ payload: 'x', retain: true });
      await client.publish(t.topic(), 'y');
      await client.receive({ payload: 'y', retain: false });
    },
  },
  {
    name: 'subscribe-sets-retain',
    title: 'Messages sent because of a subscribe have RETAIN 1, whatever Retain As Published says',
    statements: ['MQTT-3.3.1-9', 'MQTT-3.3.1-12'],
    async run(t) {
      const client = await publishRetained(t, 'kept');
      for (const retainAsPublished of [false, true]) {
        await client.subscribe({ topicFilter: t.topic(), retainAsPublished });
        await client.receive({ payload: 'kept', retain: true });
      }
    },
  },
];

/** A client that has just had a message retained at the topic of the case. */
async function publishRetained(
  t: CaseContext,
  payload: string,
  qos: 0 | 1 | 2 = 0,
): Promise<WireClient> {
  const client = await t.connect();
  await client.publish(t.topic(), payload, { qos, retain: true });
  return client;
}

/** Section 3.3.1.3 and 3.8.3.1, retained messages. */
export const retainCases: readonly ConformanceCase[] = defineCases(
  5,
  'retain',
  [...storing, ...handling, ...asPublished].map((one) => ({
    ...one,
    requires: one.requires ?? ['retain'],
  })),
);
