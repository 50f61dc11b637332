import { expect, test } from 'vitest';
import { type Client, type World, inWorld, publishPacket } from './support.ts';

// Statements that no topic of its own proves, version by version.

type Row = [statement: string, run: (world: World) => void];

function pair(world: World, protocolVersion: 4 | 5): { publisher: Client; subscriber: Client } {
  const subscriber = world.connect({ clientId: 's', protocolVersion });
  subscriber.subscribe('a');
  return { subscriber, publisher: world.connect({ clientId: 'p', protocolVersion }) };
}

const outcomeOf = (world: World, protocolVersion: 4 | 5, ...bytes: number[]): string => {
  const client = world.connect({ clientId: 'c', protocolVersion });
  client.sendBytes(...bytes);
  return client.outcome();
};

const BOM = '\uFEFFa';
const will = { topicName: 'w', payload: new Uint8Array(), qos: 0, retain: false } as const;

const bothVersions = (protocolVersion: 4 | 5): Record<string, (world: World) => void> => {
  const keepsSession = protocolVersion === 5 ? { properties: { sessionExpiryInterval: 60 } } : {};
  const resume = (world: World): Client =>
    world.connect({ clientId: 'r', protocolVersion, cleanStart: false, ...keepsSession });
  return {
    bom(world) {
      const { publisher, subscriber } = pair(world, protocolVersion);
      subscriber.subscribe(BOM);
      publisher.publish('a', 'without').publish(BOM, 'with');
      expect(subscriber.messages()).toEqual(['a=without q0', `${BOM}=with q0`]);
    },
    createsSession(world) {
      const client = resume(world);
      expect(client.connack).toMatchObject({ reasonCode: 0, sessionPresent: false });
      expect(world.broker.counters.sessions).toBe(1);
    },
    connackFirst(world) {
      resume(world).subscribe('a');
      resume(world).vanish();
      world.connect({ clientId: 'p' }).publish('a', 'x', { qos: 1, packetId: 1, retain: true });
      const client = resume(world);
      // support.ts takes CONNACK out of the inbox only when it is the first packet
      expect(client.connack?.sessionPresent).toBe(true);
      expect(client.messages()).toEqual(['a=x q1 #1']);
    },
    resendsWithDup(world) {
      resume(world).subscribe('a');
      world.connect({ clientId: 'p' }).publish('a', 'x', { qos: 2, packetId: 1 });
      expect(resume(world).messages()).toEqual(['a=x q2 dup #1']);
      expect(resume(world).messages()).toEqual(['a=x q2 dup #1']);
    },
    willOnce(world) {
      const watcher = world.connect({ clientId: 'watcher' });
      watcher.subscribe('w');
      world.connect({ clientId: 'c', protocolVersion, will }).vanish();
      world.connect({ clientId: 'c', protocolVersion }).vanish();
      world.connect({ clientId: 'd', protocolVersion, will }).disconnect();
      world.advance(60_000);
      expect(watcher.messages()).toEqual(['w= q0']);
    },
    senderOfQos1(world) {
      const { publisher, subscriber } = pair(world, protocolVersion);
      for (let packetId = 1; packetId <= 3; packetId++)
        publisher.publish('a', 'x', { qos: 1, packetId: 7 });
      expect(subscriber.messages()).toEqual(['a=x q1 #1', 'a=x q1 #2', 'a=x q1 #3']);
    },
    senderOfQos2(world) {
      const { publisher, subscriber } = pair(world, protocolVersion);
      for (let i = 0; i < 3; i++) publisher.publish('a', 'x', { qos: 2, packetId: 7 }).pubrel(7);
      expect(subscriber.messages()).toEqual(['a=x q2 #1', 'a=x q2 #2', 'a=x q2 #3']);
      subscriber.pubrec(2).pubcomp(2).pubrec(1);
      expect(subscriber.messages()).toEqual(['PUBREL #2', 'PUBREL #1']);
    },
    senderOfQos0(world) {
      const { publisher, subscriber } = pair(world, protocolVersion);
      publisher.publish('a', 'x', { qos: 1, packetId: 7, dup: true });
      subscriber.take();
      subscriber.subscribe('a', { qos: 0 });
      publisher.publish('a', 'x', { qos: 1, packetId: 7, dup: true });
      expect(subscriber.messages()).toEqual(['a=x q0']);
    },
    everySubscriber(world) {
      const readers = Array.from({ length: 40 }, (_, i) => {
        const client = world.connect({ clientId: `r${i}`, protocolVersion });
        client.subscribe(['a', '#', '+', 'a/#'][i % 4] ?? 'a');
        return client;
      });
      world.connect({ clientId: 'p', protocolVersion }).publish('a', 'x', { qos: 1, packetId: 1 });
      expect(readers.map((client) => client.publishes().length)).toEqual(Array(40).fill(1));
    },
    ordered(world) {
      const { publisher, subscriber } = pair(world, protocolVersion);
      publisher.send(...Array.from({ length: 100 }, (_, i) => publishPacket('a', String(i))));
      expect(
        subscriber.publishes().map(({ payload }) => Number(new TextDecoder().decode(payload))),
      ).toEqual(Array.from({ length: 100 }, (_, i) => i));
    },
  };
};

