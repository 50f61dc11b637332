import type { QoS } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { inspect } from '../src/driver/broker.ts';
import { inWorld } from './support.ts';

test.each<[string, 0 | 1 | 2, boolean, boolean]>([
  ['[MQTT-3.3.1-9] 0, new', 0, false, true],
  ['[MQTT-3.3.1-9] 0, existing', 0, true, true],
  ['[MQTT-3.3.1-10] 1, new', 1, false, true],
  ['[MQTT-3.3.1-10] 1, existing', 1, true, false],
  ['[MQTT-3.3.1-11] 2, new', 2, false, false],
  ['[MQTT-3.3.1-11] 2, existing', 2, true, false],
])('Retain Handling %s subscription', async (_name, retainHandling, isExisting, isSent) =>
  inWorld((world) => {
    const client = world.resume('c');
    if (isExisting) client.subscribe('a');
    world.connect({ clientId: 'p' }).publish('a', 'x', { retain: true });
    client.take();
    client.subscribe('a', { retainHandling });
    expect(client.messages()).toEqual(isSent ? ['a=x q0 retain'] : []);
  })(),
);

test(
  '[MQTT-3.3.1-10] Retain Handling 1: a resumed session held the subscription before; after Unsubscribe it is new again',
  inWorld((world) => {
    world.resume('c').subscribe('a', { retainHandling: 2 });
    world.connect({ clientId: 'p' }).publish('a', 'x', { retain: true });
    const again = world.resume('c');
    again.subscribe('a', { retainHandling: 1 });
    expect(again.messages()).toEqual([]);
    again.unsubscribe('a');
    again.subscribe('a', { retainHandling: 1 });
    expect(again.messages()).toEqual(['a=x q0 retain']);
  }),
);

test(
  '[MQTT-3.8.4-3 @3.1.1] before 5.0 retained messages come with every SUBSCRIBE',
  inWorld((world) => {
    world.connect({ clientId: 'p' }).publish('a', 'x', { retain: true });
    const client = world.connect({ protocolVersion: 4 });
    client.subscribe('a');
    client.subscribe('a');
    expect(client.messages()).toEqual(['a=x q0 retain', 'a=x q0 retain']);
  }),
);

const QOS: readonly QoS[] = [0, 1, 2];
test.each(QOS.flatMap((stored) => QOS.map((granted) => [stored, granted] as const)))(
  '[MQTT-3.8.4-8] retained at QoS %i for a subscription of QoS %i: the lower one',
  async (stored, granted) =>
    inWorld((world) => {
      const publisher = world.connect({ clientId: 'p' });
      publisher.publish('a/b', 'x', {
        qos: stored,
        retain: true,
        ...(stored === 0 ? {} : { packetId: 1 }),
      });
      for (const filter of ['a/b', 'a/+', '#']) {
        const client = world.connect();
        client.subscribe(filter, { qos: granted });
        expect(client.publishes()).toMatchObject([
          { topicName: 'a/b', qos: Math.min(stored, granted), retain: true },
        ]);
      }
    })(),
);

test.each<[string, string, string[]]>([
  ['exact', 'a/b', ['a/b']],
  ['#', '#', ['a', 'a/b', 'a/b/c', 'b']],
  ['below', 'a/#', ['a', 'a/b', 'a/b/c']],
  ['+', '+', ['a', 'b']],
  ['[MQTT-4.7.2-1] $', '$x/#', ['$x/y']],
  ['none', 'c/#', []],
])(
  '[MQTT-3.3.1-6 @3.1.1] the retained message of each topic that matches: %s',
  async (_name, filter, expected) =>
    inWorld((world) => {
      const publisher = world.connect({ clientId: 'p' });
      for (const topicName of ['a', 'a/b', 'a/b/c', 'b', '$x/y'])
        publisher.publish(topicName, 'x', { retain: true });
      const client = world.connect();
      client.subscribe(filter);
      expect(
        client
          .publishes()
          .map(({ topicName }) => topicName)
          .toSorted(),
      ).toEqual(expected);
    })(),
);

test.each<[string, () => readonly (readonly [string, boolean])[], string[]]>([
  [
    '[MQTT-3.3.1-5] the last one',
    () => [
      ['1', true],
      ['2', true],
    ],
    ['a=2 q0 retain'],
  ],
  [
    '[MQTT-3.3.1-8] not retained leaves it',
    () => [
      ['1', true],
      ['2', false],
    ],
    ['a=1 q0 retain'],
  ],
  [
    '[MQTT-3.3.1-12 @3.1.1] an empty one, not retained, leaves it',
    () => [
      ['1', true],
      ['', false],
    ],
    ['a=1 q0 retain'],
  ],
  [
    '[MQTT-3.3.1-6] an empty one removes it',
    () => [
      ['1', true],
      ['', true],
    ],
    [],
  ],
  ['[MQTT-3.3.1-7] an empty one is not kept', () => [['', true]], []],
  [
    'set again',
    () => [
      ['1', true],
      ['', true],
      ['2', true],
    ],
    ['a=2 q0 retain'],
  ],
])('what is kept: %s', async (_name, publishes, expected) =>
  inWorld((world) => {
    const live = world.connect({ clientId: 'live' });
    live.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    for (const [payload, retain] of publishes()) publisher.publish('a', payload, { retain });
    const client = world.connect();
    client.subscribe('a');
    expect(client.messages()).toEqual(expected);
    expect(live.messages()).toEqual(publishes().map(([payload]) => `a=${payload} q0`));
    expect(world.broker.counters.retainedMessages).toBe(expected.length);
  })(),
);

