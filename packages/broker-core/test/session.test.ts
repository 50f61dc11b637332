import { expect, test } from 'vitest';
import type { BrokerOptions } from '../src/index.ts';
import { type ConnectOptions, inWorld } from './support.ts';

const NEVER = 0xffff_ffff;
const DAY = 86_400;

type Row = [
  statement: string,
  first: ConnectOptions,
  secondsAway: number,
  second: ConnectOptions,
  isPresent: boolean,
  limits?: BrokerOptions['limits'],
];

const v5 = (cleanStart: boolean, sessionExpiryInterval?: number): ConnectOptions => ({
  protocolVersion: 5,
  cleanStart,
  properties: sessionExpiryInterval === undefined ? {} : { sessionExpiryInterval },
});
const v4 = (cleanStart: boolean): ConnectOptions => ({ protocolVersion: 4, cleanStart });

test.each<Row>([
  ['[MQTT-3.1.2-23] within its expiry', v5(false, 100), 99, v5(false, 100), true],
  ['[MQTT-4.1.0-2] after its expiry', v5(false, 100), 101, v5(false, 100), false],
  ['[MQTT-3.1.2-23] Clean Start 1 with an expiry', v5(true, 100), 10, v5(false, 100), true],
  ['no expiry is 0', v5(false), 0, v5(false), false],
  ['expiry 0', v5(false, 0), 0, v5(false, 0), false],
  ['expiry 1 s', v5(false, 1), 0.5, v5(false, 1), true],
  ['expiry 0xFFFFFFFF never comes', v5(false, NEVER), 1000 * DAY, v5(false), true],
  ['[MQTT-3.2.2-2] Clean Start 1', v5(false, 100), 1, v5(true, 100), false],
  ['[MQTT-3.2.2-3] Clean Start 0', v5(false, 100), 1, v5(false, 100), true],
  ['resumed with expiry 0', v5(false, 100), 1, v5(false, 0), true],
  ['[MQTT-3.2.2-2 @3.1.1] Clean Session 0', v4(false), 10, v4(false), true],
  ['[MQTT-3.2.2-1 @3.1.1] Clean Session 1', v4(false), 10, v4(true), false],
  ['[MQTT-3.1.2-6 @3.1.1] after Clean Session 1', v4(true), 0, v4(false), false],
  ['3.x sessions outlive six days', v4(false), 6 * DAY, v4(false), true],
  ['3.x sessions end after seven by default', v4(false), 7 * DAY + 1, v4(false), false],
  [
    '3.x sessions end when configured',
    v4(false),
    61,
    v4(false),
    false,
    { legacySessionExpiryInterval: 60 },
  ],
  ['a cut expiry', v5(false, 1000), 51, v5(false), false, { maximumSessionExpiryInterval: 50 }],
  ['never, cut', v5(false, NEVER), 51, v5(false), false, { maximumSessionExpiryInterval: 50 }],
  ['from 3.1.1 to 5.0', v4(false), 10, v5(false, 100), true],
  ['from 5.0 to 3.1.1', v5(false, 100), 10, v4(false), true],
])('Session Present: %s', async (_name, first, secondsAway, second, isPresent, limits = {}) =>
  inWorld(
    (world) => {
      expect(world.connect(first).vanish().connack?.sessionPresent).toBe(false);
      world.sleep(secondsAway * 1000);
      expect(world.connect(second).connack?.sessionPresent).toBe(isPresent);
    },
    { limits },
  )(),
);

type Change = [
  statement: string,
  atConnect: number,
  atDisconnect: number | undefined,
  away: number,
  isPresent: boolean,
];

test.each<Change>([
  ['not changed', 100, undefined, 50, true],
  ['longer', 100, 1000, 500, true],
  ['shorter', 100, 10, 11, false],
  ['0 ends the session now', 100, 0, 0, false],
  ['never', 100, NEVER, 10 * DAY, true],
  ['from never to 10 s', NEVER, 10, 11, false],
  ['above the cap of the broker', 100, 10_000, 3_000, false],
])(
  'Session Expiry Interval of DISCONNECT: %s',
  async (_name, atConnect, atDisconnect, away, isPresent) =>
    inWorld(
      (world) => {
        const client = world.resume('c', atConnect);
        client.disconnect(
          0,
          atDisconnect === undefined ? {} : { sessionExpiryInterval: atDisconnect },
        );
        expect(client.outcome()).toBe('closed');
        world.sleep(away * 1000);
        expect(world.resume('c').connack?.sessionPresent).toBe(isPresent);
      },
      { limits: atDisconnect === 10_000 ? { maximumSessionExpiryInterval: 2_000 } : {} },
    )(),
);

test(
  'Session Expiry Interval of DISCONNECT: more than 0 after 0 is a Protocol Error, and the Will stays armed',
  inWorld((world) => {
    const watcher = world.connect({ clientId: 'watcher' });
    watcher.subscribe('will');
    const will = { topicName: 'will', payload: new Uint8Array(), qos: 0, retain: false } as const;
    const client = world.resume('c', 0, { will });
    client.disconnect(0, { sessionExpiryInterval: 5 });
    expect(client.outcome()).toBe('DISCONNECT 82 closed');
    expect(watcher.messages()).toEqual(['will= q0']);
  }),
);

