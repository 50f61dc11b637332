import { encodedLength } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { type Client, type World, inWorld } from './support.ts';

function subscriberWith(world: World, topicAliasMaximum: number, fields = {}): Client {
  const client = world.connect({ clientId: 's', properties: { topicAliasMaximum, ...fields } });
  client.subscribe('#');
  return client;
}

/** `topic/alias` of each PUBLISH, as it came. */
const names = (client: Client): string[] =>
  client
    .publishes()
    .map(({ topicName, properties }) => `${topicName}/${properties?.topicAlias ?? '-'}`);

test(
  '[MQTT-3.3.2-12] every alias from 1 to our Topic Alias Maximum is accepted, used and overwritten',
  inWorld(
    (world) => {
      const subscriber = world.connect({ clientId: 's' });
      subscriber.subscribe('#');
      const publisher = world.connect({ clientId: 'p' });
      publisher.publish('one', '1', { properties: { topicAlias: 1 } });
      publisher.publish('three', '2', { properties: { topicAlias: 3 } });
      publisher.publish('', '3', { properties: { topicAlias: 1 }, qos: 1, packetId: 1 });
      publisher.publish('', '4', { properties: { topicAlias: 3 }, qos: 2, packetId: 2 });
      publisher.publish('other', '5', { properties: { topicAlias: 1 } });
      publisher.publish('', '6', { properties: { topicAlias: 1 } });
      expect(subscriber.messages()).toEqual([
        'one=1 q0',
        'three=2 q0',
        'one=3 q1 #1',
        'three=4 q2 #2',
        'other=5 q0',
        'other=6 q0',
      ]);
    },
    { limits: { topicAliasMaximum: 3 } },
  ),
);

test.each<[string, string, number, number, string]>([
  ['[MQTT-3.2.2-17] above the maximum, with a topic', 'a', 4, 3, 'DISCONNECT 94 closed'],
  ['above the maximum, without a topic', '', 4, 3, 'DISCONNECT 94 closed'],
  ['[MQTT-3.2.2-18] any, when we allow none', 'a', 1, 0, 'DISCONNECT 94 closed'],
  ['never set', '', 2, 3, 'DISCONNECT 82 closed'],
])(
  'an alias that is refused: %s',
  async (_name, topicName, topicAlias, topicAliasMaximum, expected) =>
    inWorld(
      (world) => {
        const client = world.connect();
        client.publish(topicName, 'x', { properties: { topicAlias } });
        expect(client.outcome()).toBe(expected);
      },
      { limits: { topicAliasMaximum } },
    )(),
);

test(
  '[MQTT-3.3.2-8] alias 0: 0x94',
  inWorld((world) => {
    const client = world.connect();
    client.sendBytes(0x30, 7, 0, 1, 0x61, 3, 0x23, 0, 0);
    expect(client.outcome()).toBe('DISCONNECT 94 closed');
  }),
);

test(
  '[MQTT-3.3.2-7] aliases do not survive a connection',
  inWorld((world) => {
    world
      .resume('p')
      .publish('a', 'x', { properties: { topicAlias: 1 } })
      .vanish();
    const again = world.resume('p');
    again.publish('', 'x', { properties: { topicAlias: 1 } });
    expect(again.outcome()).toBe('DISCONNECT 82 closed');
  }),
);

test(
  'an alias is set also by a PUBLISH that is refused',
  inWorld(
    (world) => {
      const subscriber = world.connect({ clientId: 's' });
      subscriber.subscribe('#');
      const publisher = world.connect({ clientId: 'p' });
      publisher.publish('a', 'first', { qos: 1, packetId: 1, properties: { topicAlias: 1 } });
      publisher.publish('', 'second', { qos: 1, packetId: 2, properties: { topicAlias: 1 } });
      expect(publisher.messages()).toEqual(['PUBACK #1 87', 'PUBACK #2']);
      expect(subscriber.messages()).toEqual(['a=second q1 #1']);
    },
    {
      authorizer: {
        publish: (() => {
          let isFirst = true;
          return () => {
            const refuse = isFirst;
            isFirst = false;
            return !refuse;
          };
        })(),
      },
    },
  ),
);

test(
  'two clients use the same alias for topics of their own; nothing of it is forwarded',
  inWorld((world) => {
    const subscriber = world.connect({ clientId: 's' });
    subscriber.subscribe('#');
    const one = world.connect({ clientId: 'one' });
    const two = world.connect({ clientId: 'two' });
    one.publish('a', '1', { properties: { topicAlias: 1 } });
    two.publish('b', '2', { properties: { topicAlias: 1 } });
    one.publish('', '3', { properties: { topicAlias: 1 } });
    two.publish('', '4', { properties: { topicAlias: 1 } });
    expect(names(subscriber)).toEqual(['a/-', 'b/-', 'a/-', 'b/-']);
  }),
);

