import { packet, properties, Property, str, u16 } from '../../bytes.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { refusedPackets } from '../../refusals.ts';

const answered = defineCases(5, 'unsubscribe', [
  {
    name: 'unsuback',
    title: 'An UNSUBSCRIBE is answered by UNSUBACK, and no further message comes',
    statements: ['MQTT-3.10.4-1', 'MQTT-3.10.4-2', 'MQTT-3.10.4-4', 'MQTT-3.11.3-2'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(t.topic());
      await client.publish(t.topic(), '1');
      await client.receive({ payload: '1' });
      const { reasonCodes } = await client.unsubscribe(t.topic());
      check(`${reasonCodes}` === '0', 'code 0x00', `${reasonCodes}`);
      await client.publish(t.topic(), '2');
      await client.expectSilence();
    },
  },
  {
    name: 'not-subscribed',
    title: 'UNSUBACK comes also when there was no such subscription, with code 0x11',
    statements: ['MQTT-3.10.4-5', 'MQTT-3.10.4-4', 'MQTT-3.11.3-2'],
    async run(t) {
      const client = await t.connect();
      const { reasonCodes } = await client.unsubscribe(t.topic());
      check(`${reasonCodes}` === '17', 'code 0x11', `${reasonCodes}`);
    },
  },
  {
    name: 'several',
    title: 'Several filters get one UNSUBACK with a code each, in their order',
    statements: ['MQTT-3.10.4-6', 'MQTT-3.11.3-1', 'MQTT-3.10.3-2'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe([t.topic('a'), t.topic('c')]);
      const { reasonCodes } = await client.unsubscribe(['a', 'b', 'c', 'a'].map((n) => t.topic(n)));
      check(`${reasonCodes}` === '0,17,0,17', 'codes 0x00 0x11 0x00 0x11', `${reasonCodes}`);
      await client.publish(t.topic('a'), 'x');
      await client.publish(t.topic('c'), 'x');
      await client.expectSilence();
    },
  },
  {
    name: 'compared-by-character',
    title: 'Filters are compared by character: one that merely matches removes nothing',
    statements: ['MQTT-3.10.4-1'],
    requires: ['wildcard'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe([t.topic('a/b'), t.topic('a/+')]);
      const others = [t.topic('a/#'), t.topic('A/b'), t.topic('a/b/'), t.topic('a')];
      const { reasonCodes } = await client.unsubscribe(others);
      check(`${reasonCodes}` === '17,17,17,17', 'code 0x11 four times', `${reasonCodes}`);
      await client.unsubscribe(t.topic('a/+'));
      await client.publish(t.topic('a/b'), 'x');
      await client.receive({ payload: 'x' });
      await client.expectSilence();
    },
  },
  {
    name: 'own-only',
    title: 'An UNSUBSCRIBE does not touch the subscriptions of others',
    statements: ['MQTT-3.10.4-1'],
    async run(t) {
      const [client, other] = [await t.connect(), await t.connect()];
      await client.subscribe(t.topic());
      const { reasonCodes } = await other.unsubscribe(t.topic());
      check(`${reasonCodes}` === '17', 'code 0x11', `${reasonCodes}`);
      await other.publish(t.topic(), 'x');
      await client.receive({ payload: 'x' });
    },
  },
  {
    name: 'begun-deliveries-completed',
    title: 'Deliveries at QoS 1 and 2 that have begun are completed after UNSUBSCRIBE',
    statements: ['MQTT-3.10.4-3'],
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect();
      const publisher = await t.connect();
      await client.subscribe(t.topic());
      await publisher.publish(t.topic(), '1', { qos: 1 });
      await publisher.publish(t.topic(), '2', { qos: 2 });
      const one = await client.expect('publish', { payload: '1', qos: 1 });
      const two = await client.expect('publish', { payload: '2', qos: 2 });
      await client.unsubscribe(t.topic());
      await client.complete(one);
      await client.complete(two);
      await client.expectSilence();
    },
  },
  {
    name: 'begun-deliveries-resumed',
    title: 'A delivery that has begun is re-sent after a reconnection, UNSUBSCRIBE or not',
    statements: ['MQTT-3.10.4-3', 'MQTT-4.4.0-1'],
    requires: ['qos1'],
    async run(t) {
      const keeping = { properties: { sessionExpiryInterval: 60 } };
      const client = await t.connect(keeping);
      await client.subscribe({ topicFilter: t.topic(), qos: 1 });
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 1 });
      const { packetId } = await client.expect('publish', { payload: 'x' });
      await client.unsubscribe(t.topic());
      await client.lose();
      const again = await t.connect({ clientId: client.clientId, cleanStart: false, ...keeping });
      await again.receive({ payload: 'x', dup: true, packetId });
    },
  },
  {
    name: 'shared-by-full-filter',
    title: 'A Shared Subscription is removed by its full filter, $share/… included',
    statements: ['MQTT-3.10.4-1'],
    requires: ['shared'],
    async run(t) {
      const client = await t.connect();
      const shared = `$share/g/${t.topic()}`;
      await client.subscribe(shared);
      const { reasonCodes: plain } = await client.unsubscribe(t.topic());
      check(`${plain}` === '17', 'code 0x11 for the plain filter', `${plain}`);
      const { reasonCodes } = await client.unsubscribe(shared);
      check(`${reasonCodes}` === '0', 'code 0x00', `${reasonCodes}`);
      await client.publish(t.topic(), 'x');
      await client.expectSilence();
    },
  },
]);

const refused = refusedPackets(5, 'unsubscribe', [
  {
    name: 'empty',
    title: 'an UNSUBSCRIBE without a Topic Filter',
    statements: ['MQTT-3.10.3-2'],
    codes: [0x82],
    bytes: () => packet(0xa2, u16(1), 0),
  },
  {
    name: 'truncated-filter',
    title: 'an UNSUBSCRIBE whose Topic Filter goes behind its end',
    statements: ['MQTT-3.10.3-1'],
    codes: [0x81, 0x82],
    bytes: () => packet(0xa2, u16(1), 0, u16(9), 'a'),
  },
  {
    name: 'property',
    title: 'an UNSUBSCRIBE with a Subscription Identifier',
    statements: ['MQTT-4.13.1-1'],
    codes: [0x81, 0x82],
    bytes: (t) =>
      packet(0xa2, u16(1), properties(Property.SubscriptionIdentifier, 1), str(t.topic())),
  },
]);

/** Sections 3.10 and 3.11, UNSUBSCRIBE and UNSUBACK. */
export const unsubscribeCases: readonly ConformanceCase[] = [...answered, ...refused];
