import type { QoS } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { inWorld } from './support.ts';

type Filters = readonly (readonly [filter: string, qos: QoS, id?: number])[];

test.each<[string, Filters, QoS, QoS, number[] | undefined]>([
  [
    '[MQTT-3.3.4-2] QoS 0 and 1',
    [
      ['a/b', 0],
      ['a/+', 1],
    ],
    2,
    1,
    undefined,
  ],
  [
    '[MQTT-3.3.4-2] QoS 1 and 2',
    [
      ['a/b', 1],
      ['#', 2],
    ],
    2,
    2,
    undefined,
  ],
  [
    '[MQTT-3.3.4-2] the exact one is the lower',
    [
      ['a/b', 0],
      ['+/b', 2],
      ['#', 1],
    ],
    2,
    2,
    undefined,
  ],
  [
    '[MQTT-3.3.4-2] published lower than both',
    [
      ['a/b', 1],
      ['#', 2],
    ],
    1,
    1,
    undefined,
  ],
  [
    '[MQTT-3.3.4-4] all identifiers',
    [
      ['a/b', 0, 1],
      ['a/+', 0, 2],
      ['#', 0, 3],
    ],
    0,
    0,
    [1, 2, 3],
  ],
  [
    '[MQTT-3.3.4-4] repeats are kept',
    [
      ['a/b', 0, 7],
      ['a/+', 0, 7],
    ],
    0,
    0,
    [7, 7],
  ],
  [
    '[MQTT-3.3.4-3] of those that have one',
    [
      ['a/b', 0],
      ['a/+', 0, 2],
      ['#', 0],
    ],
    0,
    0,
    [2],
  ],
  [
    '[MQTT-3.3.4-4] a large one',
    [
      ['a/b', 1, 268_435_455],
      ['a/+', 0, 1],
    ],
    1,
    1,
    [1, 268_435_455],
  ],
  [
    'only those that match',
    [
      ['a/b', 0, 1],
      ['b/#', 2, 2],
    ],
    2,
    0,
    [1],
  ],
])(
  'one copy for overlapping subscriptions: %s',
  async (_name, filters, published, qos, identifiers) =>
    inWorld((world) => {
      const client = world.connect({ clientId: 's' });
      const other = world.connect({ clientId: 'other' });
      other.subscribe('#', { id: 99, qos: 0 });
      for (const [filter, granted, id] of filters)
        client.subscribe(filter, { qos: granted, ...(id === undefined ? {} : { id }) });
      const publisher = world.connect({ clientId: 'p' });
      publisher.publish('a/b', 'x', {
        qos: published,
        ...(published === 0 ? {} : { packetId: 1 }),
      });
      const [message, ...rest] = client.publishes();
      expect(rest).toEqual([]);
      expect(message?.qos).toBe(qos);
      expect(message?.properties?.subscriptionIdentifiers?.toSorted((a, b) => a - b)).toEqual(
        identifiers,
      );
      expect(other.publishes()).toMatchObject([
        { qos: 0, properties: { subscriptionIdentifiers: [99] } },
      ]);
    })(),
);

test(
  '[MQTT-3.3.5-1 @3.1.1] 3.1.1: one copy at the highest QoS',
  inWorld((world) => {
    const client = world.connect({ clientId: 's', protocolVersion: 4 });
    client.subscribe('a/b', { qos: 0 });
    client.subscribe('a/#', { qos: 2 });
    world
      .connect({ clientId: 'p', protocolVersion: 4 })
      .publish('a/b', 'x', { qos: 2, packetId: 1 });
    expect(client.messages()).toEqual(['a/b=x q2 #1']);
  }),
);

test(
  'a queued copy keeps its QoS and all its identifiers, also when it is sent again',
  inWorld((world) => {
    const client = world.resume('s');
    client.subscribe('a', { id: 1, qos: 0 });
    client.subscribe('+', { id: 2, qos: 1 });
    client.vanish();
    world.connect({ clientId: 'p' }).publish('a', 'x', { qos: 2, packetId: 1 });
    const identifiers = { subscriptionIdentifiers: expect.arrayContaining([1, 2]) };
    const again = world.resume('s');
    expect(again.publishes()).toMatchObject([{ qos: 1, dup: false, properties: identifiers }]);
    again.vanish();
    expect(world.resume('s').publishes()).toMatchObject([
      { qos: 1, dup: true, properties: identifiers },
    ]);
  }),
);

test(
  '[MQTT-3.3.4-5] a plain and a Shared Subscription of one client bring two copies, each with its own identifier',
  inWorld((world) => {
    const client = world.resume('s');
    client.subscribe('a', { id: 1 });
    client.subscribe('$share/g/a', { id: 2 });
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'x', { qos: 1, packetId: 1 });
    const ids = (packets: ReturnType<typeof client.publishes>): number[][] =>
      packets.map(({ properties }) => [...(properties?.subscriptionIdentifiers ?? [])]);
    expect(ids(client.publishes())).toEqual([[1], [2]]);
    client.vanish();
    publisher.publish('a', 'y', { qos: 1, packetId: 2 });
    expect(ids(world.resume('s').publishes())).toEqual([[1], [2], [1], [2]]);
  }),
);

test(
  'the route of a topic follows every change of subscriptions, cached or not',
  inWorld((world) => {
    const client = world.connect({ clientId: 's' });
    const publisher = world.connect({ clientId: 'p' });
    const qos = (): number[] => {
      publisher.publish('a/b', 'x', { qos: 2, packetId: 1 }).pubrel(1);
      return client.publishes().map((packet) => packet.qos);
    };
    expect(qos()).toEqual([]);
    client.subscribe('a/b', { qos: 0 });
    expect(qos()).toEqual([0]);
    client.subscribe('a/b', { qos: 1 });
    expect(qos()).toEqual([1]);
    client.subscribe('#', { qos: 2 });
    expect(qos()).toEqual([2]);
    client.unsubscribe('#');
    expect(qos()).toEqual([1]);
    client.subscribe('$share/g/+/b', { qos: 2 });
    expect(qos().toSorted((a, b) => a - b)).toEqual([1, 2]);
    client.unsubscribe('$share/g/+/b', 'a/b');
    expect(qos()).toEqual([]);
  }),
);
