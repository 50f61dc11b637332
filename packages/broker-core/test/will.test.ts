import type { Will } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { type Client, type ConnectOptions, type World, inWorld, textOf } from './support.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function will(fields: Partial<Will> = {}): Will {
  return { topicName: 'will', payload: bytes('gone'), qos: 0, retain: false, ...fields };
}

const delayed = (willDelayInterval: number): Will => will({ properties: { willDelayInterval } });

function watch(world: World): Client {
  const watcher = world.connect({ clientId: 'watcher' });
  watcher.subscribe('will');
  return watcher;
}

/** Seconds from the end of the connection to the Will, `never` if it does not come within 1000. */
function secondsUntilWill(world: World, watcher: Client): number | 'never' {
  const began = world.host.now();
  if (watcher.messages().length > 0) return 0;
  for (const until of [1, 5, 10, 20, 50, 100, 1000]) {
    world.advance(until * 1000 + 200 - (world.host.now() - began));
    if (watcher.messages().length > 0) return until;
  }
  return 'never';
}

type End = (client: Client, world: World) => void;

const endings = {
  'the network ends': (client) => client.vanish(),
  'closed without DISCONNECT': (client, world) => {
    client.connection.close();
    world.settle();
  },
  'DISCONNECT 0x00': (client) => client.disconnect(0),
  'DISCONNECT 0x04': (client) => client.disconnect(4),
  'DISCONNECT 0x80': (client) => client.disconnect(0x80),
  'a malformed packet': (client) => client.sendBytes(0xc1, 0),
  'a Protocol Error': (client) => client.sendBytes(0x20, 2, 0, 0),
  'Keep Alive timeout': (_client, world) => world.advance(15_200),
  'the client reads nothing': stall,
} satisfies Record<string, End>;

type Ending = keyof typeof endings;

test.each<[string, Ending, number, number, number | 'never']>([
  ['[MQTT-3.14.4-3] [MQTT-3.1.2-10]', 'DISCONNECT 0x00', 0, 0, 'never'],
  ['[MQTT-3.14.4-3] with a delay', 'DISCONNECT 0x00', 10, 100, 'never'],
  ['[MQTT-3.1.2-8]', 'the network ends', 0, 0, 0],
  ['[MQTT-3.1.2-8]', 'closed without DISCONNECT', 0, 0, 0],
  ['[MQTT-3.1.2-8]', 'DISCONNECT 0x04', 0, 0, 0],
  ['[MQTT-3.1.2-8]', 'DISCONNECT 0x80', 0, 0, 0],
  ['[MQTT-3.1.2-8]', 'a malformed packet', 0, 0, 0],
  ['[MQTT-3.1.2-8]', 'a Protocol Error', 0, 0, 0],
  ['[MQTT-3.1.2-8] no delay, the session goes on', 'the network ends', 0, 100, 0],
  [
    '[MQTT-3.1.2-8] a delay, but the session ends with the connection',
    'the network ends',
    10,
    0,
    0,
  ],
  ['[MQTT-3.1.2-8] the delay is first', 'the network ends', 10, 100, 10],
  ['[MQTT-3.1.2-8] the delay is first', 'DISCONNECT 0x04', 10, 100, 10],
  ['[MQTT-3.1.2-8] the end of the session is first', 'the network ends', 100, 20, 20],
  ['[MQTT-3.1.2-8] both at once', 'the network ends', 50, 50, 50],
  ['[MQTT-3.1.2-8] a session that never ends', 'the network ends', 50, 0xffff_ffff, 50],
  ['[MQTT-3.1.2-8] everything never', 'the network ends', 0xffff_ffff, 0xffff_ffff, 'never'],
])(
  '%s: %s, Will Delay Interval %i, Session Expiry Interval %i: %s',
  async (_name, ending, willDelay, sessionExpiry, expected) =>
    inWorld((world) => {
      const watcher = watch(world);
      const client = world.resume('c', sessionExpiry, { will: delayed(willDelay) });
      endings[ending](client, world);
      expect(secondsUntilWill(world, watcher)).toBe(expected);
      world.sleep(1_000_000);
      expect(watcher.messages()).toEqual([]);
    })(),
);