test(
  '[MQTT-3.1.2-7 @3.1.1] retained messages outlive the session that sent them',
  inWorld((world) => {
    world.connect({ clientId: 'p' }).publish('a', 'x', { retain: true }).disconnect();
    const client = world.connect({ protocolVersion: 4 });
    client.subscribe('a');
    expect(client.messages()).toEqual(['a=x q0 retain']);
  }),
);

test(
  '[MQTT-3.3.1-8 @3.1.1] RETAIN is 1 on what a SUBSCRIBE brings, Retain As Published or not, with its Subscription Identifier',
  inWorld((world) => {
    world.connect({ clientId: 'p' }).publish('a', 'x', { retain: true });
    const client = world.connect();
    client.subscribe('a', { id: 3, retainAsPublished: false });
    client.subscribe('+', { id: 4, retainAsPublished: true });
    expect(client.publishes()).toMatchObject([
      { retain: true, properties: { subscriptionIdentifiers: [3] } },
      { retain: true, properties: { subscriptionIdentifiers: [4] } },
    ]);
  }),
);

test(
  'SUBACK comes before the retained messages; a session that is absent meanwhile gets those of QoS 1 from its queue',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'x', { retain: true, qos: 1, packetId: 1 });
    const client = world.resume('c');
    client.send({
      type: 8,
      packetId: 5,
      subscriptions: [
        { topicFilter: 'a', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
    });
    expect(client.messages()).toEqual(['SUBACK #5', 'a=x q1 retain #1']);
    client.vanish();
    expect(world.resume('c').messages()).toEqual(['a=x q1 dup retain #1']);
  }),
);

test(
  'thousands of retained messages go within the client’s Receive Maximum, and live messages are not lost among them',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    for (let i = 0; i < 3_000; i++)
      publisher.publish(`r/${i}`, 'x', { retain: true, qos: 1, packetId: 1 });
    const client = world.connect({ properties: { receiveMaximum: 20 } });
    client.subscribe('r/#');
    publisher.publish('r/live', 'now', { qos: 1, packetId: 2 });
    const seen = new Set<string>();
    for (let round = 0; round < 200; round++) {
      const got = client.publishes();
      expect(got.length).toBeLessThanOrEqual(20);
      for (const { topicName } of got) seen.add(topicName);
      client.send(
        ...got.map(({ packetId = 0 }) => ({ type: 4, packetId, reasonCode: 0 }) as const),
      );
    }
    expect(seen.size).toBe(3_001);
  }),
);

test(
  'a subscription that ends while its retained messages are sent gets no more of them',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    for (let i = 0; i < 500; i++)
      publisher.publish(`r/${i}`, 'x', { retain: true, qos: 1, packetId: 1 });
    const client = world.connect({ properties: { receiveMaximum: 5 } });
    client.subscribe('r/#');
    client.unsubscribe('r/#');
    let total = 0;
    for (let round = 0; round < 200; round++) {
      const got = client.publishes();
      total += got.length;
      client.send(
        ...got.map(({ packetId = 0 }) => ({ type: 4, packetId, reasonCode: 0 }) as const),
      );
    }
    expect(total).toBeLessThan(200);
  }),
);

test.each<[string, object, string[]]>([
  ['messages', { maximumRetainedMessages: 2 }, ['PUBACK #1 10', 'PUBACK #2 10', 'PUBACK #3 97']],
  ['bytes', { maximumRetainedBytes: 250 }, ['PUBACK #1 10', 'PUBACK #2 10', 'PUBACK #3 97']],
])(
  'the limit of retained %s: 0x97, replacing and removing go on',
  async (_name, limits, expected) =>
    inWorld(
      (world) => {
        const publisher = world.connect();
        for (let i = 1; i <= 3; i++)
          publisher.publish(`r${i}`, 'x'.repeat(100), { retain: true, qos: 1, packetId: i });
        expect(publisher.messages()).toEqual(expected);
        publisher.publish('r1', 'y', { retain: true, qos: 1, packetId: 4 });
        publisher.publish('r2', '', { retain: true, qos: 1, packetId: 5 });
        publisher.publish('r3', 'x'.repeat(100), { retain: true, qos: 1, packetId: 6 });
        expect(publisher.messages()).toEqual(['PUBACK #4 10', 'PUBACK #5 10', 'PUBACK #6 10']);
      },
      { limits },
    )(),
);

