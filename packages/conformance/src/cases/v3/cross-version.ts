import { packet, str } from '../../bytes.ts';
import type { CaseContext, ConnectOptions } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import {
  connectAs,
  expectSession,
  leaveSession,
  resume,
  subscribed,
  watchWill,
  willOf,
} from './steps.ts';

const keeping = { properties: { sessionExpiryInterval: 60 } } as const satisfies ConnectOptions;

const carried = {
  payloadFormatIndicator: 1,
  messageExpiryInterval: 100,
  contentType: 'text/plain',
  responseTopic: 'answers',
  correlationData: Buffer.from([0, 1, 255]),
  userProperties: [
    ['a', '1'],
    ['a', '2'],
  ],
} as const;

// What a subscriber of 3.1.1 gets is bound by 3.1.1, whoever published it.
const fromVersion5 = defineCases(4, 'cross-version', [
  ...([0, 1, 2] as const).map((qos) => ({
    name: `properties-qos${qos}`,
    title: `A QoS ${qos} message of a 5.0 client reaches a 3.1.1 client without its properties`,
    statements: ['MQTT-4.5.0-1', 'MQTT-3.3.2-3'],
    async run(t: CaseContext) {
      const subscriber = await subscribed(t);
      const publisher = await connectAs(t, 5);
      await publisher.publish(t.topic(), 'x', { qos, properties: carried });
      await subscriber.receive({ topicName: t.topic(), payload: 'x', qos });
    },
  })),
  {
    name: 'properties-queued',
    title: 'A message of a 5.0 client that waited for a 3.1.1 client comes without its properties',
    statements: ['MQTT-3.1.2-5'],
    async run(t) {
      const clientId = await leaveSession(t);
      const publisher = await connectAs(t, 5);
      await publisher.publish(t.topic(), 'x', { qos: 2, properties: carried });
      const again = await resume(t, clientId);
      await again.receive({ topicName: t.topic(), payload: 'x', qos: 2 });
    },
  },
  {
    name: 'properties-retained',
    title: 'A retained message of a 5.0 client comes without its properties',
    statements: ['MQTT-3.3.1-6'],
    async run(t) {
      const publisher = await connectAs(t, 5);
      await publisher.publish(t.topic(), 'x', { qos: 1, retain: true, properties: carried });
      const subscriber = await subscribed(t);
      await subscriber.receive({ topicName: t.topic(), payload: 'x', retain: true });
    },
  },
  {
    name: 'topic-alias',
    title: 'A message that a 5.0 client sent by Topic Alias has its Topic Name for a 3.1.1 client',
    statements: ['MQTT-3.3.2-3', 'MQTT-3.3.2-1'],
    async run(t) {
      const subscriber = await subscribed(t);
      const publisher = await connectAs(t, 5);
      if (!publisher.connack?.properties?.topicAliasMaximum) t.skip('Topic Alias Maximum is 0');
      const properties = { topicAlias: 1 };
      await publisher.publish(t.topic(), '1', { qos: 1, properties });
      await publisher.publish('', '2', { qos: 1, properties });
      for (const payload of ['1', '2']) await subscriber.receive({ topicName: t.topic(), payload });
    },
  },
  {
    name: 'will',
    title: 'The Will of a 5.0 client, with properties, reaches a 3.1.1 client',
    statements: ['MQTT-4.5.0-1'],
    async run(t) {
      const watcher = await watchWill(t);
      const will = willOf(t, { qos: 1, properties: { ...carried, willDelayInterval: 0 } });
      const client = await connectAs(t, 5, { will });
      await client.lose();
      await watcher.receive({ topicName: t.topic('will'), payload: 'gone', qos: 1 });
    },
  },
  {
    name: 'message-expiry',
    title: 'A message of a 5.0 client that has expired is not delivered to a 3.1.1 client',
    statements: ['MQTT-3.1.2-5'],
    level: 'practice',
    slow: true,
    async run(t) {
      const clientId = await leaveSession(t);
      const publisher = await connectAs(t, 5);
      const properties = { messageExpiryInterval: 1 };
      await publisher.publish(t.topic(), 'short', { qos: 1, properties });
      await publisher.publish(t.topic('r'), 'short', { qos: 1, retain: true, properties });
      await publisher.publish(t.topic(), 'long', { qos: 1 });
      await t.sleep(3000);
      const again = await resume(t, clientId);
      await again.receive({ payload: 'long' });
      await again.subscribe(t.topic('r'));
      await again.expectSilence();
    },
  },
  {
    name: 'retain-flag',
    title: 'A 3.1.1 subscriber gets RETAIN 0 while a 5.0 one has asked for the flag as published',
    statements: ['MQTT-3.3.1-9'],
    async run(t) {
      const old = await subscribed(t);
      const fresh = await connectAs(t, 5);
      await fresh.subscribe({ topicFilter: t.topic(), retainAsPublished: true });
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 1, retain: true });
      await old.receive({ payload: 'x', retain: false });
      await fresh.receive({ payload: 'x', retain: true });
    },
  },
]);