test.each<[string, number, number, number | 'never']>([
  ['ends the session', 100, 0, 0],
  ['is before the delay', 100, 20, 20],
  ['is after the delay', 100, 1000, 50],
])(
  'the Session Expiry Interval of DISCONNECT 0x04 counts for the Will: %s',
  async (_name, atConnect, atDisconnect, expected) =>
    inWorld((world) => {
      const watcher = watch(world);
      const client = world.resume('c', atConnect, { will: delayed(50) });
      client.disconnect(4, { sessionExpiryInterval: atDisconnect });
      expect(secondsUntilWill(world, watcher)).toBe(expected);
    })(),
);

test.each<[string, 3 | 4, Ending, boolean]>([
  ['[MQTT-3.14.4-3 @3.1.1]', 4, 'DISCONNECT 0x00', false],
  ['[MQTT-3.1.2-8 @3.1.1]', 4, 'the network ends', true],
  ['[MQTT-3.1.2-8 @3.1.1]', 4, 'a Protocol Error', true],
  ['MQTT 3.1', 3, 'DISCONNECT 0x00', false],
  ['MQTT 3.1', 3, 'the network ends', true],
])(
  'before 5.0: %s, version %i, %s, Will: %s',
  async (_name, protocolVersion, ending, isPublished) =>
    inWorld((world) => {
      const watcher = watch(world);
      endings[ending](world.connect({ protocolVersion, will: will() }), world);
      expect(watcher.messages()).toEqual(isPublished ? ['will=gone q0'] : []);
    })(),
);

test.each<[string, Ending]>([
  ['[MQTT-3.1.2-24 @3.1.1]', 'Keep Alive timeout'],
  ['[MQTT-3.1.2-8]', 'the client reads nothing'],
])('the broker ends the connection: %s %s', async (_name, ending) =>
  inWorld((world) => {
    const watcher = watch(world);
    const client = world.connect({ keepAlive: 10, will: will(), wire: { highWaterMark: 10 } });
    endings[ending](client, world);
    expect(watcher.messages()).toEqual(['will=gone q0']);
  })(),
);

function stall(client: Client, world: World): void {
  client.connection.pause();
  for (let second = 0; second < 70; second += 5) {
    client.send({ type: 12 }, { type: 12 }, { type: 12 }, { type: 12 }, { type: 12 });
    world.advance(5_000);
  }
}

type Reconnect = [
  statement: string,
  delay: number,
  cleanStart: boolean,
  expected: number | 'never',
];

test.each<Reconnect>([
  ['[MQTT-3.1.3-9] in time, Clean Start 0: cancelled', 50, false, 'never'],
  ['[MQTT-3.1.3-9] in time, Clean Start 1: the session ends, so it is published', 50, true, 0],
])('a client that comes back: %s', async (_name, delay, cleanStart, expected) =>
  inWorld((world) => {
    const watcher = watch(world);
    world.resume('c', 1000, { will: delayed(delay) }).vanish();
    world.advance(10_000);
    world.resume('c', 1000, { cleanStart });
    expect(secondsUntilWill(world, watcher)).toBe(expected);
  })(),
);

test(
  'a client that comes back twice: the second absence has its own Will and its own delay',
  inWorld((world) => {
    const watcher = watch(world);
    world.resume('c', 1000, { will: delayed(20) }).vanish();
    world.advance(19_000);
    world
      .resume('c', 1000, {
        will: will({ payload: bytes('second'), properties: { willDelayInterval: 20 } }),
      })
      .vanish();
    world.advance(19_000);
    expect(watcher.messages()).toEqual([]);
    world.advance(2_000);
    expect(watcher.messages()).toEqual(['will=second q0']);
  }),
);

test(
  '[MQTT-3.1.2-12 @3.1.1] a client that comes back without a Will leaves none',
  inWorld((world) => {
    const watcher = watch(world);
    world.resume('c', 1000, { will: delayed(20) }).vanish();
    world.resume('c', 1000).vanish();
    expect(secondsUntilWill(world, watcher)).toBe('never');
  }),
);

type TakeOver = [
  name: string,
  delay: number,
  sessionExpiry: number,
  cleanStart: boolean,
  isPublished: boolean,
];

