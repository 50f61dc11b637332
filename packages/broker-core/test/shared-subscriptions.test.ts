import { expect, test } from 'vitest';
import { type Client, type World, inWorld } from './support.ts';

function members(
  world: World,
  count: number,
  filter = '$share/g/a',
  version: 3 | 4 | 5 = 5,
): Client[] {
  return Array.from({ length: count }, (_, i) => {
    const client = world.connect({ clientId: `m${i}`, protocolVersion: version });
    client.subscribe(filter);
    return client;
  });
}

function publish(world: World, count: number, qos: 0 | 1 | 2, topicName = 'a'): void {
  const publisher = world.connect({ clientId: 'p' });
  for (let i = 1; i <= count; i++) {
    publisher.publish(topicName, String(i), { qos, ...(qos === 0 ? {} : { packetId: i }) });
  }
}

const counts = (clients: readonly Client[]): number[] =>
  clients.map((client) => client.publishes().length);

test.each([3, 4, 5] as const)(
  'each message goes to one member, and each gets its share: MQTT version %i',
  async (version) =>
    inWorld((world) => {
      const group = members(world, 3, '$share/g/a', version);
      publish(world, 9, 0);
      expect(counts(group)).toEqual([3, 3, 3]);
      publish(world, 9, 1);
      expect(counts(group)).toEqual([3, 3, 3]);
    })(),
);

test.each<[string, string[], string, number]>([
  ['one group', ['$share/g/a', '$share/g/a'], 'a', 1],
  ['two Share Names are two groups', ['$share/g/a', '$share/h/a'], 'a', 2],
  ['one Share Name with two filters is two groups', ['$share/g/a', '$share/g/+'], 'a', 2],
  ['a plain subscriber besides', ['$share/g/a', 'a'], 'a', 2],
  ['a filter with an empty level', ['$share/g//a'], '/a', 1],
  ['wildcards', ['$share/g/#'], 'a/b', 1],
  ['[MQTT-4.7.2-1] # and $', ['$share/g/#'], '$x', 0],
  ['the Share Name is not part of the topic', ['$share/g/a'], '$share/g/a', 0],
  ['another case', ['$share/g/A'], 'a', 0],
])('how many copies: %s', async (_name, filters, topicName, expected) =>
  inWorld((world) => {
    const clients = filters.map((filter, i) => {
      const client = world.connect({ clientId: `c${i}` });
      expect(client.subscribe(filter)).toEqual([2]);
      return client;
    });
    publish(world, 1, 1, topicName);
    expect(counts(clients).reduce((sum, count) => sum + count, 0)).toBe(expected);
  })(),
);

test(
  '[MQTT-4.8.2-3] the QoS granted to the member chosen holds',
  inWorld((world) => {
    const [zero, two] = [0, 2].map((qos) => {
      const client = world.connect({ clientId: `q${qos}` });
      client.subscribe('$share/g/a', { qos: qos as 0 | 2 });
      return client;
    });
    publish(world, 4, 2);
    expect(zero?.publishes().map(({ qos }) => qos)).toEqual([0, 0]);
    expect(two?.publishes().map(({ qos }) => qos)).toEqual([2, 2]);
  }),
);

test(
  'a session is a member once, however often it subscribes, with its last options',
  inWorld((world) => {
    const [one, two] = members(world, 2);
    one?.subscribe('$share/g/a', { qos: 0 });
    one?.subscribe('$share/g/a', { qos: 1, id: 5 });
    publish(world, 6, 2);
    const got = one?.publishes() ?? [];
    expect(got.map(({ qos }) => qos)).toEqual([1, 1, 1]);
    expect(got[0]?.properties?.subscriptionIdentifiers).toEqual([5]);
    expect(two?.publishes()).toHaveLength(3);
    expect(world.broker.counters.sharedSubscriptions).toBe(2);
  }),
);

test.each([0, 1, 2] as const)(
  'retained messages are not sent for a Shared Subscription, Retain Handling %i',
  async (retainHandling) =>
    inWorld((world) => {
      world.connect({ clientId: 'p' }).publish('a', 'x', { retain: true });
      const client = world.connect();
      client.subscribe('$share/g/a', { retainHandling });
      client.subscribe('$share/g/a', { retainHandling });
      expect(client.messages()).toEqual([]);
    })(),
);

test(
  'a retained message published later goes to the group like any other; Retain As Published decides its RETAIN',
  inWorld((world) => {
    const client = world.connect();
    const publisher = world.connect({ clientId: 'p' });
    client.subscribe('$share/g/a', { retainAsPublished: true });
    publisher.publish('a', 'x', { retain: true });
    client.subscribe('$share/g/a', { retainAsPublished: false });
    publisher.publish('a', 'y', { retain: true });
    expect(client.messages()).toEqual(['a=x q0 retain', 'a=y q0']);
  }),
);

test(
  'connected members are preferred to absent ones, and those with room to those without',
  inWorld((world) => {
    world.resume('absent').subscribe('$share/g/a');
    world.resume('absent').vanish();
    const slow = world.connect({ clientId: 'slow', properties: { receiveMaximum: 1 } });
    const fast = world.connect({ clientId: 'fast' });
    slow.subscribe('$share/g/a');
    fast.subscribe('$share/g/a');
    publish(world, 10, 1);
    expect(counts([slow, fast])).toEqual([1, 9]);
    expect(world.resume('absent').messages()).toEqual([]);
  }),
);

