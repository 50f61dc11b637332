import { packet, properties, Property, str, u32 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { refusedPackets } from '../../refusals.ts';

const ended = defineCases(5, 'disconnect', [
  ...([[], [0], [0, 0]] as const).map((body) => ({
    name: `form-${body.length}`,
    title: `A DISCONNECT with a body of ${body.length} bytes is a normal one: closed without an answer, no Will`,
    statements: ['MQTT-3.14.4-3', 'MQTT-3.14.4-2', 'MQTT-2.2.2-1'],
    async run(t: CaseContext) {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic('will'));
      const client = await t.connect({ will: { topicName: t.topic('will'), payload: 'gone' } });
      client.send(packet(0xe0, ...body));
      const { packets } = await client.expectClosed();
      check(packets.length === 0, 'no packet', `${packets.length}`);
      await watcher.expectSilence();
    },
  })),
  {
    name: 'with-properties',
    title: 'A DISCONNECT with a Reason String and User Properties is understood',
    statements: ['MQTT-3.14.4-3'],
    async run(t) {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic('will'));
      const client = await t.connect({ will: { topicName: t.topic('will'), payload: 'gone' } });
      const told = { reasonString: 'done', userProperties: [['a', 'b']] } as const;
      await client.disconnect(0, told);
      await watcher.expectSilence();
    },
  },
  {
    name: 'nothing-processed-after',
    title: 'What a client sends after its DISCONNECT is not processed',
    statements: ['MQTT-3.14.4-1', 'MQTT-3.14.4-2'],
    async run(t) {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic());
      const client = await t.connect();
      client.send(Buffer.concat([packet(0xe0), packet(0x30, str(t.topic()), 0, 'x')]));
      await client.expectClosed();
      await watcher.expectSilence();
    },
  },
  {
    name: 'server-sends-and-closes',
    title:
      'A server that sends DISCONNECT closes, sends nothing after it and no Session Expiry Interval in it',
    statements: ['MQTT-3.14.4-1', 'MQTT-3.14.4-2', 'MQTT-3.14.2-1', 'MQTT-3.14.2-2'].concat(
      'MQTT-4.13.2-1',
    ),
    async run(t) {
      const client = await t.connect({ properties: { sessionExpiryInterval: 60 } });
      await client.subscribe(t.topic());
      // the order, and the property, are judged on every packet that comes
      client.send(Buffer.concat([packet(0x00), packet(0xc0)]));
      const { packets } = await client.expectClosed();
      check(
        packets.every(({ type }) => type === 14),
        'at most DISCONNECT',
        'another packet',
      );
    },
  },
]);

const codes: readonly (readonly [string, number])[] = [
  ['01', 0x01],
  ['server-only-8d', 0x8d],
  ['server-only-8b', 0x8b],
  ['not-authorized', 0x87],
  ['ff', 0xff],
];

const refused = refusedPackets(5, 'disconnect', [
  // closing is what any DISCONNECT brings; that the Will goes out is asked for below
  ...(
    [
      [
        'repeated-expiry',
        [Property.SessionExpiryInterval, u32(1)],
        [Property.SessionExpiryInterval, u32(1)],
      ],
      ['topic-alias', [Property.TopicAlias, 0, 1], []],
    ] as const
  ).map(([name, first, second]) => ({
    name,
    title: `a DISCONNECT with wrong properties (${name.replace('-', ' ')})`,
    statements: ['MQTT-4.13.1-1'],
    codes: [0x81, 0x82],
    bytes: () => packet(0xe0, 0, properties(first, second)),
  })),
]);

const wrongCodes = defineCases(
  5,
  'disconnect',
  codes.map(([name, code]) => ({
    name: `code-${name}`,
    title: `A DISCONNECT with a Reason Code that a client cannot use (${name}) does not delete the Will`,
    statements: ['MQTT-3.14.2-1', 'MQTT-3.1.2-10'],
    async run(t: CaseContext) {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic('will'));
      const client = await t.connect({ will: { topicName: t.topic('will'), payload: 'gone' } });
      client.send(packet(0xe0, code));
      await client.expectClosed();
      await watcher.receive({ payload: 'gone' });
    },
  })),
);

/** Section 3.14, DISCONNECT. */
export const disconnectCases: readonly ConformanceCase[] = [...ended, ...wrongCodes, ...refused];
