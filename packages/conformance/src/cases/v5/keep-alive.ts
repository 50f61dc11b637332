import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';

/** Section 3.1.2.10 and 3.2.2.3.14, Keep Alive. */
export const keepAliveCases: readonly ConformanceCase[] = defineCases(5, 'keep-alive', [
  {
    name: 'closed',
    title:
      'The server closes a connection that is silent for 1.5 times the Keep Alive, its Will is due',
    statements: ['MQTT-3.1.2-22', 'MQTT-3.2.2-22', 'MQTT-3.1.2-8'],
    slow: true,
    async run(t) {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic('will'));
      const will = { topicName: t.topic('will'), payload: 'gone' };
      const client = await t.connect({ keepAlive: 2, will });
      const effective = client.connack?.properties?.serverKeepAlive ?? 2;
      if (effective > 5) t.skip(`the server makes the Keep Alive ${effective} s`);
      const waited = await expectTimeout(client, effective);
      check(waited >= effective * 1000 - 200, `open for ${effective} s`, `${waited} ms`);
      await watcher.receive({ payload: 'gone' });
    },
  },
  {
    name: 'one-and-a-half',
    title: 'A client that is late, but not by half of the Keep Alive, stays connected',
    statements: ['MQTT-3.1.2-22'],
    slow: true,
    async run(t) {
      const client = await t.connect({ keepAlive: 4 });
      if (client.connack?.properties?.serverKeepAlive) t.skip('the server sets another Keep Alive');
      await t.sleep(4700);
      await client.ping();
      await t.sleep(4700);
      await client.ping();
    },
  },
  {
    name: 'any-packet',
    title: 'Any packet of the client keeps the connection alive, not PINGREQ alone',
    statements: ['MQTT-3.1.2-22'],
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
    statements: ['MQTT-3.1.2-22'],
    slow: true,
    async run(t) {
      const client = await t.connect({ keepAlive: 1 });
      const effective = client.connack?.properties?.serverKeepAlive ?? 1;
      if (effective > 5) t.skip(`the server makes the Keep Alive ${effective} s`);
      await client.subscribe({ topicFilter: t.topic(), qos: 0 });
      const publisher = await t.connect();
      for (let i = 0; i < 40 && !client.isClosed; i++) {
        await publisher.publish(t.topic(), 'x');
        await t.sleep(500);
      }
      await client.expectClosed([0x8d], 100);
    },
  },
  {
    name: 'zero',
    title: 'Keep Alive 0 switches the mechanism off',
    statements: ['MQTT-3.1.2-22'],
    slow: true,
    async run(t) {
      const client = await t.connect({ keepAlive: 0 });
      if (client.connack?.properties?.serverKeepAlive) t.skip('the server sets a Keep Alive');
      await t.sleep(6000);
      await client.ping();
    },
  },
  {
    name: 'server-keep-alive',
    title: 'A Server Keep Alive holds instead of what the client asked for, 0 included',
    statements: ['MQTT-3.1.2-22', 'MQTT-3.2.2-22'],
    slow: true,
    needs: ['server-keep-alive'],
    async run(t) {
      await Promise.all([0, 600].map((keepAlive) => expectServerKeepAlive(t, keepAlive)));
    },
  },
  {
    name: 'reason',
    title: 'DISCONNECT 0x8D tells that the Keep Alive has run out',
    statements: ['MQTT-3.1.2-22'],
    level: 'practice',
    slow: true,
    async run(t) {
      const client = await t.connect({ keepAlive: 1 });
      const effective = client.connack?.properties?.serverKeepAlive ?? 1;
      if (effective > 5) t.skip(`the server makes the Keep Alive ${effective} s`);
      await client.expect('disconnect', { reasonCode: 0x8d }, patience(effective));
    },
  },
]);

async function expectServerKeepAlive(t: CaseContext, keepAlive: number): Promise<void> {
  const client = await t.connect({ fixture: 'server-keep-alive', keepAlive });
  const told = client.connack?.properties?.serverKeepAlive ?? 0;
  check(told > 0 && told <= 3, 'a Server Keep Alive of 1 to 3 s', `${told}`);
  await expectTimeout(client, told);
}

async function expectTimeout(client: WireClient, keepAlive: number): Promise<number> {
  const start = performance.now();
  await client.expectClosed([0x8d], patience(keepAlive));
  return Math.round(performance.now() - start);
}

/** One and a half times, and what a busy machine and a server that looks every few seconds may need. */
function patience(keepAlive: number): number {
  return keepAlive * 1500 + 10_000;
}
