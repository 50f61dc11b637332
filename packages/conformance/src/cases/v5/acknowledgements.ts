import { packet, properties, Property, str, u16 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { describeCode } from '../../describe-packet.ts';
import { check } from '../../failure.ts';
import { refusedPackets } from '../../refusals.ts';

const answers = defineCases(5, 'acknowledgements', [
  {
    name: 'no-subscribers',
    title: 'PUBACK and PUBREC for a message without subscribers have code 0x00 or 0x10',
    statements: ['MQTT-3.4.2-1', 'MQTT-3.5.2-1'],
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect();
      for (const qos of [1, 2] as const) {
        const code = await client.publish(t.topic('nobody'), 'x', { qos });
        check(code === 0 || code === 0x10, '0x00 or 0x10', describeCode(code));
      }
    },
  },
  {
    name: 'matching-subscribers',
    title: 'PUBACK and PUBREC for a message with a subscriber have code 0x00',
    statements: ['MQTT-3.4.2-1', 'MQTT-3.5.2-1'],
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect();
      await client.subscribe(t.topic());
      for (const qos of [1, 2] as const) {
        const code = await client.publish(t.topic(), 'x', { qos });
        check(code === 0, '0x00', describeCode(code));
      }
    },
  },
  {
    name: 'refused',
    title:
      'A publish that is not authorized is answered with 0x87 (or 0x80, 0x83) and the connection stays, or it is closed',
    statements: ['MQTT-3.4.2-1', 'MQTT-3.5.2-1', 'MQTT-4.3.3-9'],
    requires: ['qos2'],
    needs: ['authorization'],
    async run(t) {
      const fixture = 'authorization';
      const { publish = '' } = t.fixture(fixture).parameters;
      const client = await t.connect({ fixture });
      const watcher = await t.connect({ fixture });
      await watcher.requestSubscribe(publish);
      for (const qos of [1, 2] as const) {
        client.sendPublish(publish, 'x', { qos, packetId: 5 });
        const { reasonCode } = await client.expect(qos === 1 ? 'puback' : 'pubrec', {
          packetId: 5,
        });
        // a server may also acknowledge what it does not deliver
        const allowed = [0x87, 0x80, 0x83, 0x00, 0x10];
        check(allowed.includes(reasonCode), '0x87', describeCode(reasonCode));
        if (reasonCode < 0x80 && qos === 2) {
          client.acknowledge(6, 5);
          await client.expect('pubcomp', { packetId: 5 });
        }
      }
      await client.ping();
      await watcher.expectSilence();
    },
  },
  {
    name: 'refused-identifier-free',
    title: 'After a PUBREC of 0x80 or more the Packet Identifier means a new message',
    statements: ['MQTT-4.3.3-9'],
    requires: ['qos2'],
    needs: ['authorization'],
    async run(t) {
      const fixture = 'authorization';
      const { publish = '' } = t.fixture(fixture).parameters;
      const client = await t.connect({ fixture });
      await client.subscribe(t.topic());
      client.sendPublish(publish, 'x', { qos: 2, packetId: 5 });
      const { reasonCode } = await client.expect('pubrec', { packetId: 5 });
      if (reasonCode < 0x80) t.skip('the server acknowledges what it does not deliver');
      await client.publish(t.topic(), 'new', { qos: 2, packetId: 5 });
      await client.receive({ payload: 'new' });
    },
  },
  {
    name: 'unknown-pubrel',
    title: 'A PUBREL for an unknown Packet Identifier is answered with PUBCOMP 0x92 (or 0x00)',
    statements: ['MQTT-3.7.2-1', 'MQTT-4.3.3-11'],
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect();
      client.acknowledge(6, 77);
      const { reasonCode } = await client.expect('pubcomp', { packetId: 77 });
      check(reasonCode === 0x92 || reasonCode === 0, '0x92 or 0x00', describeCode(reasonCode));
    },
  },
  {
    name: 'unknown-pubrel-reason',
    title: 'The PUBCOMP for an unknown Packet Identifier says 0x92',
    statements: ['MQTT-3.7.2-1'],
    level: 'should',
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect();
      client.acknowledge(6, 77);
      await client.expect('pubcomp', { packetId: 77, reasonCode: 0x92 });
    },
  },
  {
    name: 'unknown-pubrec',
    title: 'A PUBREC for an unknown Packet Identifier is answered with PUBREL 0x92',
    statements: ['MQTT-3.6.2-1'],
    level: 'practice',
    async run(t) {
      const client = await t.connect();
      client.acknowledge(5, 77);
      await client.expect('pubrel', { packetId: 77, reasonCode: 0x92 });
    },
  },
  ...([4, 7] as const).map((type) => ({
    name: type === 4 ? 'unknown-puback' : 'unknown-pubcomp',
    title: `A ${type === 4 ? 'PUBACK' : 'PUBCOMP'} for an unknown Packet Identifier is ignored`,
    statements: [type === 4 ? 'MQTT-3.4.2-1' : 'MQTT-3.7.2-1'],
    level: 'practice' as const,
    async run(t: CaseContext) {
      const client = await t.connect();
      client.acknowledge(type, 77);
      await client.expectSilence();
    },
  })),
  {
    name: 'short-forms',
    title: 'Acknowledgements without Reason Code, or without Property Length, are understood',
    statements: ['MQTT-2.2.2-1', 'MQTT-4.3.3-4', 'MQTT-4.3.3-11'],
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect({ properties: { receiveMaximum: 1 } });
      await client.subscribe(t.topic());
      for (const tail of [[], [0], [0, 0]]) {
        await client.publish(t.topic(), 'x', { qos: 2 });
        const packetId = (await client.expect('publish')).packetId ?? 0;
        client.send(packet(0x50, u16(packetId), tail));
        await client.expect('pubrel', { packetId });
        client.send(packet(0x70, u16(packetId), tail));
        await client.publish(t.topic(), 'x', { qos: 1 });
        const { packetId: second = 0 } = await client.expect('publish', { qos: 1 });
        client.send(packet(0x40, u16(second), tail));
      }
    },
  },
  {
    name: 'with-properties',
    title: 'Acknowledgements with a Reason String and User Properties are understood',
    statements: ['MQTT-4.3.3-4'],
    requires: ['qos2'],
    async run(t) {
      const client = await t.connect({ properties: { receiveMaximum: 1 } });
      const told = { reasonString: 'why', userProperties: [['a', 'b']] } as const;
      await client.subscribe(t.topic());
      await client.publish(t.topic(), 'x', { qos: 2 });
      const { packetId = 0 } = await client.expect('publish');
      client.acknowledge(5, packetId, 0, told);
      await client.expect('pubrel', { packetId });
      client.acknowledge(7, packetId, 0, told);
      await client.publish(t.topic(), 'y', { qos: 1 });
      await client.receive({ payload: 'y' });
    },
  },
]);

