import type { PublishProperties, QoS } from '@wellhead/codec';
import { expect, test } from 'vitest';
import type { DropReason } from '../src/index.ts';
import { type Client, type World, inWorld } from './support.ts';

const expires = (messageExpiryInterval: number): { properties: PublishProperties } => ({
  properties: { messageExpiryInterval },
});
const intervals = (client: Client): (number | undefined)[] =>
  client.publishes().map(({ properties }) => properties?.messageExpiryInterval);

function sleeper(world: World, protocolVersion: 4 | 5 = 5): () => Client {
  const connect = (): Client =>
    world.connect({
      clientId: 'sleeper',
      protocolVersion,
      cleanStart: false,
      ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: 100_000 } } : {}),
    });
  const client = connect();
  client.subscribe('a');
  client.vanish();
  return connect;
}

test.each<[string, number, number, number | undefined]>([
  ['[MQTT-3.3.2-6] at once', 60, 0, 60],
  ['[MQTT-3.3.2-6] after 25 s', 60, 25_000, 35],
  ['[MQTT-3.3.2-6] whole seconds are subtracted', 60, 25_999, 35],
  ['[MQTT-3.3.2-6] a moment before its end', 60, 59_400, 1],
  ['[MQTT-3.3.2-5] after its end', 60, 60_000, undefined],
  ['an interval of 0', 0, 0, undefined],
  ['the longest', 0xffff_ffff, 1_000, 0xffff_fffe],
])('a queued message: %s', async (_name, interval, wait, expected) =>
  inWorld((world) => {
    const wake = sleeper(world);
    world
      .connect({ clientId: 'p' })
      .publish('a', 'x', { qos: 1, packetId: 1, ...expires(interval) });
    world.host.jump(wait);
    expect(intervals(wake())).toEqual(expected === undefined ? [] : [expected]);
  })(),
);

test.each<[string, number, number, number | undefined]>([
  ['[MQTT-3.3.2-6] at once', 60, 0, 60],
  ['[MQTT-3.3.2-6] after 25 s', 60, 25_000, 35],
  ['[MQTT-3.3.2-5] after its end', 60, 60_000, undefined],
])('a retained message: %s', async (_name, interval, wait, expected) =>
  inWorld((world) => {
    world.connect({ clientId: 'p' }).publish('a', 'x', { retain: true, ...expires(interval) });
    world.host.jump(wait);
    const client = world.connect();
    client.subscribe('a');
    expect(intervals(client)).toEqual(expected === undefined ? [] : [expected]);
  })(),
);

test(
  'a message without the property never expires, and gets none',
  inWorld((world) => {
    const wake = sleeper(world);
    world.connect({ clientId: 'p' }).publish('a', 'x', { qos: 1, packetId: 1 });
    world.host.jump(50_000_000);
    const [message] = wake().publishes();
    expect(message).toBeDefined();
    expect(message?.properties?.messageExpiryInterval).toBeUndefined();
  }),
);

test.each<QoS>([0, 1, 2])(
  '[MQTT-3.3.2-6] a connected subscriber gets the interval as it was: QoS %i',
  async (qos) =>
    inWorld((world) => {
      const client = world.connect({ clientId: 's' });
      client.subscribe('a');
      const id = qos === 0 ? {} : { packetId: 1 };
      world.connect({ clientId: 'p' }).publish('a', 'x', { qos, ...id, ...expires(7) });
      expect(intervals(client)).toEqual([7]);
    })(),
);

test(
  '[MQTT-3.3.2-5] a message that waits for the window expires there, and the next one goes',
  inWorld((world) => {
    const client = world.connect({ clientId: 's', properties: { receiveMaximum: 1 } });
    client.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'one', { qos: 1, packetId: 1 });
    publisher.publish('a', 'two', { qos: 1, packetId: 2, ...expires(5) });
    publisher.publish('a', 'three', { qos: 1, packetId: 3, ...expires(50) });
    world.host.jump(10_000);
    client.puback(1);
    const [one, three, ...rest] = client.publishes();
    expect([one?.packetId, three?.properties?.messageExpiryInterval, rest]).toEqual([1, 40, []]);
  }),
);

test(
  '[MQTT-4.3.3-7] once sent, a message is sent again on the next connection, expired or not',
  inWorld((world) => {
    const first = world.resume('s', 1000);
    first.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'one', { qos: 1, packetId: 1, ...expires(5) });
    publisher.publish('a', 'two', { qos: 2, packetId: 2, ...expires(5) });
    first.vanish();
    world.host.jump(10_000);
    expect(world.resume('s', 1000).messages()).toEqual(['a=one q1 dup #1', 'a=two q2 dup #2']);
  }),
);

test(
  '[MQTT-4.3.3-13] the exchange of an expired message runs to its end',
  inWorld((world) => {
    const wake = sleeper(world);
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'x', { qos: 2, packetId: 2, ...expires(5) });
    world.host.jump(10_000);
    publisher.pubrel(2);
    expect(publisher.messages()).toEqual(['PUBREC #2', 'PUBCOMP #2']);
    expect(wake().messages()).toEqual([]);
  }),
);

test(
  'it holds for subscribers of 3.1.1 as well, who cannot see it',
  inWorld((world) => {
    const wake = sleeper(world, 4);
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'short', { qos: 1, packetId: 1, ...expires(5) });
    publisher.publish('a', 'long', { qos: 1, packetId: 2, ...expires(50) });
    world.host.jump(10_000);
    expect(wake().messages()).toEqual(['a=long q1 #1']);
  }),
);

test(
  'an expired retained message exists no more: a later subscribe with any Retain Handling brings nothing, and the counters say so',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'x', { retain: true, ...expires(5) });
    publisher.publish('a/b', 'y', { retain: true });
    world.host.jump(6_000);
    const client = world.connect();
    client.subscribe('#');
    expect(client.messages()).toEqual(['a/b=y q0 retain']);
    expect(world.broker.counters.retainedMessages).toBe(1);
  }),
);

test('a message that expired is reported', async () => {
  const dropped: DropReason[] = [];
  await inWorld(
    (world) => {
      const wake = sleeper(world);
      world.connect({ clientId: 'p' }).publish('a', 'x', { qos: 1, packetId: 1, ...expires(1) });
      world.host.jump(2_000);
      wake();
    },
    { observer: { dropped: (_clientId, _topicName, reason) => void dropped.push(reason) } },
  )();
  expect(dropped).toEqual(['expired']);
});
