import { packet, properties, Property, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { refusedPackets } from '../../refusals.ts';

const fromClient: readonly CaseDefinition[] = [
  {
    name: 'every-alias',
    title: 'Every Topic Alias from 1 to the Topic Alias Maximum of the server is accepted',
    statements: ['MQTT-3.3.2-12'],
    async run(t) {
      const maximum = t.server.topicAliasMaximum ?? 0;
      const aliases = [...new Set([1, 2, Math.ceil(maximum / 2), maximum])].filter(
        (alias) => alias <= maximum,
      );
      const client = await t.connect();
      await client.subscribe(aliases.map((alias) => t.topic(`${alias}`)));
      for (const topicAlias of aliases) {
        await client.publish(t.topic(`${topicAlias}`), 'set', { properties: { topicAlias } });
        await client.receive({ topicName: t.topic(`${topicAlias}`), payload: 'set' });
      }
      for (const topicAlias of aliases) {
        await client.publish('', 'used', { properties: { topicAlias } });
        await client.receive({ topicName: t.topic(`${topicAlias}`), payload: 'used' });
      }
    },
  },
  {
    name: 'changed',
    title: 'A Topic Alias may be set anew, to another Topic Name',
    statements: ['MQTT-3.3.2-12', 'MQTT-3.3.2-3'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe([t.topic('a'), t.topic('b')]);
      const options = { properties: { topicAlias: 1 } };
      await client.publish(t.topic('a'), '1', options);
      await client.publish('', '2', options);
      await client.publish(t.topic('b'), '3', options);
      await client.publish('', '4', options);
      for (const [i, name] of ['a', 'a', 'b', 'b'].entries()) {
        await client.receive({ topicName: t.topic(name), payload: `${i + 1}` });
      }
    },
  },
  {
    name: 'not-forwarded',
    title: 'The Topic Alias of a publisher is not seen by a subscriber that allows none',
    statements: ['MQTT-3.1.2-27', 'MQTT-3.3.2-11'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(t.topic());
      await client.publish(t.topic(), 'x', { properties: { topicAlias: 1 } });
      const { properties: found } = await client.receive({ topicName: t.topic(), payload: 'x' });
      check(found?.topicAlias === undefined, 'no Topic Alias', `${found?.topicAlias}`);
    },
  },
  {
    name: 'with-qos',
    title: 'A Topic Alias works at QoS 1 and 2, and with a retained message',
    statements: ['MQTT-3.3.2-12'],
    requires: ['topic-alias', 'qos2', 'retain'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(t.topic());
      const options = { properties: { topicAlias: 1 } };
      await client.publish(t.topic(), '1', { qos: 1, ...options });
      await client.publish('', '2', { qos: 2, ...options });
      const later = await t.connect();
      await client.publish('', '3', { retain: true, ...options });
      await client.receiveUntil('3');
      await later.subscribe(t.topic());
      await later.receive({ topicName: t.topic(), payload: '3' });
      // the retained message stands under the name that the alias means
      await client.publish(t.topic(), '', { retain: true });
    },
  },
  {
    name: 'not-kept',
    title: 'A Topic Alias does not survive into the next connection of the same session',
    statements: ['MQTT-3.3.2-7'],
    async run(t) {
      const keeping = { properties: { sessionExpiryInterval: 60 } };
      const client = await t.connect(keeping);
      await client.publish(t.topic(), 'x', { properties: { topicAlias: 1 } });
      await client.disconnect();
      const again = await t.connect({ clientId: client.clientId, cleanStart: false, ...keeping });
      again.sendPublish('', 'y', { properties: { topicAlias: 1 } });
      await again.expectClosed([0x82, 0x94]);
    },
  },
  {
    name: 'per-connection',
    title: 'Two connections use the same Topic Alias for different Topic Names',
    statements: ['MQTT-3.3.2-7'],
    async run(t) {
      const [one, two] = [await t.connect(), await t.connect()];
      await one.subscribe([t.topic('a'), t.topic('b')]);
      const options = { properties: { topicAlias: 1 } };
      await one.publish(t.topic('a'), '1', options);
      await two.publish(t.topic('b'), '2', options);
      await two.ping();
      await one.publish('', '3', options);
      await one.receiveUntilAll([
        [t.topic('a'), '1'],
        [t.topic('b'), '2'],
        [t.topic('a'), '3'],
      ]);
    },
  },
];

const fromServer: readonly CaseDefinition[] = [
  {
    name: 'server-within-maximum',
    title: 'Topic Aliases of the server stay within the Topic Alias Maximum of the client',
    statements: ['MQTT-3.1.2-26', 'MQTT-3.3.2-11', 'MQTT-3.3.2-8'],
    requires: ['wildcard'],
    async run(t) {
      const client = await t.connect({ properties: { topicAliasMaximum: 2 } });
      await client.subscribe(`${t.topic('s')}/+`);
      const publisher = await t.connect();
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 5; i++) {
          const topicName = `${t.topic('s')}/${i}`;
          await publisher.publish(topicName, `${i}`);
          await client.receive({ topicName, payload: `${i}` });
        }
      }
    },
  },
  {
    name: 'server-none',
    title: 'The server sends no Topic Alias to a client whose Topic Alias Maximum is absent or 0',
    statements: ['MQTT-3.1.2-27'],
    async run(t) {
      const requests = [{}, { properties: { topicAliasMaximum: 0 } }];
      for (const request of requests) {
        const client = await t.connect(request);
        await client.subscribe(t.topic());
        for (let i = 0; i < 3; i++) await client.publish(t.topic(), `${i}`);
        await client.receiveUntil('2');
      }
    },
  },
  {
    name: 'server-dropped-setter',
    title: 'A PUBLISH that was too large to send has not set a Topic Alias',
    statements: ['MQTT-3.1.2-25', 'MQTT-3.3.2-11'],
    async run(t) {
      const client = await t.connect({
        properties: { topicAliasMaximum: 5, maximumPacketSize: 200 },
      });
      await client.subscribe({ topicFilter: t.topic(), qos: 0 });
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x'.repeat(300));
      for (const payload of ['1', '2', '3']) await publisher.publish(t.topic(), payload);
      for (const payload of ['1', '2', '3']) {
        await client.receive({ topicName: t.topic(), payload });
      }
    },
  },
  {
    name: 'server-not-kept',
    title: 'After a reconnection the server sets its Topic Aliases anew before it uses them',
    statements: ['MQTT-3.3.2-7'],
    requires: ['qos1'],
    async run(t) {
      const asking = { properties: { topicAliasMaximum: 5, sessionExpiryInterval: 60 } };
      const client = await t.connect(asking);
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      const publisher = await t.connect();
      for (const payload of ['1', '2']) {
        await publisher.publish(t.topic(), payload, { qos: 1 });
        await client.receive({ payload });
      }
      await publisher.publish(t.topic(), '3', { qos: 1 });
      await client.expect('publish', { payload: '3' });
      await client.lose();
      const again = await t.connect({ clientId: client.clientId, cleanStart: false, ...asking });
      await publisher.publish(t.topic(), '4', { qos: 1 });
      await again.receive({ topicName: t.topic(), payload: '3', dup: true });
      await again.receive({ topicName: t.topic(), payload: '4' });
    },
  },
];

