import { encode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import type { BrokerOptions } from '../src/index.ts';
import { type ConnectOptions, inWorld } from './support.ts';

type Row = [
  statement: string,
  options: ConnectOptions,
  seconds: number,
  expected: string,
  limits?: BrokerOptions['limits'],
];

test.each<Row>([
  ['[MQTT-3.1.2-22] silent for 1.5 times', { keepAlive: 10 }, 15.2, 'DISCONNECT 8d closed'],
  ['[MQTT-3.1.2-22] silent for less', { keepAlive: 10 }, 14.9, 'open'],
  [
    '[MQTT-3.1.2-24 @3.1.1] silent for 1.5 times',
    { keepAlive: 10, protocolVersion: 4 },
    15.2,
    'closed',
  ],
  ['[MQTT-3.1.2-24 @3.1.1] silent for less', { keepAlive: 10, protocolVersion: 4 }, 14.9, 'open'],
  ['MQTT 3.1', { keepAlive: 2, protocolVersion: 3 }, 3.2, 'closed'],
  ['one second', { keepAlive: 1 }, 1.7, 'DISCONNECT 8d closed'],
  ['the longest', { keepAlive: 65_535 }, 98_302, 'open'],
  ['the longest, and longer', { keepAlive: 65_535 }, 98_303, 'DISCONNECT 8d closed'],
  ['0 is never', { keepAlive: 0 }, 10_000_000, 'open'],
  [
    '[MQTT-3.2.2-22] Server Keep Alive for who asks for more',
    { keepAlive: 100 },
    30.2,
    'DISCONNECT 8d closed',
    { maximumKeepAlive: 20 },
  ],
  [
    'Server Keep Alive for who asks for none',
    { keepAlive: 0 },
    30.2,
    'DISCONNECT 8d closed',
    { maximumKeepAlive: 20 },
  ],
  [
    '[MQTT-3.2.2-22] less than Server Keep Alive',
    { keepAlive: 10 },
    15.2,
    'DISCONNECT 8d closed',
    { maximumKeepAlive: 20 },
  ],
  [
    '3.1.1 cannot be told another value',
    { keepAlive: 100, protocolVersion: 4 },
    100,
    'open',
    { maximumKeepAlive: 20 },
  ],
])('Keep Alive: %s', async (_name, options, seconds, expected, limits = {}) =>
  inWorld(
    (world) => {
      const client = world.connect(options);
      if (seconds < 1000) world.advance(seconds * 1000);
      else world.sleep(seconds * 1000 - 200);
      expect(client.outcome()).toBe(expected);
    },
    { limits },
  )(),
);

test.each<[string, number[]]>([
  ['PINGREQ', [0xc0, 0]],
  ['PUBLISH', [0x30, 4, 0, 1, 0x61, 0]],
  ['PUBACK', [0x40, 2, 0, 9]],
  ['SUBSCRIBE', [0x82, 7, 0, 1, 0, 0, 1, 0x61, 0]],
])('[MQTT-3.1.2-22] every packet counts: %s', async (_name, packet) =>
  inWorld((world) => {
    const client = world.connect({ keepAlive: 10 });
    for (let i = 0; i < 10; i++) {
      world.advance(14_000);
      client.sendBytes(...packet);
    }
    expect(client.outcome()).toBe('open');
    world.advance(15_200);
    expect(client.outcome()).toBe('DISCONNECT 8d closed');
  })(),
);

test(
  '[MQTT-3.1.2-22] what the broker sends does not count, nor do bytes of a packet that never ends',
  inWorld((world) => {
    const client = world.connect({ keepAlive: 10, clientId: 's' });
    client.subscribe('a');
    const publisher = world.connect({ clientId: 'p' });
    client.sendBytes(0x30, 100);
    for (let i = 0; i < 16; i++) {
      client.sendBytes(0);
      publisher.publish('a', 'x');
      world.advance(1_000);
    }
    expect(client.isClosed).toBe(true);
  }),
);

test(
  '[MQTT-3.12.4-1] [MQTT-3.12.4-1 @3.1.1] PINGREQ is answered by PINGRESP',
  inWorld((world) => {
    for (const protocolVersion of [3, 4, 5] as const) {
      const client = world.connect({ protocolVersion });
      client.send({ type: 12 }, { type: 12 });
      expect(client.messages()).toEqual(['PINGRESP', 'PINGRESP']);
    }
  }),
);

test(
  'a client whose session times out keeps it',
  inWorld((world) => {
    const client = world.resume('c', 100, { keepAlive: 1 });
    world.advance(2_000);
    expect(client.isClosed).toBe(true);
    expect(world.resume('c').connack?.sessionPresent).toBe(true);
  }),
);

test(
  'ten thousand seconds of a thousand clients who ping: nobody is lost, and those who fall silent are',
  inWorld((world) => {
    const clients = Array.from({ length: 100 }, (_, i) =>
      world.connect({ clientId: `c${i}`, keepAlive: 50 + i }),
    );
    for (let round = 0; round < 20; round++) {
      world.advance(45_000);
      for (const [i, client] of clients.entries()) if (i % 2 === 0) client.send({ type: 12 });
    }
    expect(clients.filter((client) => client.isClosed)).toHaveLength(50);
    expect(world.broker.counters.clientsConnected).toBe(50);
  }),
);

test(
  'a steady stream whose chunks all end within a packet is not taken for a packet that never ends',
  inWorld((world) => {
    const client = world.connect();
    const packet = [0x30, 6, 0, 1, 0x61, 0, 0x78, 0x79];
    client.sendBytes(...packet.slice(0, 5));
    for (let second = 0; second < 30; second++) {
      world.advance(1_000);
      client.sendBytes(...packet.slice(5), ...packet.slice(0, 5));
    }
    expect(client.outcome()).toBe('open');
  }),
);

test(
  'a client that was heard while the host program was busy is not taken for silent',
  inWorld((world) => {
    const client = world.connect({ keepAlive: 5 });
    world.advance(3_000);
    client.send({ type: 12 });
    void world.broker.publish({ topicName: 'x', payload: Uint8Array.of(1) });
    world.host.jump(8_000);
    client.connection.write(encode({ type: 12 }, 5));
    world.network.pump();
    world.host.turn();
    world.advance(300);
    expect(client.outcome()).toBe('open');
  }),
);
