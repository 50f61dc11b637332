import { packet, str, u16 } from '../../bytes.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check, ConformanceFailure } from '../../failure.ts';
import { describePacket } from '../../describe-packet.ts';
import { refusedPackets } from '../../refusals.ts';
import { expectOnlyMarker, nextOrClosed, resume, subscribed } from './steps.ts';

const basics = defineCases(4, 'unsubscribe', [
  {
    name: 'unsuback',
    title:
      'UNSUBSCRIBE is answered with UNSUBACK, with its Packet Identifier, and ends the subscription',
    statements: ['MQTT-3.10.4-4', 'MQTT-3.10.4-1', 'MQTT-3.10.4-2'],
    async run(t) {
      const client = await subscribed(t);
      client.send(packet(0xa2, u16(77), str(t.topic())));
      await client.expectNext('unsuback', { packetId: 77 });
      await client.publish(t.topic(), 'x', { qos: 1 });
      await client.expectSilence();
    },
  },
  {
    name: 'nothing-subscribed',
    title: 'UNSUBACK comes as well when nothing was subscribed',
    statements: ['MQTT-3.10.4-5', 'MQTT-3.10.4-4'],
    async run(t) {
      const client = await t.connect();
      client.send(packet(0xa2, u16(9), str(t.topic())));
      await client.expectNext('unsuback', { packetId: 9 });
    },
  },
  {
    name: 'several-filters',
    title: 'Several filters are like as many UNSUBSCRIBEs, with one UNSUBACK',
    statements: ['MQTT-3.10.4-6', 'MQTT-3.10.3-1', 'MQTT-3.10.4-1'],
    async run(t) {
      const client = await t.connect();
      const filters = ['a', 'b', 'c', 'd'].map((suffix) => t.topic(suffix));
      await client.subscribe(filters);
      await client.unsubscribe([t.topic('a'), t.topic('none'), t.topic('c'), t.topic('d')]);
      for (const topic of filters) await client.publish(topic, 'x', { qos: 1 });
      await client.receive({ topicName: t.topic('b') });
      await client.expectSilence();
    },
  },
  {
    name: 'exact-filter',
    title: 'Filters are compared character by character: nothing that only matches is removed',
    statements: ['MQTT-3.10.4-1'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe([t.topic('a/b'), t.topic('a/+')]);
      await client.unsubscribe([
        t.topic('#'),
        t.topic('+/b'),
        t.topic('A/b'),
        t.topic('a/b/'),
        t.topic('a/c'),
      ]);
      await client.unsubscribe(t.topic('a/+'));
      await client.publish(t.topic('a/c'), 'no', { qos: 1 });
      await client.publish(t.topic('a/b'), 'yes', { qos: 1 });
      await client.receive({ payload: 'yes' });
      await client.expectSilence();
    },
  },
  {
    name: 'own-subscription-only',
    title: 'UNSUBSCRIBE ends the subscription of its client, not that of another',
    statements: ['MQTT-3.10.4-1'],
    async run(t) {
      const client = await subscribed(t);
      const other = await subscribed(t);
      await other.unsubscribe(t.topic());
      await other.publish(t.topic(), 'x', { qos: 1 });
      await client.receive({ payload: 'x' });
      await other.expectSilence();
    },
  },
  {
    name: 'and-again',
    title: 'A filter can be subscribed to again after UNSUBSCRIBE',
    statements: ['MQTT-3.10.4-1', 'MQTT-3.8.4-1'],
    async run(t) {
      const client = await subscribed(t, { qos: 2 });
      await client.unsubscribe(t.topic());
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      await client.publish(t.topic(), 'x', { qos: 2 });
      await client.receive({ payload: 'x', qos: 1 });
      await client.expectSilence();
    },
  },
]);

const inFlight = defineCases(4, 'unsubscribe', [
  {
    name: 'qos2-finished',
    title: 'A QoS 2 delivery that has begun is finished after UNSUBSCRIBE, and no other begins',
    statements: ['MQTT-3.10.4-3', 'MQTT-3.10.4-2'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'begun', { qos: 2 });
      const { packetId = 0 } = await client.expect('publish', { payload: 'begun', qos: 2 });
      await client.unsubscribe(t.topic());
      await publisher.publish(t.topic(), 'no', { qos: 1 });
      client.acknowledge(5, packetId);
      await client.expect('pubrel', { packetId });
      client.acknowledge(7, packetId);
      await client.subscribe(t.topic('end'));
      await expectOnlyMarker(t, client, t.topic('end'));
    },
  },
  {
    name: 'qos1-finished',
    title:
      'A QoS 1 delivery that has begun is sent again at the next connection, despite UNSUBSCRIBE',
    statements: ['MQTT-3.10.4-3', 'MQTT-4.4.0-1'],
    async run(t) {
      const client = await subscribed(t, { cleanStart: false, qos: 1 });
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'begun', { qos: 1 });
      const { packetId } = await client.expect('publish', { payload: 'begun' });
      await client.unsubscribe(t.topic());
      await client.lose();
      const again = await resume(t, client.clientId);
      await again.receive({ payload: 'begun', dup: true, packetId });
      await again.expectSilence();
    },
  },
  {
    name: 'invalid-filter',
    title: 'An UNSUBSCRIBE with an invalid filter: a close, or an UNSUBACK without any effect',
    statements: ['MQTT-4.7.1-2', 'MQTT-4.8.0-1'],
    async run(t) {
      for (const filter of [t.topic('#/a'), '']) {
        const client = await subscribed(t);
        client.send(packet(0xa2, u16(50), str(filter)));
        const answer = await nextOrClosed(client);
        if (answer === undefined) continue;
        if (answer.type !== 11) throw new ConformanceFailure('UNSUBACK', describePacket(answer));
        check(answer.packetId === 50, 'Packet Identifier 50', `${answer.packetId}`);
        await client.publish(t.topic(), 'x', { qos: 1 });
        await client.receive({ payload: 'x' });
      }
    },
  },
]);

const refusals = refusedPackets(4, 'unsubscribe', [
  {
    name: 'no-filter',
    title: 'an UNSUBSCRIBE without a filter',
    statements: ['MQTT-3.10.3-2', 'MQTT-4.8.0-1'],
    bytes: () => packet(0xa2, u16(1)),
  },
]);

/** Section 3.10, UNSUBSCRIBE. */
export const unsubscribeCases: readonly ConformanceCase[] = [...basics, ...inFlight, ...refusals];
