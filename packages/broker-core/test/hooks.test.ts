import { encode } from '@wellhead/codec';
import { type Connection, type ConnectionReceiver, TransportError } from '@wellhead/transport';
import { expect, test } from 'vitest';
import type { Authorizer, BrokerOptions, Decision } from '../src/index.ts';
import { type World, inWorld, publishPacket } from './support.ts';

type Answer = (decision: Decision) => Decision | Promise<Decision>;
const answers: Record<string, Answer> = {
  'a value': (decision) => decision,
  'a promise': (decision) => Promise.resolve(decision),
};

/** Denies whatever touches `secret`, by the code of the topic if it names one (`secret/151`). */
function deny(answer: Answer): Authorizer {
  const decide = (topic: string): Decision => {
    if (!topic.startsWith('secret')) return true;
    const code = Number(topic.split('/')[1]);
    return Number.isNaN(code) ? false : code;
  };
  return {
    publish: (_client, { topicName }) => answer(decide(topicName)),
    subscribe: (_client, { effectiveFilter }) => answer(decide(effectiveFilter)),
  };
}

test.each(Object.keys(answers))('publishing and subscribing are authorised by %s', async (kind) =>
  inWorld(
    async (world) => {
      const watcher = world.connect({ clientId: 'watcher' });
      watcher.subscribe('#');
      await world.settleAsync();
      watcher.take();
      const client = world.connect();
      client.send(
        publishPacket('secret', '0'),
        publishPacket('secret', '1', { qos: 1, packetId: 1 }),
        publishPacket('secret', '2', { qos: 2, packetId: 2 }),
        publishPacket('secret/151', '3', { qos: 1, packetId: 3 }),
        publishPacket('open', '4', { qos: 1, packetId: 4 }),
        {
          type: 8,
          packetId: 5,
          subscriptions: [filter('a'), filter('secret'), filter('secret/143'), filter('secret/1')],
        },
      );
      await world.settleAsync();
      expect(client.messages()).toEqual([
        'PUBACK #1 87',
        'PUBREC #2 87',
        'PUBACK #3 97',
        'PUBACK #4',
        'SUBACK #5',
      ]);
      expect(watcher.messages()).toEqual(['open=4 q1 #1']);
    },
    { authorizer: deny(answers[kind] ?? ((decision) => decision)) },
  )(),
);

const filter = (
  topicFilter: string,
): {
  topicFilter: string;
  qos: 2;
  noLocal: false;
  retainAsPublished: false;
  retainHandling: 0;
} => ({
  topicFilter,
  qos: 2,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
});

test.each(Object.keys(answers))(
  'SUBACK carries what the authorizer says, code for code: %s',
  async (kind) =>
    inWorld(
      async (world) => {
        const client = world.connect();
        client.send({
          type: 8,
          packetId: 5,
          subscriptions: [
            filter('a'),
            filter('secret'),
            filter('secret/143'),
            filter('secret/1'),
            filter('b#'),
          ],
        });
        await world.settleAsync();
        expect(client.take()).toMatchObject([{ type: 9, reasonCodes: [2, 0x87, 0x8f, 1, 0x8f] }]);
      },
      { authorizer: deny(answers[kind] ?? ((decision) => decision)) },
    )(),
);

test.each<[4 | 5, string]>([
  [5, 'PUBACK #1 87'],
  [4, 'PUBACK #1'],
])(
  '[MQTT-3.3.5-2 @3.1.1] a refused PUBLISH: version %i gets %s, and the connection goes on',
  async (protocolVersion, expected) =>
    inWorld(
      (world) => {
        const client = world.connect({ protocolVersion });
        client.publish('secret', 'x', { qos: 1, packetId: 1 });
        expect(client.messages()).toEqual([expected]);
        expect(client.isClosed).toBe(false);
      },
      { authorizer: deny((decision) => decision) },
    )(),
);

