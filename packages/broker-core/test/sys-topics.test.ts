import { expect, test } from 'vitest';
import { inWorld, textOf } from './support.ts';

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

test(
  'the topics that operators know are all there',
  inWorld(
    (world) => {
      world.advance(10_500);
      const client = world.connect();
      client.subscribe('$SYS/#');
      const values = new Map(
        client.publishes().map((packet) => [packet.topicName, textOf(packet)]),
      );
      for (const name of [
        'version',
        'uptime',
        'clients/total',
        'clients/connected',
        'messages/received',
        'messages/sent',
        'publish/messages/dropped',
        'publish/messages/refused',
        'queued/bytes',
        'bytes/received',
        'subscriptions/count',
        'retained messages/count',
      ]) {
        expect([...values.keys()]).toContain(`$SYS/broker/${name}`);
      }
      expect(values.get('$SYS/broker/version')).toBe('wellhead 1.2.3');
    },
    { sysInterval: 10, version: '1.2.3' },
  ),
);

test(
  'a broker without $SYS publishes none',
  inWorld((world) => {
    world.advance(60_000);
    const client = world.connect();
    client.subscribe('$SYS/#');
    expect(client.messages()).toEqual([]);
  }),
);