const five = bothVersions(5);
const four = bothVersions(4);
const row = (statement: string, run: Row[1] | undefined): Row => [
  statement,
  run ??
    (() => {
      throw new Error('no such proof');
    }),
];

test.each<Row>([
  row('[MQTT-1.5.4-3] U+FEFF is a character of the topic', five['bom']),
  row('[MQTT-1.5.3-3 @3.1.1] U+FEFF is a character of the topic', four['bom']),
  row('[MQTT-3.1.2-6] [MQTT-3.1.4-4] a session is created', five['createsSession']),
  row(
    '[MQTT-3.1.2-4 @3.1.1] [MQTT-3.1.4-3 @3.1.1] [MQTT-3.2.2-3 @3.1.1] a session is created',
    four['createsSession'],
  ),
  row('[MQTT-3.2.0-1] CONNACK comes before what is queued', five['connackFirst']),
  row('[MQTT-3.2.0-1 @3.1.1] CONNACK comes before what is queued', four['connackFirst']),
  row('[MQTT-3.3.1-1] DUP on each re-delivery', five['resendsWithDup']),
  row('[MQTT-3.3.1-1 @3.1.1] DUP on each re-delivery', four['resendsWithDup']),
  row('[MQTT-3.1.2-7] a Will is published once', five['willOnce']),
  row('[MQTT-3.1.2-10 @3.1.1] a Will is published once', four['willOnce']),
  row('[MQTT-4.3.1-1] QoS 0 has DUP 0', five['senderOfQos0']),
  row('[MQTT-4.3.1-1 @3.1.1] QoS 0 has DUP 0', four['senderOfQos0']),
  row('[MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.2-3] the sender of QoS 1', five['senderOfQos1']),
  row('[MQTT-4.3.2-1 @3.1.1] the sender of QoS 1', four['senderOfQos1']),
  row(
    '[MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.3.3-3] [MQTT-4.3.3-5] the sender of QoS 2',
    five['senderOfQos2'],
  ),
  row('[MQTT-4.3.3-1 @3.1.1] the sender of QoS 2', four['senderOfQos2']),
  row('[MQTT-4.5.0-1] all who subscribed get it', five['everySubscriber']),
  row('[MQTT-4.5.0-1 @3.1.1] all who subscribed get it', four['everySubscriber']),
  row('[MQTT-4.6.0-6] topics are ordered', five['ordered']),
  row('[MQTT-4.6.0-5 @3.1.1] topics are ordered', four['ordered']),
])('%s', async (_statement, run) => inWorld(run)());

