import { packet, properties, Property, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { describeCode } from '../../describe-packet.ts';
import { check } from '../../failure.ts';
import { refusedPackets } from '../../refusals.ts';

const answered = defineCases(5, 'subscribe', [
  {
    name: 'suback',
    title: 'A SUBSCRIBE is answered by SUBACK with its Packet Identifier and one Reason Code',
    statements: ['MQTT-3.8.4-1', 'MQTT-3.8.4-2', 'MQTT-3.8.4-6', 'MQTT-3.8.4-7', 'MQTT-3.9.3-2'],
    async run(t) {
      const client = await t.connect();
      for (const qos of [0, 1, 2] as const) {
        const { reasonCodes } = await client.requestSubscribe({ topicFilter: t.topic(), qos });
        const granted = reasonCodes[0] ?? 0x80;
        check(granted <= qos, `QoS ${qos} or less granted`, describeCode(granted));
      }
    },
  },
  {
    name: 'several-filters',
    title: 'Several filters get one SUBACK with their Reason Codes in order, and all of them hold',
    statements: ['MQTT-3.8.4-5', 'MQTT-3.8.4-6', 'MQTT-3.9.3-1', 'MQTT-3.8.3-2'],
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect();
      const asked = [2, 0, 1, 2, 0] as const;
      const filters = asked.map((qos, i) => ({ topicFilter: t.topic(`${i}`), qos }));
      const { reasonCodes } = await client.subscribe(filters);
      check(`${reasonCodes}` === `${asked}`, `${asked}`, `${reasonCodes}`);
      for (const [i, qos] of asked.entries()) {
        await client.publish(t.topic(`${i}`), 'x', { qos: 2 });
        await client.receive({ topicName: t.topic(`${i}`), qos });
      }
    },
  },
  {
    name: 'same-filter-twice',
    title: 'The same filter twice in one SUBSCRIBE acts like two SUBSCRIBEs: the second holds',
    statements: ['MQTT-3.8.4-5', 'MQTT-3.8.4-3'],
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe([
        { topicFilter: t.topic(), qos: 1 },
        { topicFilter: t.topic(), qos: 0 },
      ]);
      await client.publish(t.topic(), 'x', { qos: 1 });
      await client.receive({ payload: 'x', qos: 0 });
      await client.expectSilence();
    },
  },
  {
    name: 'refused-among-granted',
    title: 'A filter that is refused does not keep the others of its SUBSCRIBE from holding',
    statements: ['MQTT-3.8.4-7', 'MQTT-3.9.3-1', 'MQTT-3.9.3-2'],
    needs: ['authorization'],
    async run(t) {
      const fixture = 'authorization';
      const { subscribe = '' } = t.fixture(fixture).parameters;
      const client = await t.connect({ fixture });
      const { reasonCodes } = await client.requestSubscribe([
        t.topic('a'),
        subscribe,
        t.topic('b'),
      ]);
      const [a = 0x80, denied = 0, b = 0x80] = reasonCodes;
      check(a < 0x80 && b < 0x80, 'the others granted', `${reasonCodes}`);
      check([0x80, 0x83, 0x87].includes(denied), '0x87', describeCode(denied));
      await client.publish(t.topic('b'), 'x');
      await client.receive({ payload: 'x' });
    },
  },
  {
    name: 'invalid-filter',
    title: 'An invalid Topic Filter is refused: 0x8F in SUBACK, or the connection closed',
    statements: ['MQTT-4.7.1-1', 'MQTT-4.7.1-2', 'MQTT-3.8.4-7'],
    async run(t) {
      for (const filter of ['a/#/b', 'a#', '#/a', 'a+', '+a', 'a/b+/c']) {
        await expectFilterRefused(t, filter);
      }
    },
  },
]);

