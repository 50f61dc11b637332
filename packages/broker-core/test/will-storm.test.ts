import { expect, test } from 'vitest';
import type { Connect } from '@wellhead/codec';
import { World } from './support.ts';

const limits = { deliveriesPerTurn: 500 };
const will: Connect['will'] = {
  topicName: 'wills',
  payload: new Uint8Array(3),
  qos: 0,
  retain: false,
};

test.each<[string, (world: World, clients: readonly ReturnType<World['connect']>[]) => void]>([
  ['vanish', (_world, clients) => clients.forEach(({ connection }) => connection.destroy())],
  ['fall silent', (world) => world.host.jump(15_500)],
  ['are away too long', (world) => world.host.jump(15_500)],
])('the Wills of many clients that %s at once are published in shares', async (how, leave) => {
  await using world = await World.create({ limits });
  const reader = world.connect({ clientId: 'reader' });
  reader.subscribe('wills');
  const isDelayed = how === 'are away too long';
  const properties = isDelayed ? { willDelayInterval: 15 } : {};
  const clients = Array.from({ length: 200 }, (_, i) =>
    world.connect({
      clientId: `c${i}`,
      keepAlive: isDelayed ? 0 : 10,
      will: { ...will, properties },
      properties: { sessionExpiryInterval: isDelayed ? 60 : 0 },
    }),
  );
  if (isDelayed) for (const client of clients) client.vanish();

  leave(world, clients);
  let most = 0;
  for (let turns = 0, last = 0; turns < 400 && last < 200; turns++) {
    // a turn and the tick that may come before it
    if (how !== 'vanish' && turns % 2 === 0) world.host.step(world.host.now() + 100);
    world.network.pump();
    world.host.turn();
    const { publishSent } = world.broker.counters;
    most = Math.max(most, publishSent - last);
    last = publishSent;
  }
  world.settle();
  expect(reader.publishes()).toHaveLength(200);
  // a share before the end of the turn, and one at its end
  expect(most).toBeLessThanOrEqual((2 * limits.deliveriesPerTurn) / 16 + 2);
  expect(world.broker.counters.clientsConnected).toBe(1);
});

test('a client whose end waits for its turn is taken over as if it were there', async () => {
  await using world = await World.create({ limits: { deliveriesPerTurn: 1 } });
  const reader = world.connect({ clientId: 'reader' });
  reader.subscribe('wills');
  const clients = ['a', 'b', 'c'].map((clientId) => world.connect({ clientId, will }));
  for (const { connection } of clients) connection.destroy();
  world.network.pump();
  const back = world.connect({ clientId: 'c' });
  world.settle();
  expect(back.outcome()).toBe('open');
  expect(reader.publishes()).toHaveLength(3);
  expect(world.broker.counters).toMatchObject({ connections: 2, clientsConnected: 2, sessions: 2 });
});