test.each<TakeOver>([
  ['no delay', 0, 100, false, true],
  ['no session to wait for', 10, 0, false, true],
  ['Clean Start 1 ends the session', 10, 100, true, true],
  ['[MQTT-3.1.3-9] otherwise not', 10, 100, false, false],
])(
  'take-over of a live connection: %s',
  async (_name, delay, sessionExpiry, cleanStart, isPublished) =>
    inWorld((world) => {
      const watcher = watch(world);
      world.resume('c', sessionExpiry, { will: delayed(delay) });
      world.resume('c', sessionExpiry, { cleanStart });
      expect(watcher.messages()).toEqual(isPublished ? ['will=gone q0'] : []);
      world.sleep(1_000_000);
      expect(watcher.messages()).toEqual([]);
    })(),
);

test(
  '[MQTT-3.1.4-2 @3.1.1] take-over before 5.0: the Will of the old connection is due',
  inWorld((world) => {
    const watcher = watch(world);
    world.connect({ clientId: 'c', protocolVersion: 4, will: will() });
    world.connect({ clientId: 'c', protocolVersion: 4 });
    expect(watcher.messages()).toEqual(['will=gone q0']);
  }),
);

test.each<[string, Partial<Will>, ConnectOptions, string[], string[]]>([
  ['[MQTT-3.1.2-14] not retained', {}, {}, ['will=gone q0'], []],
  ['[MQTT-3.1.2-15] retained', { retain: true }, {}, ['will=gone q0'], ['will=gone q0 retain']],
  ['[MQTT-3.1.2-16 @3.1.1] not retained', {}, { protocolVersion: 4 }, ['will=gone q0'], []],
  [
    '[MQTT-3.1.2-17 @3.1.1] retained',
    { retain: true, qos: 1 },
    { protocolVersion: 4 },
    ['will=gone q1 #1'],
    ['will=gone q1 retain #1'],
  ],
  ['QoS 2', { qos: 2 }, {}, ['will=gone q2 #1'], []],
  ['an empty payload', { payload: bytes('') }, {}, ['will= q0'], []],
])('the message: %s', async (_name, fields, options, now, later) =>
  inWorld((world) => {
    const watcher = watch(world);
    world.connect({ clientId: 'c', ...options, will: will(fields) }).vanish();
    expect(watcher.messages()).toEqual(now);
    const late = world.connect({ clientId: 'late' });
    late.subscribe('will');
    expect(late.messages()).toEqual(later);
  })(),
);

test(
  '[MQTT-3.1.3-10] its properties are the message’s, in order, and the delay is not among them',
  inWorld((world) => {
    const watcher = watch(world);
    const properties = {
      willDelayInterval: 5,
      payloadFormatIndicator: 1,
      contentType: 'text/plain',
      responseTopic: 'r',
      correlationData: bytes('c'),
      userProperties: [
        ['b', '1'],
        ['a', '2'],
        ['b', '3'],
      ],
    } as const;
    world.resume('c', 100, { will: will({ properties }) }).vanish();
    world.advance(5_200);
    const { willDelayInterval: _delay, ...forwarded } = properties;
    const [message] = watcher.publishes();
    expect(message?.properties).toEqual(forwarded);
  }),
);

test(
  '[MQTT-3.3.2-6] its Message Expiry Interval counts from publication',
  inWorld((world) => {
    const watcher = watch(world);
    const sleeper = world.resume('sleeper');
    sleeper.subscribe('will');
    sleeper.vanish();
    const properties = { willDelayInterval: 20, messageExpiryInterval: 10 };
    world.resume('c', 100, { will: will({ qos: 1, properties }) });
    world.advance(60_000);
    world.resume('d', 100, { will: will({ qos: 1, payload: bytes('d'), properties }) }).vanish();
    world.advance(20_200);
    expect(watcher.publishes()).toMatchObject([{ properties: { messageExpiryInterval: 10 } }]);
    world.advance(4_000);
    const [kept] = world.resume('sleeper').publishes();
    expect(kept?.properties?.messageExpiryInterval).toBe(6);
    expect(kept && textOf(kept)).toBe('d');
  }),
);

test(
  'a Will goes to the queue of an absent subscriber, and to the client itself when it is one',
  inWorld((world) => {
    const client = world.resume('c', 100, { will: will({ qos: 1 }) });
    client.subscribe('will');
    client.vanish();
    expect(world.resume('c').messages()).toEqual(['will=gone q1 #1']);
  }),
);

test(
  'DISCONNECT with a Will keeps the session',
  inWorld((world) => {
    world.resume('c', 100, { will: will() }).disconnect(4);
    expect(world.resume('c').connack?.sessionPresent).toBe(true);
  }),
);
