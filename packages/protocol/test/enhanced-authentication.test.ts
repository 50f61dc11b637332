import { type ProtocolError, ReasonCode, type Role } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { EnhancedAuthentication } from '../src/enhanced-authentication.ts';

const { Success, ContinueAuthentication: Continue, ReAuthenticate, NotAuthorized } = ReasonCode;
const method = 'SCRAM-SHA-1';

type Step = (machine: EnhancedAuthentication) => ProtocolError | undefined | void;

const connect =
  (name?: string): Step =>
  (machine) =>
    machine.connect(name);
const connack =
  (reasonCode: number, name?: string): Step =>
  (machine) =>
    machine.connack(reasonCode, name);
const send =
  (reasonCode: number): Step =>
  (machine) =>
    machine.send(reasonCode);
const receive =
  (reasonCode: number, authenticationMethod: string | undefined = method): Step =>
  (machine) =>
    machine.receive({ reasonCode, properties: { authenticationMethod } });

/** Drives a machine; every step but the last must be legal. */
function drive(
  role: Role,
  steps: readonly Step[],
): { machine: EnhancedAuthentication; error: ProtocolError | undefined } {
  const machine = new EnhancedAuthentication(role);
  let error: ProtocolError | undefined;
  for (const step of steps) {
    expect(error).toBeUndefined();
    error = step(machine) ?? undefined;
  }
  return { machine, error };
}

const byServer: readonly Step[] = [
  connect(method),
  send(Continue),
  receive(Continue),
  connack(Success, method),
];
const byClient: readonly Step[] = [
  connect(method),
  receive(Continue),
  send(Continue),
  connack(Success, method),
];

test.each<[string, Role, readonly Step[], string]>([
  ['no method, no exchange', 'server', [connect(), connack(Success)], 'idle'],
  ['CONNECT with a method begins one', 'server', [connect(method)], 'authenticating'],
  [
    '[MQTT-4.12.0-2] the server asks with 0x18',
    'server',
    [connect(method), send(Continue)],
    'authenticating',
  ],
  [
    '[MQTT-4.12.0-3] the client answers with 0x18',
    'server',
    [connect(method), send(Continue), receive(Continue)],
    'authenticating',
  ],
  [
    'several rounds',
    'server',
    [
      connect(method),
      send(Continue),
      receive(Continue),
      send(Continue),
      receive(Continue),
      connack(Success, method),
    ],
    'idle',
  ],
  [
    '[MQTT-4.12.0-5] CONNACK at once',
    'server',
    [connect(method), connack(Success, method)],
    'idle',
  ],
  [
    '[MQTT-4.12.0-4] the server refuses, without naming the method',
    'server',
    [connect(method), connack(NotAuthorized)],
    'idle',
  ],
  [
    '[MQTT-4.12.1-1] re-authentication',
    'server',
    [...byServer, receive(ReAuthenticate)],
    'reauthenticating',
  ],
  [
    're-authentication goes on',
    'server',
    [...byServer, receive(ReAuthenticate), send(Continue), receive(Continue)],
    'reauthenticating',
  ],
  [
    're-authentication ends with 0x00',
    'server',
    [...byServer, receive(ReAuthenticate), send(Success)],
    'idle',
  ],
  [
    're-authentication again',
    'server',
    [...byServer, receive(ReAuthenticate), send(Success), receive(ReAuthenticate)],
    'reauthenticating',
  ],
  ['a client authenticates', 'client', byClient, 'idle'],
  ['a client re-authenticates', 'client', [...byClient, send(ReAuthenticate)], 'reauthenticating'],
  [
    'a client is asked again',
    'client',
    [...byClient, send(ReAuthenticate), receive(Continue), send(Continue)],
    'reauthenticating',
  ],
  [
    'a client is re-authenticated',
    'client',
    [...byClient, send(ReAuthenticate), receive(Success)],
    'idle',
  ],
  ['a client without a method', 'client', [connect(), connack(Success)], 'idle'],
  ['a client is refused', 'client', [connect(method), connack(NotAuthorized)], 'idle'],
])('legal: %s', (_statement, role, steps, phase) => {
  const { machine, error } = drive(role, steps);
  expect([error, machine.phase]).toEqual([undefined, phase]);
});

