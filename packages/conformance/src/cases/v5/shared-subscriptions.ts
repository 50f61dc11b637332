import type { CaseContext } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';
import { expectFilterRefused } from './subscribe.ts';

const keeping = { properties: { sessionExpiryInterval: 60 } } as const;

const cases: readonly CaseDefinition[] = [
  {
    name: 'one-member-each',
    title: 'Each message goes to one member of a group, and to every plain subscription',
    statements: ['MQTT-4.8.2-1', 'MQTT-4.8.2-2', 'MQTT-4.5.0-1'],
    async run(t) {
      const members = [await t.connect(), await t.connect(), await t.connect()];
      for (const member of members) await member.subscribe(`$share/g/${t.topic()}`);
      const plain = await t.connect();
      await plain.subscribe(t.topic());
      const publisher = await t.connect();
      for (let i = 0; i < 12; i++) await publisher.publish(t.topic(), `${i}`, { qos: 1 });
      await plain.receiveUntil('11');
      const counts = await Promise.all(members.map(countMessages));
      const sum = counts.reduce((a, b) => a + b, 0);
      check(sum === 12, '12 messages in the group', counts.join(' + '));
    },
  },
  {
    name: 'balanced',
    title: 'The messages are spread over the members of a group',
    statements: ['MQTT-4.8.2-1'],
    level: 'practice',
    async run(t) {
      const members = [await t.connect(), await t.connect()];
      for (const member of members) await member.subscribe(`$share/g/${t.topic()}`);
      const publisher = await t.connect();
      for (let i = 0; i < 40; i++) await publisher.publish(t.topic(), `${i}`, { qos: 1 });
      const counts = await Promise.all(members.map(countMessages));
      check(Math.min(...counts) > 0, 'messages for both', counts.join(' and '));
    },
  },
  {
    name: 'groups-are-separate',
    title: 'Groups of different names, or of different filters, each get a message',
    statements: ['MQTT-4.8.2-1', 'MQTT-4.8.2-2'],
    requires: ['shared', 'wildcard'],
    async run(t) {
      const filters = [t.topic('a/b'), t.topic('a/b'), t.topic('a/+')];
      const names = ['g', 'h', 'g'];
      const members: WireClient[] = [];
      for (const [i, filter] of filters.entries()) {
        const member = await t.connect();
        await member.subscribe(`$share/${names[i]}/${filter}`);
        members.push(member);
      }
      const publisher = await t.connect();
      await publisher.publish(t.topic('a/b'), 'x', { qos: 1 });
      for (const member of members) await member.receive({ payload: 'x' });
    },
  },
  {
    name: 'shared-and-plain',
    title: 'A client with a shared and a plain subscription gets a copy of each',
    statements: ['MQTT-4.8.2-1', 'MQTT-3.3.4-5'],
    level: 'practice',
    async run(t) {
      const client = await t.connect();
      await client.subscribe([`$share/g/${t.topic()}`, t.topic()]);
      await client.publish(t.topic(), 'x');
      await client.receive({ payload: 'x' });
      await client.receive({ payload: 'x' });
    },
  },
  {
    name: 'member-once',
    title: 'A session that subscribes to a group again is one member of it',
    statements: ['MQTT-4.8.2-1', 'MQTT-3.8.4-5'],
    async run(t) {
      const client = await t.connect();
      for (let i = 0; i < 2; i++) await client.subscribe(`$share/g/${t.topic()}`);
      await client.publish(t.topic(), 'x');
      await client.receive({ payload: 'x' });
      await client.expectSilence();
    },
  },
  {
    name: 'slash-in-filter',
    title: '"$share/g//x" shares the filter "/x"',
    statements: ['MQTT-4.8.2-2'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(`$share/g//${t.topic()}`);
      await client.publish(t.topic(), 'no');
      await client.publish(`/${t.topic()}`, 'yes');
      await client.receive({ payload: 'yes', topicName: `/${t.topic()}` });
    },
  },
  ...[
    '$share/g',
    '$share/g/',
    '$share//a',
    '$share/',
    '$share/g+/a',
    '$share/#/a',
    '$share/g#/a',
  ].map((filter, i) => ({
    name: `bad-filter-${i + 1}`,
    title: `The malformed shared filter ${filter} is not granted`,
    statements: [i < 2 ? 'MQTT-4.8.2-2' : 'MQTT-4.8.2-1', 'MQTT-4.8.2-2'],
    run: (t: CaseContext) => expectFilterRefused(t, filter),
  })),
  {
    name: 'granted-qos',
    title: 'A member gets messages at the QoS that was granted to it',
    statements: ['MQTT-4.8.2-3'],
    requires: ['shared', 'qos2'],
    async run(t) {
      for (const qos of [0, 1, 2] as const) {
        const member = await t.connect();
        await member.subscribe({ topicFilter: `$share/g${qos}/${t.topic()}`, qos });
        await member.publish(t.topic(), 'x', { qos: 2 });
        await member.receive({ payload: 'x', qos });
      }
    },
  },
  {
    name: 'no-retained',
    title: 'A Shared Subscription gets no retained messages, whatever Retain Handling says',
    statements: ['MQTT-3.3.1-9'],
    requires: ['shared', 'retain'],
    async run(t) {
      const client = await t.connect();
      await client.publish(t.topic(), 'kept', { retain: true });
      for (const retainHandling of [0, 1, 0] as const) {
        await client.subscribe({ topicFilter: `$share/g/${t.topic()}`, retainHandling });
        await client.expectSilence();
      }
    },
  },
  {
    name: 'retained-publish-later',
    title: 'A message with RETAIN 1 that is published later goes to the group like any other',
    statements: ['MQTT-3.3.1-13', 'MQTT-3.3.1-12'],
    requires: ['shared', 'retain'],
    async run(t) {
      for (const retainAsPublished of [true, false]) {
        const client = await t.connect();
        const topicFilter = `$share/g${Number(retainAsPublished)}/${t.topic()}`;
        await client.subscribe({ topicFilter, retainAsPublished, retainHandling: 2 });
        await client.publish(t.topic(), 'x', { retain: true });
        await client.receive({ payload: 'x', retain: retainAsPublished });
      }
    },
  },
  {
    name: 'qos2-same-member',
    title: 'A QoS 2 delivery that a lost connection interrupted goes on with the same member',
    statements: ['MQTT-4.8.2-4'],
    requires: ['shared', 'qos2'],
    async run(t) {
      const member = await t.connect(keeping);
      await member.subscribe(`$share/g/${t.topic()}`);
      await member.publish(t.topic(), 'x', { qos: 2 });
      const { packetId } = await member.expect('publish', { payload: 'x' });
      const other = await t.connect();
      await other.subscribe(`$share/g/${t.topic()}`);
      await member.lose();
      await other.expectSilence();
      const again = await t.connect({ clientId: member.clientId, cleanStart: false, ...keeping });
      await again.receive({ payload: 'x', packetId, dup: true });
      await other.expectSilence();
    },
  },
  {
    name: 'qos2-session-ends',
    title: 'A QoS 2 delivery goes to nobody else when the session of its member ends',
    statements: ['MQTT-4.8.2-5'],
    requires: ['shared', 'qos2'],
    async run(t) {
      const member = await t.connect(keeping);
      await member.subscribe(`$share/g/${t.topic()}`);
      await member.publish(t.topic(), 'x', { qos: 2 });
      await member.expect('publish', { payload: 'x' });
      const other = await t.connect();
      await other.subscribe(`$share/g/${t.topic()}`);
      await member.lose();
      const fresh = await t.connect({ clientId: member.clientId });
      await fresh.publish(t.topic(), 'later', { qos: 2 });
      await other.receive({ payload: 'later' });
      await other.expectSilence();
    },
  },
  {
    name: 'qos1-session-ends',
    title:
      'An unacknowledged QoS 1 message goes to another member when the session of the first ends',
    statements: ['MQTT-4.8.2-5'],
    level: 'should',
    requires: ['shared', 'qos1'],
    async run(t) {
      const member = await t.connect();
      await member.subscribe({ topicFilter: `$share/g/${t.topic()}`, qos: 1 });
      await member.publish(t.topic(), 'x', { qos: 1 });
      await member.expect('publish', { payload: 'x' });
      const other = await t.connect();
      await other.subscribe({ topicFilter: `$share/g/${t.topic()}`, qos: 1 });
      await member.lose();
      await other.receive({ payload: 'x' });
    },
  },
  ...([1, 2] as const).map((qos) => ({
    name: `refused-is-dropped-qos${qos}`,
    title: `A QoS ${qos} message that a member refuses is dropped and not offered to another`,
    statements: ['MQTT-4.8.2-6'],
    requires: ['shared', 'qos2'] as const,
    async run(t: CaseContext) {
      const member = await t.connect();
      await member.subscribe({ topicFilter: `$share/g/${t.topic()}`, qos });
      await member.publish(t.topic(), 'x', { qos });
      const { packetId = 0 } = await member.expect('publish', { payload: 'x' });
      const other = await t.connect();
      await other.subscribe({ topicFilter: `$share/g/${t.topic()}`, qos });
      member.acknowledge(qos === 1 ? 4 : 5, packetId, 0x80);
      await member.ping();
      await member.lose();
      await other.expectSilence();
    },
  })),
  {
    name: 'wildcard-not-for-dollar',
    title: 'A shared filter that starts with # does not match topics that start with $',
    statements: ['MQTT-4.7.2-1'],
    requires: ['shared', 'wildcard'],
    async run(t) {
      const client = await t.connect();
      const topicFilter = `$share/${t.clientId()}/#`;
      const { reasonCodes } = await client.requestSubscribe({ topicFilter, qos: 0 });
      if (reasonCodes.some((code) => code >= 0x80)) t.skip('the server refuses the filter #');
      const publisher = await t.connect();
      publisher.sendPublish(`$${t.topic()}`, 'dollar');
      await publisher.publish(t.topic(), 'plain');
      for (;;) {
        const { topicName } = await client.expect('publish');
        check(!topicName.startsWith('$'), 'no topic with $', topicName);
        if (topicName === t.topic()) return;
      }
    },
  },
  {
    name: 'identifier-of-the-member',
    title: 'A shared delivery carries the Subscription Identifier of the member that gets it',
    statements: ['MQTT-3.3.4-3', 'MQTT-3.3.4-5'],
    requires: ['shared', 'subscription-identifiers'],
    async run(t) {
      const members = [await t.connect(), await t.connect()];
      for (const [i, member] of members.entries()) {
        const id = { subscriptionIdentifiers: [i + 1] };
        await member.subscribe({ topicFilter: `$share/g/${t.topic()}`, qos: 0 }, id);
      }
      const publisher = await t.connect();
      for (let i = 0; i < 8; i++) await publisher.publish(t.topic(), `${i}`);
      await publisher.ping();
      for (const [i, member] of members.entries()) {
        await member.ping();
        for (const packet of member.inbox) {
          const ids = packet.type === 3 ? packet.properties?.subscriptionIdentifiers : undefined;
          check(`${ids}` === `${i + 1}`, `identifier ${i + 1}`, `${ids}`);
        }
      }
    },
  },
  {
    name: 'unavailable',
    title:
      'Where Shared Subscriptions are unavailable one is refused with 0x9E, by SUBACK or DISCONNECT',
    statements: ['MQTT-4.13.1-1', 'MQTT-3.9.3-2'],
    requires: [],
    needs: ['no-shared'],
    async run(t) {
      const client = await t.connect({ fixture: 'no-shared' });
      const available = client.connack?.properties?.sharedSubscriptionAvailable;
      check(available === 0, 'Shared Subscription Available 0', `${available}`);
      const topicFilter = `$share/g/${t.topic()}`;
      const options = {
        qos: 0,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
      } as const;
      client.send({ type: 8, packetId: 1, subscriptions: [{ topicFilter, ...options }] });
      const suback = await client.expect('suback').catch(() => undefined);
      const code = suback?.reasonCodes[0];
      if (code === undefined) await client.expectClosed([0x9e, 0x82]);
      else check(code === 0x9e, '0x9E', `${code}`);
    },
  },
];

/** Completes what a client has been sent, and counts it. */
async function countMessages(client: WireClient): Promise<number> {
  let count = 0;
  for (;;) {
    await client.ping();
    if (!client.inbox.some(({ type }) => type === 3)) return count;
    await client.receive();
    count += 1;
  }
}

/** Section 4.8.2, Shared Subscriptions. */
export const sharedSubscriptionCases: readonly ConformanceCase[] = defineCases(
  5,
  'shared-subscriptions',
  cases.map((one) => ({ ...one, requires: one.requires ?? ['shared'] })),
);
