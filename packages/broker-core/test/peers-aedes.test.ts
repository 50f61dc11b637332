import { expect, test } from 'vitest';
import type { DropReason } from '../src/index.ts';
import { LaterStore } from './later-store.ts';
import { World, inWorld, publishPacket } from './support.ts';

// What another broker was found to do wrong, one test for each finding, named by it.

test('1.6 #1 message loss: five QoS 1 messages that wait for a slow store and a later QoS 0 one all arrive, in order', async () => {
  const store = new LaterStore();
  await using world = await World.create({ store });
  const subscriber = world.resume('s');
  subscriber.subscribe('a');
  await world.settleAsync();
  const publisher = world.connect({ clientId: 'p' });
  store.isHeld = true;
  for (let i = 1; i <= 5; i++) publisher.publish('a', `m${i}`, { qos: 1, packetId: i });
  publisher.publish('a', 'm6');
  await world.settleAsync();
  store.release();
  await world.settleAsync();
  const got = subscriber.publishes().map(({ payload }) => new TextDecoder().decode(payload));
  expect(got).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6']);
});

test(
  '1.6 #1 message loss: later messages of another publisher overtake nothing away',
  inWorld((world) => {
    const subscriber = world.resume('s', 100, { properties: { receiveMaximum: 1 } });
    subscriber.subscribe('#');
    const one = world.connect({ clientId: 'one' });
    const two = world.connect({ clientId: 'two' });
    for (let i = 1; i <= 5; i++) {
      one.publish('a', `a${i}`, { qos: 1, packetId: i });
      two.publish('b', `b${i}`);
    }
    const got: string[] = [];
    for (let round = 0; round < 8; round++) {
      for (const { packetId, payload } of subscriber.publishes()) {
        got.push(new TextDecoder().decode(payload));
        if (packetId !== undefined) subscriber.puback(packetId);
      }
    }
    expect(got).toHaveLength(10);
    expect(got.filter((text) => text.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
    expect(got.filter((text) => text.startsWith('b'))).toEqual(['b1', 'b2', 'b3', 'b4', 'b5']);
  }),
);

test('1.6 #2 PUBACK is not written before the message is persisted', async () => {
  const store = new LaterStore();
  await using world = await World.create({ store });
  world.resume('s').subscribe('a');
  await world.settleAsync();
  const publisher = world.connect({ clientId: 'p' });
  store.isHeld = true;
  publisher.publish('a', 'x', { qos: 1, packetId: 1 });
  await world.settleAsync();
  expect(publisher.messages()).toEqual([]);
  store.release();
  await world.settleAsync();
  expect(publisher.messages()).toEqual(['PUBACK #1']);
});

test(
  '1.6 #3 a stalled subscriber freezes no healthy one: 2,000 of 2,000 arrive at once',
  inWorld((world) => {
    const stalled = world.connect({ clientId: 'stalled', wire: { highWaterMark: 100 } });
    stalled.subscribe('a');
    stalled.connection.pause();
    const healthy = world.connect({ clientId: 'healthy' });
    healthy.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    for (let i = 0; i < 20; i++) {
      publisher.send(...Array.from({ length: 100 }, () => publishPacket('a', 'x'.repeat(100))));
    }
    expect(healthy.publishes()).toHaveLength(2_000);
  }),
);

test(
  '1.6 #4 QoS 2 for a wildcard subscription of QoS 1 is delivered at QoS 1',
  inWorld((world) => {
    const subscriber = world.connect({ clientId: 's' });
    subscriber.subscribe('q/#', { qos: 1 });
    world.connect({ clientId: 'p' }).publish('q/1', 'x', { qos: 2, packetId: 1 });
    expect(subscriber.messages()).toEqual(['q/1=x q1 #1']);
  }),
);

test(
  '1.6 #5 overlapping subscriptions of QoS 0 and 1 are delivered at QoS 1',
  inWorld((world) => {
    const subscriber = world.connect({ clientId: 's', protocolVersion: 4 });
    subscriber.subscribe('a/b', { qos: 0 });
    subscriber.subscribe('a/#', { qos: 1 });
    world
      .connect({ clientId: 'p', protocolVersion: 4 })
      .publish('a/b', 'x', { qos: 1, packetId: 1 });
    expect(subscriber.messages()).toEqual(['a/b=x q1 #1']);
  }),
);

test(
  '1.6 #6 retained at QoS 1 for a wildcard subscription of QoS 0 is delivered at QoS 0',
  inWorld((world) => {
    world.connect({ clientId: 'p' }).publish('r/1', 'x', { retain: true, qos: 1, packetId: 1 });
    const subscriber = world.connect({ clientId: 's' });
    subscriber.subscribe('r/#', { qos: 0 });
    expect(subscriber.messages()).toEqual(['r/1=x q0 retain']);
  }),
);

test.each([4, 5] as const)('1.6 #7 redelivery has DUP 1: version %i', async (protocolVersion) =>
  inWorld((world) => {
    const options = {
      clientId: 's',
      protocolVersion,
      cleanStart: false,
      ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: 100 } } : {}),
    };
    const first = world.connect(options);
    first.subscribe('a');
    world.connect({ clientId: 'p' }).publish('a', 'x', { qos: 1, packetId: 1 });
    first.vanish();
    expect(world.connect(options).messages()).toEqual(['a=x q1 dup #1']);
  })(),
);