const refused = refusedPackets(5, 'topic-alias', [
  {
    name: 'above-maximum',
    title: 'a Topic Alias above the Topic Alias Maximum of the server',
    statements: ['MQTT-3.3.2-12', 'MQTT-4.13.1-1'],
    codes: [0x94],
    bytes(t) {
      const maximum = t.server.topicAliasMaximum ?? 0;
      if (maximum === 0xffff) t.skip('the server allows every Topic Alias');
      const alias = [Property.TopicAlias, u16(maximum + 1)];
      return packet(0x30, str(t.topic()), properties(alias), 'x');
    },
  },
  {
    name: 'unknown',
    title: 'an empty Topic Name with a Topic Alias that was not set',
    statements: ['MQTT-3.3.2-12', 'MQTT-3.3.2-7'],
    requires: ['topic-alias'],
    codes: [0x82, 0x94],
    bytes: () => packet(0x30, str(''), properties(Property.TopicAlias, u16(1)), 'x'),
  },
  {
    name: 'twice',
    title: 'a PUBLISH with two Topic Aliases',
    statements: ['MQTT-4.13.1-1'],
    requires: ['topic-alias'],
    codes: [0x82],
    bytes: (t: CaseContext) =>
      packet(
        0x30,
        str(t.topic()),
        properties(Property.TopicAlias, u16(1), Property.TopicAlias, u16(1)),
      ),
  },
]);

/** Section 3.3.2.3.4, Topic Alias. */
export const topicAliasCases: readonly ConformanceCase[] = [
  ...defineCases(
    5,
    'topic-alias',
    fromClient.map((one) => ({ ...one, requires: one.requires ?? ['topic-alias'] })),
  ),
  ...defineCases(5, 'topic-alias', fromServer),
  ...refused,
];
