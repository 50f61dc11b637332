import { expect, test } from 'vitest';
import { inWorld } from './support.ts';

test.each<[string, 3 | 4 | 5, string]>([
  ['[MQTT-3.1.4-3] MQTT 5.0 is told 0x8E', 5, 'DISCONNECT 8e closed'],
  ['[MQTT-3.1.4-2 @3.1.1] MQTT 3.1.1 is closed', 4, 'closed'],
  ['MQTT 3.1 is closed', 3, 'closed'],
])('take-over: %s', async (_name, protocolVersion, expected) =>
  inWorld((world) => {
    const old = world.connect({ protocolVersion });
    const young = world.connect({ protocolVersion });
    expect(old.outcome()).toBe(expected);
    expect(young.outcome()).toBe('open');
    expect(world.broker.counters).toMatchObject({
      clientsConnected: 1,
      sessions: 1,
      connections: 1,
    });
  })(),
);

test.each<[string, boolean, number, boolean]>([
  ['[MQTT-3.1.2-5] Clean Start 0 resumes', false, 100, true],
  ['[MQTT-3.1.2-4] Clean Start 1 does not', true, 100, false],
  ['an old session without expiry has ended', false, 0, false],
])('take-over of a session: %s', async (_name, cleanStart, sessionExpiryInterval, isResumed) =>
  inWorld((world) => {
    const old = world.resume('c', sessionExpiryInterval);
    old.subscribe('a');
    const young = world.connect({
      clientId: 'c',
      cleanStart,
      properties: { sessionExpiryInterval: 100 },
    });
    expect(young.connack?.sessionPresent).toBe(isResumed);
    world.connect({ clientId: 'p' }).publish('a', 'x');
    expect(young.messages()).toEqual(isResumed ? ['a=x q0'] : []);
  })(),
);

test(
  '[MQTT-3.1.4-3] the 0x8E reaches the old client also when the new one starts clean',
  inWorld((world) => {
    const old = world.resume('c');
    world.connect({ clientId: 'c', cleanStart: true });
    expect(old.outcome()).toBe('DISCONNECT 8e closed');
  }),
);

test(
  '[MQTT-3.1.4-2] a CONNECT that fails disturbs nobody',
  inWorld(
    (world) => {
      const old = world.connect({ clientId: 'c', userName: 'good' });
      old.subscribe('a');
      expect(world.connect({ clientId: 'c', userName: 'bad' }).outcome()).toBe('CONNACK 87 closed');
      old.publish('a', 'still here');
      expect(old.messages()).toEqual(['a=still here q0']);
    },
    {
      authenticator: {
        authenticate: ({ userName }) => (userName === 'bad' ? { accept: false } : { accept: true }),
      },
    },
  ),
);

test(
  'what the old connection had in flight is sent again on the new one, in order, before anything new',
  inWorld((world) => {
    const old = world.resume('c');
    old.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    for (const [packetId, payload] of [
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ] as const) {
      publisher.publish('a', payload, { qos: 1, packetId });
    }
    old.puback(2);
    const young = world.resume('c');
    publisher.publish('a', 'four', { qos: 1, packetId: 4 });
    expect(young.messages()).toEqual(['a=one q1 dup #1', 'a=three q1 dup #3', 'a=four q1 #2']);
  }),
);

test(
  'the old connection cannot touch the session any more',
  inWorld((world) => {
    const old = world.resume('c');
    const publisher = world.connect({ clientId: 'p' });
    old.subscribe('a');
    publisher.publish('a', 'x', { qos: 1, packetId: 1 });
    const young = world.resume('c');
    old.puback(1).unsubscribe('a');
    old.publish('a', 'from the dead').vanish();
    publisher.publish('a', 'y');
    expect(young.messages()).toEqual(['a=x q1 dup #1', 'a=y q0']);
    expect(world.broker.counters.clientsConnected).toBe(2);
  }),
);

test(
  'a chain of take-overs ends with one connection and one session',
  inWorld((world) => {
    const clients = Array.from({ length: 20 }, () => world.resume('c'));
    expect(clients.map((client) => client.isClosed).lastIndexOf(true)).toBe(18);
    expect(world.broker.counters).toMatchObject({
      clientsConnected: 1,
      sessions: 1,
      connections: 1,
    });
  }),
);

test(
  '[MQTT-3.1.3-2] sessions are told apart by their exact Client Identifier',
  inWorld((world) => {
    const one = world.connect({ clientId: 'a' });
    const others = ['A', 'a ', 'a\u0301', 'á'].map((clientId) => world.connect({ clientId }));
    expect([one, ...others].map((client) => client.outcome())).toEqual(Array(5).fill('open'));
  }),
);

test(
  'S17: a user cannot take over the session of another',
  inWorld((world) => {
    const owner = world.resume('c', 100, { userName: 'alice' });
    owner.subscribe('secret');
    owner.vanish();
    world.connect({ clientId: 'p' }).publish('secret', 'x', { qos: 1, packetId: 1 });
    const thief = world.resume('c', 100, { userName: 'mallory' });
    expect(thief.messages()).toEqual([]);
    expect(thief.outcome()).toBe('CONNACK 87 closed');
    expect(world.resume('c', 100, { userName: 'alice' }).messages()).toEqual(['secret=x q1 #1']);
  }, {}),
);

test(
  'S17: unless the host program says that sessions belong to nobody',
  inWorld(
    (world) => {
      world.resume('c', 100, { userName: 'alice' }).vanish();
      expect(world.resume('c', 100, { userName: 'bob' }).connack?.sessionPresent).toBe(true);
    },
    { bindSessionsToUsers: false },
  ),
);

test.each([
  ['sessions that end with their connections', 0],
  ['a session that outlives them', 100],
])(
  'clients that fight for an identifier: beyond takeOversPerMinute the one that is there stays: %s',
  async (_name, expiryInterval) =>
    inWorld(
      (world) => {
        const clients = Array.from({ length: 6 }, () => world.resume('same', expiryInterval));
        const told = clients.map((client) => client.outcome());
        const takenOver = 'DISCONNECT 8e closed';
        const refused = 'CONNACK 97 closed';
        expect(told).toEqual([takenOver, takenOver, takenOver, 'open', refused, refused]);
        const older = world.connect({ clientId: 'same', protocolVersion: 4 });
        expect([older.connack?.reasonCode, older.isClosed]).toEqual([3, true]);
        world.advance(60_000);
        expect(world.resume('same', expiryInterval).outcome()).toBe('open');
        expect(clients[3]?.outcome()).toBe(takenOver);
      },
      { limits: { takeOversPerMinute: 3 } },
    )(),
);

test(
  'a client that comes back after its connection has ended takes nothing over',
  inWorld(
    (world) => {
      for (let i = 0; i < 5; i++) world.resume('c').vanish();
      expect(world.resume('c').outcome()).toBe('open');
    },
    { limits: { takeOversPerMinute: 1 } },
  ),
);