test.each([4, 5] as const)(
  '1.6 #8 Session Present is 1 for a persistent session without subscriptions: version %i',
  async (protocolVersion) =>
    inWorld((world) => {
      const options = {
        protocolVersion,
        cleanStart: false,
        ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: 100 } } : {}),
      };
      world.connect(options).vanish();
      expect(world.connect(options).connack?.sessionPresent).toBe(true);
    })(),
);

test(
  '1.6 #9 there is a window: of 300 QoS 1 messages only so many are sent without a PUBACK',
  inWorld(
    (world) => {
      const subscriber = world.connect({ clientId: 's', protocolVersion: 4 });
      subscriber.subscribe('a');
      const publisher = world.connect({ clientId: 'p' });
      for (let i = 1; i <= 300; i++) publisher.publish('a', 'x', { qos: 1, packetId: i });
      expect(subscriber.publishes()).toHaveLength(20);
    },
    { limits: { maximumInflight: 20 } },
  ),
);

test.each(['a+', '+a', 'a#', 'a/+b', 'a/#/b', '$share/g', '$share//x'])(
  '1.6 #10 the filter %s is refused',
  async (filter) =>
    inWorld((world) => {
      expect(world.connect({ clientId: 'a' }).subscribe(filter)).toEqual([0x8f]);
      expect(world.connect({ clientId: 'b', protocolVersion: 4 }).subscribe(filter)).toEqual([
        0x80,
      ]);
    })(),
);

test(
  '1.6 #10 a filter with U+0000 closes the connection; $share/g/x is a Shared Subscription, not a literal topic',
  inWorld((world) => {
    const client = world.connect({ clientId: 'a', protocolVersion: 4 });
    client.sendBytes(0x82, 6, 0, 1, 0, 1, 0, 0);
    expect(client.isClosed).toBe(true);
    const member = world.connect({ clientId: 'b', protocolVersion: 4 });
    expect(member.subscribe('$share/g/x')).toEqual([2]);
    world.connect({ clientId: 'p' }).publish('$share/g/x', 'literal').publish('x', 'shared');
    expect(member.messages()).toEqual(['x=shared q0']);
  }),
);

