import { type QoS, encode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { type Client, World, inWorld, publishPacket } from './support.ts';

function pair(world: World, version: 3 | 4 | 5 = 5): { publisher: Client; subscriber: Client } {
  const subscriber = world.connect({ clientId: 'subscriber', protocolVersion: version });
  subscriber.subscribe('a');
  return {
    subscriber,
    publisher: world.connect({ clientId: 'publisher', protocolVersion: version }),
  };
}

const QOS: readonly QoS[] = [0, 1, 2];

test.each(QOS.flatMap((published) => QOS.map((granted) => [published, granted] as const)))(
  '[MQTT-3.8.4-8] [MQTT-3.8.4-6 @3.1.1] published at QoS %i, granted %i: delivered at the lower one',
  async (published, granted) =>
    inWorld((world) => {
      for (const protocolVersion of [3, 4, 5] as const) {
        const client = world.connect({ protocolVersion });
        client.subscribe('a', { qos: granted });
        const id = published === 0 ? {} : { packetId: 9 };
        world.connect({ clientId: 'p' }).publish('a', 'x', { qos: published, ...id });
        const qos = Math.min(published, granted);
        expect(client.messages()).toEqual([`a=x q${qos}${qos > 0 ? ' #1' : ''}`]);
      }
    })(),
);

test.each<[string, 4 | 5, QoS, string[]]>([
  ['[MQTT-3.3.4-1]', 5, 0, []],
  ['[MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-2.2.1-5]', 5, 1, ['PUBACK #77']],
  ['[MQTT-3.3.4-1] [MQTT-4.3.3-8] [MQTT-2.2.1-5]', 5, 2, ['PUBREC #77']],
  ['[MQTT-3.3.4-1 @3.1.1]', 4, 0, []],
  ['[MQTT-4.3.2-2 @3.1.1] [MQTT-2.3.1-6 @3.1.1]', 4, 1, ['PUBACK #77']],
  ['[MQTT-4.3.3-2 @3.1.1] [MQTT-2.3.1-6 @3.1.1]', 4, 2, ['PUBREC #77']],
])('the answer to PUBLISH: %s MQTT %i, QoS %i', async (_name, version, qos, expected) =>
  inWorld((world) => {
    const { publisher, subscriber } = pair(world, version);
    publisher.publish('a', 'x', { qos, ...(qos === 0 ? {} : { packetId: 77 }) });
    expect(publisher.messages()).toEqual(expected);
    expect(subscriber.messages()).toHaveLength(1);
  })(),
);

test.each<[string, QoS, string[]]>([
  ['QoS 1', 1, ['PUBACK #1 10']],
  ['QoS 2', 2, ['PUBREC #1 10']],
])('without a subscriber a 5.0 publisher is told 0x10: %s', async (_name, qos, expected) =>
  inWorld((world) => {
    const publisher = world.connect();
    expect(publisher.publish('nobody', 'x', { qos, packetId: 1 }).messages()).toEqual(expected);
  })(),
);

test(
  '[MQTT-4.3.3-10] a QoS 2 PUBLISH that comes again is acknowledged again, and passed on once',
  inWorld((world) => {
    const { publisher, subscriber } = pair(world);
    const packet = publishPacket('a', 'x', { qos: 2, packetId: 5 });
    publisher.send(packet, { ...packet, dup: true }, packet);
    expect(publisher.messages()).toEqual(['PUBREC #5', 'PUBREC #5', 'PUBREC #5']);
    expect(subscriber.messages()).toEqual(['a=x q2 #1']);
  }),
);

test(
  '[MQTT-4.3.3-11] [MQTT-4.3.3-12] PUBREL is answered by PUBCOMP, after which the identifier is a new message',
  inWorld((world) => {
    const { publisher, subscriber } = pair(world);
    publisher.publish('a', 'one', { qos: 2, packetId: 5 }).pubrel(5);
    publisher.publish('a', 'two', { qos: 2, packetId: 5, dup: true });
    expect(publisher.messages()).toEqual(['PUBREC #5', 'PUBCOMP #5', 'PUBREC #5']);
    expect(subscriber.messages()).toEqual(['a=one q2 #1', 'a=two q2 #2']);
  }),
);

test(
  '[MQTT-4.3.2-5] after PUBACK an identifier is a new message, whatever DUP says',
  inWorld((world) => {
    const { publisher, subscriber } = pair(world);
    publisher.publish('a', 'one', { qos: 1, packetId: 5 });
    publisher.publish('a', 'two', { qos: 1, packetId: 5, dup: true });
    expect(subscriber.messages()).toEqual(['a=one q1 #1', 'a=two q1 #2']);
  }),
);

test(
  '[MQTT-3.3.1-3] [MQTT-3.3.1-3 @3.1.1] DUP of the publisher is not passed on',
  inWorld((world) => {
    const { publisher, subscriber } = pair(world);
    publisher.publish('a', 'x', { qos: 1, packetId: 5, dup: true });
    publisher.publish('a', 'y', { qos: 2, packetId: 6, dup: true });
    expect(subscriber.messages()).toEqual(['a=x q1 #1', 'a=y q2 #2']);
  }),
);

test(
  '[MQTT-4.3.3-10] QoS 2 identifiers outlive the connection: a repeat on the next one is not passed on again',
  inWorld((world) => {
    const { subscriber } = pair(world);
    const first = world.resume('p');
    first.publish('a', 'x', { qos: 2, packetId: 5 }).vanish();
    const second = world.resume('p');
    second.publish('a', 'x', { qos: 2, packetId: 5, dup: true }).pubrel(5);
    expect(second.messages()).toEqual(['PUBREC #5', 'PUBCOMP #5']);
    expect(subscriber.messages()).toEqual(['a=x q2 #1']);
  }),
);

test(
  '[MQTT-3.1.2-4] with Clean Start the identifiers of before mean new messages',
  inWorld((world) => {
    const { subscriber } = pair(world);
    world.resume('p').publish('a', 'x', { qos: 2, packetId: 5 }).vanish();
    world.resume('p', 100, { cleanStart: true }).publish('a', 'y', { qos: 2, packetId: 5 });
    expect(subscriber.messages()).toEqual(['a=x q2 #1', 'a=y q2 #2']);
  }),
);

test.each<[string, (client: Client) => void, string[]]>([
  ['PUBREL: PUBCOMP 0x92', (client) => client.pubrel(9), ['PUBCOMP #9 92']],
  ['PUBREC: PUBREL 0x92', (client) => client.pubrec(9), ['PUBREL #9 92']],
  ['PUBREC with a failure: nothing', (client) => client.pubrec(9, 0x80), []],
  ['PUBACK: nothing', (client) => client.puback(9), []],
  ['PUBCOMP: nothing', (client) => client.pubcomp(9), []],
])('an identifier that nobody knows: %s', async (_name, run, expected) =>
  inWorld((world) => {
    const client = world.connect();
    run(client);
    expect(client.messages()).toEqual(expected);
    expect(client.isClosed).toBe(false);
  })(),
);

test(
  'a PUBREL for an identifier that nobody knows, MQTT 3.1.1: PUBCOMP, for there is no code',
  inWorld((world) => {
    expect(world.connect({ protocolVersion: 4 }).pubrel(9).messages()).toEqual(['PUBCOMP #9']);
  }),
);

test(
  'QoS 1 under an identifier that a QoS 2 exchange holds: 0x91',
  inWorld((world) => {
    const { publisher, subscriber } = pair(world);
    publisher.publish('a', 'x', { qos: 2, packetId: 5 });
    publisher.publish('a', 'y', { qos: 1, packetId: 5 });
    expect(publisher.messages()).toEqual(['PUBREC #5', 'PUBACK #5 91']);
    expect(subscriber.messages()).toEqual(['a=x q2 #1']);
  }),
);

test(
  '[MQTT-4.3.3-4] [MQTT-4.3.3-6] outbound QoS 2: PUBREC is answered by PUBREL, as often as it comes',
  inWorld((world) => {
    const { publisher, subscriber } = pair(world);
    publisher.publish('a', 'x', { qos: 2, packetId: 5 });
    subscriber.pubrec(1).pubrec(1).pubcomp(1).pubcomp(1);
    expect(subscriber.messages()).toEqual(['a=x q2 #1', 'PUBREL #1', 'PUBREL #1']);
  }),
);

test(
  '[MQTT-4.4.0-2] a PUBREC that refuses ends the exchange, and nothing is sent again',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    const subscriber = world.resume('s');
    subscriber.subscribe('a');
    publisher.publish('a', 'x', { qos: 2, packetId: 1 });
    publisher.publish('a', 'y', { qos: 1, packetId: 2 });
    subscriber.pubrec(1, 0x97).puback(2, 0x83);
    expect(subscriber.messages()).toEqual(['a=x q2 #1', 'a=y q1 #2']);
    subscriber.vanish();
    expect(world.resume('s').messages()).toEqual([]);
  }),
);

