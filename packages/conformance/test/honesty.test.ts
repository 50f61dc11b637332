import type { Packet } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { allCases, type ConformanceCase, runConformance } from '../src/index.ts';
import {
  agreeingServer,
  type BrokenServer,
  closingServer,
  type Fault,
  faultyServer,
  silentServer,
} from './broken-servers.ts';
import { startWellhead } from './subjects/wellhead-subject.ts';

const quick = allCases.filter(({ version, slow }) => version === 5 && slow !== true);

async function passedBy(
  server: BrokenServer,
  cases: readonly ConformanceCase[],
): Promise<readonly ConformanceCase[]> {
  const report = await runConformance(server.target, { cases, timeout: 100, jobs: 64 });
  return report.results.filter(({ status }) => status === 'passed').map(({ case: one }) => one);
}

test('a server that never answers passes no case', async () => {
  await using server = await silentServer();
  expect((await passedBy(server, quick)).map(({ id }) => id)).toEqual([]);
});

test('a server that closes every connection passes only cases that end so', async () => {
  await using server = await closingServer();
  const passed = await passedBy(server, quick);
  const others = passed.filter(({ title }) => !/refus|clos/i.test(title));
  expect(others.map(({ id, title }) => `${id} ${title}`)).toEqual([]);
});

test('a server that agrees with everything passes no case that forbids something', async () => {
  await using server = await agreeingServer();
  const forbidding = quick.filter(({ title }) => /^The server (closes|refuses)/.test(title));
  expect(forbidding.length).toBeGreaterThan(120);
  expect((await passedBy(server, forbidding)).map(({ id }) => id)).toEqual([]);
});

const publishes =
  (change: (packet: Packet & { type: 3 }) => readonly (Packet | Uint8Array)[]): Fault =>
  (packet) =>
    packet.type === 3 ? change(packet) : [packet];

let previous: Packet | undefined;

