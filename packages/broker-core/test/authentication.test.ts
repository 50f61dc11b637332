import { expect, test } from 'vitest';
import type { BrokerOptions, EnhancedAuthenticator } from '../src/index.ts';
import { type Client, type World, inWorld } from './support.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data);

/** Three steps: asks for `one`, then `two`, and accepts with `done`; `wrong` is refused, `throw` is a defect. */
function challenge(isAsync = false): EnhancedAuthenticator {
  return {
    method: 'CHALLENGE',
    begin: () => {
      let step = 0;
      const next = (
        data: string,
      ): ReturnType<ReturnType<EnhancedAuthenticator['begin']>['step']> => {
        if (data === 'wrong') return { type: 'refuse', reasonCode: 0x86, reasonString: 'wrong' };
        if (data === 'throw') throw new Error('a defect');
        step++;
        if (step === 3) return { type: 'accept', data: bytes('done'), userName: 'alice' };
        return { type: 'continue', data: bytes(`give me ${step}`) };
      };
      return {
        step: (data) => (isAsync ? (async () => next(text(data)))() : next(text(data))),
      };
    },
  };
}

const options = (isAsync = false): BrokerOptions => ({
  enhancedAuthenticators: [challenge(isAsync)],
});
const method = { authenticationMethod: 'CHALLENGE' };

function begin(world: World, data = 'start'): Client {
  return world.connect({ properties: { ...method, authenticationData: bytes(data) } });
}

function answer(client: Client, data: string, reasonCode = 0x18): Client {
  return client.send({
    type: 15,
    reasonCode,
    properties: { ...method, authenticationData: bytes(data) },
  });
}

test.each([false, true])(
  '[MQTT-4.12.0-2] [MQTT-4.12.0-5] [MQTT-3.15.2-1] AUTH goes back and forth until CONNACK (asynchronous: %s)',
  async (isAsync) =>
    inWorld(async (world) => {
      const client = begin(world);
      await world.settleAsync();
      const auth = (step: number): object => ({
        type: 15,
        reasonCode: 0x18,
        properties: { ...method, authenticationData: bytes(`give me ${step}`) },
      });
      expect(client.take()).toMatchObject([auth(1)]);
      answer(client, 'one');
      await world.settleAsync();
      expect(client.take()).toMatchObject([auth(2)]);
      answer(client, 'two');
      await world.settleAsync();
      expect(client.take()).toMatchObject([
        { type: 2, reasonCode: 0, properties: { ...method, authenticationData: bytes('done') } },
      ]);
      expect(client.isClosed).toBe(false);
    }, options(isAsync))(),
);

test.each<[string, (client: Client) => void, string]>([
  ['[MQTT-4.12.0-4] refused', (client) => answer(client, 'wrong'), 'CONNACK 86 closed'],
  ['a defect of the authenticator', (client) => answer(client, 'throw'), 'CONNACK 80 closed'],
  [
    '[MQTT-4.12.0-5] another method',
    (client) =>
      client.send({ type: 15, reasonCode: 0x18, properties: { authenticationMethod: 'OTHER' } }),
    'CONNACK 82 closed',
  ],
  [
    '[MQTT-4.12.1-1] re-authentication before CONNACK',
    (client) => answer(client, 'x', 0x19),
    'CONNACK 82 closed',
  ],
  ['[MQTT-3.1.2-30] a PUBLISH', (client) => client.publish('a', 'x'), 'closed'],
  ['[MQTT-3.1.2-30] a PINGREQ', (client) => client.send({ type: 12 }), 'closed'],
  ['[MQTT-3.1.2-30] DISCONNECT', (client) => client.disconnect(), 'closed'],
  ['[MQTT-3.15.1-1] AUTH with flags', (client) => client.sendBytes(0xf1, 0), 'closed'],
  [
    '[MQTT-3.15.2-1] AUTH 0x00 from a client',
    (client) => client.sendBytes(0xf0, 2, 0, 0),
    'closed',
  ],
])('[MQTT-3.2.0-1] before CONNACK: %s', async (_name, run, expected) =>
  inWorld((world) => {
    const client = begin(world);
    client.take();
    run(client);
    const outcome = client.outcome();
    expect(expected === 'closed' ? outcome.endsWith('closed') : outcome === expected, outcome).toBe(
      true,
    );
    expect(outcome).not.toContain('DISCONNECT'); // [MQTT-3.14.0-1]
    expect(world.broker.counters).toMatchObject({ sessions: 0, clientsConnected: 0 });
  }, options())(),
);

test(
  '[MQTT-4.12.0-1] a method that nobody knows: 0x8C',
  inWorld((world) => {
    const client = world.connect({ properties: { authenticationMethod: 'UNKNOWN' } });
    expect(client.outcome()).toBe('CONNACK 8c closed');
  }, options()),
);

test(
  'a client that never answers runs into the time limit of CONNECT',
  inWorld((world) => {
    const client = begin(world);
    client.take();
    world.advance(10_200);
    expect(client.outcome()).toBe('closed');
  }, options()),
);

