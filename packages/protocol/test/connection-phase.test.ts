import { PacketType, type ProtocolVersion, ReasonCode, type Role } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { ConnectionPhase } from '../src/connection-phase.ts';

type Drive = (phase: ConnectionPhase) => void;

const nothing: Drive = () => undefined;
const connect =
  (version: ProtocolVersion, enhanced = false): Drive =>
  (phase) =>
    phase.connect(version, enhanced);
const connected =
  (version: ProtocolVersion, enhanced = false): Drive =>
  (phase) => {
    phase.connect(version, enhanced);
    phase.connack(ReasonCode.Success);
  };
const closed =
  (version: ProtocolVersion): Drive =>
  (phase) => {
    connected(version)(phase);
    phase.close();
  };

function driven(role: Role, drive: Drive): ConnectionPhase {
  const phase = new ConnectionPhase(role);
  drive(phase);
  return phase;
}

const names = Object.keys(PacketType) as (keyof typeof PacketType)[]; // the keys of a constant object
const both = 'Publish Puback Pubrec Pubrel Pubcomp';
const fromClient = `${both} Subscribe Unsubscribe Pingreq Disconnect`;
const fromServer = `${both} Suback Unsuback Pingresp`;
const sorted = (list: string): string[] =>
  list
    .split(' ')
    .filter((name) => name !== '')
    .toSorted();

test.each<[string, Drive, string, string]>([
  ['[MQTT-3.1.0-1] before CONNECT', nothing, 'Connect', ''],
  ['[MQTT-3.2.0-1] [MQTT-3.14.0-1] between CONNECT and CONNACK', connect(5), fromClient, 'Connack'],
  ['[MQTT-3.2.0-1 @3.1.1] between CONNECT and CONNACK', connect(4), fromClient, 'Connack'],
  [
    '[MQTT-3.1.2-30] [MQTT-3.2.0-1] with an Authentication Method until CONNACK',
    connect(5, true),
    'Auth Disconnect',
    'Auth Connack',
  ],
  [
    '[MQTT-3.2.0-2] [MQTT-4.12.0-6] [MQTT-4.12.0-7] connected',
    connected(5),
    fromClient,
    `${fromServer} Disconnect`,
  ],
  [
    '[MQTT-4.12.1-1] connected with an Authentication Method',
    connected(5, true),
    `${fromClient} Auth`,
    `${fromServer} Disconnect Auth`,
  ],
  ['[MQTT-3.1.0-2 @3.1.1] connected with 3.1.1', connected(4), fromClient, fromServer],
  ['connected with 3.1', connected(3), fromClient, fromServer],
  ['[MQTT-3.14.4-1] after DISCONNECT', closed(5), '', ''],
  ['[MQTT-3.14.4-2 @3.1.1] after DISCONNECT', closed(4), '', ''],
  [
    '[MQTT-3.2.2-7] [MQTT-3.1.4-6] after a CONNACK that refuses',
    (p) => (p.connect(5, false), p.connack(0x87)),
    '',
    '',
  ],
  [
    '[MQTT-3.1.4-5 @3.1.1] after a CONNACK that refuses',
    (p) => (p.connect(4, false), p.connack(5)),
    '',
    '',
  ],
])('%s', (_statement, drive, clientSends, serverSends) => {
  const server = driven('server', drive);
  const client = driven('client', drive);
  const received = (phase: ConnectionPhase): string[] =>
    names.filter((name) => phase.receive(PacketType[name]) === undefined).toSorted();
  const sent = (phase: ConnectionPhase): string[] =>
    names.filter((name) => phase.maySend(PacketType[name])).toSorted();
  expect([received(server), sent(client)]).toEqual([sorted(clientSends), sorted(clientSends)]);
  expect([received(client), sent(server)]).toEqual([sorted(serverSends), sorted(serverSends)]);
});

test.each<[string | undefined, string, Role, Drive, PacketType]>([
  ['MQTT-3.1.0-1', 'PUBLISH first', 'server', nothing, PacketType.Publish],
  ['MQTT-3.1.0-2', 'a second CONNECT', 'server', connected(5), PacketType.Connect],
  ['MQTT-3.1.0-2', 'a second CONNECT before CONNACK', 'server', connect(5), PacketType.Connect],
  ['MQTT-3.1.0-2 @3.1.1', 'a second CONNECT', 'server', connected(4), PacketType.Connect],
  [
    'MQTT-3.1.2-30',
    'PUBLISH before CONNACK with a method',
    'server',
    connect(5, true),
    PacketType.Publish,
  ],
  ['MQTT-4.12.0-7', 'AUTH without a method', 'server', connected(5), PacketType.Auth],
  [undefined, 'AUTH in 3.1.1', 'server', connected(4), PacketType.Auth],
  [undefined, 'SUBACK from a client', 'server', connected(5), PacketType.Suback],
  ['MQTT-3.14.4-1', 'PUBLISH after DISCONNECT', 'server', closed(5), PacketType.Publish],
  ['MQTT-3.14.4-2 @3.1.1', 'PUBLISH after DISCONNECT', 'server', closed(4), PacketType.Publish],
  ['MQTT-3.2.0-1', 'PUBLISH before CONNACK', 'client', connect(5), PacketType.Publish],
  ['MQTT-3.2.0-1 @3.1.1', 'PUBLISH before CONNACK', 'client', connect(4), PacketType.Publish],
  ['MQTT-3.14.0-1', 'DISCONNECT before CONNACK', 'client', connect(5), PacketType.Disconnect],
  ['MQTT-4.12.0-6', 'AUTH without a method', 'client', connect(5), PacketType.Auth],
  ['MQTT-3.2.0-2', 'a second CONNACK', 'client', connected(5), PacketType.Connack],
  [undefined, 'a second CONNACK in 3.1.1', 'client', connected(4), PacketType.Connack],
  [undefined, 'DISCONNECT in 3.1.1', 'client', connected(4), PacketType.Disconnect],
  [undefined, 'SUBSCRIBE from a server', 'client', connected(5), PacketType.Subscribe],
  ['MQTT-3.14.4-1', 'PUBLISH after DISCONNECT', 'client', closed(5), PacketType.Publish],
])('[%s] is broken by %s towards a %s', (statement, _what, role, drive, type) => {
  const error = driven(role, drive).receive(type);
  expect([error?.reasonCode, error?.statement, error?.packetType]).toEqual([
    ReasonCode.ProtocolError,
    statement,
    type,
  ]);
});

test.each<[string, Drive]>([
  ['[MQTT-3.1.0-2] CONNECT twice', (phase) => (phase.connect(5, false), phase.connect(5, false))],
  [
    '[MQTT-3.2.0-2] CONNACK twice',
    (phase) => (phase.connect(5, false), phase.connack(0), phase.connack(0)),
  ],
  ['CONNACK before CONNECT', (phase) => phase.connack(0)],
  ['CONNECT after the end', (phase) => (phase.close(), phase.connect(5, false))],
])('%s is a mistake of the caller', (_statement, drive) => {
  expect(() => driven('server', drive)).toThrow(TypeError);
});

test('the phase can be read', () => {
  const phase = new ConnectionPhase('server');
  const seen: string[] = [phase.phase];
  phase.connect(5, true);
  seen.push(phase.phase);
  phase.connack(0);
  seen.push(phase.phase);
  phase.close();
  phase.close();
  expect([...seen, phase.phase]).toEqual([
    'awaiting-connect',
    'authenticating',
    'connected',
    'closed',
  ]);
  expect(driven('client', connect(4)).phase).toBe('connecting');
});
