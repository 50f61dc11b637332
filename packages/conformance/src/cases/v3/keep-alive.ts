import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { watchWill, willOf } from './steps.ts';

/** Section 3.1.2.10, Keep Alive. */
export const keepAliveCases: readonly ConformanceCase[] = defineCases(4, 'keep-alive', [
  {
    name: 'closed',
    title:
      'The server closes a connection that is silent for 1.5 times the Keep Alive; its Will is due',
    statements: ['MQTT-3.1.2-24', 'MQTT-3.1.2-8'],
    slow: true,
    async run(t) {
      const watcher = await watchWill(t);
      const client = await t.connect({ keepAlive: 2, will: willOf(t) });
      const start = performance.now();
      // a server may look every few seconds only, and the machine may be busy
      await client.expectClosed(undefined, 13_000);
      const waited = Math.round(performance.now() - start);
      check(waited >= 2800, 'a close after 3 s', `${waited} ms`);
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'one-and-a-half',
    title: 'A client that is late, but not by half of the Keep Alive, stays connected',
    statements: ['MQTT-3.1.2-24'],
    slow: true,
    async run(t) {
      const client = await t.connect({ keepAlive: 4 });
      for (let i = 0; i < 2; i++) {
        await t.sleep(4700);
        await client.ping();
      }
    },
  },
  {
    name: 'any-packet',
    title: 'Any packet of the client keeps the connection alive, not PINGREQ alone',
    statements: ['MQTT-3.1.2-24'],
    slow: true,
    async run(t) {
      const client = await t.connect({ keepAlive: 2 });
      for (let i = 0; i < 4; i++) {
        await t.sleep(1500);
        await client.publish(t.topic(), 'x');
      }
      await client.ping();
    },
  },
  {
    name: 'own-traffic-does-not-count',
    title: 'What the server sends does not keep the connection alive',
    statements: ['MQTT-3.1.2-24'],
    slow: true,
    async run(t) {
      const client = await t.connect({ keepAlive: 1 });
      await client.subscribe({ topicFilter: t.topic(), qos: 0 });
      const publisher = await t.connect();
      for (let i = 0; i < 25 && !client.isClosed; i++) {
        await publisher.publish(t.topic(), 'x');
        await t.sleep(500);
      }
      await client.expectClosed(undefined, 100);
    },
  },
  {
    name: 'zero',
    title: 'Keep Alive 0 switches the mechanism off',
    statements: ['MQTT-3.1.2-24'],
    slow: true,
    async run(t) {
      const client = await t.connect({ keepAlive: 0 });
      await t.sleep(6000);
      await client.ping();
    },
  },
  {
    name: 'session-kept',
    title: 'A session with CleanSession 0 survives the timeout of its connection',
    statements: ['MQTT-3.1.2-24', 'MQTT-3.1.2-4'],
    slow: true,
    async run(t) {
      const client = await t.connect({ keepAlive: 1, cleanStart: false });
      await client.expectClosed(undefined, 11_500);
      const again = await t.connect({ clientId: client.clientId, cleanStart: false });
      check(again.connack?.sessionPresent === true, 'Session Present 1', '0');
    },
  },
]);