test.each<[defect: string, caught: string, fault: Fault]>([
  [
    'DUP on first deliveries',
    '5.0/publish/dup-not-propagated-qos1',
    publishes((p) => [{ ...p, dup: p.qos > 0 }]),
  ],
  ['RETAIN always 1', '5.0/retain/as-published-0', publishes((p) => [{ ...p, retain: true }])],
  ['RETAIN always 0', '5.0/retain/stored-qos0', publishes((p) => [{ ...p, retain: false }])],
  [
    'no properties',
    '5.0/publish/forwards-user-properties',
    publishes((p) => [{ ...p, properties: undefined }]),
  ],
  [
    'User Properties sorted',
    '5.0/publish/forwards-user-properties-order',
    publishes((p) => [
      {
        ...p,
        properties: { ...p.properties, userProperties: p.properties?.userProperties?.toSorted() },
      },
    ]),
  ],
  [
    'every message twice',
    '5.0/qos/qos2-receiver-once',
    publishes((p) => (p.qos === 0 ? [p, p] : [p, { ...p, packetId: 999 }])),
  ],
  [
    'QoS lowered',
    '5.0/subscribe/qos-1-granted-1',
    publishes((p) => [{ ...p, qos: 0, packetId: undefined }]),
  ],
  [
    'Packet Identifier always 1',
    '5.0/identifiers/distinct-while-in-flight',
    publishes((p) => [p.qos > 0 ? { ...p, packetId: 1 } : p]),
  ],
  [
    'a Topic Alias for those who allow none',
    '5.0/topic-alias/server-none',
    publishes((p) => [{ ...p, properties: { topicAlias: 1 } }]),
  ],
  [
    'no Subscription Identifiers',
    '5.0/subscription-identifiers/one',
    publishes((p) => [{ ...p, properties: {} }]),
  ],
  [
    'case of Topic Names folded',
    '5.0/topics/not-normalised',
    publishes((p) => [{ ...p, topicName: p.topicName.toLowerCase() }]),
  ],
  [
    'payload cut at 64 kB',
    '5.0/publish/large-payload',
    publishes((p) => [{ ...p, payload: p.payload.subarray(0, 65_536) }]),
  ],
  [
    'messages of a pair swapped',
    '5.0/redelivery/ordered-qos0',
    publishes((p) => {
      const pair = previous ? [p, previous] : [];
      previous = previous ? undefined : p;
      return pair;
    }),
  ],
  [
    'Session Present always 1',
    '5.0/session/clean-start-1',
    (p) => [p.type === 2 ? { ...p, sessionPresent: true } : p],
  ],
  [
    'Session Present always 0',
    '5.0/session/clean-start-0',
    (p) => [p.type === 2 ? { ...p, sessionPresent: false } : p],
  ],
  ['two CONNACKs', '5.0/connect/connack', (p) => (p.type === 2 ? [p, p] : [p])],
  [
    'no Assigned Client Identifier',
    '5.0/connect/assigned-client-id',
    (p) => [p.type === 2 ? { ...p, properties: {} } : p],
  ],
  [
    'PINGRESP before CONNACK',
    '5.0/connect/connack',
    (p) => (p.type === 2 ? [{ type: 13 }, p] : [p]),
  ],
  [
    'a reserved bit in CONNACK',
    '5.0/connect/connack',
    (p) => [p.type === 2 ? Uint8Array.of(0x20, 3, 2, 0, 0) : p],
  ],
  [
    'SUBACK with the wrong identifier',
    '5.0/identifiers/requests-256',
    (p) => [p.type === 9 ? { ...p, packetId: 2 } : p],
  ],
  [
    'SUBACK codes reversed',
    '5.0/subscribe/several-filters',
    (p) => [p.type === 9 ? { ...p, reasonCodes: [2, 0, 1, 2, 2] } : p],
  ],
  [
    'UNSUBACK always 0x00',
    '5.0/unsubscribe/not-subscribed',
    (p) => [p.type === 11 ? { ...p, reasonCodes: [0] } : p],
  ],
  ['no UNSUBACK', '5.0/unsubscribe/unsuback', (p) => (p.type === 11 ? [] : [p])],
  [
    'PUBACK for another identifier',
    '5.0/identifiers/acknowledged-255',
    (p) => [p.type === 4 ? { ...p, packetId: 3 } : p],
  ],
  ['no PUBREL', '5.0/qos/qos2-sender', (p) => (p.type === 6 ? [] : [p])],
  [
    'explanations that were not asked for',
    '5.0/client-limits/no-problem-information',
    (p) => [p.type === 9 || p.type === 11 ? { ...p, properties: { reasonString: 'because' } } : p],
  ],
  [
    'explanations that do not fit',
    '5.0/client-limits/acknowledgements-fit',
    (p) => [p.type === 11 ? { ...p, properties: { reasonString: 'x'.repeat(100) } } : p],
  ],
  [
    'a packet after DISCONNECT',
    '5.0/disconnect/server-sends-and-closes',
    (p) => (p.type === 14 ? [p, { type: 13 }] : [p]),
  ],
  [
    'DISCONNECT without an error',
    '5.0/connect/second-connect',
    (p) => [p.type === 14 ? { ...p, reasonCode: 0 } : p],
  ],
  [
    'Reason Code 0x80 for everything',
    '5.0/auth/without-method-reason',
    (p) => [p.type === 14 ? { ...p, reasonCode: 0x80 } : p],
  ],
])('a server with this defect fails: %s', async (_defect, caught, fault) => {
  previous = undefined;
  await using subject = await startWellhead();
  const cases = allCases.filter(({ id }) => id === caught);
  const options = { cases, timeout: 300, fixtures: subject.fixtures };
  const right = await runConformance(subject.target, { ...options, timeout: 10_000 });
  expect(right.results.map(({ status }) => status)).toEqual(['passed']);
  await using faulty = await faultyServer(subject.target, fault);
  const wrong = await runConformance(faulty.target, options);
  expect(wrong.results.map(({ status }) => status)).toEqual(['failed']);
});
