import type { CaseContext } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';

const keeping = { properties: { sessionExpiryInterval: 120 } } as const;

const cases: readonly CaseDefinition[] = [
  {
    name: 'at-once',
    title: 'A message that did not wait keeps its Message Expiry Interval',
    statements: ['MQTT-3.3.2-6'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(t.topic());
      await client.publish(t.topic(), 'x', { properties: { messageExpiryInterval: 1000 } });
      expectInterval(await client.receive({ payload: 'x' }), 998, 1000);
    },
  },
  {
    name: 'queued-less',
    title: 'A queued message is forwarded with its interval less the seconds that it waited',
    statements: ['MQTT-3.3.2-6'],
    slow: true,
    requires: ['qos1'],
    async run(t) {
      const client = await leave(t);
      await publishExpiring(t, 'x', 1000);
      await t.sleep(3000);
      expectInterval(await (await back(t, client)).receive({ payload: 'x' }), 980, 998);
    },
  },
  {
    name: 'queued-expired',
    title: 'A queued message whose interval has passed is deleted, the others come',
    statements: ['MQTT-3.3.2-5'],
    slow: true,
    requires: ['qos1'],
    async run(t) {
      const client = await leave(t);
      await publishExpiring(t, 'expired', 1);
      await publishExpiring(t, 'kept', 1000);
      await t.sleep(3500);
      await (await back(t, client)).receive({ payload: 'kept' });
    },
  },
  {
    name: 'retained-less',
    title: 'A retained message is sent with its interval less the seconds that it waited',
    statements: ['MQTT-3.3.2-6'],
    slow: true,
    requires: ['retain'],
    async run(t) {
      const client = await t.connect();
      const properties = { messageExpiryInterval: 1000 };
      await client.publish(t.topic(), 'x', { retain: true, properties });
      await t.sleep(3000);
      await client.subscribe(t.topic());
      expectInterval(await client.receive({ payload: 'x', retain: true }), 980, 998);
    },
  },
  {
    name: 'retained-expired',
    title: 'A retained message whose interval has passed is not sent any more',
    statements: ['MQTT-3.3.2-5'],
    slow: true,
    requires: ['retain'],
    async run(t) {
      const client = await t.connect();
      const properties = { messageExpiryInterval: 1 };
      await client.publish(t.topic(), 'x', { retain: true, properties });
      await t.sleep(3500);
      await client.subscribe(t.topic());
      await client.expectSilence();
    },
  },
  ...([1, 2] as const).map((qos) => ({
    name: `in-flight-qos${qos}`,
    title: `A QoS ${qos} message that was sent once is re-sent after its interval has passed`,
    statements: [qos === 1 ? 'MQTT-4.4.0-1' : 'MQTT-4.3.3-7'],
    slow: true,
    requires: [qos === 1 ? 'qos1' : 'qos2'] as const,
    async run(t: CaseContext) {
      const client = await t.connect(keeping);
      await client.subscribe({ topicFilter: t.topic(), qos });
      await publishExpiring(t, 'x', 1, qos);
      const { packetId } = await client.expect('publish', { payload: 'x' });
      await client.lose();
      await t.sleep(3500);
      const again = await back(t, client);
      await again.receive({ payload: 'x', dup: true, packetId });
    },
  })),
  {
    name: 'qos2-receiver-completes',
    title: 'A QoS 2 exchange runs to its end although the message expired meanwhile',
    statements: ['MQTT-4.3.3-13'],
    slow: true,
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect();
      const properties = { messageExpiryInterval: 1 };
      const packetId = client.sendPublish(t.topic(), 'x', { qos: 2, properties });
      await client.expect('pubrec', { packetId });
      await t.sleep(2500);
      client.acknowledge(6, packetId);
      await client.expect('pubcomp', { packetId, reasonCode: 0 });
    },
  },
  {
    name: 'behind-full-window',
    title: 'A message that expires while it waits for the Receive Maximum is not sent',
    statements: ['MQTT-3.3.2-5'],
    slow: true,
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect({ properties: { receiveMaximum: 1 } });
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await publishExpiring(t, '1', 1000);
      const first = await client.expect('publish', { payload: '1' });
      await publishExpiring(t, 'expired', 1);
      await publishExpiring(t, '3', 1000);
      await t.sleep(3500);
      await client.complete(first);
      await client.receive({ payload: '3' });
    },
  },
];

async function leave(t: CaseContext): Promise<WireClient> {
  const client = await t.connect(keeping);
  await client.subscribe({ topicFilter: t.topic(), qos: 1 });
  await client.disconnect();
  return client;
}

function back(t: CaseContext, client: WireClient): Promise<WireClient> {
  return t.connect({ clientId: client.clientId, cleanStart: false, ...keeping });
}

async function publishExpiring(
  t: CaseContext,
  payload: string,
  messageExpiryInterval: number,
  qos: 1 | 2 = 1,
): Promise<void> {
  const publisher = await t.connect();
  await publisher.publish(t.topic(), payload, { qos, properties: { messageExpiryInterval } });
  await publisher.disconnect();
}

function expectInterval(
  publish: Awaited<ReturnType<WireClient['receive']>>,
  least: number,
  most: number,
): void {
  const interval = publish.properties?.messageExpiryInterval ?? 0;
  const what = `a Message Expiry Interval of ${least} to ${most}`;
  check(interval >= least && interval <= most, what, `${interval}`);
}

/** Section 3.3.2.3.3, Message Expiry Interval. */
export const messageExpiryCases: readonly ConformanceCase[] = defineCases(
  5,
  'message-expiry',
  cases,
);
