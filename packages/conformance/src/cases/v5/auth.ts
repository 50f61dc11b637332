import { packet, properties, Property, str } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { describeCode } from '../../describe-packet.ts';
import { check } from '../../failure.ts';
import { refusedPackets } from '../../refusals.ts';
import type { WireClient } from '../../wire-client.ts';

const basic: readonly CaseDefinition[] = [
  ...(
    [
      ['wrong-password', { password: 'not the password' }],
      ['unknown-user', { userName: 'nobody-of-that-name', password: 'x' }],
    ] as const
  ).map(([name, credentials]) => ({
    name,
    title: `A ${name.replace('-', ' ')} is refused: CONNACK 0x86, 0x87 or nothing, and closed`,
    statements: ['MQTT-3.1.4-2', 'MQTT-3.2.2-7', 'MQTT-4.13.2-1'],
    needs: ['authentication'] as const,
    async run(t: CaseContext) {
      const fixture = 'authentication';
      const client = await t.open({ fixture });
      client.send(t.connectPacket({ fixture, ...credentials }));
      await client.expectRefused([0x86, 0x87]);
    },
  })),
  {
    name: 'no-credentials',
    title: 'A CONNECT without credentials is refused where they are demanded',
    statements: ['MQTT-3.1.4-2', 'MQTT-3.2.2-7'],
    needs: ['authentication'],
    async run(t) {
      const client = await t.open({ fixture: 'authentication' });
      const { userName: _user, password: _password, ...anonymous } = t.connectPacket();
      client.send(anonymous);
      await client.expectRefused([0x86, 0x87]);
    },
  },
  {
    name: 'right-password',
    title: 'The right user and password are accepted',
    statements: ['MQTT-3.1.4-2', 'MQTT-3.1.4-5', 'MQTT-3.1.2-17', 'MQTT-3.1.2-19'],
    needs: ['authentication'],
    async run(t) {
      const client = await t.connect({ fixture: 'authentication' });
      await client.ping();
    },
  },
  {
    name: 'failed-takeover',
    title: 'Wrong credentials do not take over the session of a client that is connected',
    statements: ['MQTT-3.1.4-2'],
    needs: ['authentication'],
    async run(t) {
      const fixture = 'authentication';
      const owner = await t.connect({ fixture });
      const intruder = await t.open({ fixture });
      const { clientId } = owner;
      intruder.send(t.connectPacket({ fixture, clientId, password: 'not the password' }));
      await intruder.expectRefused([0x86, 0x87]);
      await owner.expectSilence();
    },
  },
  {
    name: 'nothing-processed-after-refusal',
    title: 'What a client sends behind a CONNECT with wrong credentials is not processed',
    statements: ['MQTT-3.1.4-6'],
    needs: ['authentication'],
    async run(t) {
      const fixture = 'authentication';
      const watcher = await t.connect({ fixture });
      await watcher.subscribe(t.topic());
      const client = await t.open({ fixture });
      client.send(t.connectPacket({ fixture, password: 'not the password' }));
      client.sendPublish(t.topic(), 'x');
      await client.expectRefused([0x86, 0x87]);
      await watcher.expectSilence();
    },
  },
  {
    name: 'unsupported-method',
    title:
      'An Authentication Method that the server does not know: CONNACK 0x8C, 0x87 or nothing, and closed',
    statements: ['MQTT-4.12.0-1', 'MQTT-3.2.2-7'],
    async run(t) {
      const client = await t.open();
      const authenticationMethod = 'no such method';
      client.send(t.connectPacket({ properties: { authenticationMethod } }));
      await client.expectRefused([0x8c, 0x87]);
    },
  },
];