test.each<[string, number[]]>([
  ['a Topic Name of bad UTF-8', [0x30, 5, 0, 2, 0xc3, 0x28, 0x78]],
  ['a Topic Name with U+0000', [0x30, 4, 0, 1, 0, 0x78]],
  ['Packet Identifier 0', [0x32, 6, 0, 1, 0x61, 0, 0, 0x78]],
  ['PINGREQ with a body', [0xc0, 1, 0]],
])('1.6 #11 is not accepted: %s', async (_name, bytes) =>
  inWorld((world) => {
    const watcher = world.connect({ clientId: 'watcher' });
    watcher.subscribe('#');
    const client = world.connect({ protocolVersion: 4 });
    client.sendBytes(...bytes);
    expect(client.isClosed).toBe(true);
    expect(watcher.messages()).toEqual([]);
  })(),
);

test(
  '1.6 #11 is not accepted: a Will Topic w/#',
  inWorld((world) => {
    const client = world.dial({ protocolVersion: 4 });
    client.sendBytes(
      ...[0x10, 20, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 6, 0, 0],
      ...[0, 1, 0x61, 0, 3, 0x77, 0x2f, 0x23, 0, 0],
    );
    expect(client.outcome()).toBe('closed');
    expect(world.broker.counters.sessions).toBe(0);
  }),
);

test(
  '1.6 #12 an empty Client Identifier with Clean Session 0 is refused in 3.1.1',
  inWorld((world) => {
    const client = world.dial({ protocolVersion: 4 });
    client.sendBytes(0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0, 0, 0, 0, 0);
    expect(client.outcome()).toBe('CONNACK 02 closed');
  }),
);

test('1.6 #13 the queue of an absent session has a limit, and what exceeds it is reported', async () => {
  const dropped: DropReason[] = [];
  await inWorld(
    (world) => {
      const options = { clientId: 's', protocolVersion: 4, cleanStart: false } as const;
      world.connect(options).subscribe('a');
      world.connect(options).vanish();
      const publisher = world.connect({ clientId: 'p' });
      for (let i = 1; i <= 30; i++) publisher.publish('a', 'x', { qos: 1, packetId: i });
      expect(world.connect(options).publishes()).toHaveLength(10);
    },
    {
      limits: { maximumQueuedMessages: 10 },
      observer: { dropped: (_c, _t, reason) => void dropped.push(reason) },
    },
  )();
  expect(dropped).toEqual(Array(20).fill('queue-full'));
});

test(
  '1.6 #13 sessions with Clean Session 0 expire',
  inWorld(
    (world) => {
      world.connect({ protocolVersion: 4, cleanStart: false }).vanish();
      world.sleep(61_000);
      expect(world.broker.counters.sessions).toBe(0);
    },
    { limits: { legacySessionExpiryInterval: 60 } },
  ),
);

test(
  '1.6 #14 a socket without CONNECT that declares 256 MB is closed at its fixed header',
  inWorld((world) => {
    const client = world.dial();
    client.sendBytes(0x10, 0xff, 0xff, 0xff, 0x7f);
    expect(client.isClosed).toBe(true);
    expect(world.broker.counters.connections).toBe(0);
  }),
);

test(
  '1.6 #15 a PUBLISH of a 3.x client that is not authorised is dropped, and the connection stays',
  inWorld(
    (world) => {
      const watcher = world.connect({ clientId: 'watcher' });
      watcher.subscribe('#');
      const client = world.connect({ protocolVersion: 4 });
      client.publish('secret', '0').publish('secret', '1', { qos: 1, packetId: 1 });
      client.publish('secret', '2', { qos: 2, packetId: 2 }).pubrel(2);
      expect(client.messages()).toEqual(['PUBACK #1', 'PUBREC #2', 'PUBCOMP #2']);
      expect(client.isClosed).toBe(false);
      expect(watcher.messages()).toEqual([]);
    },
    { authorizer: { publish: (_client, { topicName }) => topicName !== 'secret' } },
  ),
);

