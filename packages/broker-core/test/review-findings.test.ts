import { expect, test } from 'vitest';
import { inWorld } from './support.ts';

test(
  'QoS 0 messages that wait behind QoS 1 of their topic are bounded in bytes',
  inWorld(
    (world) => {
      const subscriber = world.connect({ clientId: 's', properties: { receiveMaximum: 1 } });
      subscriber.subscribe('t', { qos: 1 });
      const publisher = world.connect({ clientId: 'p' });
      publisher.publish('t', 'one', { qos: 1, packetId: 1 });
      publisher.publish('t', 'two', { qos: 1, packetId: 2 });
      for (let i = 0; i < 10; i++) publisher.publish('t', 'x'.repeat(100));
      expect(world.broker.counters.publishDropped).toBe(7);
      subscriber.send({ type: 4, packetId: 1, reasonCode: 0 });
      expect(subscriber.messages()).toHaveLength(5);
    },
    { limits: { maximumPendingBytes: 300 } },
  ),
);

test(
  '[MQTT-3.1.2-24] a SUBACK larger than Maximum Packet Size ends the connection: the client would wait for ever',
  inWorld((world) => {
    const client = world.connect({ clientId: 'c', properties: { maximumPacketSize: 60 } });
    const request = {
      qos: 0,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
    } as const;
    const subscriptions = Array.from({ length: 80 }, (_, i) => ({
      topicFilter: `${i}`,
      ...request,
    }));
    client.send({ type: 8, packetId: 1, subscriptions });
    expect(client.isClosed).toBe(true);
  }),
);

test(
  '[MQTT-3.1.2-22] what is sent to a client does not keep it alive, not even what waited for its window',
  inWorld((world) => {
    const client = world.connect({
      clientId: 'c',
      keepAlive: 2,
      properties: { receiveMaximum: 1 },
    });
    client.subscribe('t', { qos: 1 });
    const publisher = world.connect({ clientId: 'p' });
    for (let second = 0; second < 5; second++) {
      publisher.publish('t', 'x', { qos: 1, packetId: second + 1 }).publish('u', 'y');
      world.advance(1_000);
    }
    expect(client.isClosed).toBe(true);
  }),
);

test(
  'a client that reads slowly, but reads, is not closed for reading nothing',
  inWorld((world) => {
    const client = world.connect({ clientId: 'c', maximumPacketSize: undefined } as object);
    client.subscribe('t');
    client.connection.pause();
    const publisher = world.connect({ clientId: 'p' });
    for (let i = 0; i < 4; i++) publisher.publish('t', 'x'.repeat(100_000));
    world.advance(50_000);
    client.connection.resume();
    world.settle();
    world.advance(50_000);
    expect(client.isClosed).toBe(false);
  }),
);
