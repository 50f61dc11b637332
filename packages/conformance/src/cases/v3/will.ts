import { packet } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { expectOnlyMarker, resume, watchWill, willOf } from './steps.ts';

const publication = defineCases(4, 'will', [
  {
    name: 'published-on-loss',
    title: 'The Will is published when the connection is lost without DISCONNECT, and not before',
    statements: ['MQTT-3.1.2-8'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t) });
      await watcher.expectSilence();
      await client.lose();
      await watcher.receive({ topicName: t.topic('will'), payload: 'gone' });
    },
  },
  {
    name: 'published-on-end',
    title:
      'The Will is published when the client closes its connection in order, but without DISCONNECT',
    statements: ['MQTT-3.1.2-8'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t) });
      client.end();
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'after-protocol-error',
    title: 'The Will is published when the server closes for a protocol violation',
    statements: ['MQTT-3.1.2-8', 'MQTT-3.1.0-2'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t) });
      client.send(t.connectPacket());
      await client.expectClosed();
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'after-malformed-packet',
    title: 'The Will is published when the server closes for a packet that it cannot read',
    statements: ['MQTT-3.1.2-8', 'MQTT-4.8.0-1'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t) });
      client.send(packet(0xf0));
      await client.expectClosed();
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'not-after-disconnect',
    title: 'DISCONNECT deletes the Will',
    statements: ['MQTT-3.14.4-3', 'MQTT-3.1.2-10', 'MQTT-3.1.2-8'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t) });
      await client.disconnect();
      await watcher.expectSilence();
      await t.sleep(200);
      await expectOnlyMarker(t, watcher, t.topic('will'));
    },
  },
  {
    name: 'once',
    title: 'A Will is removed once it was published: a resumed session without a new one has none',
    statements: ['MQTT-3.1.2-10', 'MQTT-3.1.2-12'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t), cleanStart: false });
      await client.lose();
      await watcher.receive({ payload: 'gone' });
      const again = await resume(t, client.clientId);
      await again.lose();
      await expectOnlyMarker(t, watcher, t.topic('will'));
    },
  },
  {
    name: 'none',
    title: 'Without a Will nothing is published when the connection is lost',
    statements: ['MQTT-3.1.2-12', 'MQTT-3.1.2-11'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect();
      await client.lose();
      await expectOnlyMarker(t, watcher, t.topic('will'));
    },
  },
  {
    name: 'forgotten-after-disconnect',
    title: 'The Will of an earlier connection that ended in order is not published later',
    statements: ['MQTT-3.1.2-10', 'MQTT-3.1.2-12', 'MQTT-3.14.4-3'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t), cleanStart: false });
      await client.disconnect();
      const again = await resume(t, client.clientId);
      await again.lose();
      await expectOnlyMarker(t, watcher, t.topic('will'));
    },
  },
  {
    name: 'replaced',
    title: 'A new CONNECT brings its own Will',
    statements: ['MQTT-3.1.2-8', 'MQTT-3.1.2-10'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t) });
      await client.disconnect();
      const will = willOf(t, { payload: 'new' });
      const again = await t.connect({ clientId: client.clientId, will });
      await again.lose();
      await watcher.receive({ payload: 'new' });
      await watcher.expectSilence();
    },
  },
]);

const details = defineCases(4, 'will', [
  ...([0, 1, 2] as const).map((qos) => ({
    name: `qos-${qos}`,
    title: `A Will with QoS ${qos} is published with it`,
    statements: ['MQTT-3.1.2-14', 'MQTT-3.1.2-9'],
    async run(t: CaseContext) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t, { qos }) });
      await client.lose();
      await watcher.receive({ payload: 'gone', qos });
    },
  })),
  {
    name: 'not-retained',
    title: 'A Will with Will Retain 0 is published as a message that is not retained',
    statements: ['MQTT-3.1.2-16'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t, { qos: 1 }) });
      await client.lose();
      await watcher.receive({ payload: 'gone', retain: false });
      const later = await watchWill(t);
      await later.expectSilence();
    },
  },
  {
    name: 'retained',
    title: 'A Will with Will Retain 1 is published as a retained message',
    statements: ['MQTT-3.1.2-17', 'MQTT-3.1.2-9'],
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ will: willOf(t, { retain: true, qos: 1 }) });
      await client.lose();
      await watcher.receive({ payload: 'gone', retain: false });
      const later = await watchWill(t);
      await later.receive({ payload: 'gone', retain: true });
    },
  },
  {
    name: 'empty',
    title:
      'A Will Message of no bytes is published; with Will Retain 1 it removes what is retained',
    statements: ['MQTT-3.1.2-9', 'MQTT-3.1.2-17', 'MQTT-3.3.1-10'],
    async run(t) {
      const publisher = await t.connect();
      await publisher.publish(t.topic('will'), 'kept', { qos: 1, retain: true });
      const watcher = await watchWill(t);
      await watcher.receive({ payload: 'kept' });
      const client = await t.connect({ will: willOf(t, { payload: '', retain: true }) });
      await client.lose();
      await watcher.receive({ topicName: t.topic('will'), payload: '' });
      const later = await watchWill(t);
      await later.expectSilence();
    },
  },
  {
    name: 'binary',
    title: 'The Will Message is binary data: it need not be UTF-8',
    statements: ['MQTT-1.5.3-1', 'MQTT-3.1.2-9'],
    async run(t) {
      const watcher = await watchWill(t);
      const payload = Uint8Array.of(0, 0xff, 0xed, 0xa0, 0x80, 0);
      const client = await t.connect({ will: willOf(t, { payload }) });
      await client.lose();
      await watcher.receive({ payload });
    },
  },
  {
    name: 'queued',
    title: 'A Will waits for an absent subscriber like any message',
    statements: ['MQTT-3.1.2-8', 'MQTT-3.1.2-5'],
    async run(t) {
      const watcher = await t.connect({ cleanStart: false });
      await watcher.subscribe(t.topic('will'));
      await watcher.disconnect();
      const client = await t.connect({ will: willOf(t, { qos: 1 }) });
      const live = await watchWill(t);
      await client.lose();
      await live.receive({ payload: 'gone' });
      const again = await resume(t, watcher.clientId);
      await again.receive({ payload: 'gone', qos: 1 });
    },
  },
]);

/** Sections 3.1.2.5 to 3.1.2.7, the Will Message. */
export const willCases: readonly ConformanceCase[] = [...publication, ...details];