/** An authorizer whose answers the test gives. */
function waiting(): { authorizer: Authorizer; settle: (decision: Decision) => void } {
  const open: ((decision: Decision) => void)[] = [];
  const ask = (): Promise<Decision> => new Promise((resolve) => open.push(resolve));
  return {
    authorizer: { publish: ask, subscribe: ask },
    settle: (decision) => open.shift()?.(decision),
  };
}

test('a pending answer holds back its connection, in order, and no other', async () => {
  const { authorizer, settle } = waiting();
  const only: Authorizer = {
    ...authorizer,
    publish: (client, request) =>
      client.clientId === 'slow' ? (authorizer.publish?.(client, request) ?? true) : true,
    subscribe: () => true,
  };
  await inWorld(
    async (world) => {
      const slow = world.connect({ clientId: 'slow' });
      const fast = world.connect({ clientId: 'fast' });
      fast.subscribe('#');
      slow.send(
        publishPacket('a', 'one', { qos: 1, packetId: 1 }),
        publishPacket('a', 'two', { qos: 1, packetId: 2 }),
        { type: 12 },
      );
      fast.publish('b', 'meanwhile');
      await world.settleAsync();
      expect([slow.messages(), fast.messages()]).toEqual([[], ['b=meanwhile q0']]);
      settle(true);
      await world.settleAsync();
      expect(slow.messages()).toEqual(['PUBACK #1']);
      settle(false);
      await world.settleAsync();
      expect(slow.messages()).toEqual(['PUBACK #2 87', 'PINGRESP']);
      expect(fast.messages()).toEqual(['a=one q1 #1']);
    },
    { authorizer: only },
  )();
});

test('a held back connection still gets what others publish', async () => {
  const { authorizer, settle } = waiting();
  await inWorld(
    async (world) => {
      const held = world.connect({ clientId: 'held' });
      held.subscribe('a');
      settle(true);
      await world.settleAsync();
      held.take();
      held.publish('x', 'waits');
      await Promise.all([
        world.broker.publish({ topicName: 'a', payload: 'news' }),
        world.settleAsync(),
      ]);
      expect(held.messages()).toEqual(['a=news q0']);
      settle(true);
      await world.settleAsync();
    },
    { authorizer },
  )();
});

test('a durable subscriber’s queue keeps the order of acceptance when an answer comes late', async () => {
  const { authorizer, settle } = waiting();
  const only: Authorizer = {
    publish: (client, request) =>
      client.clientId === 'late' ? (authorizer.publish?.(client, request) ?? true) : true,
  };
  await inWorld(
    async (world) => {
      world.resume('s').subscribe('a');
      world.resume('s').vanish();
      const late = world.connect({ clientId: 'late' });
      const other = world.connect({ clientId: 'other' });
      late.publish('a', 'second', { qos: 1, packetId: 1 });
      other.publish('a', 'first', { qos: 1, packetId: 1 });
      settle(true);
      await world.settleAsync();
      expect(world.resume('s').messages()).toEqual(['a=first q1 #1', 'a=second q1 #2']);
    },
    { authorizer: only },
  )();
});

test('a client that leaves while an answer is pending leaves nothing behind', async () => {
  const { authorizer, settle } = waiting();
  await inWorld(
    async (world) => {
      const client = world.connect({ clientId: 'c' });
      client.publish('a', 'x', { retain: true }).vanish();
      settle(true);
      await world.settleAsync();
      expect(world.broker.counters).toMatchObject({
        retainedMessages: 0,
        clientsConnected: 0,
        sessions: 0,
      });
    },
    { authorizer },
  )();
});

test.each<[string, Authorizer]>([
  [
    'throws',
    {
      publish: () => {
        throw new Error('a defect');
      },
      subscribe: () => {
        throw new Error('a defect');
      },
    },
  ],
  [
    'rejects',
    {
      publish: () => Promise.reject(new Error('a defect')),
      subscribe: () => Promise.reject(new Error('a defect')),
    },
  ],
])('an authorizer that %s denies, is reported, and disturbs nobody', async (_name, authorizer) => {
  const faults: string[] = [];
  await inWorld(
    async (world) => {
      const client = world.connect();
      client.publish('a', 'x', { qos: 1, packetId: 1 });
      await world.settleAsync();
      client.send({ type: 8, packetId: 2, subscriptions: [filter('a')] });
      await world.settleAsync();
      expect(client.take()).toMatchObject([
        { type: 4, reasonCode: 0x87 },
        { type: 9, reasonCodes: [0x87] },
      ]);
      expect(client.isClosed).toBe(false);
    },
    { authorizer, observer: { fault: (error) => void faults.push(String(error)) } },
  )();
  expect(faults).toEqual(['Error: a defect', 'Error: a defect']);
});