test(
  '[MQTT-4.12.0-6] [MQTT-4.12.0-7] without a method there is no AUTH: 0x82',
  inWorld((world) => {
    const client = world.connect();
    expect(client.connack?.properties?.authenticationMethod).toBeUndefined();
    answer(client, 'x', 0x19);
    expect(client.outcome()).toBe('DISCONNECT 82 closed');
  }, options()),
);

test('the exchange decides who the client is', async () => {
  const names: (string | undefined)[] = [];
  await inWorld(
    (world) => {
      admitted(world);
      expect(names).toEqual(['alice']);
    },
    { ...options(), observer: { connected: ({ userName }) => void names.push(userName) } },
  )();
});

function admitted(world: World): Client {
  const client = begin(world);
  answer(client, 'one');
  answer(client, 'two');
  client.take();
  return client;
}

test(
  '[MQTT-4.12.1-1] re-authentication on an open connection, with other traffic meanwhile, ends with AUTH 0x00',
  inWorld((world) => {
    const client = admitted(world);
    client.subscribe('a');
    answer(client, 'again', 0x19);
    client.publish('a', 'meanwhile');
    answer(client, 'one');
    answer(client, 'two');
    expect(client.take()).toMatchObject([
      { type: 15, reasonCode: 0x18, properties: method },
      { type: 3 },
      { type: 15, reasonCode: 0x18, properties: method },
      { type: 15, reasonCode: 0, properties: { ...method, authenticationData: bytes('done') } },
    ]);
    answer(client, 'once more', 0x19);
    expect(client.take()).toMatchObject([{ type: 15, reasonCode: 0x18 }]);
  }, options()),
);

test.each<[string, (client: Client) => void, string]>([
  [
    '[MQTT-4.12.1-2] refused with a code that only CONNACK has',
    (client) => answer(answer(client, 'again', 0x19), 'wrong'),
    'DISCONNECT 87 closed',
  ],
  ['continued without having begun', (client) => answer(client, 'x'), 'DISCONNECT 82 closed'],
  ['begun twice', (client) => answer(answer(client, 'a', 0x19), 'b', 0x19), 'DISCONNECT 82 closed'],
  [
    '[MQTT-4.12.1-1] another method',
    (client) =>
      client.send({ type: 15, reasonCode: 0x19, properties: { authenticationMethod: 'OTHER' } }),
    'DISCONNECT 82 closed',
  ],
])('re-authentication that fails: %s', async (_name, run, expected) =>
  inWorld((world) => {
    const client = admitted(world);
    run(client);
    expect(client.outcome()).toBe(expected);
  }, options())(),
);

test('an authenticator that takes its time holds back its client alone', async () => {
  let admit = (): void => undefined;
  await inWorld(
    async (world) => {
      const slow = world.connect({ clientId: 'slow', userName: 'slow' });
      slow.publish('a', 'at last', { retain: true });
      const fast = world.connect({ clientId: 'fast' });
      expect([slow.connack, fast.connack?.reasonCode]).toEqual([undefined, 0]);
      admit();
      await world.settleAsync();
      expect(slow.messages()).toEqual(['CONNACK']);
      fast.subscribe('a');
      expect(fast.messages()).toEqual(['a=at last q0 retain']);
    },
    {
      authenticator: {
        authenticate: ({ userName }) =>
          userName === 'slow'
            ? new Promise((resolve) => {
                admit = () => resolve({ accept: true });
              })
            : { accept: true },
      },
    },
  )();
});

test.each<[string, BrokerOptions['authenticator']]>([
  [
    'throws',
    {
      authenticate: () => {
        throw new Error('a defect');
      },
    },
  ],
  [
    'rejects',
    {
      authenticate: async () => {
        throw new Error('a defect');
      },
    },
  ],
])('an authenticator that %s refuses, and is reported', async (_name, authenticator) => {
  const faults: string[] = [];
  await inWorld(
    async (world) => {
      const client = world.connect();
      await world.settleAsync();
      expect(client.outcome()).toBe('CONNACK 80 closed');
    },
    { authenticator, observer: { fault: (error) => void faults.push(String(error)) } },
  )();
  expect(faults).toEqual(['Error: a defect']);
});

test('the authenticator is shown what CONNECT brought', async () => {
  const requests: unknown[] = [];
  await inWorld(
    (world) => {
      world.connect({
        clientId: 'me',
        userName: 'alice',
        password: bytes('secret'),
        keepAlive: 7,
        properties: { userProperties: [['k', 'v']] },
        remote: { address: '192.0.2.7', loopback: false },
      });
    },
    {
      authenticator: {
        authenticate(request) {
          requests.push({ ...request, password: text(request.password) });
          return { accept: true };
        },
      },
    },
  )();
  expect(requests).toMatchObject([
    {
      clientId: 'me',
      userName: 'alice',
      password: 'secret',
      protocolVersion: 5,
      cleanStart: true,
      keepAlive: 7,
      userProperties: [['k', 'v']],
      remote: { address: '192.0.2.7', loopback: false },
    },
  ]);
});