test.each<[string, 0 | 1 | 2, number]>([
  ['QoS 0 is lost', 0, 0],
  ['QoS 1 waits', 1, 2],
  ['QoS 2 waits', 2, 2],
])('all members absent: %s', async (_name, qos, expected) =>
  inWorld((world) => {
    for (const clientId of ['a', 'b']) {
      world.resume(clientId).subscribe('$share/g/a');
      world.resume(clientId).vanish();
    }
    publish(world, 2, qos);
    expect(
      counts([world.resume('a'), world.resume('b')]).reduce((sum, count) => sum + count, 0),
    ).toBe(expected);
  })(),
);

test(
  '[MQTT-4.8.2-4] a QoS 2 message that was sent stays with its member over a reconnect',
  inWorld((world) => {
    const member = world.resume('m');
    member.subscribe('$share/g/a');
    publish(world, 1, 2);
    member.vanish();
    const other = world.connect({ clientId: 'other' });
    other.subscribe('$share/g/a');
    expect(world.resume('m').messages()).toEqual(['a=1 q2 dup #1']);
    expect(other.messages()).toEqual([]);
  }),
);

test.each<[string, boolean]>([
  ['with its connection', false],
  ['later', true],
])(
  '[MQTT-4.8.2-5] the session of a member ends %s: QoS 2 that was sent goes to nobody else, QoS 1 to another',
  async (name, isDurable) => {
    await inWorld((world) => {
      const member = world.resume('m', isDurable ? 10 : 0);
      member.subscribe('$share/g/a');
      const publisher = world.connect({ clientId: 'p' });
      publisher
        .publish('a', 'one', { qos: 1, packetId: 1 })
        .publish('a', 'two', { qos: 2, packetId: 2 });
      const other = world.connect({ clientId: 'other' });
      other.subscribe('$share/g/a');
      member.vanish();
      world.advance(11_000);
      expect([name, other.messages()]).toEqual([name, ['a=one q1 #1']]);
    })();
  },
);

test(
  'the QoS 1 messages of a durable member whose session expires go to another member (section 4.8.2, SHOULD)',
  inWorld((world) => {
    const member = world.resume('m', 10);
    member.subscribe('$share/g/a');
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'one', { qos: 1, packetId: 1 });
    member.vanish();
    publisher.publish('a', 'two', { qos: 1, packetId: 2 });
    const other = world.connect({ clientId: 'other' });
    other.subscribe('$share/g/a');
    world.advance(11_000);
    expect(other.messages()).toEqual(['a=one q1 #1', 'a=two q1 #2']);
  }),
);

test(
  'what waits for a member that unsubscribes goes to the others; what was sent is completed with it',
  inWorld((world) => {
    const member = world.connect({ clientId: 'm', properties: { receiveMaximum: 1 } });
    member.subscribe('$share/g/a');
    publish(world, 4, 1);
    const other = world.connect({ clientId: 'other' });
    other.subscribe('$share/g/a');
    member.unsubscribe('$share/g/a');
    expect(member.messages()).toEqual(['a=1 q1 #1']);
    expect(other.messages()).toEqual(['a=2 q1 #1', 'a=3 q1 #2', 'a=4 q1 #3']);
    member.puback(1);
    expect(member.messages()).toEqual([]);
  }),
);

test(
  'the last member leaves: what waited is deleted',
  inWorld((world) => {
    const member = world.connect({ clientId: 'm', properties: { receiveMaximum: 1 } });
    member.subscribe('$share/g/a');
    publish(world, 4, 1);
    member.unsubscribe('$share/g/a');
    member.puback(1);
    member.subscribe('$share/g/a');
    expect(member.messages()).toEqual(['a=1 q1 #1']);
    expect(world.broker.counters).toMatchObject({ subscriptions: 1, sharedSubscriptions: 1 });
  }),
);

test.each([0x80, 0x83, 0x97])(
  '[MQTT-4.8.2-6] a member that answers with %i: the message is dropped, and offered to nobody else',
  async (reasonCode) =>
    inWorld((world) => {
      const group = members(world, 2);
      publish(world, 1, 1);
      publish(world, 1, 2);
      group[0]?.puback(1, reasonCode);
      group[1]?.pubrec(1, reasonCode);
      expect(counts(group)).toEqual([1, 1]);
      group[0]?.vanish();
      group[1]?.vanish();
      expect(members(world, 2).map((client) => client.messages())).toEqual([[], []]);
    })(),
);

test(
  '[MQTT-3.8.3-3] a member gets also what it published itself: No Local is no option here',
  inWorld((world) => {
    const [member] = members(world, 1);
    member?.publish('a', 'own');
    expect(member?.messages()).toEqual(['a=own q0']);
  }),
);

test('rights are asked for the filter that is matched, and the whole one is shown', async () => {
  const asked: unknown[] = [];
  await inWorld(
    (world) => {
      const client = world.connect();
      expect(client.subscribe('$share/g/open/x')).toEqual([2]);
      expect(client.subscribe('$share/g/secret/x')).toEqual([0x87]);
      expect(client.subscribe('secret/x')).toEqual([0x87]);
    },
    {
      authorizer: {
        subscribe(_client, { topicFilter, effectiveFilter }) {
          asked.push([topicFilter, effectiveFilter]);
          return !effectiveFilter.startsWith('secret');
        },
      },
    },
  )();
  expect(asked[0]).toEqual(['$share/g/open/x', 'open/x']);
});

test(
  'the membership of a session that ends is over, and the balance goes on among the others',
  inWorld((world) => {
    const group = members(world, 3);
    group[1]?.disconnect();
    publish(world, 6, 1);
    expect(counts(group)).toEqual([3, 0, 3]);
    expect(world.broker.counters.sharedSubscriptions).toBe(2);
  }),
);