test.each<[string, 4 | 5, number[], string]>([
  ['[MQTT-3.14.1-1] DISCONNECT with reserved bits', 5, [0xe1, 0], 'DISCONNECT 81 closed'],
  ['[MQTT-3.14.1-1 @3.1.1] DISCONNECT with reserved bits', 4, [0xe1, 0], 'closed'],
  ['[MQTT-3.14.2-1] DISCONNECT with a code of servers', 5, [0xe0, 1, 0x8e], 'DISCONNECT 82 closed'],
  [
    '[MQTT-3.4.2-1] PUBACK with a code that it has not',
    5,
    [0x40, 3, 0, 1, 0x92],
    'DISCONNECT 82 closed',
  ],
  [
    '[MQTT-3.5.2-1] PUBREC with 0x10, the server’s',
    5,
    [0x50, 3, 0, 1, 0x10],
    'DISCONNECT 82 closed',
  ],
  [
    '[MQTT-3.6.2-1] PUBREL with a code that it has not',
    5,
    [0x62, 3, 0, 1, 0x80],
    'DISCONNECT 82 closed',
  ],
  [
    '[MQTT-3.7.2-1] PUBCOMP with a code that it has not',
    5,
    [0x70, 3, 0, 1, 0x80],
    'DISCONNECT 82 closed',
  ],
  ['[MQTT-3.6.1-1 @3.1.1] PUBREL with wrong flags', 4, [0x60, 2, 0, 1], 'closed'],
  ['[MQTT-3.8.1-1 @3.1.1] SUBSCRIBE with wrong flags', 4, [0x80, 6, 0, 1, 0, 1, 0x61, 0], 'closed'],
  ['[MQTT-3.8.3-3 @3.1.1] SUBSCRIBE without a filter', 4, [0x82, 2, 0, 1], 'closed'],
  ['[MQTT-3.8.3-4 @3.1.1] SUBSCRIBE with QoS 3', 4, [0x82, 6, 0, 1, 0, 1, 0x61, 3], 'closed'],
  ['[MQTT-3.8.3-4 @3.1.1] SUBSCRIBE with upper bits', 4, [0x82, 6, 0, 1, 0, 1, 0x61, 4], 'closed'],
  ['[MQTT-3.10.1-1 @3.1.1] UNSUBSCRIBE with wrong flags', 4, [0xa0, 5, 0, 1, 0, 1, 0x61], 'closed'],
  ['[MQTT-3.10.3-2 @3.1.1] UNSUBSCRIBE without a filter', 4, [0xa2, 2, 0, 1], 'closed'],
  ['[MQTT-4.7.3-1 @3.1.1] an empty Topic Name', 4, [0x30, 3, 0, 0, 0x78], 'closed'],
  ['[MQTT-4.7.3-2 @3.1.1] U+0000 in a filter', 4, [0x82, 6, 0, 1, 0, 1, 0, 0], 'closed'],
  ['[MQTT-4.7.3-2] U+0000 in a Topic Name', 5, [0x30, 5, 0, 1, 0, 0, 0x78], 'DISCONNECT 81 closed'],
  ['[MQTT-4.7.0-1] # in a Topic Name', 5, [0x30, 5, 0, 1, 0x23, 0, 0x78], 'DISCONNECT 90 closed'],
  ['[MQTT-4.7.1-1 @3.1.1] + in a Topic Name', 4, [0x30, 4, 0, 1, 0x2b, 0x78], 'closed'],
])('%s', async (_statement, protocolVersion, bytes, expected) =>
  inWorld((world) => {
    expect(outcomeOf(world, protocolVersion, ...bytes)).toBe(expected);
  })(),
);

test(
  '[MQTT-3.14.4-1] [MQTT-3.14.4-2] [MQTT-4.13.2-1] [MQTT-3.14.2-2] after the server’s DISCONNECT there is nothing but the end',
  inWorld((world) => {
    const { publisher, subscriber } = pair(world, 5);
    subscriber.connection.write(Uint8Array.from([0xc1, 0]));
    publisher.connection.write(Uint8Array.from([0x30, 5, 0, 1, 0x61, 0, 0x78]));
    world.settle();
    const packets = subscriber.take();
    expect(packets.at(-1)).toMatchObject({ type: 14 });
    expect(packets.filter(({ type }) => type === 14)).toHaveLength(1);
    expect(packets.at(-1)).not.toHaveProperty('properties.sessionExpiryInterval');
    expect(subscriber.isClosed).toBe(true);
  }),
);

test(
  '[MQTT-3.14.4-2 @3.1.1] what a client sends behind its DISCONNECT has no effect',
  inWorld((world) => {
    const { publisher, subscriber } = pair(world, 4);
    publisher.sendBytes(0xe0, 0, 0x30, 4, 0, 1, 0x61, 0x78);
    expect(publisher.outcome()).toBe('closed');
    expect(subscriber.messages()).toEqual([]);
  }),
);