test.each<[string, number]>([
  ['an impossible code', 999],
  ['a code of another packet', 0x8e],
  ['a fraction', 0x80 + 0.5],
])(
  'S9: an authorizer that answers with %s refuses with 0x80, and breaks nothing',
  async (_name, code) => {
    const faults: unknown[] = [];
    await inWorld(
      (world) => {
        const other = world.connect({ clientId: 'other' });
        const client = world.connect();
        client.publish('a', 'x', { qos: 1, packetId: 1 });
        client.send({ type: 8, packetId: 2, subscriptions: [filter('a')] });
        expect(client.take()).toMatchObject([
          { type: 4, reasonCode: 0x80 },
          { type: 9, reasonCodes: [0x80] },
        ]);
        expect([client, other].map(({ isClosed }) => isClosed)).toEqual([false, false]);
        expect(other.send({ type: 12 }).messages()).toEqual(['PINGRESP']);
      },
      {
        authorizer: { publish: () => code, subscribe: () => code },
        observer: { fault: (error) => void faults.push(error) },
      },
    )();
    expect(faults).toEqual([]);
  },
);

const will = { topicName: 'secret', payload: new Uint8Array(), qos: 0, retain: false } as const;

test.each<[string, Authorizer['publish'], string]>([
  ['denied', () => false, 'CONNACK 87 closed'],
  ['denied by a promise', async () => false, 'CONNACK 87 closed'],
  ['allowed', () => true, 'open'],
  ['allowed by a promise', async () => true, 'open'],
])('a Will is authorised with its CONNECT: %s', async (_name, publish, expected) =>
  inWorld(
    async (world) => {
      const client = world.connect({ will });
      await world.settleAsync();
      const connack = client.inbox.find((packet) => packet.type === 2);
      if (connack?.type === 2) client.connack = connack;
      client.take();
      expect(client.outcome()).toBe(expected);
    },
    { authorizer: publish === undefined ? {} : { publish } },
  )(),
);

test.each<[string, boolean]>([
  ['at once', false],
  ['asynchronously', true],
])(
  'S9: an authorizer that fails for a Will refuses its client, %s authenticated, and no more',
  async (_name, isAsync) => {
    const faults: string[] = [];
    await inWorld(
      async (world) => {
        const other = world.connect({ clientId: 'other' });
        await world.settleAsync();
        const client = world.connect({ will });
        await world.settleAsync();
        expect(client.isClosed).toBe(true);
        expect(other.isClosed).toBe(false);
        expect(world.broker.counters.sessions).toBe(1);
      },
      {
        authenticator: {
          authenticate: () => (isAsync ? Promise.resolve({ accept: true }) : { accept: true }),
        },
        authorizer: {
          publish: () => {
            throw new Error('a defect');
          },
        },
        observer: { fault: (error) => void faults.push(String(error)) },
      },
    )();
    expect(faults).toEqual(['Error: a defect']);
  },
);

