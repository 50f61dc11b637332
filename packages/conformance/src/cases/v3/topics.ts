import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';

type Row = readonly [filter: string, topic: string, matches: boolean, statement: string];

// Both sides stand behind a level of the case's own, so that no other message matches.
const rows: readonly Row[] = [
  ['sport/tennis/player1/#', 'sport/tennis/player1', true, '4.7.1-2'],
  ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true, '4.7.1-2'],
  ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true, '4.7.1-2'],
  ['sport/tennis/player1/#', 'sport/tennis/player10', false, '4.7.1-2'],
  ['sport/#', 'sport', true, '4.7.1-2'],
  ['sport/#', 'sport/', true, '4.7.1-2'],
  ['sport/#', 'sports', false, '4.7.1-2'],
  ['#', 'a', true, '4.7.1-2'],
  ['#', '/', true, '4.7.1-2'],
  ['sport/tennis/+', 'sport/tennis/player1', true, '4.7.1-3'],
  ['sport/tennis/+', 'sport/tennis/player1/ranking', false, '4.7.1-3'],
  ['sport/+', 'sport', false, '4.7.1-3'],
  ['sport/+', 'sport/', true, '4.7.1-3'],
  ['+/tennis/#', 'sport/tennis', true, '4.7.1-3'],
  ['+/tennis/#', 'sport/tennis/a/b', true, '4.7.1-3'],
  ['+/tennis/#', 'tennis/a', false, '4.7.1-3'],
  ['sport/+/player1', 'sport/tennis/player1', true, '4.7.1-3'],
  ['sport/+/player1', 'sport//player1', true, '4.7.1-3'],
  ['sport/+/player1', 'sport/player1', false, '4.7.1-3'],
  ['+/+', '/finance', true, '4.7.1-3'],
  ['/+', '/finance', true, '4.7.1-3'],
  ['+', '/finance', false, '4.7.1-3'],
  ['+/+/+', '//', true, '4.7.1-3'],
  ['a/$x/+', 'a/$x/b', true, '4.7.2-1'],
  ['a/+/b', 'a/$x/b', true, '4.7.2-1'],
  ['a/b', 'A/b', false, '4.7.3-4'],
  ['a/b', 'a/b/', false, '4.7.3-4'],
  ['a/b', 'a/b ', false, '4.7.3-4'],
  ['a/b', '/a/b', false, '4.7.3-4'],
  ['a//b', 'a/b', false, '4.7.3-4'],
  ['a b', 'a b', true, '4.7.3-4'],
  // the same letter, composed and decomposed
  ['\u00e9', 'e\u0301', false, '4.7.3-4'],
  ['\u212b', '\u00c5', false, '4.7.3-4'],
  ['e\u0301', 'e\u0301', true, '4.7.3-4'],
];

const matching = defineCases(
  4,
  'topics',
  rows.map(([filter, topic, matches, statement], i) => ({
    name: `match-${String(i + 1).padStart(2, '0')}`,
    title: `The filter "${filter}" ${matches ? 'matches' : 'does not match'} the topic "${topic}"`,
    statements: [`MQTT-${statement}`, 'MQTT-3.3.2-3', ...wildcardStatement(filter)],
    async run(t) {
      const client = await t.connect();
      await client.subscribe([t.topic(`m/${filter}`), t.topic('end')]);
      await client.publish(t.topic(`m/${topic}`), 'x', { qos: 1 });
      await expectMatch(t, client, t.topic(`m/${topic}`), matches);
    },
  })),
);

