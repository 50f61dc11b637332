import { packet, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';
import { expectFilterRefused, resume, subscribed } from './steps.ts';

// Not a part of 3.1.1, but servers honour Shared Subscriptions of 5.0 for clients of 3.x.
const groups: readonly CaseDefinition[] = [
  {
    name: 'one-of-the-group',
    title: 'A message goes to one member of a group, and to every plain subscriber',
    statements: ['MQTT-4.5.0-1'],
    async run(t) {
      const members = await group(t, 3);
      const plain = await subscribed(t);
      const payloads = await publishAll(t, 12);
      for (const payload of payloads) await plain.receive({ payload });
      const received = await collect(t, members);
      check(
        received.toSorted().join() === payloads.toSorted().join(),
        'each once',
        received.join(),
      );
    },
  },
  {
    name: 'shared-out',
    title: 'The messages are shared out: every member of a group gets some of many',
    statements: ['MQTT-4.5.0-1'],
    async run(t) {
      const members = await group(t, 2);
      await publishAll(t, 40);
      for (const member of members) {
        const received = await collect(t, [member]);
        check(received.length > 0, 'some messages', 'none');
      }
    },
  },
  {
    name: 'groups-apart',
    title: 'Groups of different names each get the message',
    statements: ['MQTT-4.5.0-1'],
    async run(t) {
      const one = await subscribed(t, { topicFilter: `$share/one/${t.topic()}` });
      const two = await subscribed(t, { topicFilter: `$share/two/${t.topic()}` });
      await one.publish(t.topic(), 'x', { qos: 1 });
      await one.receive({ topicName: t.topic(), payload: 'x' });
      await two.receive({ topicName: t.topic(), payload: 'x' });
    },
  },
  {
    name: 'wildcards',
    title: 'The filter of a group may have wildcards',
    statements: ['MQTT-4.7.1-1'],
    async run(t) {
      const client = await subscribed(t, { topicFilter: `$share/g/${t.topic('+/#')}` });
      await client.publish(t.topic('a/b/c'), 'x', { qos: 2 });
      await client.receive({ topicName: t.topic('a/b/c'), payload: 'x', qos: 2 });
    },
  },
  {
    name: 'member-leaves',
    title: 'Who unsubscribes, or leaves with its session, gets no more; the others get all',
    statements: ['MQTT-3.10.4-2'],
    async run(t) {
      const [stays, unsubscribes, disconnects] = await group(t, 3);
      if (!stays || !unsubscribes || !disconnects) return;
      await unsubscribes.unsubscribe(`$share/g/${t.topic()}`);
      await disconnects.disconnect();
      for (const payload of await publishAll(t, 9)) await stays.receive({ payload });
      await unsubscribes.expectSilence();
    },
  },
  {
    name: 'no-retained',
    title: 'A subscription of a group is not sent retained messages',
    statements: ['MQTT-3.3.1-6'],
    async run(t) {
      const client = await t.connect();
      await client.publish(t.topic(), 'kept', { qos: 1, retain: true });
      await client.subscribe(`$share/g/${t.topic()}`);
      await client.expectSilence();
    },
  },
  {
    name: 'shared-and-plain',
    title: 'A client with a plain subscription beside that of a group gets both copies',
    statements: ['MQTT-3.3.5-1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe([`$share/g/${t.topic()}`, t.topic()]);
      await client.publish(t.topic(), 'x', { qos: 1 });
      await client.receive({ payload: 'x' });
      await client.receive({ payload: 'x' });
      await client.expectSilence();
    },
  },
  {
    name: 'absent-member',
    title: 'Messages wait for the only member of a group when it is absent and has a session',
    statements: ['MQTT-3.1.2-5'],
    async run(t) {
      const client = await subscribed(t, {
        topicFilter: `$share/g/${t.topic()}`,
        cleanStart: false,
      });
      await client.disconnect();
      await publishAll(t, 3);
      const again = await resume(t, client.clientId);
      for (const payload of ['0', '1', '2']) await again.receive({ payload });
    },
  },
];

const malformed: readonly CaseDefinition[] = [
  ['no-filter', '$share/g'],
  ['empty-filter', '$share/g/'],
  ['empty-name', '$share//a'],
  ['wildcard-in-name', '$share/a+/a'],
].map(([name = '', filter = '']) => ({
  name: `malformed-${name}`,
  title: `The filter "${filter}" is refused: SUBACK 0x80, or the connection is closed`,
  statements: ['MQTT-3.8.4-5'],
  async run(t: CaseContext) {
    const client = await t.connect();
    await expectFilterRefused(client, packet(0x82, u16(1), str(filter), 0));
  },
}));

async function group(t: CaseContext, size: number): Promise<WireClient[]> {
  const members: WireClient[] = [];
  for (let i = 0; i < size; i++) {
    const member = await subscribed(t, { topicFilter: `$share/g/${t.topic()}` });
    await member.subscribe(t.topic('end'));
    members.push(member);
  }
  return members;
}

async function publishAll(t: CaseContext, count: number): Promise<string[]> {
  const publisher = await t.connect();
  const payloads = Array.from({ length: count }, (_, i) => `${i}`);
  for (const payload of payloads) await publisher.publish(t.topic(), payload, { qos: 1 });
  return payloads;
}

/** What came to the members of a group up to now. */
async function collect(t: CaseContext, members: readonly WireClient[]): Promise<string[]> {
  const publisher = await t.connect();
  await publisher.publish(t.topic('end'), 'marker', { qos: 1 });
  const received: string[] = [];
  for (const member of members) {
    const publishes = await member.receiveUntil('marker');
    received.push(...publishes.map(({ payload }) => Buffer.from(payload).toString()));
  }
  return received.filter((payload) => payload !== 'marker');
}

/** Shared Subscriptions for clients of 3.1.1. */
export const sharedCases: readonly ConformanceCase[] = defineCases(
  4,
  'shared',
  [...groups, ...malformed].map((one) => ({ ...one, level: 'practice' })),
);