test.each<[string, NonNullable<Authorizer['publish']>, string[], string[]]>([
  ['stays', () => true, ['secret= q0'], []],
  ['stays, says a promise', async () => true, ['secret= q0'], []],
  ['is withdrawn', () => false, [], ['dropped secret not-authorized']],
  ['is withdrawn, says a promise', async () => false, [], ['dropped secret not-authorized']],
  ['is withdrawn with a code', () => 0x97, [], ['dropped secret not-authorized']],
  [
    'cannot be told',
    () => {
      throw new Error('planted');
    },
    [],
    ['fault authorizer'],
  ],
  [
    'cannot be told, says a promise',
    () => Promise.reject(new Error('planted')),
    [],
    ['fault authorizer'],
  ],
])('S12: a Will whose right %s until it is due', async (_name, right, published, expected) => {
  let publish: NonNullable<Authorizer['publish']> = () => true;
  const told: string[] = [];
  await inWorld(
    async (world) => {
      const watcher = world.connect({ clientId: 'watcher' });
      watcher.subscribe('#');
      const client = world.connect({ will });
      publish = right;
      client.vanish();
      await world.settleAsync();
      expect(watcher.messages()).toEqual(published);
      expect(told).toEqual(expected);
    },
    {
      authorizer: { publish: (...asked) => publish(...asked) },
      observer: {
        dropped: (_c, topicName, reason) => void told.push(`dropped ${topicName} ${reason}`),
        fault: (_error, where) => void told.push(`fault ${where}`),
      },
    },
  )();
});

test.each<[string, (world: World) => string[]]>([
  [
    'retained',
    (world) => {
      world
        .connect({ clientId: 'p' })
        .publish('secret', 'x', { retain: true })
        .publish('open', 'y', { retain: true });
      const client = world.connect();
      client.subscribe('#');
      return client.messages();
    },
  ],
  [
    'queued',
    (world) => {
      world.resume('s').subscribe('#');
      world.resume('s').vanish();
      world
        .connect({ clientId: 'p' })
        .publish('secret', 'x', { qos: 1, packetId: 1 })
        .publish('open', 'y', { qos: 1, packetId: 2 });
      return world
        .resume('s')
        .messages()
        .map((message) => message.replace('q1 #1', 'q0 retain'));
    },
  ],
])(
  'S12: messages that waited are delivered only to who may receive them now: %s',
  async (_name, run) =>
    inWorld(
      (world) => {
        expect(run(world)).toEqual(['open=y q0 retain']);
      },
      { authorizer: { receive: (_client, topicName) => !topicName.startsWith('secret') } },
    )(),
);

test.each<[string, () => boolean, string[]]>([
  [
    'throws',
    () => {
      throw new Error('planted');
    },
    ['authorizer'],
  ],
  // as programs without types may: a promise is no answer, and no right
  ['answers later', () => Promise.resolve(true) as unknown as boolean, []],
])('S12: a right to receive that %s is none', async (_name, receive, expected) => {
  const faults: string[] = [];
  await inWorld(
    (world) => {
      world.connect({ clientId: 'p' }).publish('a', 'x', { retain: true });
      const client = world.connect();
      client.subscribe('a');
      expect(client.messages()).toEqual([]);
      expect(faults).toEqual(expected);
      world.connect({ clientId: 'q' }).publish('a', 'y');
      expect(client.messages()).toEqual(['a=y q0']);
    },
    { authorizer: { receive }, observer: { fault: (_error, where) => void faults.push(where) } },
  )();
});

test('a right to a Will that throws is refused in CONNACK', async () => {
  const faults: string[] = [];
  const publish = (): boolean => {
    throw new Error('planted');
  };
  await inWorld(
    (world) => {
      const refused = {
        topicName: 'w',
        payload: new Uint8Array(0),
        qos: 0,
        retain: false,
      } as const;
      expect(world.connect({ will: refused }).outcome()).toBe('CONNACK 87 closed');
      expect(faults).toEqual(['authorizer']);
    },
    { authorizer: { publish }, observer: { fault: (_error, where) => void faults.push(where) } },
  )();
});

test('S13: rights are asked on the effective filter, $share stripped, also for wildcards', async () => {
  const asked: string[] = [];
  await inWorld(
    (world) => {
      const client = world.connect();
      client.subscribe('$share/g/#');
      client.subscribe('$share/g//a');
      client.subscribe('a/+');
      expect(asked).toEqual(['#', '/a', 'a/+']);
    },
    {
      authorizer: {
        subscribe: (_client, { effectiveFilter }) => {
          asked.push(effectiveFilter);
          return true;
        },
      },
    },
  )();
});