test.each<[string | undefined, string, Role, readonly Step[]]>([
  ['MQTT-4.12.0-7', 'AUTH without a method in CONNECT', 'server', [connect(), receive(Continue)]],
  [
    'MQTT-4.12.0-7',
    'AUTH 0x19 without a method in CONNECT',
    'server',
    [connect(), connack(Success), receive(ReAuthenticate)],
  ],
  [
    'MQTT-4.12.0-5',
    'another method',
    'server',
    [connect(method), send(Continue), receive(Continue, 'PLAIN')],
  ],
  [
    'MQTT-4.12.0-5',
    'no method',
    'server',
    [connect(method), send(Continue), (m) => m.receive({ reasonCode: Continue })],
  ],
  [
    'MQTT-4.12.1-1',
    'another method at re-authentication',
    'server',
    [...byServer, receive(ReAuthenticate, 'PLAIN')],
  ],
  [
    'MQTT-3.15.2-1',
    '0x00 from a client',
    'server',
    [connect(method), send(Continue), receive(Success)],
  ],
  [
    'MQTT-4.12.0-3',
    '0x19 while authenticating',
    'server',
    [connect(method), send(Continue), receive(ReAuthenticate)],
  ],
  [undefined, '0x18 before the server asked', 'server', [connect(method), receive(Continue)]],
  [
    undefined,
    '0x18 twice',
    'server',
    [connect(method), send(Continue), receive(Continue), receive(Continue)],
  ],
  [undefined, '0x18 when nothing is under way', 'server', [...byServer, receive(Continue)]],
  [
    undefined,
    '0x19 while one is under way',
    'server',
    [...byServer, receive(ReAuthenticate), receive(ReAuthenticate)],
  ],
  [
    'MQTT-4.12.0-6',
    'AUTH though the client named no method',
    'client',
    [connect(), receive(Continue)],
  ],
  [
    'MQTT-4.12.0-6',
    'a method in CONNACK though the client named none',
    'client',
    [connect(), connack(Success, method)],
  ],
  ['MQTT-4.12.0-5', 'no method in CONNACK', 'client', [connect(method), connack(Success)]],
  [
    'MQTT-4.12.0-5',
    'another method in CONNACK',
    'client',
    [connect(method), connack(Success, 'PLAIN')],
  ],
  [
    'MQTT-4.12.0-5',
    'another method in a CONNACK that refuses',
    'client',
    [connect(method), connack(NotAuthorized, 'PLAIN')],
  ],
  [
    'MQTT-4.12.0-5',
    'another method from the server',
    'client',
    [connect(method), receive(Continue, 'PLAIN')],
  ],
  ['MQTT-4.12.0-2', '0x00 before CONNACK', 'client', [connect(method), receive(Success)]],
  ['MQTT-3.15.2-1', '0x19 from a server', 'client', [...byClient, receive(ReAuthenticate)]],
  [
    undefined,
    '0x18 twice from a server',
    'client',
    [connect(method), receive(Continue), receive(Continue)],
  ],
  [undefined, 'AUTH from a server that was not asked', 'client', [...byClient, receive(Continue)]],
  [
    'MQTT-4.12.0-6',
    'a server naming a method of its own',
    'server',
    [connect(), connack(Success, method)],
  ],
])('[%s] is broken by %s', (statement, _what, role, steps) => {
  const { error } = drive(role, steps);
  expect([error?.reasonCode, error?.statement]).toEqual([ReasonCode.ProtocolError, statement]);
});

test.each<[string, Role, readonly Step[], readonly number[]]>([
  ['[MQTT-4.12.0-6] a server without a method', 'server', [connect()], []],
  ['[MQTT-4.12.0-7] a client without a method', 'client', [connect(), connack(Success)], []],
  ['[MQTT-4.12.0-2] a server whose turn it is', 'server', [connect(method)], [Continue]],
  ['a server that waits', 'server', [connect(method), send(Continue)], []],
  ['a server outside of an exchange', 'server', byServer, []],
  [
    'a server re-authenticating',
    'server',
    [...byServer, receive(ReAuthenticate)],
    [Success, Continue],
  ],
  ['a client that waits', 'client', [connect(method)], []],
  [
    '[MQTT-4.12.0-3] a client whose turn it is',
    'client',
    [connect(method), receive(Continue)],
    [Continue],
  ],
  ['[MQTT-4.12.1-1] a client after CONNACK', 'client', byClient, [ReAuthenticate]],
  ['a client that was refused', 'client', [connect(method), connack(NotAuthorized)], []],
  ['a client that waits for re-authentication', 'client', [...byClient, send(ReAuthenticate)], []],
])('%s may send what is due only', (_who, role, steps, expected) => {
  const { machine } = drive(role, steps);
  const codes = [Success, Continue, ReAuthenticate, NotAuthorized];
  expect(codes.filter((reasonCode) => machine.maySend(reasonCode))).toEqual(expected);
  const refused = codes.find((reasonCode) => !expected.includes(reasonCode)) ?? NotAuthorized;
  expect(() => machine.send(refused)).toThrow(TypeError);
});

test('method and turn can be read', () => {
  const { machine } = drive('server', [connect(method), send(Continue)]);
  expect([machine.method, machine.turn]).toEqual([method, 'client']);
});
