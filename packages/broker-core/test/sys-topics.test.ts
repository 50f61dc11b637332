import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import type { BrokerOptions } from '../src/index.ts';
import { LaterStore } from './later-store.ts';
import { type World, inWorld, textOf } from './support.ts';

test.each<[string, 0 | 1 | 2, 4 | 5, string[]]>([
  ['$SYS/broker/uptime', 0, 5, []],
  ['$SYS/broker/uptime', 1, 5, ['PUBACK #1 87']],
  ['$SYS/broker/uptime', 2, 5, ['PUBREC #1 87']],
  ['$SYS', 1, 5, ['PUBACK #1 87']],
  ['[MQTT-3.3.5-2 @3.1.1] $SYS/x', 1, 4, ['PUBACK #1']],
  ['[MQTT-3.3.5-2 @3.1.1] $SYS/x', 2, 4, ['PUBREC #1']],
])(
  '$SYS is protected from clients: %s at QoS %i, version %i',
  async (name, qos, protocolVersion, expected) =>
    inWorld((world) => {
      const watcher = world.connect({ clientId: 'watcher' });
      watcher.subscribe('$SYS/#');
      const client = world.connect({ protocolVersion });
      const topicName = name.replace(/^\[.*\] /, '');
      client.publish(topicName, 'forged', {
        qos,
        retain: true,
        ...(qos === 0 ? {} : { packetId: 1 }),
      });
      expect(client.messages()).toEqual(expected);
      expect(watcher.messages()).toEqual([]);
      expect(world.broker.counters.retainedMessages).toBe(0);
    })(),
);

test.each(['$SYSTEM/x', '$sys/x', '$other', 'SYS/x'])(
  'other topics are the clients’ own: %s',
  async (topicName) =>
    inWorld((world) => {
      const watcher = world.connect({ clientId: 'watcher' });
      watcher.subscribe(topicName);
      world.connect().publish(topicName, 'x');
      expect(watcher.messages()).toEqual([`${topicName}=x q0`]);
    })(),
);

test.each<[string, 4 | 5, string]>([
  ['5.0', 5, 'CONNACK 87 closed'],
  ['3.1.1', 4, 'CONNACK 05 closed'],
])('a Will Topic below $SYS refuses the connection: %s', async (_name, protocolVersion, expected) =>
  inWorld((world) => {
    const will = { topicName: '$SYS/x', payload: new Uint8Array(), qos: 0, retain: false } as const;
    expect(world.connect({ protocolVersion, will }).outcome()).toBe(expected);
  })(),
);

test(
  'counters are published retained, and again when they change; # does not see them',
  inWorld(
    (world) => {
      const everything = world.connect({ clientId: 'everything' });
      everything.subscribe('#');
      world.advance(10_500);
      const client = world.connect();
      client.subscribe('$SYS/broker/clients/connected');
      expect(client.messages()).toEqual(['$SYS/broker/clients/connected=1 q0 retain']);
      world.advance(10_500);
      expect(client.messages()).toEqual(['$SYS/broker/clients/connected=2 q0']);
      world.advance(10_500);
      expect(client.messages()).toEqual([]);
      expect(everything.messages()).toEqual([]);
    },
    { sysInterval: 10 },
  ),
);

/** What happens in a broker, and what it says then about itself; together they name every topic. */
interface Scene {
  readonly what: string;
  readonly options?: BrokerOptions;
  readonly act: (world: World) => void | Promise<void>;
  readonly values: Readonly<Record<string, string>>;
}

const failing = new LaterStore();

