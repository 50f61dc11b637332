import { expect, test } from 'vitest';
import { World } from './support.ts';

const limits = { deliveriesPerTurn: 10 };

test('a message for more subscribers than a turn may serve reaches each of them once, in order', async () => {
  await using world = await World.create({ limits });
  const subscribers = Array.from({ length: 35 }, (_, index) => {
    const subscriber = world.connect({ clientId: `s${index}` });
    subscriber.subscribe('news', { qos: 1 });
    return subscriber;
  });
  const publisher = world.connect({ clientId: 'p' });
  publisher
    .publish('news', 'one', { qos: 1, packetId: 1 })
    .publish('news', 'two', { qos: 1, packetId: 2 });
  expect(publisher.take()).toMatchObject([
    { type: 4, packetId: 1, reasonCode: 0 },
    { type: 4, packetId: 2, reasonCode: 0 },
  ]);
  for (const subscriber of subscribers) {
    expect(subscriber.messages()).toEqual(['news=one q1 #1', 'news=two q1 #2']);
  }
});

test('its publisher waits for its acknowledgement and sends nothing past it, others go on', async () => {
  await using world = await World.create({ limits });
  const subscribers = Array.from({ length: 30 }, (_, index) => {
    const subscriber = world.connect({ clientId: `s${index}` });
    subscriber.subscribe('news');
    return subscriber;
  });
  const other = world.connect({ clientId: 'other' });
  other.subscribe('quiet');
  const publisher = world.connect({ clientId: 'p' });
  publisher.send(
    {
      type: 3,
      topicName: 'news',
      payload: Uint8Array.of(49),
      qos: 2,
      dup: false,
      retain: false,
      packetId: 9,
    },
    { type: 3, topicName: 'quiet', payload: Uint8Array.of(50), qos: 0, dup: false, retain: false },
    { type: 12 },
  );
  expect(publisher.take()).toMatchObject([{ type: 5, packetId: 9 }, { type: 13 }]);
  expect(other.messages()).toEqual(['quiet=2 q0']);
  for (const subscriber of subscribers) expect(subscriber.messages()).toEqual(['news=1 q2 #1']);
});

test('who unsubscribes or leaves while it is under way gets nothing more of it', async () => {
  await using world = await World.create({ limits: { deliveriesPerTurn: 1 } });
  const first = world.connect({ clientId: 'first' });
  first.subscribe('news', { qos: 0 });
  const leaving = world.connect({ clientId: 'leaving' });
  leaving.subscribe('news', { qos: 0 });
  leaving.vanish();
  const publisher = world.connect({ clientId: 'p' });
  publisher.publish('news', 'x', { qos: 1, packetId: 1 });
  expect(first.messages()).toEqual(['news=x q0']);
  expect(publisher.take()).toMatchObject([{ type: 4, packetId: 1 }]);
});

test('shared groups and durable sessions take part in it', async () => {
  await using world = await World.create({ limits: { deliveriesPerTurn: 2 } });
  for (let index = 0; index < 5; index++) {
    const durable = world.connect({
      clientId: `d${index}`,
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
    });
    durable.subscribe('news', { qos: 1 });
    durable.vanish();
  }
  const member = world.connect({ clientId: 'member' });
  member.subscribe('$share/g/news', { qos: 1 });
  world.connect({ clientId: 'p' }).publish('news', 'x', { qos: 1, packetId: 1 });
  expect(member.messages()).toEqual(['news=x q1 #1']);
  for (let index = 0; index < 5; index++) {
    const back = world.connect({
      clientId: `d${index}`,
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
    });
    expect(back.messages()).toEqual(['news=x q1 #1']);
  }
});
