import type { CaseContext } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { expectOnlyMarker, subscribed } from './steps.ts';

const qos1 = defineCases(4, 'qos1', [
  {
    name: 'puback',
    title: 'A QoS 1 PUBLISH is answered with PUBACK, once',
    statements: ['MQTT-4.3.2-2', 'MQTT-3.3.4-1', 'MQTT-2.3.1-6'],
    async run(t) {
      const client = await t.connect();
      client.sendPublish(t.topic(), 'x', { qos: 1, packetId: 10 });
      await client.expectNext('puback', { packetId: 10 });
      await client.expectSilence();
    },
  },
  {
    name: 'first-delivery',
    title: 'A QoS 1 message is delivered with DUP 0 and a Packet Identifier',
    statements: ['MQTT-4.3.2-1'],
    async run(t) {
      const client = await subscribed(t);
      await client.publish(t.topic(), 'x', { qos: 1 });
      await client.receive({ payload: 'x', qos: 1, dup: false });
    },
  },
  ...[false, true].map((dup) => ({
    name: `same-id-is-new-dup-${Number(dup)}`,
    title: `After PUBACK a PUBLISH with the same identifier and DUP ${Number(dup)} is a new message`,
    statements: ['MQTT-4.3.2-2'],
    async run(t: CaseContext) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), '1', { qos: 1, packetId: 5 });
      await publisher.publish(t.topic(), '2', { qos: 1, packetId: 5, dup });
      await client.receive({ payload: '1' });
      await client.receive({ payload: '2', dup: false });
    },
  })),
  {
    name: 'late-puback',
    title: 'PUBACKs in another order than the deliveries are taken, and free their identifiers',
    statements: ['MQTT-4.3.2-1', 'MQTT-2.3.1-4'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      for (const payload of ['1', '2', '3']) {
        await publisher.publish(t.topic(), payload, { qos: 1 });
      }
      const ids: number[] = [];
      for (const payload of ['1', '2', '3']) {
        ids.push((await client.expect('publish', { payload })).packetId ?? 0);
      }
      for (const packetId of ids.toReversed()) client.acknowledge(4, packetId);
      await expectOnlyMarker(t, client);
    },
  },
  {
    name: 'unknown-puback',
    title: 'A PUBACK for an identifier that is not in use is ignored',
    statements: ['MQTT-4.3.2-1'],
    level: 'practice',
    async run(t) {
      const client = await t.connect();
      client.acknowledge(4, 4321);
      await client.expectSilence();
    },
  },
]);

const qos2Receiver = defineCases(4, 'qos2', [
  {
    name: 'pubrec-pubcomp',
    title: 'A QoS 2 PUBLISH is answered with PUBREC, its PUBREL with PUBCOMP, each once',
    statements: ['MQTT-4.3.3-2', 'MQTT-3.3.4-1', 'MQTT-2.3.1-6'],
    async run(t) {
      const client = await t.connect();
      client.sendPublish(t.topic(), 'x', { qos: 2, packetId: 10 });
      await client.expectNext('pubrec', { packetId: 10 });
      client.acknowledge(6, 10);
      await client.expectNext('pubcomp', { packetId: 10 });
      await client.expectSilence();
    },
  },
  repeatCase('repeat', 'a repeat with DUP 1 is', { repeats: 1, dup: true }),
  repeatCase('repeats', 'each of several repeats with DUP 1 is', { repeats: 3, dup: true }),
  // the client breaks [MQTT-3.3.1-1 @3.1.1] here, so that a server may also close
  {
    ...repeatCase('repeat-dup-0', 'a repeat with DUP 0 is', { repeats: 1, dup: false }),
    level: 'should',
  },
  {
    name: 'same-id-is-new',
    title: 'After PUBCOMP a PUBLISH with the same identifier is a new message, whatever its DUP',
    statements: ['MQTT-4.3.3-2'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), '1', { qos: 2, packetId: 7 });
      await publisher.publish(t.topic(), '2', { qos: 2, packetId: 7, dup: true });
      await publisher.publish(t.topic(), '3', { qos: 2, packetId: 7 });
      for (const payload of ['1', '2', '3']) await client.receive({ payload });
    },
  },
  {
    name: 'pubrel-again',
    title: 'A repeated PUBREL is answered with PUBCOMP again, and delivers nothing',
    statements: ['MQTT-4.3.3-2'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 2, packetId: 7 });
      publisher.acknowledge(6, 7);
      await publisher.expectNext('pubcomp', { packetId: 7 });
      await client.receive({ payload: 'x' });
      await expectOnlyMarker(t, client);
    },
  },
  {
    name: 'unknown-pubrel',
    title: 'A PUBREL for an identifier that is not in use is answered with PUBCOMP',
    statements: ['MQTT-4.3.3-2'],
    async run(t) {
      const client = await t.connect();
      client.acknowledge(6, 4321);
      await client.expectNext('pubcomp', { packetId: 4321 });
    },
  },
  {
    name: 'interleaved',
    title: 'Several QoS 2 exchanges go on side by side',
    statements: ['MQTT-4.3.3-2'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      const ids = [11, 12, 13, 14];
      for (const packetId of ids) {
        publisher.sendPublish(t.topic(), `${packetId}`, { qos: 2, packetId });
      }
      for (const packetId of ids) await publisher.expectNext('pubrec', { packetId });
      for (const packetId of ids) publisher.acknowledge(6, packetId);
      for (const packetId of ids) await publisher.expect('pubcomp', { packetId });
      for (const packetId of ids) await client.receive({ payload: `${packetId}`, qos: 2 });
      await client.expectSilence();
    },
  },
]);