test.each<[string, QoS, (client: Client) => void]>([
  ['PUBACK for QoS 2', 2, (client) => client.puback(1)],
  ['PUBREC for QoS 1', 1, (client) => client.pubrec(1)],
  ['PUBCOMP before PUBREC', 2, (client) => client.pubcomp(1)],
])('an acknowledgement of the wrong kind is a Protocol Error: %s', async (_name, qos, run) =>
  inWorld((world) => {
    const { publisher, subscriber } = pair(world);
    publisher.publish('a', 'x', { qos, packetId: 5 });
    run(subscriber);
    expect(subscriber.outcome()).toBe('DISCONNECT 82 closed');
    expect(publisher.outcome()).toBe('open');
  })(),
);

test(
  '[MQTT-4.4.0-1] [MQTT-4.4.0-1 @3.1.1] on reconnect: PUBREL after PUBREC, PUBLISH with DUP otherwise, under the same identifiers, in order',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    const subscriber = world.resume('s');
    subscriber.subscribe('a');
    for (let packetId = 1; packetId <= 5; packetId++) {
      publisher.publish('a', `m${packetId}`, { qos: packetId % 2 === 0 ? 2 : 1, packetId });
    }
    subscriber.pubrec(2).puback(3).vanish();
    const again = world.resume('s');
    expect(again.messages()).toEqual([
      'a=m1 q1 dup #1',
      'PUBREL #2',
      'a=m4 q2 dup #4',
      'a=m5 q1 dup #5',
    ]);
    again.pubcomp(2).pubrec(4).pubcomp(4).puback(5).puback(1).vanish();
    expect(world.resume('s').messages()).toEqual([]);
  }),
);