const fromVersion31 = defineCases(4, 'cross-version', [
  {
    name: 'dup-at-qos-0-of-3.1',
    title: 'DUP at QoS 0, which a 3.1 client may set, does not reach a 3.1.1 client',
    statements: ['MQTT-3.3.1-2', 'MQTT-3.3.1-3', 'MQTT-4.3.1-1'],
    async run(t) {
      const subscriber = await subscribed(t);
      const publisher = await connectAs(t, 3);
      publisher.send(packet(0x38, str(t.topic()), 'x'));
      await publisher.ping();
      await subscriber.receive({ payload: 'x', dup: false });
    },
  },
  {
    name: 'will-of-3.1',
    title: 'Will and messages of a 3.1 client reach a 3.1.1 client',
    statements: ['MQTT-4.5.0-1'],
    async run(t) {
      const watcher = await watchWill(t);
      const publisher = await connectAs(t, 3, { will: willOf(t, { qos: 1 }) });
      await publisher.publish(t.topic('will'), 'alive', { qos: 2 });
      await watcher.receive({ payload: 'alive', qos: 2 });
      await publisher.lose();
      await watcher.receive({ payload: 'gone', qos: 1 });
    },
  },
]);

const toVersion5 = defineCases(4, 'cross-version', [
  ...([0, 1, 2] as const).map((qos) => ({
    name: `to-5-qos${qos}`,
    title: `A QoS ${qos} message of a 3.1.1 client reaches a 5.0 client, without properties of its own`,
    statements: ['MQTT-4.5.0-1'],
    async run(t: CaseContext) {
      const subscriber = await connectAs(t, 5);
      await subscriber.subscribe(t.topic());
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos });
      const { properties = {} } = await subscriber.receive({ payload: 'x', qos });
      const added = Object.keys(properties)
        .filter((name) => name !== 'topicAlias')
        .join(', ');
      check(added === '', 'no properties', added);
    },
  })),
  {
    name: 'to-5-will',
    title: 'The Will of a 3.1.1 client reaches a 5.0 client at once',
    statements: ['MQTT-3.1.2-8'],
    async run(t) {
      const watcher = await connectAs(t, 5);
      await watcher.subscribe(t.topic('will'));
      const client = await t.connect({ will: willOf(t, { qos: 2 }), cleanStart: false });
      await client.lose();
      await watcher.receive({ payload: 'gone', qos: 2 });
    },
  },
  {
    name: 'to-5-identifier',
    title: 'A 5.0 client gets its Subscription Identifier with a message of a 3.1.1 client',
    statements: ['MQTT-4.5.0-1'],
    level: 'practice',
    async run(t) {
      const subscriber = await connectAs(t, 5);
      if (subscriber.connack?.properties?.subscriptionIdentifiersAvailable === 0) {
        t.skip('the server announces no Subscription Identifiers');
      }
      await subscriber.subscribe(t.topic(), { subscriptionIdentifiers: [9] });
      const plain = await subscribed(t);
      await plain.publish(t.topic(), 'x', { qos: 1 });
      await subscriber.receive({ payload: 'x', properties: { subscriptionIdentifiers: [9] } });
      await plain.receive({ payload: 'x' });
    },
  },
]);