const rows: readonly (readonly [name: string, first: number, code: number, statement: string])[] = [
  ['puback', 0x40, 0x01, '3.4.2-1'],
  ['puback-92', 0x40, 0x92, '3.4.2-1'],
  ['pubrec', 0x50, 0x01, '3.5.2-1'],
  ['pubrec-92', 0x50, 0x92, '3.5.2-1'],
  ['pubrel', 0x62, 0x80, '3.6.2-1'],
  ['pubrel-10', 0x62, 0x10, '3.6.2-1'],
  ['pubcomp', 0x70, 0x80, '3.7.2-1'],
  ['pubcomp-10', 0x70, 0x10, '3.7.2-1'],
];

const refused = refusedPackets(5, 'acknowledgements', [
  // a receiver is not told what to do with a code that the sender must not use
  ...rows.map(([name, first, code, statement]) => ({
    name: `code-${name}`,
    title: `a ${name.replace(/-.*/, '').toUpperCase()} with the Reason Code ${describeCode(code)}, which it cannot have`,
    statements: [`MQTT-${statement}`],
    level: 'practice' as const,
    bytes: () => packet(first, u16(1), code),
  })),
  {
    name: 'property-twice',
    title: 'a PUBACK with two Reason Strings',
    statements: ['MQTT-4.13.1-1'],
    codes: [0x82],
    bytes: () =>
      packet(
        0x40,
        u16(1),
        0,
        properties([Property.ReasonString, str('a')], [Property.ReasonString, str('b')]),
      ),
  },
  {
    name: 'property-of-another-packet',
    title: 'a PUBREC with a Content Type',
    statements: ['MQTT-4.13.1-1'],
    codes: [0x81, 0x82],
    bytes: () => packet(0x50, u16(1), 0, properties(Property.ContentType, str('a'))),
  },
  {
    name: 'truncated',
    title: 'a PUBACK of one byte',
    statements: ['MQTT-4.13.1-1'],
    codes: [0x81, 0x82],
    bytes: () => packet(0x40, 0),
  },
  {
    name: 'trailing',
    title: 'a PUBREL with bytes after its properties',
    statements: ['MQTT-4.13.1-1'],
    codes: [0x81, 0x82],
    bytes: () => packet(0x62, u16(1), 0, 0, 7),
  },
]);

/** Sections 3.4 to 3.7: PUBACK, PUBREC, PUBREL, PUBCOMP. */
export const acknowledgementCases: readonly ConformanceCase[] = [...answers, ...refused];
