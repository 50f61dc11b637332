import { type Publish, encodedLength } from '@wellhead/codec';
import { expect, test } from 'vitest';
import type { DropReason } from '../src/index.ts';
import { inWorld, publishPacket } from './support.ts';

/** A PUBLISH whose packet has exactly that many bytes. */
function publishOfSize(size: number, fields: Partial<Publish> = {}): Publish {
  const overhead = encodedLength(publishPacket('a', '', fields), 5);
  return publishPacket('a', 'x'.repeat(size - overhead), fields);
}

const nextId = ({ packetId }: Partial<Publish>): Partial<Publish> =>
  packetId === undefined ? {} : { packetId: packetId + 1 };

test.each<[string, Partial<Publish>, object]>([
  ['QoS 0', {}, {}],
  ['QoS 1', { qos: 1, packetId: 1 }, {}],
  ['QoS 2', { qos: 2, packetId: 1 }, {}],
  ['with properties', { qos: 1, packetId: 1, properties: { userProperties: [['a', 'b']] } }, {}],
  ['with aliases', { qos: 1, packetId: 1 }, { topicAliasMaximum: 5 }],
])(
  '[MQTT-3.1.2-24] a packet of the client’s Maximum Packet Size is sent, one of a byte more is not: %s',
  async (_name, fields, properties) =>
    inWorld((world) => {
      const subscriber = world.connect({ properties: { maximumPacketSize: 100, ...properties } });
      subscriber.subscribe('a');
      const publisher = world.connect({ clientId: 'p' });
      publisher.send(
        publishOfSize(101, fields),
        publishOfSize(100, { ...fields, ...nextId(fields) }),
      );
      const [message, ...rest] = subscriber.publishes();
      expect(
        message === undefined ? 0 : encodedLength({ ...message, topicName: 'a' }, 5),
      ).toBeLessThanOrEqual(100);
      expect(rest).toEqual([]);
      expect(message?.payload).toEqual(publishOfSize(100, fields).payload);
    })(),
);

test(
  '[MQTT-3.1.2-24] the Subscription Identifiers of the receiver count as well',
  inWorld((world) => {
    const subscriber = world.connect({ properties: { maximumPacketSize: 100 } });
    subscriber.subscribe('a', { id: 5 });
    const publisher = world.connect({ clientId: 'p' });
    publisher.send(publishOfSize(99), publishOfSize(98));
    expect(subscriber.publishes().map((packet) => encodedLength(packet, 5))).toEqual([100]);
  }),
);

test(
  '[MQTT-3.1.2-25] what is too large costs no identifier and no quota, and holds up nobody',
  inWorld((world) => {
    const subscriber = world.resume('s', 100, {
      properties: { maximumPacketSize: 60, receiveMaximum: 1 },
    });
    subscriber.subscribe('a');
    const other = world.connect({ clientId: 'other' });
    other.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    const large = 'x'.repeat(60);
    publisher.publish('a', large, { qos: 1, packetId: 1 });
    publisher.publish('a', 'small', { qos: 1, packetId: 2 });
    publisher.publish('a', large, { qos: 2, packetId: 3 });
    publisher.publish('a', 'next', { qos: 2, packetId: 4 });
    expect(subscriber.messages()).toEqual(['a=small q1 #1']);
    subscriber.puback(1);
    expect(subscriber.messages()).toEqual([expect.stringMatching(/^a=next q2 #/)]);
    expect(other.publishes()).toHaveLength(4);
    expect(publisher.messages()).toEqual(['PUBACK #1', 'PUBACK #2', 'PUBREC #3', 'PUBREC #4']);
  }),
);

test(
  '[MQTT-3.1.2-25] in the queue and in flight from an earlier connection, too',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    const first = world.resume('s');
    first.subscribe('a');
    publisher.publish('a', 'x'.repeat(60), { qos: 1, packetId: 1 });
    publisher.publish('a', 'one', { qos: 1, packetId: 2 });
    first.vanish();
    publisher.publish('a', 'y'.repeat(60), { qos: 1, packetId: 3 });
    publisher.publish('a', 'two', { qos: 1, packetId: 4 });
    const second = world.resume('s', 100, { properties: { maximumPacketSize: 60 } });
    expect(second.messages()).toEqual([
      'a=one q1 dup #2',
      expect.stringMatching(/^a=two q1 #\d+$/),
    ]);
    second.vanish();
    expect(world.resume('s').publishes()).toHaveLength(2);
  }),
);

test('what is dropped is reported and counted', async () => {
  const dropped: [string, string, DropReason][] = [];
  await inWorld(
    (world) => {
      const subscriber = world.connect({ clientId: 's', properties: { maximumPacketSize: 30 } });
      subscriber.subscribe('a');
      world
        .connect({ clientId: 'p' })
        .publish('a', 'x'.repeat(40))
        .publish('a', 'x'.repeat(40), { qos: 1, packetId: 1 });
      expect(world.broker.counters.publishDropped).toBe(2);
    },
    { observer: { dropped: (...what) => void dropped.push(what) } },
  )();
  expect(dropped).toEqual([
    ['s', 'a', 'too-large'],
    ['s', 'a', 'too-large'],
  ]);
});

test(
  'a retained message that is too large is left out, and those after it come',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    publisher
      .publish('r/1', 'x'.repeat(100), { retain: true })
      .publish('r/2', 'y', { retain: true });
    const subscriber = world.connect({ properties: { maximumPacketSize: 50 } });
    subscriber.subscribe('r/#');
    expect(subscriber.messages()).toEqual(['r/2=y q0 retain']);
  }),
);

