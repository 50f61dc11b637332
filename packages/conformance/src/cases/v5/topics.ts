import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { expectFilterRefused } from './subscribe.ts';

/** Filters below the topic of the case, and the names that match and do not match. */
const matching: readonly (readonly [
  filter: string,
  yes: readonly string[],
  no: readonly string[],
])[] = [
  ['a/b', ['a/b'], ['a', 'a/b/c', 'a/B', 'a/b/', '/a/b']],
  ['a/+', ['a/b', 'a/', 'a/c d'], ['a', 'a/b/c']],
  ['a/#', ['a', 'a/', 'a/b', 'a/b/c'], ['ab', 'b/a']],
  ['+/b', ['a/b', '/b'], ['b', 'a/b/']],
  ['+', ['a', ''], ['a/b', '/']],
  ['+/+', ['a/b', '/', '/a'], ['a', 'a/b/c']],
  ['a/+/c', ['a/b/c', 'a//c'], ['a/c', 'a/b/d']],
  ['+/b/#', ['a/b', 'a/b/c', '/b'], ['a', 'a/c/b']],
  ['a//b', ['a//b'], ['a/b', 'a///b']],
];

const cases: readonly CaseDefinition[] = [
  ...matching.map(([filter, yes, no]) => ({
    name: `match-${filter.replaceAll('/', '-').replaceAll('+', 'plus').replaceAll('#', 'hash')}`,
    title: `The filter ${filter} matches ${yes.join(', ')} and not ${no.join(', ')}`,
    statements: ['MQTT-4.7.1-1', 'MQTT-4.7.1-2', 'MQTT-3.3.2-3', 'MQTT-4.7.0-1'],
    requires: ['wildcard'] as const,
    async run(t: Parameters<ConformanceCase['run']>[0]) {
      const client = await t.connect();
      const publisher = await t.connect();
      await client.subscribe(t.topic(`m/${filter}`));
      for (const name of [...no, ...yes]) await publisher.publish(t.topic(`m/${name}`), name);
      for (const name of yes) await client.receive({ topicName: t.topic(`m/${name}`) });
      await publisher.ping();
      await client.expectSilence();
    },
  })),
  {
    name: 'wildcards-not-for-dollar',
    title: 'Filters that start with # or + do not match topics that start with $',
    statements: ['MQTT-4.7.2-1'],
    requires: ['wildcard'],
    async run(t) {
      const client = await t.connect();
      const { reasonCodes } = await client.requestSubscribe([
        { topicFilter: '#', retainHandling: 2, qos: 0 },
        { topicFilter: '+/#', retainHandling: 2, qos: 0 },
      ]);
      if (reasonCodes.some((code) => code >= 0x80)) t.skip('the server refuses the filter #');
      const publisher = await t.connect();
      // a server may refuse such a publish, which is no answer to the question
      publisher.sendPublish(`$${t.topic()}`, 'dollar', { qos: 0 });
      await publisher.publish(t.topic(), 'plain');
      for (;;) {
        const { topicName } = await client.expect('publish');
        check(!topicName.startsWith('$'), 'no topic with $', topicName);
        if (topicName === t.topic()) return;
      }
    },
  },
  {
    name: 'dollar-by-name',
    title: 'A filter that names the level with $ is accepted',
    statements: ['MQTT-4.7.2-1'],
    requires: ['wildcard'],
    level: 'practice',
    async run(t) {
      const client = await t.connect();
      const { reasonCodes } = await client.requestSubscribe({ topicFilter: '$SYS/#', qos: 0 });
      const code = reasonCodes[0] ?? 0x80;
      check([0, 0x80, 0x83, 0x87].includes(code), 'granted or not authorized', `${code}`);
    },
  },
  {
    name: 'not-normalised',
    title: 'Topics are compared as they are: no case folding, Unicode normalisation or trimming',
    statements: ['MQTT-4.7.3-4'],
    async run(t) {
      const client = await t.connect();
      const pairs = [
        ['ACCOUNTS', 'accounts'],
        ['\u00e9', 'e\u0301'],
        [' x', 'x'],
        ['x/', 'x'],
        ['%41', 'A'],
        ['..', '.'],
      ];
      await client.subscribe(pairs.map(([name]) => t.topic(`n/${name}`)));
      for (const [name, other] of pairs) {
        await client.publish(t.topic(`n/${other}`), 'no');
        await client.publish(t.topic(`n/${name}`), 'yes');
        await client.receive({ topicName: t.topic(`n/${name}`), payload: 'yes' });
      }
    },
  },
  {
    name: 'spaces-and-one-character',
    title: 'Topics may hold spaces, and may be one character long',
    statements: ['MQTT-4.7.3-1', 'MQTT-4.7.3-4'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe([t.topic(' a b '), '~']);
      await client.publish(t.topic(' a b '), 'x');
      await client.receive({ topicName: t.topic(' a b ') });
      await client.publish('~', t.clientId());
    },
  },
  {
    name: 'long-topic',
    title: 'A Topic Name of 200 bytes is delivered',
    statements: ['MQTT-4.7.3-4'],
    level: 'practice',
    async run(t) {
      const topicName = `${t.topic()}/${'x'.repeat(200)}`.slice(0, 200);
      const client = await t.connect();
      await client.subscribe(topicName);
      await client.publish(topicName, 'x');
      await client.receive({ topicName });
    },
  },
  ...['a/#/b', 'a#', 'a+', 'a/+b'].map((filter, i) => ({
    name: `bad-wildcard-${i + 1}`,
    title: `The filter ${filter} is not granted`,
    statements: [filter.includes('#') ? 'MQTT-4.7.1-1' : 'MQTT-4.7.1-2'],
    run: (t: Parameters<ConformanceCase['run']>[0]) => expectFilterRefused(t, filter),
  })),
  {
    name: 'wildcards-unavailable',
    title:
      'Where wildcards are unavailable a filter with one is refused with 0xA2, by SUBACK or DISCONNECT',
    statements: ['MQTT-4.7.0-1', 'MQTT-3.9.3-2'],
    needs: ['no-wildcard'],
    async run(t) {
      const client = await t.connect({ fixture: 'no-wildcard' });
      const available = client.connack?.properties?.wildcardSubscriptionAvailable;
      check(available === 0, 'Wildcard Subscription Available 0', `${available}`);
      client.send({
        type: 8,
        packetId: 1,
        subscriptions: [
          {
            topicFilter: t.topic('a/#'),
            qos: 0,
            noLocal: false,
            retainAsPublished: false,
            retainHandling: 0,
          },
        ],
      });
      const suback = await client.expect('suback').catch(() => undefined);
      const code = suback?.reasonCodes[0];
      if (code === undefined) await client.expectClosed([0xa2, 0x82]);
      else check(code === 0xa2, '0xA2', `${code}`);
    },
  },
];

/** Section 4.7, Topic Names and Topic Filters. */
export const topicCases: readonly ConformanceCase[] = defineCases(5, 'topics', cases);