test(
  '[MQTT-4.4.0-1] nothing is sent again on a living connection, however long the client is silent',
  inWorld((world) => {
    const { publisher, subscriber } = pair(world);
    publisher.publish('a', 'x', { qos: 1, packetId: 5 });
    publisher.publish('a', 'y', { qos: 2, packetId: 6 });
    subscriber.pubrec(2).take();
    world.sleep(10_000_000);
    expect(subscriber.messages()).toEqual([]);
  }),
);

test(
  '[MQTT-2.2.1-4] [MQTT-2.3.1-4 @3.1.1] an identifier in flight is not given again when the numbers wrap',
  inWorld(
    (world) => {
      const { publisher, subscriber } = pair(world);
      publisher.publish('a', 'held', { qos: 1, packetId: 1 });
      publisher.publish('a', 'second', { qos: 2, packetId: 2 });
      const seen = new Set<number>();
      for (let batch = 0; batch < 66; batch++) {
        publisher.send(
          ...Array.from({ length: 1000 }, () => publishPacket('a', '', { qos: 1, packetId: 3 })),
        );
        const ids = subscriber
          .publishes()
          .flatMap(({ packetId = 0 }) => (packetId > 2 ? [packetId] : []));
        for (const id of ids) seen.add(id);
        subscriber.send(...ids.map((packetId) => ({ type: 4, packetId, reasonCode: 0 }) as const));
        publisher.take();
      }
      expect(seen.has(1) || seen.has(2)).toBe(false);
      expect(seen.size).toBeGreaterThan(65_000);
    },
    { limits: { maximumInflight: 65_535 } },
  ),
);

test(
  '[MQTT-4.6.0-5] [MQTT-4.6.0-6 @3.1.1] one publisher’s messages keep their order through every mixture of QoS',
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    const subscriber = world.resume('s', 100, { properties: { receiveMaximum: 3 } });
    subscriber.subscribe('a');
    const sent = Array.from({ length: 60 }, (_, i) => ({
      payload: `m${i}`,
      qos: ((i * 7) % 3) as QoS,
    }));
    publisher.send(
      ...sent.map(({ payload, qos }, i) =>
        publishPacket('a', payload, { qos, ...(qos === 0 ? {} : { packetId: i + 1 }) }),
      ),
    );
    const got: string[] = [];
    for (let round = 0; round < 60; round++) {
      for (const packet of subscriber.take()) {
        if (packet.type === 6) subscriber.pubcomp(packet.packetId);
        if (packet.type !== 3) continue;
        got.push(new TextDecoder().decode(packet.payload));
        if (packet.packetId === undefined) continue;
        if (packet.qos === 1) subscriber.puback(packet.packetId);
        else subscriber.pubrec(packet.packetId);
      }
    }
    expect(got).toEqual(sent.map(({ payload }) => payload));
  }),
);