test(
  'an aliased message is kept under its topic: retained, queued, for older versions',
  inWorld((world) => {
    world.resume('sleeper').subscribe('#');
    world.resume('sleeper').vanish();
    const old = world.connect({ clientId: 'old', protocolVersion: 4 });
    old.subscribe('#');
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', '1', { properties: { topicAlias: 1 } });
    publisher.publish('', '2', {
      properties: { topicAlias: 1 },
      qos: 1,
      packetId: 1,
      retain: true,
    });
    expect(old.messages()).toEqual(['a=1 q0', 'a=2 q1 #1']);
    expect(world.resume('sleeper').messages()).toEqual(['a=2 q1 #1']);
    const late = world.connect({ clientId: 'late' });
    late.subscribe('a');
    expect(late.messages()).toEqual(['a=2 q1 retain #1']);
  }),
);

test(
  '[MQTT-3.1.2-27] a client that allows no alias gets none',
  inWorld((world) => {
    const subscriber = subscriberWith(world, 0);
    const publisher = world.connect({ clientId: 'p' });
    for (let i = 0; i < 3; i++) publisher.publish('a', 'x');
    expect(names(subscriber)).toEqual(['a/-', 'a/-', 'a/-']);
  }),
);

test(
  '[MQTT-3.1.2-26] [MQTT-3.3.2-11] aliases that we set stay within the client’s maximum, and mean what they were set to',
  inWorld((world) => {
    const subscriber = subscriberWith(world, 2);
    const publisher = world.connect({ clientId: 'p' });
    const topics = ['a', 'b', 'a', 'c', 'a', 'b', 'd', 'a', 'a', 'b', 'c', 'd', 'd', 'd'];
    for (const [i, topic] of topics.entries()) {
      publisher.publish(topic, topic, {
        qos: (i % 3) as 0 | 1 | 2,
        ...(i % 3 === 0 ? {} : { packetId: i }),
      });
    }
    const aliases = new Map<number, string>();
    const got = subscriber.publishes();
    expect(got).toHaveLength(topics.length);
    for (const { topicName, payload, properties } of got) {
      const { topicAlias } = properties ?? {};
      if (topicAlias !== undefined) {
        expect(topicAlias).toBeGreaterThanOrEqual(1);
        expect(topicAlias).toBeLessThanOrEqual(2);
        if (topicName !== '') aliases.set(topicAlias, topicName);
      }
      const resolved = topicName === '' ? aliases.get(topicAlias ?? 0) : topicName;
      expect(resolved).toBe(new TextDecoder().decode(payload));
    }
    expect(got.filter(({ topicName }) => topicName === '').length).toBeGreaterThan(3);
  }),
);

test(
  'the first message sets the alias, the second uses it',
  inWorld((world) => {
    const subscriber = subscriberWith(world, 5);
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'x').publish('a', 'x', { qos: 1, packetId: 1 }).publish('b', 'x');
    expect(names(subscriber)).toEqual(['a/1', '/1', 'b/2']);
  }),
);

test(
  '[MQTT-3.3.2-7] what is sent again on a new connection has its full topic, and the aliases begin anew',
  inWorld((world) => {
    const properties = { sessionExpiryInterval: 100, topicAliasMaximum: 5 };
    const first = world.connect({ clientId: 's', cleanStart: false, properties });
    first.subscribe('#');
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', '1', { qos: 1, packetId: 1 }).publish('a', '2', { qos: 1, packetId: 2 });
    expect(names(first)).toEqual(['a/1', '/1']);
    first.vanish();
    const again = world.connect({ clientId: 's', cleanStart: false, properties });
    expect(names(again)).toEqual(['a/1', '/1']);
    again.vanish();
    expect(names(world.resume('s'))).toEqual(['a/-', 'a/-']);
  }),
);

test(
  'the limit of the broker for the aliases that it sets',
  inWorld(
    (world) => {
      const subscriber = subscriberWith(world, 100);
      const publisher = world.connect({ clientId: 'p' });
      publisher.publish('a', 'x').publish('b', 'x').publish('a', 'x').publish('a', 'x');
      const aliases = subscriber.publishes().map(({ properties }) => properties?.topicAlias ?? 0);
      expect(Math.max(...aliases)).toBe(1);
    },
    { limits: { maximumOutboundTopicAliases: 1 } },
  ),
);

test.each([0, 1, 2, 3, 4, 5, 6])(
  'a message that is %i bytes below Maximum Packet Size without alias arrives, and its alias is not used before it was set',
  async (below) =>
    inWorld((world) => {
      const maximumPacketSize = 60;
      const subscriber = subscriberWith(world, 5, { maximumPacketSize });
      const publisher = world.connect({ clientId: 'p' });
      const topic = 'topic/of/some/length';
      const bare = encodedLength(
        { type: 3, topicName: topic, payload: new Uint8Array(), qos: 0, dup: false, retain: false },
        5,
      );
      publisher.publish(topic, 'x'.repeat(maximumPacketSize - bare - below));
      publisher.publish(topic, 'y');
      const got = subscriber.publishes();
      expect(got).toHaveLength(2);
      const known = got[0]?.properties?.topicAlias !== undefined;
      if (!known) expect(got[1]?.topicName).toBe(topic);
    })(),
);