function wildcardStatement(filter: string): readonly string[] {
  return /[+#]/.test(filter) ? ['MQTT-4.7.1-1'] : [];
}

/** The marker follows on a topic of its own; what was to come has come before it. */
async function expectMatch(
  t: CaseContext,
  client: WireClient,
  topicName: string,
  matches: boolean,
): Promise<void> {
  await client.publish(t.topic('end'), 'marker', { qos: 1 });
  const received = await client.receiveUntil('marker');
  const count = received.filter((publish) => publish.topicName === topicName).length;
  check(count === Number(matches), matches ? 'the message' : 'no message', `${count} messages`);
}

// At the very beginning of a topic, where the level of the case cannot stand.
const rootRows: readonly (readonly [string, string, boolean])[] = [
  ['+/U', '/U', true],
  ['/U', '/U', true],
  ['/U', 'U', false],
  ['U', '/U', false],
  ['+', 'U', true],
  ['+', '/U', false],
  ['/+', 'U', false],
  ['U/#', 'U', true],
  ['+/U/#', '/U', true],
];

const roots = defineCases(4, 'topics', [
  ...rootRows.map(([filter, topic, matches], i) => ({
    name: `root-${i + 1}`,
    title: `The filter "${filter}" ${matches ? 'matches' : 'does not match'} the topic "${topic}"`,
    statements: ['MQTT-4.7.1-3', 'MQTT-3.3.2-3'],
    async run(t: CaseContext) {
      const unique = t.clientId();
      const client = await t.connect();
      await client.subscribe([filter.replace('U', unique), t.topic('end')]);
      const topicName = topic.replace('U', unique);
      await client.publish(topicName, 'x', { qos: 1 });
      await expectMatch(t, client, topicName, matches);
    },
  })),
  {
    name: 'one-character',
    title: 'Topics and filters of one character are valid, the slash alone too',
    statements: ['MQTT-4.7.3-1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe([
        { topicFilter: '/', qos: 0 },
        { topicFilter: 'w', qos: 0 },
      ]);
      // anybody may publish there, so only the own payload counts
      for (const topicName of ['/', 'w']) {
        const payload = t.clientId();
        await client.publish(topicName, payload);
        const received = await client.receiveUntil(payload);
        check(received.at(-1)?.topicName === topicName, topicName, `${received.at(-1)?.topicName}`);
      }
    },
  },
  {
    name: 'many-levels',
    title: 'A topic of 30 levels is matched level by level',
    statements: ['MQTT-4.7.1-3', 'MQTT-3.3.2-3'],
    async run(t) {
      const levels = Array.from({ length: 30 }, (_, i) => `l${i}`).join('/');
      const client = await t.connect();
      await client.subscribe([t.topic(levels.replaceAll(/l\d*[05]\b/g, '+')), t.topic('end')]);
      await client.publish(t.topic(levels), 'x', { qos: 1 });
      await client.publish(t.topic(`${levels}/more`), 'no', { qos: 1 });
      await expectMatch(t, client, t.topic(levels), true);
    },
  },
  {
    name: 'long',
    title: 'A Topic Name of a thousand bytes is delivered',
    statements: ['MQTT-4.7.3-4'],
    async run(t) {
      const topic = t.topic('x'.repeat(1000));
      const client = await t.connect();
      await client.subscribe(topic);
      await client.publish(topic, 'x', { qos: 1 });
      await client.receive({ topicName: topic });
    },
  },
]);

const dollar = defineCases(4, 'topics', [
  ...['+/U/a', '+/#', '#'].map((filter, i) => ({
    name: `dollar-${i + 1}`,
    title: `The filter "${filter}" does not match topics that begin with "$"`,
    statements: ['MQTT-4.7.2-1'],
    async run(t: CaseContext) {
      const unique = t.clientId();
      const client = await t.connect();
      const qos = 0 as const;
      await client.subscribe({ topicFilter: filter.replace('U', unique), qos });
      await client.subscribe({ topicFilter: t.topic('end'), qos });
      // the server may refuse this one, as it likes
      const publisher = await t.connect();
      publisher.sendPublish(`$wellhead/${unique}/a`, 'x', { qos: 1 });
      await publisher.expect('puback').catch(() => undefined);
      const other = await t.connect();
      await other.publish(t.topic('end'), `marker ${unique}`, { qos: 1 });
      const received = await client.receiveUntil(`marker ${unique}`);
      const wrong = received.find(({ topicName }) => topicName.startsWith('$'))?.topicName;
      check(wrong === undefined, 'no topic that begins with "$"', wrong ?? '');
    },
  })),
  {
    name: 'dollar-named',
    title:
      'A filter that begins with the same "$" level matches such topics, wildcards behind it too',
    statements: ['MQTT-4.7.2-1'],
    level: 'practice',
    async run(t) {
      const unique = t.clientId();
      const client = await t.connect();
      await client.subscribe(`$wellhead/${unique}/+`);
      await client.publish(`$wellhead/${unique}/a`, 'x', { qos: 1 });
      await client.receive({ topicName: `$wellhead/${unique}/a`, payload: 'x' });
    },
  },
  {
    name: 'sys',
    title: 'A server tells about itself under $SYS/',
    statements: ['MQTT-4.7.2-1'],
    level: 'practice',
    slow: true,
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: '$SYS/#', qos: 0 });
      const { topicName } = await client.expect('publish', {}, 15_000);
      check(topicName.startsWith('$SYS/'), '$SYS/…', topicName);
    },
  },
]);

/** Section 4.7, Topic Names and Topic Filters. */
export const topicCases: readonly ConformanceCase[] = [...matching, ...roots, ...dollar];