test('an observer is told what happens, in order', async () => {
  const told: string[] = [];
  const observer: BrokerOptions['observer'] = {
    connected: ({ clientId }, { sessionPresent }) =>
      void told.push(`connected ${clientId} ${sessionPresent}`),
    disconnected: ({ clientId }, reasonCode) =>
      void told.push(`disconnected ${clientId} ${reasonCode.toString(16)}`),
    refused: ({ address }, reasonCode) =>
      void told.push(`refused ${address} ${reasonCode.toString(16)}`),
    subscribed: ({ clientId }, topicFilter, qos) =>
      void told.push(`subscribed ${clientId} ${topicFilter} ${qos}`),
    unsubscribed: ({ clientId }, topicFilter) =>
      void told.push(`unsubscribed ${clientId} ${topicFilter}`),
  };
  await inWorld(
    (world) => {
      const client = world.resume('c');
      client.subscribe('a', { qos: 1 });
      client.unsubscribe('a', 'never');
      client.vanish();
      world.resume('c').disconnect();
      world.resume('c').disconnect(4);
      world.resume('c');
      world.resume('c').sendBytes(0xc1, 0);
      world.connect({ remote: { address: '192.0.2.1', loopback: false } });
      world.dial().sendBytes(0, 0);
    },
    { observer },
  )();
  expect(told).toEqual([
    'connected c false',
    'subscribed c a 1',
    'unsubscribed c a',
    'disconnected c 80',
    'connected c true',
    'disconnected c 0',
    'connected c true',
    'disconnected c 4',
    'connected c true',
    'disconnected c 8e',
    'connected c true',
    'disconnected c 81',
    'refused 192.0.2.1 87',
    expect.stringMatching(/^refused memory 8[12]$/),
  ]);
});

test.each<[TransportError['code'] | undefined, string]>([
  ['TRANSPORT_FRAME_REFUSED', 'A WebSocket message was not binary.'],
  ['TRANSPORT_CONNECTION_LOST', 'connection lost'],
  [undefined, 'connection lost'],
])('an observer is told why a transport has ended a connection: %s', async (code, expected) => {
  const told: string[] = [];
  const observer: BrokerOptions['observer'] = {
    disconnected: (_client, _reasonCode, reason) => void told.push(reason),
  };
  await inWorld(
    async (world) => {
      let receiver: ConnectionReceiver | undefined;
      const connection: Connection = {
        remote: { address: 'x', port: 1, loopback: true, secure: false, transport: 'ws' },
        stableChunks: true,
        pendingBytes: 0,
        start: (given) => (receiver = given),
        write: () => true,
        writev: () => true,
        pause: () => undefined,
        resume: () => undefined,
        close: () => undefined,
        destroy: () => undefined,
      };
      await world.broker.listen({
        name: 'ws',
        listen: async (listener) => {
          listener.connection(connection);
          return { host: 'x', port: 1, url: 'ws://x:1' };
        },
        close: async () => undefined,
      });
      const connect = { type: 1, protocolVersion: 5, clientId: 'c', keepAlive: 0 } as const;
      receiver?.data(encode({ ...connect, cleanStart: true }, 5));
      await world.settleAsync();
      receiver?.closed(code && new TransportError(code, 'A WebSocket message was not binary.'));
    },
    { observer },
  )();
  expect(told).toEqual([expected]);
});

test('an observer that throws is reported, and disturbs nobody', async () => {
  const faults: string[] = [];
  const fail = (): never => {
    throw new Error('a defect');
  };
  await inWorld(
    (world) => {
      const client = world.connect();
      expect(client.subscribe('a')).toEqual([2]);
      client.publish('a', 'x');
      expect(client.messages()).toEqual(['a=x q0']);
      client.disconnect();
      expect(world.broker.counters.sessions).toBe(0);
    },
    {
      observer: {
        connected: fail,
        disconnected: fail,
        subscribed: fail,
        fault: (error, where) => void faults.push(`${where}: ${String(error)}`),
      },
    },
  )();
  expect(faults).toEqual(Array(3).fill('observer: Error: a defect'));
});
