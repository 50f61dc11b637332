import { packet, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check, ConformanceFailure } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';

const fromServer: readonly CaseDefinition[] = [
  {
    name: 'at-most-receive-maximum',
    title: 'No more than Receive Maximum deliveries of QoS 1 and 2 together are unacknowledged',
    statements: ['MQTT-3.3.4-9', 'MQTT-4.9.0-1', 'MQTT-4.9.0-2'],
    async run(t) {
      const client = await t.connect({ properties: { receiveMaximum: 3 } });
      await client.subscribe(t.topic());
      await publishMixed(t, 8);
      await client.ping();
      const waiting = client.inbox.filter(({ type }) => type === 3).length;
      check(waiting === 3, '3 deliveries', `${waiting}`);
      for (let i = 0; i < 8; i++) await client.receive({ payload: `${i}` });
    },
  },
  {
    name: 'pubrec-holds-the-quota',
    title: 'A PUBREC below 0x80 does not free the quota, PUBCOMP does',
    statements: ['MQTT-4.9.0-2', 'MQTT-3.3.4-9'],
    async run(t) {
      const { client, packetId } = await filledWindow(t);
      client.acknowledge(5, packetId);
      await client.expect('pubrel', { packetId });
      await client.expectSilence();
      client.acknowledge(7, packetId);
      await client.receive({ payload: '2' });
    },
  },
  {
    name: 'pubrec-with-error-frees',
    title: 'A PUBREC of 0x80 or more frees the quota',
    statements: ['MQTT-4.9.0-2', 'MQTT-2.2.1-4'],
    async run(t) {
      const { client, packetId } = await filledWindow(t);
      client.acknowledge(5, packetId, 0x80);
      await client.receive({ payload: '2' });
    },
  },
  {
    name: 'puback-with-error-frees',
    title: 'A PUBACK of 0x80 or more frees the quota',
    statements: ['MQTT-4.9.0-2'],
    async run(t) {
      const client = await t.connect({ properties: { receiveMaximum: 1 } });
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      const publisher = await t.connect();
      for (const payload of ['1', '2']) await publisher.publish(t.topic(), payload, { qos: 1 });
      const { packetId = 0 } = await client.expect('publish', { payload: '1' });
      client.acknowledge(4, packetId, 0x80);
      await client.receive({ payload: '2' });
    },
  },
  {
    name: 'others-flow-at-quota-0',
    title:
      'With a full window all other packets flow: PINGRESP, SUBACK, UNSUBACK, PUBACK, PUBREC, PUBCOMP',
    statements: ['MQTT-3.3.4-10', 'MQTT-4.9.0-3'],
    async run(t) {
      const { client } = await filledWindow(t);
      await client.ping();
      await client.subscribe(t.topic('other'));
      await client.unsubscribe(t.topic('other'));
      await client.publish(t.topic('other'), 'x', { qos: 1 });
      await client.publish(t.topic('other'), 'x', { qos: 2 });
    },
  },
  {
    name: 'qos0-at-quota-0',
    title: 'With a full window QoS 0 messages still come',
    statements: ['MQTT-4.9.0-2'],
    level: 'practice',
    async run(t) {
      const { client } = await filledWindow(t);
      await client.subscribe({ topicFilter: t.topic('zero'), qos: 0 });
      await client.publish(t.topic('zero'), 'x');
      await client.expect('publish', { payload: 'x', qos: 0 });
    },
  },
  {
    name: 'fresh-after-reconnect',
    title: 'A resumed session keeps to the Receive Maximum of the new connection, in order',
    statements: ['MQTT-4.9.0-1', 'MQTT-4.9.0-2', 'MQTT-4.4.0-1'],
    async run(t) {
      const sessionExpiryInterval = 60;
      const client = await t.connect({ properties: { receiveMaximum: 10, sessionExpiryInterval } });
      await client.subscribe(t.topic());
      await publishMixed(t, 6);
      for (let i = 0; i < 6; i++) await client.expect('publish', { payload: `${i}` });
      await client.lose();
      const again = await t.connect({
        clientId: client.clientId,
        cleanStart: false,
        properties: { receiveMaximum: 2, sessionExpiryInterval },
      });
      for (let i = 0; i < 6; i++) await again.receive({ payload: `${i}`, dup: true });
    },
  },
  {
    name: 'larger-after-reconnect',
    title: 'A larger Receive Maximum of the new connection lets more through',
    statements: ['MQTT-4.9.0-1'],
    async run(t) {
      const sessionExpiryInterval = 60;
      const client = await t.connect({ properties: { receiveMaximum: 1, sessionExpiryInterval } });
      await client.subscribe(t.topic());
      await publishMixed(t, 4);
      await client.expect('publish', { payload: '0' });
      await client.lose();
      const again = await t.connect({
        clientId: client.clientId,
        cleanStart: false,
        properties: { receiveMaximum: 10, sessionExpiryInterval },
      });
      for (let i = 0; i < 4; i++) await again.expect('publish', { payload: `${i}` });
    },
  },
];

