import type { ProtocolVersion } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { type Client, type World, inWorld } from './support.ts';

const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];
const PAIRS = VERSIONS.flatMap((from) => VERSIONS.map((to) => [from, to] as const));

test.each(PAIRS)(
  'messages cross versions at every QoS, retained and queued: from %i to %i',
  async (from, to) =>
    inWorld((world) => {
      const resume = (): Client =>
        world.connect({
          clientId: 'queued',
          protocolVersion: to,
          cleanStart: false,
          ...(to === 5 ? { properties: { sessionExpiryInterval: 100 } } : {}),
        });
      resume().subscribe('a');
      resume().vanish();
      const live = world.connect({ clientId: 'live', protocolVersion: to });
      live.subscribe('a');
      const publisher = world.connect({ clientId: 'p', protocolVersion: from });
      publisher.publish('a', 'zero', { retain: true });
      publisher.publish('a', 'one', { qos: 1, packetId: 1 });
      publisher.publish('a', 'two', { qos: 2, packetId: 2 });
      expect(live.messages()).toEqual(['a=zero q0', 'a=one q1 #1', 'a=two q2 #2']);
      expect(resume().messages()).toEqual(['a=one q1 #1', 'a=two q2 #2']);
      const late = world.connect({ clientId: 'late', protocolVersion: to });
      late.subscribe('a');
      expect(late.messages()).toEqual(['a=zero q0 retain']);
    })(),
);

test.each([3, 4] as const)(
  'a 5.0 message with everything reaches version %i as its topic and payload',
  async (version) =>
    inWorld((world) => {
      const client = world.connect({ clientId: 's', protocolVersion: version });
      client.subscribe('a');
      const properties = {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 10,
        contentType: 'c',
        responseTopic: 'r',
        topicAlias: 1,
        correlationData: new Uint8Array([1]),
        userProperties: [['k', 'v']],
      } as const;
      const publisher = world.connect({ clientId: 'p' });
      publisher.publish('a', 'x', { properties });
      publisher.publish('', 'y', { properties, qos: 1, packetId: 1 });
      expect(client.messages()).toEqual(['a=x q0', 'a=y q1 #1']);
    })(),
);

const OLD_CONNECT = [0x10, 15, 0, 6, 0x4d, 0x51, 0x49, 0x73, 0x64, 0x70, 3];

function old(world: World): Client {
  return world.connect({ clientId: 'old', protocolVersion: 3 });
}

test(
  'MQTT 3.1: CONNACK says nothing of a Session Present',
  inWorld((world) => {
    const options = { clientId: 'old', protocolVersion: 3, cleanStart: false } as const;
    world.connect(options).subscribe('a');
    world.connect(options).vanish();
    world.connect({ clientId: 'p' }).publish('a', 'kept', { qos: 1, packetId: 1 });
    const client = world.dial({ protocolVersion: 3 });
    let received: number[] = [];
    const raw = world.listener.connect({ network: world.network });
    raw.start({
      data: (chunk) => {
        received = [...received, ...chunk];
      },
      drain: () => undefined,
      closed: () => undefined,
    });
    raw.write(Uint8Array.from([...OLD_CONNECT.with(1, 17), 0, 0, 0, 0, 3, 0x6f, 0x6c, 0x64]));
    world.settle();
    expect(received.slice(0, 4)).toEqual([0x20, 2, 0, 0]);
    expect(received.slice(4, 6)).toEqual([0x32, 9]);
    expect(client.isClosed).toBe(false);
  }),
);

test.each<[string, number[], string[]]>([
  ['the unused Connect Flag', [...OLD_CONNECT, 3, 0, 0, 0, 1, 0x61], ['CONNACK']],
  ['a User Name flag without a User Name', [...OLD_CONNECT, 0x82, 0, 0, 0, 1, 0x61], ['CONNACK']],
  ['both flags without both fields', [...OLD_CONNECT, 0xc2, 0, 0, 0, 1, 0x61], ['CONNACK']],
  ['more than is understood', [...OLD_CONNECT.with(1, 16), 2, 0, 0, 0, 1, 0x61, 0], []],
])('MQTT 3.1, CONNECT: %s', async (_name, bytes, expected) =>
  inWorld((world) => {
    const client = world.dial({ protocolVersion: 3 });
    client.sendBytes(...bytes);
    expect(client.messages()).toEqual(expected);
  })(),
);

test.each<[string, number[], string[]]>([
  ['SUBSCRIBE with DUP', [0x8a, 6, 0, 7, 0, 1, 0x61, 1], ['SUBACK #7']],
  ['UNSUBSCRIBE with DUP', [0xaa, 5, 0, 7, 0, 1, 0x61], ['UNSUBACK #7']],
  ['PUBREL with DUP', [0x6a, 2, 0, 7], ['PUBCOMP #7']],
  ['PUBLISH with DUP again', [0x3a, 5, 0, 1, 0x61, 0, 7], ['PUBACK #7']],
])(
  'MQTT 3.1, timed retries of a living connection are answered: %s',
  async (_name, packet, expected) =>
    inWorld((world) => {
      const client = old(world);
      client.sendBytes(...packet);
      client.sendBytes(...packet);
      expect(client.messages()).toEqual([...expected, ...expected]);
    })(),
);