const enhanced: readonly CaseDefinition[] = [
  {
    name: 'challenge',
    title:
      'A challenge comes as AUTH 0x18, the right answer brings CONNACK, all with the same method',
    statements: ['MQTT-4.12.0-2', 'MQTT-4.12.0-5', 'MQTT-3.15.2-1', 'MQTT-3.2.0-1'],
    async run(t) {
      const client = await challenged(t);
      answer(t, client, 'response');
      const { properties: found } = await client.expect('connack', { reasonCode: 0 });
      const { method } = t.fixture('enhanced-authentication').parameters;
      const told = found?.authenticationMethod;
      check(told === method, `the method ${method} in CONNACK`, `${told}`);
      await client.ping();
    },
  },
  {
    name: 'wrong-answer',
    title: 'A wrong answer to the challenge: CONNACK of 0x80 or more, or nothing, and closed',
    statements: ['MQTT-4.12.0-4', 'MQTT-3.2.2-7'],
    async run(t) {
      const client = await challenged(t);
      answer(t, client, 'wrong');
      await client.expectRefused();
    },
  },
  {
    name: 'other-method-in-answer',
    title: 'An AUTH with another method than CONNECT is a Protocol Error',
    statements: ['MQTT-4.12.0-5'],
    async run(t) {
      const client = await challenged(t);
      client.send({ type: 15, reasonCode: 0x18, properties: { authenticationMethod: 'another' } });
      await client.expectRefused();
    },
  },
  {
    name: 'other-packet-in-exchange',
    title: 'A PUBLISH in the middle of the exchange ends it: no CONNACK with success',
    statements: ['MQTT-3.2.0-1', 'MQTT-4.12.0-4'],
    async run(t) {
      const client = await challenged(t);
      client.sendPublish(t.topic(), 'x');
      await client.expectRefused();
    },
  },
  {
    name: 're-authentication',
    title: 'Re-authentication ends with AUTH 0x00, other packets flow meanwhile',
    statements: ['MQTT-4.12.0-5', 'MQTT-3.15.2-1', 'MQTT-3.15.2-2', 'MQTT-3.15.2-3'],
    async run(t) {
      const client = await authenticated(t);
      reauthenticate(t, client);
      await client.expect('auth', { reasonCode: 0x18 });
      await client.ping();
      answer(t, client, 'response');
      await client.expect('auth', { reasonCode: 0 });
      await client.ping();
    },
  },
  {
    name: 're-authentication-fails',
    title: 'A re-authentication that fails closes the connection',
    statements: ['MQTT-4.12.1-2', 'MQTT-4.13.2-1'],
    async run(t) {
      const client = await authenticated(t);
      reauthenticate(t, client);
      await client.expect('auth', { reasonCode: 0x18 });
      answer(t, client, 'wrong');
      const { reasonCode = 0x87 } = await client.expectClosed();
      check(reasonCode >= 0x80, 'an error', describeCode(reasonCode));
    },
  },
  {
    name: 're-authentication-other-method',
    title: 'Re-authentication with another method closes the connection',
    statements: ['MQTT-4.12.0-5', 'MQTT-4.12.1-2'],
    async run(t) {
      const client = await authenticated(t);
      client.send({ type: 15, reasonCode: 0x19, properties: { authenticationMethod: 'another' } });
      await client.expectClosed([0x82, 0x8c, 0x87]);
    },
  },
  {
    name: 'small-maximum-packet-size',
    title: 'AUTH of the server stays within the Maximum Packet Size',
    statements: ['MQTT-3.15.2-2', 'MQTT-3.15.2-3'],
    async run(t) {
      const probe = await challenged(t);
      answer(t, probe, 'response');
      await probe.expect('connack', { reasonCode: 0 });
      const client = await challenged(t, { maximumPacketSize: Math.max(probe.connackSize, 30) });
      answer(t, client, 'response');
      await client.expect('connack', { reasonCode: 0 });
    },
  },
];

/** A client that has sent CONNECT with the method, and got the challenge. */
async function challenged(
  t: CaseContext,
  more: { readonly maximumPacketSize?: number } = {},
): Promise<WireClient> {
  const fixture = 'enhanced-authentication';
  const { method = '', data = '' } = t.fixture(fixture).parameters;
  const client = await t.open({ fixture });
  const authentication = {
    authenticationMethod: method,
    authenticationData: Buffer.from(data, 'hex'),
  };
  client.send(t.connectPacket({ fixture, properties: { ...authentication, ...more } }));
  await client.expectNext('auth', {
    reasonCode: 0x18,
    properties: { authenticationMethod: method },
  });
  return client;
}

async function authenticated(t: CaseContext): Promise<WireClient> {
  const client = await challenged(t);
  answer(t, client, 'response');
  await client.expectAccepted();
  return client;
}

function answer(t: CaseContext, client: WireClient, which: 'response' | 'wrong'): void {
  const { parameters } = t.fixture('enhanced-authentication');
  const authenticationData = Buffer.from(parameters[which] ?? '', 'hex');
  const authenticationMethod = parameters['method'] ?? '';
  client.send({
    type: 15,
    reasonCode: 0x18,
    properties: { authenticationMethod, authenticationData },
  });
}

function reauthenticate(t: CaseContext, client: WireClient): void {
  const { method = '', data = '' } = t.fixture('enhanced-authentication').parameters;
  const authenticationData = Buffer.from(data, 'hex');
  const again = { authenticationMethod: method, authenticationData };
  client.send({ type: 15, reasonCode: 0x19, properties: again });
}

const method = properties(Property.AuthenticationMethod, str('x'));

const refused = refusedPackets(5, 'auth', [
  {
    name: 'without-method',
    title: 'an AUTH 0x18 on a connection without an Authentication Method',
    statements: ['MQTT-4.12.0-7'],
    codes: [0x82],
    bytes: () => packet(0xf0, 0x18, method),
  },
  {
    name: 're-authenticate-without-method',
    title: 'an AUTH 0x19 on a connection without an Authentication Method',
    statements: ['MQTT-4.12.0-7'],
    codes: [0x82],
    bytes: () => packet(0xf0, 0x19, method),
  },
  {
    name: 'success-from-client',
    title: 'an AUTH 0x00 from a client',
    statements: ['MQTT-3.15.2-1', 'MQTT-4.12.0-7'],
    codes: [0x81, 0x82],
    bytes: () => packet(0xf0, 0x00, method),
  },
  {
    name: 'unknown-code',
    title: 'an AUTH with the Reason Code 0x80',
    statements: ['MQTT-3.15.2-1'],
    codes: [0x81, 0x82],
    bytes: () => packet(0xf0, 0x80, method),
  },
  {
    name: 'empty',
    title: 'an AUTH without a body, and so without a method',
    statements: ['MQTT-4.12.0-7'],
    codes: [0x81, 0x82],
    bytes: () => packet(0xf0),
  },
]);

/** Sections 3.15 and 4.12, authentication. */
export const authCases: readonly ConformanceCase[] = [
  ...defineCases(5, 'auth', basic),
  ...defineCases(
    5,
    'auth',
    enhanced.map((one) => ({ ...one, needs: ['enhanced-authentication' as const] })),
  ),
  ...refused,
];
