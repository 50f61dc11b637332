import { packet, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';

const packetSizes = defineCases(5, 'client-limits', [
  ...([0, 1, 2] as const).map((qos) => ({
    name: `too-large-dropped-qos${qos}`,
    title: `A QoS ${qos} message above the client's Maximum Packet Size is dropped, the next one comes`,
    statements: ['MQTT-3.1.2-24', 'MQTT-3.1.2-25'],
    ...(qos > 0 && { requires: [qos === 1 ? 'qos1' : 'qos2'] as const }),
    async run(t: CaseContext) {
      // with Receive Maximum 1 a dropped message that holds quota would stall the queue
      const limited = await t.connect({
        properties: { maximumPacketSize: 200, receiveMaximum: 1 },
      });
      const free = await t.connect();
      const publisher = await t.connect();
      await limited.subscribe({ topicFilter: t.topic(), qos });
      await free.subscribe({ topicFilter: t.topic(), qos });
      for (const payload of ['1', 'x'.repeat(300), 'y'.repeat(300), '2']) {
        await publisher.publish(t.topic(), payload, { qos });
      }
      await limited.receive({ payload: '1' });
      await limited.receive({ payload: '2' });
      const received = await free.receiveUntil('2');
      check(received.length === 4, '4 messages for the other client', `${received.length}`);
      await limited.expectSilence();
    },
  })),
  {
    name: 'exact-size',
    title: 'A PUBLISH of exactly the Maximum Packet Size is sent, one byte more is not',
    statements: ['MQTT-3.1.2-24', 'MQTT-3.1.2-25'],
    async run(t) {
      const maximumPacketSize = 120;
      const client = await t.connect({ properties: { maximumPacketSize } });
      await client.subscribe({ topicFilter: t.topic(), qos: 0 });
      const publisher = await t.connect();
      const room = maximumPacketSize - packet(0x30, str(t.topic()), 0).length;
      await publisher.publish(t.topic(), 'a'.repeat(room + 1));
      await publisher.publish(t.topic(), 'b'.repeat(room));
      await client.receive({ payload: 'b'.repeat(room) });
    },
  },
  {
    name: 'properties-count',
    title: 'Properties of a message count for the Maximum Packet Size, and are not cut off',
    statements: ['MQTT-3.1.2-24', 'MQTT-3.1.2-25', 'MQTT-3.3.2-17'],
    async run(t) {
      const client = await t.connect({ properties: { maximumPacketSize: 150 } });
      await client.subscribe({ topicFilter: t.topic(), qos: 0 });
      const publisher = await t.connect();
      const userProperties = [['key', 'v'.repeat(200)]] as const;
      await publisher.publish(t.topic(), 'large', { properties: { userProperties } });
      await publisher.publish(t.topic(), 'small');
      await client.receive({ payload: 'small' });
    },
  },
  {
    name: 'queued-too-large',
    title:
      'A queued message that is too large for the resumed connection is dropped and not in the way',
    statements: ['MQTT-3.1.2-25'],
    requires: ['qos1'],
    async run(t) {
      const client = await t.connect({ properties: { sessionExpiryInterval: 60 } });
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await client.disconnect();
      const publisher = await t.connect();
      for (const payload of ['x'.repeat(300), 'small']) {
        await publisher.publish(t.topic(), payload, { qos: 1 });
      }
      const again = await t.connect({
        clientId: client.clientId,
        cleanStart: false,
        properties: { maximumPacketSize: 200, receiveMaximum: 1, sessionExpiryInterval: 60 },
      });
      await again.receive({ payload: 'small' });
      await again.expectSilence();
    },
  },
  {
    name: 'retained-too-large',
    title: 'A retained message above the Maximum Packet Size is not sent',
    statements: ['MQTT-3.1.2-24', 'MQTT-3.1.2-25'],
    requires: ['retain'],
    async run(t) {
      const client = await t.connect({ properties: { maximumPacketSize: 200 } });
      const publisher = await t.connect();
      await publisher.publish(t.topic('b'), 'x'.repeat(300), { retain: true });
      await publisher.publish(t.topic('c'), 'small', { retain: true });
      await publisher.ping();
      await client.subscribe([t.topic('b'), t.topic('c')]);
      await client.receive({ payload: 'small', retain: true });
      await client.expectSilence();
    },
  },
  {
    name: 'acknowledgements-fit',
    title:
      'Acknowledgements stay within the Maximum Packet Size: Reason String and User Property go first',
    statements: ['3.4.2-2', '3.4.2-3', '3.5.2-2', '3.5.2-3', '3.7.2-2', '3.7.2-3', '3.9.2-1']
      .concat(['3.9.2-2', '3.11.2-1', '3.11.2-2'])
      .map((id) => `MQTT-${id}`),
    requires: ['qos2'],
    async run(t) {
      const client = await tightClient(t);
      await provoke(t, client);
    },
  },
  {
    name: 'refusals-fit',
    title: 'Refused publishes and subscriptions are answered within the Maximum Packet Size',
    statements: ['MQTT-3.4.2-2', 'MQTT-3.4.2-3', 'MQTT-3.5.2-2', 'MQTT-3.5.2-3', 'MQTT-3.9.2-1'],
    requires: ['qos2'],
    needs: ['authorization'],
    async run(t) {
      const { publish = '', subscribe = '' } = t.fixture('authorization').parameters;
      const fixture = 'authorization';
      const probe = await t.connect({ fixture });
      const client = await t.connect({ fixture, properties: limitBy(probe) });
      const first = client.sendPublish(publish, 'x', { qos: 1 });
      await client.expect('puback', { packetId: first });
      const second = client.sendPublish(publish, 'x', { qos: 2 });
      await client.expect('pubrec', { packetId: second });
      await client.requestSubscribe(subscribe);
    },
  },
  {
    name: 'disconnect-fits',
    title: 'A DISCONNECT of the server stays within the Maximum Packet Size',
    statements: ['MQTT-3.14.2-3', 'MQTT-3.14.2-4'],
    async run(t) {
      const client = await tightClient(t);
      client.send(t.connectPacket());
      await client.expectClosed();
    },
  },
  {
    name: 'pubrel-fits',
    title: 'A PUBREL for an unknown Packet Identifier stays within the Maximum Packet Size',
    statements: ['MQTT-3.6.2-2', 'MQTT-3.6.2-3', 'MQTT-3.6.2-1'],
    async run(t) {
      const client = await tightClient(t);
      client.acknowledge(5, 77);
      await client.ping();
    },
  },
]);

/** A client whose Maximum Packet Size leaves no room for words: it just admits the CONNACK. */
async function tightClient(t: CaseContext): Promise<WireClient> {
  const probe = await t.connect();
  return t.connect({ properties: limitBy(probe) });
}

function limitBy(probe: WireClient): { maximumPacketSize: number } {
  return { maximumPacketSize: Math.max(probe.connackSize, 12) };
}

/** Every answer that a server may want to explain. */
async function provoke(t: CaseContext, client: WireClient): Promise<void> {
  await client.publish(t.topic('nobody'), 'x', { qos: 1 });
  await client.publish(t.topic('nobody'), 'x', { qos: 2 });
  client.acknowledge(6, 999);
  await client.expect('pubcomp', { packetId: 999 });
  client.acknowledge(5, 998);
  await client.ping();
  const unsuback = await client.unsubscribe(t.topic('never'));
  check(unsuback.reasonCodes.length === 1, 'one Reason Code', `${unsuback.reasonCodes.length}`);
  client.send(packet(0x82, u16(500), 0, str(`${t.topic('x')}/a+/b`), 0));
  // a malformed filter may also close the connection; that is another case's question
  await client.expect('suback').catch(() => client.expectClosed());
}

const explanations = defineCases(5, 'client-limits', [
  {
    name: 'no-problem-information',
    title:
      'With Request Problem Information 0 nothing but PUBLISH, CONNACK and DISCONNECT explains itself',
    statements: ['MQTT-3.1.2-29'],
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect({ properties: { requestProblemInformation: 0 } });
      await provoke(t, client);
    },
  },
  {
    name: 'no-problem-information-refusals',
    title:
      'With Request Problem Information 0 refused publishes and subscriptions are not explained',
    statements: ['MQTT-3.1.2-29'],
    requires: ['qos2'],
    needs: ['authorization'],
    async run(t) {
      const { publish = '', subscribe = '' } = t.fixture('authorization').parameters;
      const fixture = 'authorization';
      const client = await t.connect({ fixture, properties: { requestProblemInformation: 0 } });
      const first = client.sendPublish(publish, 'x', { qos: 1 });
      await client.expect('puback', { packetId: first });
      const second = client.sendPublish(publish, 'x', { qos: 2 });
      await client.expect('pubrec', { packetId: second });
      await client.requestSubscribe(subscribe);
    },
  },
  {
    name: 'user-properties-of-messages',
    title: 'Request Problem Information 0 does not take the User Properties from messages',
    statements: ['MQTT-3.1.2-29', 'MQTT-3.3.2-17'],
    async run(t) {
      const client = await t.connect({ properties: { requestProblemInformation: 0 } });
      await client.subscribe(t.topic());
      const properties = { userProperties: [['a', 'b']] } as const;
      await client.publish(t.topic(), 'x', { properties });
      await client.receive({ payload: 'x', properties });
    },
  },
]);

/** What a CONNECT limits: sections 3.1.2.11.4 and 3.1.2.11.7. */
export const clientLimitCases: readonly ConformanceCase[] = [...packetSizes, ...explanations];