test.each<[string, readonly number[], string]>([
  [
    '[MQTT-3.3.2-2] a wildcard in the Topic Name',
    [0x30, 5, 0, 1, 0x23, 0, 0x78],
    'DISCONNECT 90 closed',
  ],
  ['[MQTT-3.3.1-4] QoS 3', [0x36, 7, 0, 1, 0x61, 0, 1, 0, 0x78], 'DISCONNECT 81 closed'],
  ['[MQTT-3.3.1-2] DUP at QoS 0', [0x38, 5, 0, 1, 0x61, 0, 0x78], 'DISCONNECT 81 closed'],
  ['[MQTT-2.2.1-3] Packet Identifier 0', [0x32, 6, 0, 1, 0x61, 0, 0, 0], 'DISCONNECT 82 closed'],
  ['[MQTT-4.7.3-1] an empty Topic Name', [0x30, 3, 0, 0, 0], 'DISCONNECT 82 closed'],
  ['[MQTT-1.5.4-1] ill-formed UTF-8', [0x30, 5, 0, 2, 0xc3, 0x28, 0], 'DISCONNECT 81 closed'],
  [
    '[MQTT-3.3.4-6] a Subscription Identifier',
    [0x30, 6, 0, 1, 0x61, 2, 0x0b, 1],
    'DISCONNECT 82 closed',
  ],
  [
    '[MQTT-3.3.2-14] a wildcard in the Response Topic',
    [0x30, 8, 0, 1, 0x61, 4, 8, 0, 1, 0x23],
    'DISCONNECT 82 closed',
  ],
  ['[MQTT-3.6.1-1] PUBREL with wrong flags', [0x60, 2, 0, 1], 'DISCONNECT 81 closed'],
  ['a SUBACK', [0x90, 4, 0, 1, 0, 0], 'DISCONNECT 82 closed'],
  ['a PINGRESP', [0xd0, 0], 'DISCONNECT 82 closed'],
  ['[MQTT-2.1.3-1] PINGREQ with flags', [0xc1, 0], 'DISCONNECT 81 closed'],
  ['PINGREQ with a body', [0xc0, 1, 0], 'DISCONNECT 81 closed'],
  [
    '[MQTT-1.5.5-1] a Remaining Length of five bytes',
    [0x30, 0xff, 0xff, 0xff, 0xff, 1],
    'DISCONNECT 81 closed',
  ],
])(
  '[MQTT-4.13.1-1] a connected client that breaks the protocol: %s',
  async (_name, packet, expected) =>
    inWorld((world) => {
      const { publisher, subscriber } = pair(world);
      publisher.sendBytes(...packet);
      expect(publisher.outcome()).toBe(expected);
      expect(subscriber.outcome()).toBe('open');
      expect(subscriber.messages()).toEqual([]);
    })(),
);

test.each<[string, readonly number[]]>([
  ['[MQTT-3.3.2-2 @3.1.1] a wildcard in the Topic Name', [0x30, 4, 0, 1, 0x23, 0x78]],
  ['[MQTT-3.3.1-4 @3.1.1] QoS 3', [0x36, 6, 0, 1, 0x61, 0, 1, 0x78]],
  ['[MQTT-2.3.1-1 @3.1.1] Packet Identifier 0', [0x32, 5, 0, 1, 0x61, 0, 0]],
  ['[MQTT-2.2.2-2 @3.1.1] SUBSCRIBE with wrong flags', [0x80, 6, 0, 1, 0, 1, 0x61, 0]],
  ['[MQTT-1.5.3-2 @3.1.1] U+0000', [0x30, 3, 0, 1, 0]],
  ['AUTH', [0xf0, 0]],
])('[MQTT-4.8.0-1 @3.1.1] a connected client that breaks the protocol: %s', async (_name, packet) =>
  inWorld((world) => {
    const client = world.connect({ protocolVersion: 4 });
    client.sendBytes(...packet);
    expect(client.outcome()).toBe('closed');
  })(),
);