const sessions = defineCases(4, 'cross-version', [
  {
    name: 'takeover-by-5',
    title: 'A 5.0 client takes over from a 3.1.1 client, which is closed without a DISCONNECT',
    statements: ['MQTT-3.1.4-2'],
    async run(t) {
      const old = await t.connect();
      const fresh = await connectAs(t, 5, { clientId: old.clientId });
      const { packets } = await old.expectClosed();
      check(packets.length === 0, 'no packet', `${packets.length}`);
      await fresh.ping();
    },
  },
  {
    name: 'takeover-from-5',
    title: 'A 3.1.1 client takes over from a 5.0 client, which is told 0x8E or nothing',
    statements: ['MQTT-3.1.4-2'],
    async run(t) {
      const old = await connectAs(t, 5);
      const fresh = await t.connect({ clientId: old.clientId });
      await old.expectClosed([0x8e]);
      await fresh.ping();
    },
  },
  {
    name: 'session-to-5',
    title:
      'A session of a 3.1.1 client with CleanSession 0 goes on when its client returns with 5.0',
    statements: ['MQTT-3.1.2-4'],
    level: 'practice',
    async run(t) {
      const clientId = await leaveSession(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 1 });
      const again = await connectAs(t, 5, { ...keeping, clientId, cleanStart: false });
      expectSession(again, true);
      await again.receive({ topicName: t.topic(), payload: 'x' });
    },
  },
  {
    name: 'session-from-5',
    title:
      'A session of a 5.0 client goes on when its client returns with 3.1.1: without properties',
    statements: ['MQTT-3.1.2-4'],
    level: 'practice',
    async run(t) {
      const client = await connectAs(t, 5, keeping);
      await client.subscribe(t.topic());
      await client.disconnect();
      const publisher = await connectAs(t, 5);
      await publisher.publish(t.topic(), 'x', { qos: 2, properties: carried });
      const again = await resume(t, client.clientId);
      await again.receive({ topicName: t.topic(), payload: 'x', qos: 2 });
    },
  },
  {
    name: 'session-in-flight-from-5',
    title:
      'What a 5.0 client left in flight is sent again to it as a 3.1.1 client, without properties',
    statements: ['MQTT-4.4.0-1'],
    level: 'practice',
    async run(t) {
      const client = await connectAs(t, 5, keeping);
      await client.subscribe(t.topic());
      await client.publish(t.topic(), 'x', { qos: 1, properties: carried });
      const { packetId } = await client.expect('publish');
      await client.lose();
      const again = await resume(t, client.clientId);
      await again.receive({ payload: 'x', dup: true, packetId });
    },
  },
  {
    name: 'clean-session-1-ends-5',
    title: 'CleanSession 1 of a 3.1.1 client ends the session that a 5.0 client left',
    statements: ['MQTT-3.1.2-6'],
    level: 'practice',
    async run(t) {
      const client = await connectAs(t, 5, keeping);
      await client.subscribe(t.topic());
      await client.disconnect();
      expectSession(await t.connect({ clientId: client.clientId }), false);
    },
  },
  {
    name: 'shared-group',
    title: 'Clients of 3.1.1 and 5.0 can be members of one group',
    statements: ['MQTT-4.5.0-1'],
    level: 'practice',
    async run(t) {
      const old = await subscribed(t, { topicFilter: `$share/g/${t.topic()}` });
      const fresh = await connectAs(t, 5);
      await fresh.subscribe(`$share/g/${t.topic()}`);
      const publisher = await connectAs(t, 5);
      for (let i = 0; i < 20; i++) {
        await publisher.publish(t.topic(), `${i}`, { qos: 1, properties: carried });
      }
      let total = 0;
      for (const member of [old, fresh]) {
        await member.ping();
        const count = member.inbox.filter(({ type }) => type === 3).length;
        check(count > 0, 'some messages', 'none');
        total += count;
      }
      check(total === 20, '20 messages', `${total}`);
    },
  },
]);

/** Messages and sessions between clients of 3.1.1 and of the other versions. */
export const crossVersionCases: readonly ConformanceCase[] = [
  ...fromVersion5,
  ...fromVersion31,
  ...toVersion5,
  ...sessions,
];