test(
  'a Shared Subscription: what is too large for the member chosen does not reach it, and the others go on',
  inWorld((world) => {
    const small = world.connect({ clientId: 'small', properties: { maximumPacketSize: 50 } });
    const large = world.connect({ clientId: 'large' });
    small.subscribe('$share/g/a');
    large.subscribe('$share/g/a');
    const publisher = world.connect({ clientId: 'p' });
    for (let packetId = 1; packetId <= 4; packetId++)
      publisher.publish('a', 'x'.repeat(60), { qos: 1, packetId });
    expect(small.publishes()).toEqual([]);
    expect(large.publishes().length).toBeGreaterThanOrEqual(2);
    expect(publisher.messages()).toEqual(['PUBACK #1', 'PUBACK #2', 'PUBACK #3', 'PUBACK #4']);
  }),
);

test.each<[string, number[], string]>([
  ['a PUBLISH of the limit', [0x30, 98, 0, 1, 0x61, 0, ...Array<number>(94).fill(0x78)], 'open'],
  ['a PUBLISH of a byte more', [0x30, 99], 'DISCONNECT 95 closed'],
  ['judged from the fixed header alone', [0x30, 0xff, 0xff, 0xff, 0x7f], 'DISCONNECT 95 closed'],
  ['a SUBSCRIBE', [0x82, 120], 'DISCONNECT 95 closed'],
])('our own Maximum Packet Size: %s', async (_name, bytes, expected) =>
  inWorld(
    (world) => {
      const client = world.connect();
      client.sendBytes(...bytes);
      expect(client.outcome()).toBe(expected);
    },
    { limits: { maximumPacketSize: 100 } },
  )(),
);

test(
  'before 5.0 a packet above our limit closes the connection',
  inWorld(
    (world) => {
      const client = world.connect({ protocolVersion: 4 });
      client.sendBytes(0x30, 99);
      expect(client.outcome()).toBe('closed');
    },
    { limits: { maximumPacketSize: 100 } },
  ),
);

test(
  '[MQTT-3.2.2-19] [MQTT-3.2.2-20] CONNACK leaves out Reason String and User Property when it would be too large',
  inWorld(
    (world) => {
      const whole = world.connect({ clientId: 'a' });
      expect(whole.connack?.properties?.userProperties).toEqual([['long', 'x'.repeat(50)]]);
      const short = world.connect({ clientId: 'b', properties: { maximumPacketSize: 60 } });
      expect(short.connack).toMatchObject({ reasonCode: 0 });
      expect(short.connack?.properties?.userProperties).toBeUndefined();
    },
    {
      authenticator: {
        authenticate: () => ({ accept: true, userProperties: [['long', 'x'.repeat(50)]] }),
      },
    },
  ),
);

test(
  '[MQTT-3.2.2-19] a refusing CONNACK likewise',
  inWorld(
    (world) => {
      const client = world.connect({ properties: { maximumPacketSize: 20 } });
      expect(client.connack).toMatchObject({ reasonCode: 0x86 });
      expect(client.connack?.properties?.reasonString).toBeUndefined();
    },
    {
      authenticator: {
        authenticate: () => ({ accept: false, reasonCode: 0x86, reasonString: 'y'.repeat(50) }),
      },
    },
  ),
);

test(
  '[MQTT-3.14.2-3] DISCONNECT likewise',
  inWorld((world) => {
    const client = world.connect({ properties: { maximumPacketSize: 24 } });
    client.sendBytes(0x30, 3, 0, 0, 0);
    expect(client.take()).toMatchObject([{ type: 14, reasonCode: 0x82 }]);
    expect(client.isClosed).toBe(true);
  }),
);

test(
  'a client that allows not even CONNACK is closed',
  inWorld((world) => {
    const client = world.connect({ properties: { maximumPacketSize: 3 } });
    expect(client.connack).toBeUndefined();
    expect(client.outcome()).toBe('closed');
    expect(world.broker.counters).toMatchObject({ clientsConnected: 0, connections: 0 });
  }),
);
