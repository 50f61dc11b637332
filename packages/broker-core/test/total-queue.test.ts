import { expect, test } from 'vitest';
import { inWorld } from './support.ts';

const limits = { maximumTotalQueuedBytes: 100, maximumInflight: 1 };
const forty = 'x'.repeat(40);

test.each([1, 2] as const)(
  'what would have to wait beyond the bytes for all sessions is refused with 0x97, at QoS %i',
  async (qos) =>
    inWorld(
      (world) => {
        for (const id of ['one', 'two']) {
          const absent = world.resume(id);
          absent.subscribe(`to/${id}`);
          absent.vanish();
        }
        const present = world.connect({ clientId: 'present' });
        present.subscribe('to/present', { qos: 0 });
        const publisher = world.connect({ clientId: 'p' });
        const ack = qos === 1 ? 'PUBACK' : 'PUBREC';
        const publish = (topic: string, packetId: number): string[] =>
          publisher.publish(topic, forty, { qos, packetId }).messages();

        expect(publish('to/one', 1)).toEqual([`${ack} #1`]);
        expect(publish('to/two', 2)).toEqual([`${ack} #2`]);
        expect(publish('to/two', 3)).toEqual([`${ack} #3 97`]);
        expect(publish('to/present', 4)).toEqual([`${ack} #4`]); // it waits for nobody
        expect(publish('to/nobody', 5)).toEqual([`${ack} #5 10`]);
        expect(present.publishes()).toHaveLength(1);
        expect(world.broker.counters).toMatchObject({ publishRefused: 1, queuedBytes: 80 });

        const back = world.resume('one');
        if (qos === 1) back.puback(1);
        else back.pubrec(1).pubcomp(1);
        expect(world.broker.counters.queuedBytes).toBe(40);
        expect(publish('to/two', 6)).toEqual([`${ack} #6`]);
      },
      { limits },
    )(),
);

test(
  'MQTT 3.1.1 cannot be told, so what is not kept is not acknowledged',
  inWorld(
    (world) => {
      const absent = world.resume('absent');
      absent.subscribe('a');
      absent.vanish();
      const publisher = world.connect({ clientId: 'p', protocolVersion: 4 });
      publisher.publish('a', forty, { qos: 1, packetId: 1 });
      publisher.publish('a', forty, { qos: 1, packetId: 2 });
      publisher.publish('a', forty, { qos: 1, packetId: 3 });
      expect(publisher.messages()).toEqual(['PUBACK #1', 'PUBACK #2']);
      expect(world.resume('absent').publishes()).toHaveLength(1);
    },
    { limits },
  ),
);

test(
  'a client whose window is full counts as well, and the end of a session gives its bytes back',
  inWorld(
    (world) => {
      const slow = world.connect({ clientId: 'slow' });
      slow.subscribe('a');
      const publisher = world.connect({ clientId: 'p' });
      for (let i = 1; i <= 5; i++) publisher.publish('a', forty, { qos: 1, packetId: i });
      const told = publisher.messages();
      expect(told[0]).toBe('PUBACK #1');
      expect(told.at(-1)).toBe('PUBACK #5 97');
      expect(world.broker.counters.queuedBytes).toBeLessThanOrEqual(100);
      slow.vanish();
      expect(world.broker.counters.queuedBytes).toBe(0);
    },
    { limits },
  ),
);

test(
  'what waits at QoS 0 counts as well, until it is sent or its client has gone',
  inWorld(
    (world) => {
      const slow = ['one', 'two'].map((clientId) => {
        const client = world.connect({ clientId, properties: { receiveMaximum: 1 } });
        client.subscribe('a');
        return client;
      });
      const publisher = world.connect({ clientId: 'p' });
      publisher.publish('a', 'x', { qos: 1, packetId: 1 });
      publisher.publish('a', 'y', { qos: 1, packetId: 2 });
      publisher.messages();
      publisher.publish('a', forty);
      expect(world.broker.counters).toMatchObject({ queuedBytes: 82, publishDropped: 0 });
      publisher.publish('a', forty); // no room
      publisher.publish('a', forty, { qos: 1, packetId: 3 });
      expect(publisher.messages()).toEqual(['PUBACK #3 97']);
      expect(world.broker.counters).toMatchObject({ queuedBytes: 82, publishDropped: 3 });

      slow[0]?.vanish();
      expect(world.broker.counters.queuedBytes).toBe(41);
      slow[1]?.puback(1);
      expect(slow[1]?.messages()).toEqual(['a=x q1 #1', 'a=y q1 #2', `a=${forty} q0`]);
      expect(world.broker.counters.queuedBytes).toBe(1);
    },
    { limits },
  ),
);

test(
  'a Will without room is dropped and counted',
  inWorld(
    (world) => {
      const absent = world.resume('absent');
      absent.subscribe('a');
      absent.vanish();
      world.connect({ clientId: 'p' }).publish('a', 'x'.repeat(90), { qos: 1, packetId: 1 });
      const will = { topicName: 'a', payload: new Uint8Array(40), qos: 1, retain: false } as const;
      world.connect({ clientId: 'w', will }).vanish();
      expect(world.broker.counters).toMatchObject({ publishDropped: 1, queuedBytes: 90 });
      expect(world.resume('absent').publishes()).toHaveLength(1);
    },
    { limits },
  ),
);

test.each([1, 2] as const)(
  'what was acknowledged at QoS %i is kept for all whom it was for, whatever their Subscription Identifiers take',
  async (qos) =>
    inWorld(
      (world) => {
        const absent = ['one', 'two', 'three'];
        for (const [i, id] of absent.entries()) {
          const client = world.resume(id);
          client.subscribe('a', { id: i + 1 });
          client.vanish();
        }
        const publisher = world.connect({ clientId: 'p' });
        let acknowledged = 0;
        for (let packetId = 1; packetId <= 10; packetId++) {
          publisher.publish('a', '', { qos, packetId });
          publisher.publish('a', forty, { qos, packetId: packetId + 100 });
          const codes = publisher
            .take()
            .map((packet) => 'reasonCode' in packet && packet.reasonCode);
          acknowledged += codes.filter((code) => code === 0).length;
        }
        expect(acknowledged).toBeGreaterThan(0);
        expect(acknowledged).toBeLessThan(20);
        for (const id of absent) {
          const client = world.resume(id, undefined, { properties: { receiveMaximum: 100 } });
          expect(client.publishes()).toHaveLength(acknowledged);
        }
      },
      { limits: { maximumTotalQueuedBytes: 100 } },
    )(),
);