test(
  '1.6 #16 the number of connected clients does not drift through take-overs, refusals and losses',
  inWorld((world) => {
    for (let i = 0; i < 200; i++) {
      const client = world.connect({
        clientId: `c${i % 5}`,
        cleanStart: i % 2 === 0,
        keepAlive: 1,
      });
      if (i % 7 === 0) client.vanish();
      if (i % 11 === 0) client.sendBytes(0xff, 0xff);
      if (i % 13 === 0) world.dial().sendBytes(0);
      if (i % 17 === 0) client.disconnect();
      if (i % 19 === 0) world.connect({ clientId: 'x'.repeat(2_000) });
    }
    const { clientsConnected, connections } = world.broker.counters;
    expect(clientsConnected).toBe(connections);
    expect(clientsConnected).toBeLessThanOrEqual(5);
    world.advance(2_000);
    expect(world.broker.counters).toMatchObject({ clientsConnected: 0, connections: 0 });
  }),
);

test(
  '1.6 #17 levels of a topic and subscriptions of a client are limited as configured',
  inWorld(
    (world) => {
      const deep = Array(150).fill('x').join('/');
      const client = world.connect();
      expect(client.subscribe(deep)).toEqual([2]);
      client.publish(deep, 'x');
      expect(client.messages()).toEqual([`${deep}=x q0`]);
      expect(client.subscribe(`${deep}/${deep}`)).toEqual([0x8f]);
      expect([client.subscribe('b'), client.subscribe('c')]).toEqual([[2], [0x97]]);
    },
    { limits: { maximumTopicLevels: 200, maximumSubscriptionsPerSession: 2 } },
  ),
);

test(
  'MQTT 5 status: a session resumed with Clean Start 0 and no Session Expiry Interval gets everything that is queued',
  inWorld((world) => {
    world.resume('s', 100).subscribe('a');
    world.resume('s', 100).vanish();
    const publisher = world.connect({ clientId: 'p' });
    for (let i = 1; i <= 3; i++) publisher.publish('a', String(i), { qos: 1, packetId: i });
    const again = world.connect({ clientId: 's', cleanStart: false });
    expect(again.connack?.sessionPresent).toBe(true);
    expect(again.messages()).toEqual(['a=1 q1 #1', 'a=2 q1 #2', 'a=3 q1 #3']);
  }),
);

test(
  'MQTT 5 status: a Will that is published carries no Will Delay Interval',
  inWorld((world) => {
    const watcher = world.connect({ clientId: 'watcher' });
    watcher.subscribe('will');
    const properties = { willDelayInterval: 5, contentType: 'c' };
    const will = {
      topicName: 'will',
      payload: new Uint8Array(),
      qos: 0,
      retain: false,
      properties,
    } as const;
    world.resume('c', 100, { will }).vanish();
    world.advance(6_000);
    expect(watcher.publishes().map((packet) => packet.properties)).toEqual([{ contentType: 'c' }]);
  }),
);

test(
  'MQTT 5 status: Receive Maximum of the client holds: 2 of 10 are sent',
  inWorld((world) => {
    const client = world.connect({ clientId: 's', properties: { receiveMaximum: 2 } });
    client.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    for (let i = 1; i <= 10; i++) publisher.publish('a', 'x', { qos: 1, packetId: i });
    expect(client.publishes()).toHaveLength(2);
  }),
);

test(
  'MQTT 5 status: Receive Maximum of the broker is enforced',
  inWorld(
    (world) => {
      const client = world.connect();
      for (let i = 1; i <= 3; i++) client.publish('a', 'x', { qos: 2, packetId: i });
      expect(client.outcome()).toBe('DISCONNECT 93 closed');
    },
    { limits: { receiveMaximum: 2 } },
  ),
);

test(
  'MQTT 5 status: Maximum Packet Size of the client holds: 100 bytes are not sent to one who takes 40',
  inWorld((world) => {
    const client = world.connect({ clientId: 's', properties: { maximumPacketSize: 40 } });
    client.subscribe('a');
    world.connect({ clientId: 'p' }).publish('a', 'x'.repeat(100)).publish('a', 'short');
    expect(client.messages()).toEqual(['a=short q0']);
  }),
);