/** A filter that must not be granted; how it is refused is the server's choice. */
export async function expectFilterRefused(t: CaseContext, filter: string): Promise<void> {
  const client = await t.connect();
  const topicFilter = filter.startsWith('$') ? filter : `${t.topic('f')}/${filter}`;
  client.send(packet(0x82, u16(1), 0, str(topicFilter), 0));
  try {
    const { reasonCodes } = await client.expect('suback', { packetId: 1 });
    const code = reasonCodes[0] ?? 0;
    check(code >= 0x80, `"${filter}" refused`, describeCode(code));
  } catch (error) {
    if (!client.isClosed || client.failure) throw error;
    await client.expectClosed([0x81, 0x82, 0x8f, 0x9e]);
  }
}

const delivery = defineCases(5, 'subscribe', [
  ...([0, 1, 2] as const).flatMap((published) =>
    ([0, 1, 2] as const).map((granted) => ({
      name: `qos-${published}-granted-${granted}`,
      title: `A QoS ${published} message is delivered at QoS ${Math.min(published, granted)} where QoS ${granted} was granted`,
      statements: ['MQTT-3.8.4-8'],
      requires: ['qos2'] as const,
      async run(t: CaseContext) {
        const client = await t.connect();
        await client.subscribe({ topicFilter: t.topic(), qos: granted });
        await client.publish(t.topic(), 'x', { qos: published });
        await client.receive({ payload: 'x', qos: published < granted ? published : granted });
      },
    })),
  ),
  {
    name: 'replaced',
    title:
      'A SUBSCRIBE with a filter that is held replaces its options: one delivery, at the new QoS',
    statements: ['MQTT-3.8.4-3'],
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), qos: 0 });
      await client.subscribe({ topicFilter: t.topic(), qos: 1, retainAsPublished: true });
      await client.publish(t.topic(), 'x', { qos: 1, retain: t.server.retainAvailable !== 0 });
      await client.receive({ payload: 'x', qos: 1, retain: t.server.retainAvailable !== 0 });
      await client.expectSilence();
    },
  },
  {
    name: 'replaced-without-loss',
    title: 'No message is lost while a subscription is replaced again and again',
    statements: ['MQTT-3.8.4-4'],
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect();
      const publisher = await t.connect();
      const request = { topicFilter: t.topic(), qos: 1 } as const;
      await client.subscribe(request);
      const publishing = (async () => {
        for (let i = 0; i < 40; i++) await publisher.publish(t.topic(), `${i}`, { qos: 1 });
      })();
      for (let i = 0; i < 20; i++) await client.subscribe(request);
      await publishing;
      for (let i = 0; i < 40; i++) await client.receive({ payload: `${i}` });
    },
  },
  {
    name: 'no-local',
    title: 'No Local 1: a client does not get its own messages, others do',
    statements: ['MQTT-3.8.3-3'],
    async run(t) {
      const [client, other] = [await t.connect(), await t.connect()];
      await client.subscribe({ topicFilter: t.topic(), noLocal: true });
      await other.subscribe({ topicFilter: t.topic(), noLocal: true });
      await client.publish(t.topic(), 'own');
      await other.receive({ payload: 'own' });
      await other.publish(t.topic(), 'foreign');
      await client.receive({ payload: 'foreign' });
      await other.expectSilence();
    },
  },
  {
    name: 'no-local-0',
    title: 'No Local 0: a client gets its own messages',
    statements: ['MQTT-3.8.3-3'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe({ topicFilter: t.topic(), noLocal: false });
      await client.publish(t.topic(), 'own');
      await client.receive({ payload: 'own' });
    },
  },
  {
    name: 'no-local-retained',
    title: 'No Local concerns the Client Identifier, also of the connection before this one',
    statements: ['MQTT-3.8.3-3'],
    requires: ['qos1'],
    async run(t) {
      const keeping = { properties: { sessionExpiryInterval: 60 } };
      const client = await t.connect(keeping);
      await client.subscribe({ topicFilter: t.topic(), qos: 1, noLocal: true });
      await client.disconnect();
      const again = await t.connect({ clientId: client.clientId, cleanStart: false, ...keeping });
      await again.publish(t.topic(), 'own', { qos: 1 });
      await again.expectSilence();
    },
  },
  {
    name: 'persistent-options',
    title: 'The options of a subscription are part of the session: they hold after a resumption',
    statements: ['MQTT-3.1.2-5', 'MQTT-3.8.4-3'],
    requires: ['qos1', 'retain'],
    async run(t) {
      const keeping = { properties: { sessionExpiryInterval: 60 } };
      const client = await t.connect(keeping);
      await client.subscribe({ topicFilter: t.topic(), qos: 1, retainAsPublished: true });
      await client.disconnect();
      const again = await t.connect({ clientId: client.clientId, cleanStart: false, ...keeping });
      await again.publish(t.topic(), 'x', { qos: 1, retain: true });
      await again.receive({ payload: 'x', qos: 1, retain: true });
    },
  },
]);

