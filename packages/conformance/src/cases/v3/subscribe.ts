import { packet, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { type Refusal, refusedPackets } from '../../refusals.ts';
import { expectFilterRefused, nextOrClosed, subscribed } from './steps.ts';

const suback = defineCases(4, 'subscribe', [
  {
    name: 'suback',
    title: 'SUBSCRIBE is answered with SUBACK, with its Packet Identifier and the granted QoS',
    statements: ['MQTT-3.8.4-1', 'MQTT-3.8.4-2', 'MQTT-3.8.4-5', 'MQTT-3.9.3-2'],
    async run(t) {
      const client = await t.connect();
      for (const qos of [0, 1, 2]) {
        client.send(packet(0x82, u16(40 + qos), str(t.topic(`${qos}`)), qos));
        const { reasonCodes } = await client.expectNext('suback', { packetId: 40 + qos });
        const [granted = 0x80] = reasonCodes;
        check(reasonCodes.length === 1 && granted <= qos, `at most QoS ${qos}`, reasonCodes.join());
      }
    },
  },
  {
    name: 'granted-as-requested',
    title: 'The QoS that is asked for is granted',
    statements: ['MQTT-3.8.4-6'],
    level: 'practice',
    async run(t) {
      const client = await t.connect();
      const { reasonCodes } = await client.requestSubscribe(
        ([2, 0, 1] as const).map((qos) => ({ topicFilter: t.topic(`${qos}`), qos })),
      );
      check(reasonCodes.join() === '2,0,1', '2, 0, 1', reasonCodes.join());
    },
  },
  {
    name: 'several-filters',
    title:
      'Several filters are like as many SUBSCRIBEs, with one SUBACK: a code for each, in their order',
    statements: ['MQTT-3.8.4-4', 'MQTT-3.8.4-5', 'MQTT-3.9.3-1'],
    async run(t) {
      const client = await t.connect();
      const wanted = [1, 0, 2, 0, 1] as const;
      await client.subscribe(wanted.map((qos, i) => ({ topicFilter: t.topic(`${i}`), qos })));
      for (const [i, qos] of wanted.entries()) {
        await client.publish(t.topic(`${i}`), `${i}`, { qos: 2 });
        await client.receive({ topicName: t.topic(`${i}`), payload: `${i}`, qos });
      }
      await client.expectSilence();
    },
  },
  {
    name: 'same-filter-twice-in-one',
    title:
      'The same filter twice in one SUBSCRIBE: the second replaces the first, both have a code',
    statements: ['MQTT-3.8.4-4', 'MQTT-3.8.4-3'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe([
        { topicFilter: t.topic(), qos: 2 },
        { topicFilter: t.topic(), qos: 0 },
      ]);
      await client.publish(t.topic(), 'x', { qos: 2 });
      await client.receive({ payload: 'x', qos: 0 });
      await client.expectSilence();
    },
  },
  {
    name: 'fifty-filters',
    title: 'A SUBSCRIBE with 50 filters has 50 codes',
    statements: ['MQTT-3.8.4-5'],
    async run(t) {
      const client = await t.connect();
      const filters = Array.from({ length: 50 }, (_, i) => t.topic(`${i}`));
      await client.subscribe(filters);
      await client.publish(t.topic('49'), 'x', { qos: 1 });
      await client.receive({ topicName: t.topic('49') });
    },
  },
]);

const replacing = defineCases(4, 'subscribe', [
  {
    name: 'replaced-lower',
    title: 'An identical filter replaces the subscription: a lower QoS holds from then on',
    statements: ['MQTT-3.8.4-3'],
    async run(t) {
      const client = await subscribed(t, { qos: 2 });
      await client.publish(t.topic(), 'before', { qos: 2 });
      await client.receive({ payload: 'before', qos: 2 });
      await client.subscribe({ topicFilter: t.topic(), qos: 0 });
      await client.publish(t.topic(), 'after', { qos: 2 });
      await client.receive({ payload: 'after', qos: 0 });
      await client.expectSilence();
    },
  },
  {
    name: 'replaced-higher',
    title:
      'An identical filter replaces the subscription: a higher QoS holds, and no copy is doubled',
    statements: ['MQTT-3.8.4-3'],
    async run(t) {
      const client = await subscribed(t, { qos: 0 });
      await client.subscribe({ topicFilter: t.topic(), qos: 2 });
      await client.publish(t.topic(), 'x', { qos: 2 });
      await client.receive({ payload: 'x', qos: 2 });
      await client.expectSilence();
    },
  },
  {
    name: 'replaced-retained-again',
    title: 'Each repetition of a filter sends the retained messages again',
    statements: ['MQTT-3.8.4-3', 'MQTT-3.3.1-6'],
    async run(t) {
      const client = await t.connect();
      await client.publish(t.topic(), 'kept', { qos: 1, retain: true });
      for (let i = 0; i < 3; i++) {
        await client.subscribe(t.topic());
        await client.receive({ payload: 'kept', retain: true });
        await client.expectSilence();
      }
    },
  },
  {
    name: 'replaced-without-interruption',
    title: 'Repeating a filter does not interrupt the flow: no message is lost',
    statements: ['MQTT-3.8.4-3'],
    async run(t) {
      const client = await subscribed(t, { qos: 1 });
      const publisher = await t.connect();
      for (let i = 0; i < 20; i++) {
        publisher.sendPublish(t.topic(), `${i}`, { qos: 1 });
        if (i % 5 === 4) client.send(packet(0x82, u16(100 + i), str(t.topic()), 1));
      }
      for (let i = 0; i < 20; i++) await client.receive({ payload: `${i}` });
    },
  },
  {
    name: 'same-matches-other-filter',
    title: 'A filter that matches the same topics but is written otherwise is another subscription',
    statements: ['MQTT-3.8.4-3', 'MQTT-3.10.4-1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic('+'), qos: 1 });
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await client.unsubscribe(t.topic());
      await client.publish(t.topic(), 'x', { qos: 1 });
      await client.receive({ payload: 'x' });
    },
  },
  {
    name: 'at-once',
    title: 'A subscription holds when its SUBACK has come',
    statements: ['MQTT-3.8.4-1', 'MQTT-4.5.0-1'],
    async run(t) {
      const publisher = await t.connect();
      for (let i = 0; i < 5; i++) {
        const client = await subscribed(t, { topicFilter: t.topic(`${i}`) });
        await publisher.publish(t.topic(`${i}`), 'x', { qos: 1 });
        await client.receive({ payload: 'x' });
      }
    },
  },
]);

const limits = defineCases(4, 'subscribe', [
  {
    name: 'no-wildcard',
    title: 'A server without wildcards rejects a filter that has one: SUBACK 0x80',
    statements: ['MQTT-3.8.3-2'],
    needs: ['no-wildcard'],
    async run(t) {
      const client = await t.connect({ fixture: 'no-wildcard' });
      const filters = [t.topic('+'), t.topic(), t.topic('#')];
      const { reasonCodes } = await client.requestSubscribe(filters);
      const isRight =
        reasonCodes[0] === 0x80 && (reasonCodes[1] ?? 0x80) <= 2 && reasonCodes[2] === 0x80;
      check(isRight, '128, at most 2, 128', reasonCodes.join(', '));
    },
  },
  {
    name: 'maximum-qos',
    title: 'A server with a Maximum QoS grants no more, and delivers with that QoS',
    statements: ['MQTT-3.8.4-6'],
    needs: ['maximum-qos'],
    async run(t) {
      const client = await t.connect({ fixture: 'maximum-qos' });
      const { reasonCodes } = await client.requestSubscribe(t.topic());
      const [granted = 0x80] = reasonCodes;
      check(granted <= 1, '0 or 1', `${granted}`);
      await client.publish(t.topic(), 'x', { qos: granted === 1 ? 1 : 0 });
      await client.receive({ payload: 'x', qos: granted === 1 ? 1 : 0 });
    },
  },
]);

const invalid = defineCases(4, 'subscribe', [
  ...(
    [
      ['multi-level-not-last', '#/a', 'MQTT-4.7.1-2'],
      ['multi-level-in-a-level', 'a#', 'MQTT-4.7.1-2'],
      ['multi-level-then-slash', 'sport/#/', 'MQTT-4.7.1-2'],
      ['single-level-in-a-level', 'a+', 'MQTT-4.7.1-3'],
      ['single-level-begins', '+a/b', 'MQTT-4.7.1-3'],
      ['single-level-twice', '++', 'MQTT-4.7.1-3'],
    ] as const
  ).map(([name, filter, statement]) => ({
    name: `filter-${name}`,
    title: `The filter "${filter}" is invalid: SUBACK 0x80, or the connection is closed`,
    statements: [statement, 'MQTT-4.8.0-1'],
    async run(t: CaseContext) {
      const client = await t.connect();
      await expectFilterRefused(client, packet(0x82, u16(1), str(`${t.topic()}/${filter}`), 0));
    },
  })),
  {
    name: 'filter-empty',
    title: 'An empty filter is invalid: SUBACK 0x80, or the connection is closed',
    statements: ['MQTT-4.7.3-1', 'MQTT-4.8.0-1'],
    async run(t: CaseContext) {
      const client = await t.connect();
      await expectFilterRefused(client, packet(0x82, u16(1), str(''), 0));
    },
  },
  {
    name: 'filter-invalid-among-others',
    title:
      'An invalid filter among others has no effect: it fails alone, or the connection is closed',
    statements: ['MQTT-3.9.3-1', 'MQTT-4.7.1-2'],
    async run(t: CaseContext) {
      const client = await t.connect();
      const [good, bad] = [str(t.topic()), str(t.topic('#/a'))];
      client.send(packet(0x82, u16(1), good, 1, bad, 1));
      const answer = await nextOrClosed(client);
      if (answer === undefined) return;
      const codes = answer.type === 9 ? answer.reasonCodes.join(', ') : 'another packet';
      check(codes === '1, 128', 'SUBACK 1, 128 or a close', codes);
    },
  },
]);

const refusals: readonly Refusal[] = [
  {
    name: 'no-filter',
    title: 'a SUBSCRIBE without a filter',
    statements: ['MQTT-3.8.3-3', 'MQTT-4.8.0-1'],
    bytes: () => packet(0x82, u16(1)),
  },
  ...[0x03, 0x04, 0x08, 0x10, 0x40, 0x80, 0x82, 0xff].map((byte) => ({
    name: `qos-byte-${byte.toString(16).padStart(2, '0')}`,
    title: `a SUBSCRIBE with the requested QoS 0x${byte.toString(16).padStart(2, '0')}`,
    statements: ['MQTT-3.8.3-4'],
    bytes: (t: CaseContext) => packet(0x82, u16(1), str(t.topic()), byte),
  })),
  {
    name: 'qos-byte-of-second',
    title: 'a SUBSCRIBE whose second requested QoS is 3',
    statements: ['MQTT-3.8.3-4'],
    bytes: (t) => packet(0x82, u16(1), str(t.topic()), 1, str(t.topic('b')), 3),
  },
];

/** Sections 3.8 and 3.9, SUBSCRIBE and SUBACK. */
export const subscribeCases: readonly ConformanceCase[] = [
  ...suback,
  ...replacing,
  ...limits,
  ...invalid,
  ...refusedPackets(4, 'subscribe', refusals),
];
