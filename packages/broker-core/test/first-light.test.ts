import { expect, test } from 'vitest';
import { World } from './support.ts';

test('a message goes from a publisher to a subscriber at each QoS', async () => {
  await using world = await World.create();
  const subscriber = world.connect({ clientId: 'subscriber' });
  expect(subscriber.connack?.reasonCode).toBe(0);
  expect(subscriber.subscribe('a/+')).toEqual([2]);
  const publisher = world.connect({ clientId: 'publisher' });
  publisher
    .publish('a/b', 'zero')
    .publish('a/b', 'one', { qos: 1, packetId: 5 })
    .publish('a/b', 'two', { qos: 2, packetId: 6 });
  expect(subscriber.messages()).toEqual(['a/b=zero q0', 'a/b=one q1 #1', 'a/b=two q2 #2']);
  expect(publisher.take()).toMatchObject([
    { type: 4, packetId: 5 },
    { type: 5, packetId: 6 },
  ]);
  publisher.send({ type: 6, packetId: 6, reasonCode: 0 });
  expect(publisher.take()).toMatchObject([{ type: 7, packetId: 6 }]);
  subscriber.send({ type: 4, packetId: 1, reasonCode: 0 }, { type: 5, packetId: 2, reasonCode: 0 });
  expect(subscriber.take()).toMatchObject([{ type: 6, packetId: 2 }]);
});

test('a persistent session gets what it missed', async () => {
  await using world = await World.create();
  const options = { clientId: 's', cleanStart: false, properties: { sessionExpiryInterval: 100 } };
  const first = world.connect(options);
  first.subscribe('q/#');
  first.vanish();
  const publisher = world.connect({ clientId: 'p' });
  for (let i = 1; i <= 5; i++) publisher.publish('q/x', String(i), { qos: 1, packetId: i });
  const second = world.connect(options);
  expect(second.connack?.sessionPresent).toBe(true);
  expect(second.messages()).toEqual([
    'q/x=1 q1 #1',
    'q/x=2 q1 #2',
    'q/x=3 q1 #3',
    'q/x=4 q1 #4',
    'q/x=5 q1 #5',
  ]);
  second.send({ type: 4, packetId: 2, reasonCode: 0 }).vanish();
  const third = world.connect(options);
  expect(third.messages()).toEqual([
    'q/x=1 q1 dup #1',
    'q/x=3 q1 dup #3',
    'q/x=4 q1 dup #4',
    'q/x=5 q1 dup #5',
  ]);
});