const refused = refusedPackets(5, 'subscribe', [
  {
    name: 'empty',
    title: 'a SUBSCRIBE without a Topic Filter',
    statements: ['MQTT-3.8.3-2'],
    codes: [0x82],
    bytes: () => packet(0x82, u16(1), 0),
  },
  {
    name: 'no-options',
    title: 'a SUBSCRIBE that ends before the options of its filter',
    statements: ['MQTT-3.8.3-2'],
    codes: [0x81, 0x82],
    bytes: (t) => packet(0x82, u16(1), 0, str(t.topic())),
  },
  ...[0x40, 0x80, 0xc0].map((options) => ({
    name: `options-${options.toString(16)}`,
    title: `a SUBSCRIBE with the reserved bits ${describeCode(options)} in its options`,
    statements: ['MQTT-3.8.3-5'],
    codes: [0x81],
    bytes: (t: CaseContext) => packet(0x82, u16(1), 0, str(t.topic()), options),
  })),
  {
    name: 'qos-3',
    title: 'a SUBSCRIBE with Maximum QoS 3',
    statements: ['MQTT-3.8.3-5', 'MQTT-4.13.1-1'],
    codes: [0x81, 0x82],
    bytes: (t) => packet(0x82, u16(1), 0, str(t.topic()), 0x03),
  },
  {
    name: 'retain-handling-3',
    title: 'a SUBSCRIBE with Retain Handling 3',
    statements: ['MQTT-3.8.3-5', 'MQTT-4.13.1-1'],
    codes: [0x81, 0x82],
    bytes: (t) => packet(0x82, u16(1), 0, str(t.topic()), 0x30),
  },
  {
    name: 'no-local-shared',
    title: 'No Local 1 on a Shared Subscription',
    statements: ['MQTT-3.8.3-4'],
    requires: ['shared'],
    codes: [0x82],
    bytes: (t) => packet(0x82, u16(1), 0, str(`$share/g/${t.topic()}`), 0x04),
  },
  {
    name: 'empty-filter',
    title: 'a SUBSCRIBE with an empty Topic Filter',
    statements: ['MQTT-4.7.3-1', 'MQTT-3.8.3-1'],
    bytes: () => packet(0x82, u16(1), 0, str(''), 0),
    level: 'practice',
  },
  ...(
    [
      ['0', 'Subscription Identifier 0', [0x82], [Property.SubscriptionIdentifier, 0]],
      [
        'twice',
        'two Subscription Identifiers',
        [0x82],
        [Property.SubscriptionIdentifier, 1, Property.SubscriptionIdentifier, 2],
      ],
      ['property', 'a Content Type', [0x81, 0x82], [Property.ContentType, str('a')]],
    ] as const
  ).map(([name, what, codes, parts]) => ({
    name: `identifier-${name}`,
    title: `a SUBSCRIBE with ${what}`,
    statements: ['MQTT-4.13.1-1'],
    codes: [...codes],
    bytes: (t: CaseContext) => packet(0x82, u16(1), properties(parts), str(t.topic()), 0),
  })),
]);

/** Sections 3.8 and 3.9, SUBSCRIBE and SUBACK. */
export const subscribeCases: readonly ConformanceCase[] = [...answered, ...delivery, ...refused];