test(
  'MQTT 3.1, a QoS 2 PUBLISH that is retried arrives once',
  inWorld((world) => {
    const subscriber = world.connect({ clientId: 's' });
    subscriber.subscribe('a');
    const client = old(world);
    client.sendBytes(0x34, 6, 0, 1, 0x61, 0, 7, 0x78).sendBytes(0x3c, 6, 0, 1, 0x61, 0, 7, 0x78);
    client.sendBytes(0x62, 2, 0, 7).sendBytes(0x6a, 2, 0, 7);
    expect(client.messages()).toEqual(['PUBREC #7', 'PUBREC #7', 'PUBCOMP #7', 'PUBCOMP #7']);
    expect(subscriber.messages()).toEqual(['a=x q2 #1']);
  }),
);

test(
  '[MQTT-3.3.1-2] [MQTT-3.3.1-2 @3.1.1] DUP at QoS 0, which 3.1 does not forbid, is not passed on to anybody',
  inWorld((world) => {
    const readers = VERSIONS.map((protocolVersion) => {
      const client = world.connect({ clientId: `r${protocolVersion}`, protocolVersion });
      client.subscribe('a');
      return client;
    });
    old(world).sendBytes(0x38, 4, 0, 1, 0x61, 0x78);
    expect(readers.map((client) => client.messages())).toEqual([
      ['a=x q0'],
      ['a=x q0'],
      ['a=x q0'],
    ]);
  }),
);

test(
  '[MQTT-1.5.4-1] [MQTT-1.5.3-1 @3.1.1] ill-formed names of 3.1 clients reach nobody as they are',
  inWorld((world) => {
    const readers = VERSIONS.map((protocolVersion) => {
      const client = world.connect({ clientId: `r${protocolVersion}`, protocolVersion });
      client.subscribe('#');
      return client;
    });
    const client = old(world);
    client.sendBytes(0x30, 5, 0, 2, 0xc3, 0x28, 0x78);
    client.sendBytes(0x30, 5, 0, 2, 0x61, 0x00, 0x79);
    for (const reader of readers) {
      for (const { topicName } of reader.publishes()) expect(topicName).not.toMatch(/\0/);
    }
    client.vanish();
  }),
);

test.each<[string, ProtocolVersion, number[]]>([
  [
    'an ill-formed Will Topic',
    3,
    [...OLD_CONNECT.with(1, 21), 0x06, 0, 0, 0, 1, 0x61, 0, 2, 0xc3, 0x28, 0, 0],
  ],
  [
    'U+0000 in the Will Topic',
    3,
    [...OLD_CONNECT.with(1, 21), 0x06, 0, 0, 0, 1, 0x61, 0, 2, 0x61, 0x00, 0, 0],
  ],
])('MQTT 3.1, %s breaks nothing when the Will is due', async (_name, protocolVersion, bytes) => {
  const faults: unknown[] = [];
  await inWorld(
    (world) => {
      const watcher = world.connect({ clientId: 'watcher' });
      watcher.subscribe('#');
      const client = world.dial({ protocolVersion });
      client.sendBytes(...bytes).vanish();
      expect(watcher.publishes().length).toBeLessThanOrEqual(1);
      expect(world.broker.counters).toMatchObject({
        clientsConnected: 1,
        sessions: 1,
        connections: 1,
      });
    },
    { observer: { fault: (error) => void faults.push(error) } },
  )();
  expect(faults).toEqual([]);
});

test(
  'MQTT 3.1 knows no failure in SUBACK: a filter that is refused closes the connection',
  inWorld((world) => {
    const client = old(world);
    expect(client.subscribe('a#')).toEqual([]);
    expect(client.outcome()).toBe('closed');
    expect(world.broker.counters.subscriptions).toBe(0);
  }),
);

test.each([3, 4] as const)(
  'a Remaining Length that is longer than it need be is understood of version %i, and goes to nobody',
  async (version) =>
    inWorld((world) => {
      const receivers = VERSIONS.map((to) =>
        world.connect({ clientId: `s${to}`, protocolVersion: to }),
      );
      for (const receiver of receivers) receiver.subscribe('a');
      const client = world.dial({ protocolVersion: version });
      const name =
        version === 3 ? [0, 6, 0x4d, 0x51, 0x49, 0x73, 0x64, 0x70] : [0, 4, 0x4d, 0x51, 0x54, 0x54];
      const connect = [...name, version, 2, 0, 0, 0, 1, 0x63];
      client.sendBytes(0x10, 0x80 | connect.length, 0x80, 0, ...connect);
      client.sendBytes(0x30, 0x84, 0, 0, 1, 0x61, 0x78, 0xc0, 0x80, 0);
      expect(client.messages()).toEqual(['CONNACK', 'PINGRESP']);
      for (const receiver of receivers) expect(receiver.messages()).toEqual(['a=x q0']);
    })(),
);