test.each([0, 1, 63, 64, 4_095, 4_096, 4_097, 16_383, 16_384, 100_000, 1_048_576])(
  '[MQTT-6.0.0-2] a payload of %i bytes comes through whole, in whatever pieces, at each QoS',
  async (length) =>
    inWorld((world) => {
      const payload = Uint8Array.from({ length }, (_, i) => (i * 31) & 0xff);
      const readers = [4, 5].map((protocolVersion) => {
        const client = world.connect({
          clientId: `r${protocolVersion}`,
          protocolVersion: protocolVersion as 4 | 5,
        });
        client.subscribe('a');
        return client;
      });
      for (const split of [Infinity, 1_000, ...(length < 20_000 ? [7] : [])]) {
        const publisher = world.connect({ clientId: 'p', wire: { split } });
        publisher.send(
          publishPacket('a', '', { payload }),
          publishPacket('a', '', { payload, qos: 1, packetId: 1 }),
          publishPacket('a', '', { payload, qos: 2, packetId: 2 }),
        );
        for (const reader of readers) {
          const got = reader.publishes();
          expect(got.map(({ qos }) => qos)).toEqual([0, 1, 2]);
          for (const message of got) expect(Buffer.compare(message.payload, payload)).toBe(0);
        }
      }
    })(),
);

test(
  'large and small messages of many publishers in one turn arrive as they were sent',
  inWorld((world) => {
    const reader = world.connect({ clientId: 'reader' });
    reader.subscribe('#');
    const publishers = Array.from({ length: 8 }, (_, i) =>
      world.connect({ clientId: `p${i}`, protocolVersion: i % 2 === 0 ? 4 : 5 }),
    );
    const sent: string[] = [];
    for (let round = 0; round < 5; round++) {
      for (const [i, publisher] of publishers.entries()) {
        const payload = `${i}:${round}:`.padEnd([3, 100, 5_000, 70_000][(i + round) % 4] ?? 0, 'x');
        const qos = ((i + round) % 3) as QoS;
        publisher.connection.write(encodeFor(publisher, `t${i}`, payload, qos));
        sent.push(`t${i}=${payload}`);
      }
    }
    world.settle();
    const got = reader
      .publishes()
      .map((packet) => `${packet.topicName}=${new TextDecoder().decode(packet.payload)}`);
    for (let i = 0; i < 8; i++) {
      const own = (text: string): boolean => text.startsWith(`t${i}=`);
      expect(got.filter(own)).toEqual(sent.filter(own));
    }
    expect(got).toHaveLength(40);
  }),
);

let nextId = 0;
function encodeFor(client: Client, topicName: string, payload: string, qos: QoS): Uint8Array {
  const packetId = (nextId++ % 60_000) + 1;
  return encode(
    publishPacket(topicName, payload, { qos, ...(qos === 0 ? {} : { packetId }) }),
    client.version,
  );
}

test('[MQTT-3.3.1-2 @3.1.1] [MQTT-3.3.1-3 @3.1.1] DUP at QoS 0, which MQTT 3.1 does not forbid, goes no further', async () => {
  await using world = await World.create();
  const subscriber = world.connect({ clientId: 's', protocolVersion: 4 });
  subscriber.subscribe('t');
  const publisher = world.connect({ clientId: 'p', protocolVersion: 3 });
  publisher.sendBytes(0x38, 4, 0, 1, 0x74, 0x78);
  expect(subscriber.messages()).toEqual(['t=x q0']);
});

test.each<[3 | 4 | 5, string, string[]]>([
  [5, 'PUBACK #1 91', []],
  [4, 'PUBACK #1', ['a=new q1 #2']],
  [3, 'PUBACK #1', ['a=new q1 #2']],
])(
  'version %i: QoS 1 under an identifier of QoS 2 that was never released is answered %s',
  async (protocolVersion, answer, received) =>
    inWorld((world) => {
      const client = world.connect({ clientId: 's' });
      client.subscribe('a');
      const publisher = world.connect({ clientId: 'p', protocolVersion });
      publisher.publish('a', 'old', { qos: 2, packetId: 1 });
      client.take();
      publisher.take();
      publisher.publish('a', 'new', { qos: 1, packetId: 1 });
      expect(publisher.messages()).toEqual([answer]);
      expect(client.messages()).toEqual(received);
    })(),
);