test(
  'MQTT 5 status: User Properties keep their order across names',
  inWorld((world) => {
    const client = world.connect({ clientId: 's' });
    client.subscribe('a');
    const userProperties = [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ] as const;
    world.connect({ clientId: 'p' }).publish('a', 'x', { properties: { userProperties } });
    expect(client.publishes()[0]?.properties?.userProperties).toEqual(userProperties);
  }),
);

test(
  'MQTT 5 status: overlapping subscriptions deliver all their identifiers, not one',
  inWorld((world) => {
    const client = world.connect({ clientId: 's' });
    client.subscribe('a', { id: 1 });
    client.subscribe('#', { id: 2 });
    world.connect({ clientId: 'p' }).publish('a', 'x');
    expect(client.publishes()[0]?.properties?.subscriptionIdentifiers?.toSorted()).toEqual([1, 2]);
  }),
);

test(
  'MQTT 5 status: a connected subscriber gets the Message Expiry Interval decremented by what the message waited',
  inWorld((world) => {
    const client = world.connect({ clientId: 's', properties: { receiveMaximum: 1 } });
    client.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    const properties = { messageExpiryInterval: 60 };
    publisher.publish('a', '1', { qos: 1, packetId: 1 });
    publisher.publish('a', '2', { qos: 1, packetId: 2, properties });
    world.host.jump(10_000);
    client.puback(1);
    expect(client.publishes()[1]?.properties?.messageExpiryInterval).toBe(50);
  }),
);

test(
  'MQTT 5 status: topic aliases work in both directions by default',
  inWorld((world) => {
    const client = world.connect({ clientId: 's', properties: { topicAliasMaximum: 5 } });
    client.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', '1', { properties: { topicAlias: 1 } });
    publisher.publish('', '2', { properties: { topicAlias: 1 } });
    expect(client.publishes().map(({ topicName }) => topicName)).toEqual(['a', '']);
  }),
);

test(
  'MQTT 5 status: a Keep Alive timeout is told by DISCONNECT 0x8D',
  inWorld((world) => {
    const client = world.connect({ keepAlive: 1 });
    world.advance(2_000);
    expect(client.outcome()).toBe('DISCONNECT 8d closed');
  }),
);

test(
  'MQTT 5 status: acknowledgements carry 0x10 and 0x97',
  inWorld(
    (world) => {
      const client = world.connect();
      client.publish('a', 'x', { qos: 1, packetId: 1 });
      client.publish('a', 'x', { qos: 1, packetId: 2, retain: true });
      expect(client.messages()).toEqual(['PUBACK #1 10', 'PUBACK #2 97']);
    },
    { limits: { maximumRetainedMessages: 0 } },
  ),
);

test(
  'MQTT 5 status: a Payload Format Indicator of 7, and properties that have no place in a packet, are refused',
  inWorld((world) => {
    const one = world.connect({ clientId: 'one' });
    one.sendBytes(0x30, 6, 0, 1, 0x61, 2, 1, 7);
    expect(one.outcome()).toBe('DISCONNECT 82 closed');
    const two = world.connect({ clientId: 'two' });
    two.sendBytes(0x30, 9, 0, 1, 0x61, 5, 0x11, 0, 0, 0, 1);
    expect(two.outcome()).toBe('DISCONNECT 81 closed');
  }),
);

test(
  'disputed CVE-2024-48080: filters and topics with several # break nothing',
  inWorld((world) => {
    const client = world.connect();
    expect(['#/#', '##', 'a/#/#', '#a#'].map((filter) => client.subscribe(filter)[0])).toEqual(
      Array(4).fill(0x8f),
    );
    client.publish('ok', 'x');
    expect(client.outcome()).toBe('open');
  }),
);