function repeatCase(
  name: string,
  what: string,
  { repeats, dup }: { readonly repeats: number; readonly dup: boolean },
): CaseDefinition {
  return {
    name,
    title: `Until PUBREL ${what} answered with PUBREC, and not delivered again`,
    statements: ['MQTT-4.3.3-2'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      for (let i = 0; i <= repeats; i++) {
        publisher.sendPublish(t.topic(), 'x', { qos: 2, packetId: 7, dup: dup && i > 0 });
        await publisher.expectNext('pubrec', { packetId: 7 });
      }
      publisher.acknowledge(6, 7);
      await publisher.expectNext('pubcomp', { packetId: 7 });
      await client.receive({ payload: 'x' });
      await expectOnlyMarker(t, client);
    },
  };
}

const qos2Sender = defineCases(4, 'qos2', [
  {
    name: 'delivery',
    title:
      'A QoS 2 message is delivered with DUP 0; PUBREL follows PUBREC, nothing follows PUBCOMP',
    statements: ['MQTT-4.3.3-1', 'MQTT-2.3.1-6'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 2 });
      const { packetId = 0 } = await client.expectNext('publish', { qos: 2, dup: false });
      await client.expectSilence();
      client.acknowledge(5, packetId);
      await client.expectNext('pubrel', { packetId });
      await client.expectSilence();
      client.acknowledge(7, packetId);
      await client.expectSilence();
    },
  },
  {
    name: 'pubrec-again',
    title: 'A repeated PUBREC is answered with PUBREL again, never with the PUBLISH',
    statements: ['MQTT-4.3.3-1'],
    async run(t) {
      const client = await subscribed(t);
      const publisher = await t.connect();
      await publisher.publish(t.topic(), 'x', { qos: 2 });
      const { packetId = 0 } = await client.expect('publish');
      for (let i = 0; i < 2; i++) {
        client.acknowledge(5, packetId);
        await client.expectNext('pubrel', { packetId });
      }
      client.acknowledge(7, packetId);
      await client.expectSilence();
    },
  },
  ...([5, 7] as const).map((type) => ({
    name: `unknown-${type === 5 ? 'pubrec' : 'pubcomp'}`,
    title: `A ${type === 5 ? 'PUBREC' : 'PUBCOMP'} for an identifier that is not in use does not end the connection`,
    statements: ['MQTT-4.3.3-1'],
    level: 'practice' as const,
    async run(t: CaseContext) {
      const client = await t.connect();
      client.acknowledge(type, 4321);
      await client.ping();
    },
  })),
]);

/** Section 4.3, Quality of Service. */
export const qosCases: readonly ConformanceCase[] = [...qos1, ...qos2Receiver, ...qos2Sender];