const scenes: readonly Scene[] = [
  {
    what: 'time passes',
    options: { version: '1.2.3' },
    act: (world) => world.advance(31_000),
    values: { version: 'wellhead 1.2.3', uptime: '40 seconds' },
  },
  {
    what: 'clients come and go',
    act: (world) => {
      for (const clientId of ['a', 'b', 'c']) world.resume(clientId, 1).vanish();
      world.advance(2_000);
      for (const clientId of ['d', 'e']) world.resume(clientId).vanish();
      for (const clientId of ['f', 'g', 'h', 'i']) world.connect({ clientId });
      world.connect({ clientId: 'j' }).disconnect();
      world.dial();
    },
    values: {
      'clients/connected': '4',
      'clients/disconnected': '2',
      'clients/total': '6',
      'clients/maximum': '5',
      'clients/expired': '3',
      'connections/socket/count': '11',
    },
  },
  {
    what: 'packets come and go',
    act: (world) => {
      const subscriber = world.connect({ clientId: 'subscriber' });
      subscriber.subscribe('a');
      world.connect().publish('a', 'seven.7').publish('b', 'xyz').send({ type: 12 });
    },
    values: {
      // CONNECT twice, SUBSCRIBE, PUBLISH twice, PINGREQ
      'messages/received': '6',
      // CONNACK twice, SUBACK, PUBLISH, PINGRESP
      'messages/sent': '5',
      'publish/messages/received': '2',
      'publish/messages/sent': '1',
      'publish/bytes/received': '10',
      'publish/bytes/sent': '7',
    },
  },
  {
    what: 'bytes come and go',
    act: (world) => {
      const client = world.dial({ protocolVersion: 4 });
      client.sendBytes(0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, 0);
      client.sendBytes(0xc0, 0).sendBytes(0xc0);
    },
    // the second PINGREQ is not complete; CONNACK has 4 bytes and PINGRESP 2
    values: { 'bytes/received': '17', 'bytes/sent': '6', 'messages/received': '2' },
  },
  {
    what: 'messages wait, or there is no room for them',
    options: { limits: { maximumQueuedMessages: 2, maximumTotalQueuedBytes: 40 } },
    act: (world) => {
      for (const clientId of ['a', 'b']) {
        const absent = world.resume(clientId);
        absent.subscribe(`to/${clientId}`);
        absent.subscribe('to/both');
        absent.vanish();
      }
      const publisher = world.connect();
      const publish = (topicName: string, size: number, packetId: number): unknown =>
        publisher.publish(topicName, 'x'.repeat(size), { qos: 1, packetId });
      publish('to/both', 12, 1);
      publish('to/a', 5, 2);
      publish('to/a', 6, 3); // dropped: two wait already
      publish('to/b', 12, 4); // refused: they would be 41 bytes
    },
    values: {
      'queued/bytes': '29',
      'publish/messages/dropped': '2',
      'publish/messages/refused': '1',
      // the store keeps the message for both once
      'store/messages/count': '2',
      'store/messages/bytes': '17',
    },
  },
  {
    what: 'the store fails',
    options: { store: failing },
    act: async (world) => {
      world.resume('absent').subscribe('a');
      failing.isHeld = true;
      world.connect().publish('a', 'x', { qos: 1, packetId: 1 });
      failing.fail(new StoreError('STORE_FULL', 'the disk is full'));
      failing.isHeld = false;
      await world.settleAsync();
    },
    values: { 'store/failures': '1' },
  },
  {
    what: 'clients subscribe, alone and in groups',
    act: (world) => {
      const client = world.connect();
      for (const filter of ['a', 'b', '$share/g/a', '$share/g/b', '$share/h/c']) {
        client.subscribe(filter);
      }
      client.unsubscribe('$share/h/c');
      world.connect({ clientId: 'other' }).subscribe('$share/g/a');
    },
    values: { 'subscriptions/count': '5', 'shared_subscriptions/count': '3' },
  },
  {
    what: 'messages are retained',
    act: (world) => {
      const client = world.connect();
      for (const [topicName, payload] of [
        ['a', 'x'],
        ['b', 'x'],
        ['a', 'y'],
        ['b', ''],
      ] as const) {
        client.publish(topicName, payload, { retain: true });
      }
      // `$SYS` counts itself when it is there
      world.advance(10_000);
    },
    values: { 'retained messages/count': '26' },
  },
];

test.each(scenes.map((scene) => [scene.what, scene] as const))(
  '$SYS tells it when %s',
  async (_what, { options, act, values }) =>
    inWorld(
      async (world) => {
        await act(world);
        world.advance(10_000);
        expect(sysTopics(world)).toMatchObject(values);
      },
      { sysInterval: 10, ...options },
    )(),
);

test(
  'the README lists the topics of $SYS that there are, and a scene here shows the value of each',
  inWorld(
    (world) => {
      world.advance(10_000);
      const published = new Set(Object.keys(sysTopics(world)));
      const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
      const rows = readme.matchAll(/^\| `\$SYS\/broker\/([^`]+)` +\|/gm);
      expect(new Set(Array.from(rows, ([, name]) => name))).toEqual(published);
      expect(new Set(scenes.flatMap(({ values }) => Object.keys(values)))).toEqual(published);
    },
    { sysInterval: 10 },
  ),
);

/** What a client finds below `$SYS/broker/`. */
function sysTopics(world: World): Record<string, string> {
  const client = world.connect({ clientId: 'operator' });
  client.subscribe('$SYS/#');
  const rows = client.publishes().map((packet) => [packet.topicName, textOf(packet)] as const);
  return Object.fromEntries(
    rows.map(([topicName, text]) => [topicName.replace('$SYS/broker/', ''), text]),
  );
}

test(
  'a broker without $SYS publishes none',
  inWorld((world) => {
    world.advance(60_000);
    const client = world.connect();
    client.subscribe('$SYS/#');
    expect(client.messages()).toEqual([]);
  }),
);