/** A client with Receive Maximum 1, one QoS 2 delivery unacknowledged and another one waiting. */
async function filledWindow(t: CaseContext): Promise<{ client: WireClient; packetId: number }> {
  const client = await t.connect({ properties: { receiveMaximum: 1 } });
  await client.subscribe(t.topic());
  const publisher = await t.connect();
  for (const payload of ['1', '2']) await publisher.publish(t.topic(), payload, { qos: 2 });
  const { packetId = 0 } = await client.expect('publish', { payload: '1' });
  await client.expectSilence();
  return { client, packetId };
}

async function publishMixed(t: CaseContext, count: number): Promise<void> {
  const publisher = await t.connect();
  for (let i = 0; i < count; i++) {
    await publisher.publish(t.topic(), `${i}`, { qos: i % 2 === 0 ? 2 : 1 });
  }
}

const toServer: readonly CaseDefinition[] = [
  {
    name: 'server-accepts-its-maximum',
    title: 'The server takes as many QoS 2 PUBLISHes at once as its Receive Maximum says',
    statements: ['MQTT-4.9.0-1', 'MQTT-4.3.3-8'],
    needs: ['receive-maximum'],
    async run(t) {
      const { client, maximum } = await limited(t);
      for (let i = 1; i <= maximum; i++) publishQos2(t, client, i);
      for (let packetId = 1; packetId <= maximum; packetId++) {
        await client.expect('pubrec', { packetId });
      }
      // a repeat of a known identifier is not one more
      publishQos2(t, client, maximum, true);
      await client.expect('pubrec', { packetId: maximum });
      for (let packetId = 1; packetId <= maximum; packetId++) {
        client.acknowledge(6, packetId);
        await client.expect('pubcomp', { packetId });
      }
      await client.publish(t.topic(), 'more', { qos: 2 });
    },
  },
  {
    name: 'server-exceeded',
    title: 'More unacknowledged PUBLISHes than its Receive Maximum: the server closes, with 0x93',
    statements: ['MQTT-4.13.1-1', 'MQTT-4.9.0-2'],
    needs: ['receive-maximum'],
    async run(t) {
      const { client, maximum } = await limited(t);
      for (let i = 1; i <= maximum + 1; i++) publishQos2(t, client, i);
      await client.expectClosed([0x93]);
    },
  },
  {
    name: 'server-counts-qos1-and-2',
    title: 'QoS 1 PUBLISHes that were acknowledged do not count against the Receive Maximum',
    statements: ['MQTT-4.9.0-2'],
    needs: ['receive-maximum'],
    async run(t) {
      const { client, maximum } = await limited(t);
      for (let i = 0; i < Math.min(maximum + 5, 200); i++) {
        await client.publish(t.topic(), 'x', { qos: 1 });
      }
    },
  },
  {
    name: 'server-packet-size',
    title: 'A packet above the Maximum Packet Size of the server closes the connection',
    statements: ['MQTT-4.13.1-1'],
    requires: [],
    needs: ['maximum-packet-size'],
    async run(t) {
      await sendTooLarge(t, async (client) => void (await client.expectClosed([0x95])));
    },
  },
  {
    name: 'server-packet-size-reason',
    title: 'A packet above the Maximum Packet Size of the server is answered with DISCONNECT 0x95',
    statements: ['MQTT-4.13.1-1'],
    level: 'should',
    requires: [],
    needs: ['maximum-packet-size'],
    async run(t) {
      await sendTooLarge(t, async (client) => {
        const { reasonCode } = await client.expectClosed([0x95]);
        if (reasonCode === undefined) {
          throw new ConformanceFailure('DISCONNECT 0x95', 'a close without it');
        }
      });
    },
  },
];

/** Only the head of the packet is sent: its size is known from the fixed header. */
async function sendTooLarge(
  t: CaseContext,
  expectation: (client: WireClient) => Promise<void>,
): Promise<void> {
  const client = await t.connect({ fixture: 'maximum-packet-size' });
  const maximum = client.connack?.properties?.maximumPacketSize;
  if (maximum === undefined) t.skip('the fixture announces no Maximum Packet Size');
  client.send(packet(0x30, str(t.topic()), 0, 'x'.repeat(maximum)).subarray(0, 1000));
  await expectation(client);
}

async function limited(t: CaseContext): Promise<{ client: WireClient; maximum: number }> {
  const client = await t.connect({ fixture: 'receive-maximum' });
  const maximum = client.connack?.properties?.receiveMaximum ?? 65_535;
  if (maximum > 1000) t.skip(`the fixture announces Receive Maximum ${maximum}`);
  return { client, maximum };
}

function publishQos2(t: CaseContext, client: WireClient, packetId: number, dup = false): void {
  client.send(packet(dup ? 0x3c : 0x34, str(t.topic()), u16(packetId), 0, 'x'));
}

/** Section 4.9, flow control, and the Maximum Packet Size of the server. */
export const flowControlCases: readonly ConformanceCase[] = defineCases(
  5,
  'flow-control',
  [...fromServer, ...toServer].map((one) => ({ ...one, requires: one.requires ?? ['qos2'] })),
);