test(
  'a retained message that is published behind the subscription comes by it, and not once more as retained',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('r/a', 'old', { retain: true });
    const slow = world.connect({ clientId: 'slow', wire: { highWaterMark: 1 } });
    slow.connection.pause();
    slow.send({ type: 12 });
    slow.send({
      type: 8,
      packetId: 1,
      subscriptions: [
        { topicFilter: 'r/#', qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
    });
    publisher.publish('r/b', 'new', { retain: true, qos: 1, packetId: 1 });
    slow.connection.resume();
    world.settle();
    expect(slow.messages().filter((message) => message.startsWith('r/b'))).toHaveLength(1);
  }),
);

test.each<[string, 4 | 5, 0 | 1 | 2, string[], string[]]>([
  ['MQTT 5.0 is told, and nobody gets it', 5, 1, ['PUBACK #1 97'], []],
  ['MQTT 5.0 is told, and nobody gets it', 5, 2, ['PUBREC #1 97'], []],
  ['MQTT 3.1.1 cannot be told', 4, 1, ['PUBACK #1'], ['b=x q1 #1']],
  ['MQTT 3.1.1 cannot be told', 4, 2, ['PUBREC #1'], ['b=x q2 #1']],
  ['QoS 0 was promised to nobody', 5, 0, [], ['b=x q0']],
])(
  'without room for one more retained message, %s: version %i, QoS %i',
  async (_name, protocolVersion, qos, answers, received) => {
    const drops: string[] = [];
    await inWorld(
      (world) => {
        const client = world.connect({ clientId: 's' });
        client.subscribe('b');
        world.connect({ clientId: 'q' }).publish('a', 'x', { retain: true });
        const publisher = world.connect({ clientId: 'p', protocolVersion });
        publisher.publish('b', 'x', { qos, packetId: qos === 0 ? 0 : 1, retain: true });
        expect(publisher.messages()).toEqual(answers);
        expect(client.messages()).toEqual(received);
        expect(drops).toEqual(received.length > 0 ? ['p b retained-full'] : []);
        const late = world.connect({ clientId: 'late' });
        late.subscribe('#');
        expect(late.messages()).toEqual(['a=x q0 retain']);
      },
      {
        limits: { maximumRetainedMessages: 1 },
        observer: { dropped: (...drop) => void drops.push(drop.join(' ')) },
      },
    )();
  },
);

test(
  'who subscribes again and again, and takes nothing, has one replay wait for each subscription',
  inWorld((world) => {
    world.connect({ clientId: 'p' }).publish('a/1', 'x', { qos: 1, packetId: 1, retain: true });
    const client = world.connect({ clientId: 's', properties: { receiveMaximum: 1 } });
    client.subscribe('a/1', { qos: 1 }); // and its message is never acknowledged
    world.connect({ clientId: 'q' }).publish('a/1', 'y', { qos: 1, packetId: 1 });
    for (let i = 0; i < 3_000; i++) {
      client.subscribe(i % 2 === 0 ? 'a/+' : 'a/#', { qos: 1 });
      if (i % 3 === 0) client.unsubscribe(i % 2 === 0 ? 'a/+' : 'a/#');
    }
    const session = inspect(world.broker).context.sessions.get('s');
    expect(session?.replays?.length).toBeLessThanOrEqual(1_026);
    client.take();
    client.puback(1).puback(1);
    expect(client.publishes().length).toBeGreaterThan(0);
  }),
);

test.each([0, 1] as const)(
  'many long retained messages all come, at QoS %i, as fast as the client reads',
  async (qos) =>
    inWorld(
      (world) => {
        const publisher = world.connect({ clientId: 'p' });
        const payload = 'x'.repeat(100_000);
        for (let i = 0; i < 60; i++) publisher.publish(`r/${i}`, payload, { retain: true });
        const client = world.connect({ clientId: 's', wire: { highWaterMark: 1_000 } });
        client.connection.pause();
        client.subscribe('r/#', { qos });
        // what waits for it when these change is what they are then, or nothing
        publisher.publish('r/58', 'new', { retain: true });
        publisher.publish('r/59', '', { retain: true });
        client.connection.resume();
        world.settle();
        const received = client.publishes();
        const topics = new Set(received.map(({ topicName }) => topicName));
        for (let i = 0; i < 59; i++) expect(topics).toContain(`r/${i}`);
        const last = (topic: string): number | undefined =>
          received.findLast(({ topicName }) => topicName === topic)?.payload.length;
        expect([last('r/58'), last('r/59')]).toEqual([3, 0]);
      },
      { limits: { maximumPendingBytes: 1_500_000 } },
    )(),
);

test(
  'retained messages that have expired leave by and by, whether somebody asks for them or not',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    const properties = { messageExpiryInterval: 1 };
    for (let i = 0; i < 1_000; i++)
      publisher.publish(`short/${i}`, 'x', { retain: true, properties });
    publisher.publish('$own/short', 'x', { retain: true, properties });
    publisher.publish('long', 'x', { retain: true });
    expect(world.broker.counters.retainedMessages).toBe(1_002);
    world.advance(5_000);
    expect(world.broker.counters.retainedMessages).toBe(1);
  }),
);