test(
  '[MQTT-3.2.0-2] there is one CONNACK a connection',
  inWorld((world) => {
    const client = world.connect({ will });
    client.sendBytes(...[0x10, 14, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 0, 0, 0, 1, 0x61]);
    expect(client.take().filter(({ type }) => type === 2)).toEqual([]);
  }),
);

test(
  '[MQTT-4.3.3-9] after a PUBREC that refuses, the identifier is a new message',
  inWorld(
    (world) => {
      const subscriber = world.connect({ clientId: 's' });
      subscriber.subscribe('#');
      const publisher = world.connect({ clientId: 'p' });
      publisher.publish('denied', 'one', { qos: 2, packetId: 5 });
      publisher.publish('allowed', 'two', { qos: 2, packetId: 5 });
      expect(publisher.messages()).toEqual(['PUBREC #5 87', 'PUBREC #5']);
      expect(subscriber.messages()).toEqual(['allowed=two q2 #1']);
    },
    { authorizer: { publish: (_client, { topicName }) => topicName === 'allowed' } },
  ),
);

test.each<[string, string, string[]]>([
  ['[MQTT-3.3.1-5 @3.1.1] kept with its QoS', 'x', ['a=x q1 retain #1']],
  ['[MQTT-3.3.1-10 @3.1.1] [MQTT-3.3.1-11 @3.1.1] an empty one removes, and is not kept', '', []],
])('3.1.1, retained: %s', async (_statement, payload, expected) =>
  inWorld((world) => {
    const live = world.connect({ clientId: 'live', protocolVersion: 4 });
    live.subscribe('a');
    const publisher = world.connect({ clientId: 'p', protocolVersion: 4 });
    publisher.publish('a', 'before', { retain: true, qos: 1, packetId: 1 });
    publisher.publish('a', payload, { retain: true, qos: 1, packetId: 2 });
    expect(live.messages()).toEqual(['a=before q1 #1', `a=${payload} q1 #2`]);
    const late = world.connect({ clientId: 'late', protocolVersion: 4 });
    late.subscribe('a');
    expect(late.messages()).toEqual(expected);
  })(),
);

test(
  '[MQTT-3.3.1-7 @3.1.1] a retained message of QoS 0 takes the place of one of QoS 1',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p', protocolVersion: 4 });
    publisher.publish('a', 'one', { retain: true, qos: 1, packetId: 1 });
    publisher.publish('a', 'zero', { retain: true });
    const late = world.connect({ clientId: 'late', protocolVersion: 4 });
    late.subscribe('a');
    expect(late.messages()).toEqual(['a=zero q0 retain']);
  }),
);

test(
  '[MQTT-3.8.4-1 @3.1.1] [MQTT-3.8.4-2 @3.1.1] [MQTT-3.10.4-1 @3.1.1] [MQTT-3.10.4-2 @3.1.1] [MQTT-3.10.4-6 @3.1.1] subscribing and unsubscribing in 3.1.1',
  inWorld((world) => {
    const client = world.connect({ clientId: 'c', protocolVersion: 4 });
    for (const [packetId, topicFilter] of [
      [5, 'a'],
      [6, 'a/+'],
      [7, 'b'],
    ] as const) {
      const request = {
        topicFilter,
        qos: 1,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
      } as const;
      client.send({ type: 8, packetId, subscriptions: [request] });
    }
    client.send({ type: 10, packetId: 8, topicFilters: ['a', 'a/#', 'A', 'b'] });
    expect(client.messages()).toEqual(['SUBACK #5', 'SUBACK #6', 'SUBACK #7', 'UNSUBACK #8']);
    const publisher = world.connect({ clientId: 'p', protocolVersion: 4 });
    publisher.publish('a', 'gone').publish('a/b', 'stays').publish('b', 'gone');
    expect(client.messages()).toEqual(['a/b=stays q0']);
  }),
);

test.each<[string, string, number[]]>([
  ['[MQTT-4.8.2-1] $share/ needs a ShareName', '$share//a', [0x8f]],
  ['[MQTT-4.8.2-1] another case is no Shared Subscription', '$SHARE/g/a', [2]],
  ['[MQTT-4.8.2-2] the filter may begin with a slash', '$share/g//x', [2]],
])('%s', async (_statement, filter, expected) =>
  inWorld((world) => {
    expect(world.connect().subscribe(filter)).toEqual(expected);
  })(),
);