test(
  'the countdown begins with the end of the connection, not with CONNECT',
  inWorld((world) => {
    const client = world.resume('c', 100);
    world.sleep(1_000_000);
    client.vanish();
    world.advance(99_000);
    expect(world.resume('c').connack?.sessionPresent).toBe(true);
  }),
);

test(
  '[MQTT-4.1.0-1] [MQTT-4.1.0-2 @3.1.1] a session lives at least as long as its connection',
  inWorld((world) => {
    const client = world.resume('c', 1);
    client.subscribe('a');
    world.sleep(1_000_000);
    world.connect({ clientId: 'p' }).publish('a', 'x');
    expect(client.messages()).toEqual(['a=x q0']);
  }),
);

test(
  '[MQTT-4.1.0-2] what expired is discarded: subscriptions, queue and routes',
  inWorld((world) => {
    world.resume('c', 10).subscribe('a');
    world.resume('c', 10).vanish();
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'x', { qos: 1, packetId: 1 });
    world.advance(11_000);
    expect(world.broker.counters).toMatchObject({
      sessions: 1,
      subscriptions: 0,
      sessionsExpired: 1,
    });
    publisher.publish('a', 'y', { qos: 1, packetId: 2 });
    expect(publisher.messages()).toEqual(['PUBACK #1', 'PUBACK #2 10']);
    expect(world.resume('c', 10).messages()).toEqual([]);
  }),
);

test(
  'Session Present for a session that has no subscription',
  inWorld((world) => {
    world.resume('c').vanish();
    expect(world.resume('c').connack?.sessionPresent).toBe(true);
  }),
);

test(
  '[MQTT-3.1.2-5 @3.1.1] QoS 1 and 2 messages wait for an absent client, QoS 0 does not',
  inWorld((world) => {
    const options = { clientId: 'c', protocolVersion: 4, cleanStart: false } as const;
    const client = world.connect(options);
    client.subscribe('a');
    client.disconnect();
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('a', 'zero');
    publisher.publish('a', 'one', { qos: 1, packetId: 1 });
    publisher.publish('a', 'two', { qos: 2, packetId: 2 });
    expect(world.connect(options).messages()).toEqual(['a=one q1 #1', 'a=two q2 #2']);
  }),
);

test(
  'a session keeps subscriptions with options and Subscription Identifiers over a reconnect',
  inWorld((world) => {
    const client = world.resume('c');
    client.subscribe('a', { id: 7, retainAsPublished: true, qos: 1 });
    client.subscribe('b', { noLocal: true });
    client.vanish();
    const again = world.resume('c');
    again.publish('b', 'own');
    world.connect({ clientId: 'p' }).publish('a', 'x', { retain: true, qos: 2, packetId: 1 });
    expect(again.publishes()).toMatchObject([
      { topicName: 'a', qos: 1, retain: true, properties: { subscriptionIdentifiers: [7] } },
    ]);
  }),
);

test(
  'a session resumed by another version is served in that version',
  inWorld((world) => {
    const client = world.resume('c');
    client.subscribe('a', { id: 7 });
    client.vanish();
    world
      .connect({ clientId: 'p' })
      .publish('a', 'x', { qos: 1, packetId: 1, properties: { contentType: 't' } });
    const old = world.connect({ clientId: 'c', protocolVersion: 4, cleanStart: false });
    expect(old.messages()).toEqual(['a=x q1 #1']);
    old.vanish();
    expect(world.resume('c').publishes()).toMatchObject([
      { dup: true, packetId: 1, properties: { contentType: 't', subscriptionIdentifiers: [7] } },
    ]);
  }),
);

test(
  'an unexpired session resumed with Session Expiry Interval 0 ends with that connection',
  inWorld((world) => {
    world.resume('c', 100).vanish();
    world.resume('c', 0).vanish();
    expect(world.resume('c', 100).connack?.sessionPresent).toBe(false);
  }),
);

test(
  'a million seconds of many sessions: each ends at its own time',
  inWorld((world) => {
    for (let i = 1; i <= 50; i++) world.resume(`c${i}`, i * 20_000).vanish();
    for (let i = 1; i <= 50; i++) {
      expect(world.broker.counters.sessions).toBe(51 - i);
      world.host.jump(20_000_000);
      world.advance(100);
    }
    expect(world.broker.counters.sessions).toBe(0);
  }),
);

test(
  '[MQTT-4.1.0-2] a session that has expired is not resumed, however soon after it its client comes back',
  inWorld((world) => {
    const watcher = world.connect({ clientId: 'watcher' });
    watcher.subscribe('will');
    const will = {
      topicName: 'will',
      payload: new Uint8Array(),
      qos: 0,
      retain: false,
      properties: { willDelayInterval: 50 },
    } as const;
    world.resume('c', 10, { will }).vanish();
    world.host.jump(10_001);
    expect(world.resume('c', 10).connack?.sessionPresent).toBe(false);
    expect(watcher.messages()).toEqual(['will= q0']);
  }),
);
