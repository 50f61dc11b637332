import type { CaseContext } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';

const cases: readonly CaseDefinition[] = [
  {
    name: 'one',
    title: 'A message carries the Subscription Identifier of the subscription that it matches',
    statements: ['MQTT-3.3.4-3', 'MQTT-3.3.4-4'],
    async run(t) {
      const client = await t.connect();
      for (const id of [1, 127, 128, 268_435_455]) {
        await client.subscribe(t.topic(`${id}`), { subscriptionIdentifiers: [id] });
        await client.publish(t.topic(`${id}`), 'x');
        await client.receive({ properties: { subscriptionIdentifiers: [id] } });
      }
    },
  },
  {
    name: 'for-all-filters',
    title: 'The Subscription Identifier of a SUBSCRIBE holds for all of its filters',
    statements: ['MQTT-3.3.4-3', 'MQTT-3.8.4-5'],
    async run(t) {
      const client = await t.connect();
      const topics = [t.topic('a'), t.topic('b')];
      await client.subscribe(topics, { subscriptionIdentifiers: [9] });
      for (const topic of topics) {
        await client.publish(topic, 'x');
        await client.receive({ topicName: topic, properties: { subscriptionIdentifiers: [9] } });
      }
    },
  },
  {
    name: 'overlapping',
    title: 'Overlapping subscriptions: one copy with all identifiers, or a copy each with its own',
    statements: ['MQTT-3.3.4-3', 'MQTT-3.3.4-4', 'MQTT-3.3.4-5', 'MQTT-3.3.4-2'],
    requires: ['subscription-identifiers', 'wildcard', 'qos2'],
    async run(t) {
      const client = await t.connect();
      await subscribeAs(client, t.topic('a/b'), 0, 1);
      await subscribeAs(client, t.topic('a/#'), 2, 2);
      await subscribeAs(client, t.topic('a/+'), 1, 3);
      await client.publish(t.topic('a/b'), 'x', { qos: 2 });
      const copies = await copiesOf(t, client, t.topic('a/b'));
      const ids = copies.flatMap((copy) => copy.properties?.subscriptionIdentifiers ?? []);
      check(`${ids.toSorted((a, b) => a - b)}` === '1,2,3', 'the identifiers 1, 2 and 3', `${ids}`);
      const highest = Math.max(...copies.map(({ qos }) => qos));
      check(highest === 2, 'the highest QoS of them, 2', `${highest}`);
    },
  },
  {
    name: 'same-identifier-repeated',
    title: 'Two matching subscriptions with the same identifier: it comes twice, or in two copies',
    statements: ['MQTT-3.3.4-4', 'MQTT-3.3.4-5'],
    requires: ['subscription-identifiers', 'wildcard'],
    level: 'should',
    async run(t) {
      const client = await t.connect();
      await subscribeAs(client, t.topic('a/b'), 0, 7);
      await subscribeAs(client, t.topic('a/+'), 0, 7);
      await client.publish(t.topic('a/b'), 'x');
      const copies = await copiesOf(t, client, t.topic('a/b'));
      const ids = copies.flatMap((copy) => copy.properties?.subscriptionIdentifiers ?? []);
      check(`${ids}` === '7,7', 'the identifier 7 twice', `${ids}`);
    },
  },
  {
    name: 'of-the-receiver-only',
    title: 'A client sees its own identifiers, and not those of other clients',
    statements: ['MQTT-3.3.4-4'],
    async run(t) {
      const [one, two, none] = [await t.connect(), await t.connect(), await t.connect()];
      await subscribeAs(one, t.topic(), 0, 11);
      await subscribeAs(two, t.topic(), 0, 22);
      await none.subscribe(t.topic());
      await one.publish(t.topic(), 'x');
      await one.receive({ properties: { subscriptionIdentifiers: [11] } });
      await two.receive({ properties: { subscriptionIdentifiers: [22] } });
      const { properties } = await none.receive({ payload: 'x' });
      check(properties?.subscriptionIdentifiers === undefined, 'no identifier', 'one');
    },
  },
  {
    name: 'replaced',
    title: 'Subscribing again replaces the identifier, or removes it',
    statements: ['MQTT-3.8.4-3', 'MQTT-3.3.4-3'],
    async run(t) {
      const client = await t.connect();
      await subscribeAs(client, t.topic(), 0, 1);
      await subscribeAs(client, t.topic(), 0, 2);
      await client.publish(t.topic(), 'x');
      await client.receive({ properties: { subscriptionIdentifiers: [2] } });
      await client.subscribe(t.topic());
      await client.publish(t.topic(), 'y');
      const { properties } = await client.receive({ payload: 'y' });
      check(properties?.subscriptionIdentifiers === undefined, 'no identifier', 'one');
    },
  },
  {
    name: 'retained',
    title: 'A retained message that a SUBSCRIBE brings carries its identifier',
    statements: ['MQTT-3.3.4-3'],
    requires: ['subscription-identifiers', 'retain'],
    async run(t) {
      const client = await t.connect();
      await client.publish(t.topic(), 'kept', { retain: true });
      await subscribeAs(client, t.topic(), 0, 5);
      await client.receive({ payload: 'kept', properties: { subscriptionIdentifiers: [5] } });
    },
  },
  {
    name: 'resumed',
    title: 'The identifier is part of the session: it holds after a resumption',
    statements: ['MQTT-3.3.4-3', 'MQTT-3.1.2-5'],
    requires: ['subscription-identifiers', 'qos1'],
    async run(t) {
      const keeping = { properties: { sessionExpiryInterval: 60 } };
      const client = await t.connect(keeping);
      await subscribeAs(client, t.topic(), 1, 6);
      await client.disconnect();
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'queued', { qos: 1 });
      const again = await t.connect({ clientId: client.clientId, cleanStart: false, ...keeping });
      await again.receive({ payload: 'queued', properties: { subscriptionIdentifiers: [6] } });
    },
  },
  {
    name: 'announced-unavailable',
    title: 'Where Subscription Identifiers are unavailable one closes the connection, with 0xA1',
    statements: ['MQTT-4.13.1-1'],
    requires: [],
    needs: ['no-subscription-identifiers'],
    async run(t) {
      const client = await t.connect({ fixture: 'no-subscription-identifiers' });
      const available = client.connack?.properties?.subscriptionIdentifiersAvailable;
      check(available === 0, 'Subscription Identifiers Available 0', `${available}`);
      client.send({
        type: 8,
        packetId: 1,
        subscriptions: [
          { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        ],
        properties: { subscriptionIdentifiers: [1] },
      });
      const suback = await client.expect('suback').catch(() => undefined);
      const code = suback?.reasonCodes[0];
      if (code === undefined) await client.expectClosed([0xa1, 0x82]);
      else check(code === 0xa1, 'SUBACK 0xA1 or a close', `${code}`);
    },
  },
  {
    name: 'overlapping-qos',
    title: 'Overlapping subscriptions deliver at the highest QoS that was granted',
    statements: ['MQTT-3.3.4-2'],
    requires: ['wildcard', 'qos2'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic('a/b'), qos: 0 });
      await client.subscribe({ topicFilter: t.topic('a/#'), qos: 2 });
      await client.publish(t.topic('a/b'), 'x', { qos: 2 });
      const copies = await copiesOf(t, client, t.topic('a/b'));
      const highest = Math.max(...copies.map(({ qos }) => qos));
      check(highest === 2, 'QoS 2', `${highest}`);
    },
  },
  {
    name: 'overlapping-no-local',
    title: 'Of two overlapping subscriptions the one without No Local still delivers',
    statements: ['MQTT-3.8.3-3'],
    requires: ['wildcard'],
    level: 'practice',
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic('a/b'), noLocal: true });
      await client.subscribe({ topicFilter: t.topic('a/#') });
      await client.publish(t.topic('a/b'), 'x');
      await client.receive({ payload: 'x' });
    },
  },
];

async function subscribeAs(
  client: WireClient,
  topicFilter: string,
  qos: 0 | 1 | 2,
  id: number,
): Promise<void> {
  await client.subscribe({ topicFilter, qos }, { subscriptionIdentifiers: [id] });
}

/** All copies of what was published before; a subscription of its own tells when they have come. */
async function copiesOf(
  t: CaseContext,
  client: WireClient,
  topicName: string,
): Promise<Awaited<ReturnType<WireClient['receive']>>[]> {
  await client.subscribe(t.topic('marker'));
  await client.publish(t.topic('marker'), 'marker');
  const publishes = await client.receiveUntil('marker');
  return publishes.filter((publish) => publish.topicName === topicName);
}

/** Section 3.3.4 and 3.8.2.1.2, Subscription Identifiers and overlapping subscriptions. */
export const subscriptionIdentifierCases: readonly ConformanceCase[] = defineCases(
  5,
  'subscription-identifiers',
  cases.map((one) => ({ ...one, requires: one.requires ?? ['subscription-identifiers'] })),
);
