import { packet, properties, Property, rawConnect, str, u16, u32 } from '../../bytes.ts';
import type { CaseContext } from '../../case-context.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { describeCode } from '../../describe-packet.ts';
import { check, ConformanceFailure } from '../../failure.ts';
import { refusedPackets } from '../../refusals.ts';

const first = defineCases(5, 'connect', [
  ...firstPackets('publish', (t) => packet(0x30, str(t.topic()), 0, 'x')),
  ...firstPackets('subscribe', (t) => packet(0x82, u16(1), 0, str(t.topic()), 0)),
  ...firstPackets('pingreq', () => packet(0xc0)),
  ...firstPackets('disconnect', () => packet(0xe0)),
  ...firstPackets('auth', () =>
    packet(0xf0, 0x18, properties(Property.AuthenticationMethod, str('x'))),
  ),
]);

function firstPackets(
  name: string,
  bytes: (t: CaseContext) => Uint8Array,
): Parameters<typeof defineCases>[2] {
  return [
    {
      name: `first-${name}`,
      title: `${name.toUpperCase()} as the first packet closes the connection without an answer`,
      statements: ['MQTT-3.1.0-1', 'MQTT-3.2.0-1', 'MQTT-3.14.0-1'],
      async run(t) {
        const client = await t.open();
        client.send(bytes(t));
        const { packets } = await client.expectClosed();
        check(packets.length === 0, 'no packet', `${packets.length}`);
      },
    },
  ];
}

const second = refusedPackets(5, 'connect', [
  {
    name: 'second-connect',
    title: 'a second CONNECT',
    statements: ['MQTT-3.1.0-2'],
    bytes: (t) => t.connectPacket(),
    codes: [0x82],
  },
]);

const accepted = defineCases(5, 'connect', [
  {
    name: 'connack',
    title: 'A valid CONNECT is acknowledged with CONNACK 0x00',
    statements: ['MQTT-3.1.4-5', 'MQTT-3.2.2-1', 'MQTT-3.2.2-8'],
    async run(t) {
      const client = await t.open();
      client.send(t.connectPacket());
      await client.expectNext('connack', { reasonCode: 0, sessionPresent: false });
    },
  },
  {
    name: 'byte-by-byte',
    title: 'A CONNECT that arrives byte by byte is accepted like any other',
    statements: ['MQTT-3.1.4-5', 'MQTT-4.2-1'],
    async run(t) {
      const client = await t.open();
      for (const byte of rawConnect({ payload: [str(t.clientId())] })) {
        client.send(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
      await client.expectAccepted();
      await client.ping();
    },
  },
  {
    name: 'one-connack',
    title: 'There is one CONNACK, and nothing precedes it',
    statements: ['MQTT-3.2.0-1', 'MQTT-3.2.0-2'],
    async run(t) {
      const client = await t.open();
      const subscribe = packet(0x82, u16(1), 0, str(t.topic()), 0);
      const publish = packet(0x30, str(t.topic()), 0, 'x');
      const connect = rawConnect({ payload: [str(t.clientId())] });
      client.send(Buffer.concat([connect, subscribe, publish]));
      await client.expectNext('connack', { reasonCode: 0 });
      await client.expect('suback', { packetId: 1 });
      await client.expect('publish', { payload: 'x' });
      await client.expectSilence();
    },
  },
  {
    name: 'all-fields',
    title:
      'A CONNECT with every field and property is understood, in the order of the specification',
    statements: ['MQTT-3.1.3-1', 'MQTT-3.1.2-9', 'MQTT-3.1.2-17', 'MQTT-3.1.2-19'],
    async run(t) {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic('will'));
      const client = await t.open();
      client.send(fullConnect(t));
      const { reasonCode } = await client.expect('connack');
      // whether these credentials are good is the server's to decide
      if (reasonCode === 0x86 || reasonCode === 0x87) t.skip('the server wants other credentials');
      check(reasonCode === 0, 'CONNACK 0x00', describeCode(reasonCode));
      client.drop();
      await watcher.receive({
        topicName: t.topic('will'),
        payload: 'last words',
        properties: { contentType: 'text', userProperties: [['a', '1']], responseTopic: 'r' },
      });
    },
  },
  {
    name: 'password-without-user-name',
    title: 'A Password without a User Name is well-formed',
    statements: ['MQTT-3.1.2-16', 'MQTT-3.1.2-19'],
    async run(t) {
      const client = await t.open();
      client.send(rawConnect({ flags: 0x42, payload: [str(t.clientId()), str('secret')] }));
      const { reasonCode } = await client.expect('connack');
      const allowed = [0, 0x86, 0x87];
      check(allowed.includes(reasonCode), '0x00, 0x86 or 0x87', describeCode(reasonCode));
    },
  },
  {
    name: 'any-property-order',
    title: 'The order of the properties in CONNECT has no meaning',
    statements: ['MQTT-3.1.4-5'],
    async run(t) {
      const client = await t.open();
      const reversed = properties(
        [Property.MaximumPacketSize, u32(100_000)],
        [Property.UserProperty, str('b'), str('2')],
        [Property.UserProperty, str('b'), str('2')],
        [Property.ReceiveMaximum, u16(10)],
        [Property.SessionExpiryInterval, u32(0)],
      );
      client.send(rawConnect({ properties: reversed, payload: [str(t.clientId())] }));
      await client.expectAccepted();
    },
  },
]);

function fullConnect(t: CaseContext): Uint8Array {
  const will = properties(
    [Property.WillDelayInterval, u32(0)],
    [Property.PayloadFormatIndicator, 1],
    [Property.MessageExpiryInterval, u32(100)],
    [Property.ContentType, str('text')],
    [Property.ResponseTopic, str('r')],
    [Property.CorrelationData, str('c')],
    [Property.UserProperty, str('a'), str('1')],
  );
  const own = properties(
    [Property.SessionExpiryInterval, u32(0)],
    [Property.ReceiveMaximum, u16(20)],
    [Property.MaximumPacketSize, u32(100_000)],
    [Property.TopicAliasMaximum, u16(5)],
    [Property.RequestResponseInformation, 0],
    [Property.RequestProblemInformation, 1],
    [Property.UserProperty, str('u'), str('v')],
  );
  const { userName = 'user', password = Buffer.from('password') } = t.connectPacket();
  const credentials = [str(userName), str(password)];
  const payload = [str(t.clientId()), will, str(t.topic('will')), str('last words'), credentials];
  return rawConnect({ flags: 0xc6, properties: own, payload });
}

const clientIds = defineCases(5, 'connect', [
  {
    name: 'client-id-23',
    title: 'Client Identifiers of 23 letters and digits are accepted',
    statements: ['MQTT-3.1.3-5', 'MQTT-3.1.3-3'],
    async run(t) {
      for (const filler of ['ABCDEFGHIJKLMNOPQRSTUVW', 'abcdefghijklmnopqrstuvw']) {
        await t.connect({ clientId: `${t.clientId()}${filler}`.slice(0, 23) });
      }
    },
  },
  {
    name: 'client-id-1',
    title: 'A Client Identifier of one letter is accepted',
    statements: ['MQTT-3.1.3-5'],
    async run(t) {
      await t.connect({ clientId: 'W' });
    },
  },
  {
    name: 'assigned-client-id',
    title:
      'Clients without a Client Identifier get different ones, told in CONNACK, or are refused',
    statements: ['MQTT-3.1.3-6', 'MQTT-3.1.3-7', 'MQTT-3.2.2-16', 'MQTT-3.1.3-8'],
    async run(t) {
      const ids = new Set<string>();
      for (const cleanStart of [true, false, true]) {
        ids.add(await assignedId(t, cleanStart));
      }
      check(ids.size === 3 && !ids.has(''), '3 different identifiers', [...ids].join(', '));
    },
  },
  {
    name: 'assigned-client-id-session',
    title: 'A session under an assigned Client Identifier is resumed under it',
    statements: ['MQTT-3.1.3-7', 'MQTT-3.1.3-2'],
    async run(t) {
      const clientId = await assignedId(t, true);
      const again = await t.connect({
        clientId,
        cleanStart: false,
        properties: { sessionExpiryInterval: 30 },
      });
      check(again.connack?.sessionPresent === true, 'Session Present', 'a new session');
      check(
        again.connack.properties?.assignedClientIdentifier === undefined,
        'no Assigned Client Identifier for a client that has one',
        'one',
      );
    },
  },
  {
    name: 'client-id-refused',
    title:
      'A Client Identifier that the server does not accept: CONNACK 0x85 or nothing, and closed',
    statements: ['MQTT-3.1.3-8', 'MQTT-3.2.2-7'],
    needs: ['client-id-refused'],
    async run(t) {
      const fixture = 'client-id-refused';
      const { clientId = '' } = t.fixture(fixture).parameters;
      const client = await t.open({ fixture });
      client.send(t.connectPacket({ fixture, clientId }));
      await client.expectRefused([0x85, 0x87]);
    },
  },
]);

/** Skips when the server allows no empty Client Identifier, which is its choice. */
async function assignedId(t: CaseContext, cleanStart: boolean): Promise<string> {
  const client = await t.open();
  const sessionExpiryInterval = 30;
  client.send(t.connectPacket({ clientId: '', cleanStart, properties: { sessionExpiryInterval } }));
  const connack = await client.expect('connack');
  if (connack.reasonCode === 0x85) {
    await client.expectClosed();
    t.skip('the server allows no empty Client Identifier');
  }
  const id = connack.properties?.assignedClientIdentifier;
  if (id === undefined) {
    throw new ConformanceFailure('an Assigned Client Identifier', 'a CONNACK without it');
  }
  client.drop();
  return id;
}

const takeover = defineCases(5, 'connect', [
  {
    name: 'takeover',
    title: 'A second connection with the same Client Identifier closes the first',
    statements: ['MQTT-3.1.4-3'],
    async run(t) {
      const old = await t.connect();
      const fresh = await t.connect({ clientId: old.clientId });
      await old.expectClosed([0x8e]);
      await fresh.ping();
    },
  },
  {
    name: 'takeover-reason',
    title: 'The first of two connections with the same Client Identifier gets DISCONNECT 0x8E',
    statements: ['MQTT-3.1.4-3'],
    // section 4.13, which the statement refers to, only recommends the DISCONNECT
    level: 'should',
    async run(t) {
      const old = await t.connect();
      await t.connect({ clientId: old.clientId });
      await old.expect('disconnect', { reasonCode: 0x8e });
      await old.expectClosed();
    },
  },
  ...[true, false].map((cleanStart) => ({
    name: `takeover-clean-start-${Number(cleanStart)}`,
    title: `Clean Start ${Number(cleanStart)} holds at a take-over: Session Present ${Number(!cleanStart)}`,
    statements: ['MQTT-3.1.4-4', cleanStart ? 'MQTT-3.1.2-4' : 'MQTT-3.1.2-5'],
    async run(t: CaseContext) {
      const keeping = { properties: { sessionExpiryInterval: 30 } };
      const old = await t.connect(keeping);
      await old.subscribe(t.topic());
      const clientId = old.clientId;
      const fresh = await t.connect({ clientId, cleanStart, ...keeping });
      const present = fresh.connack?.sessionPresent;
      check(present === !cleanStart, `Session Present ${!cleanStart}`, `${present}`);
      await fresh.publish(t.topic(), 'x');
      if (cleanStart) await fresh.expectSilence();
      else await fresh.receive({ payload: 'x' });
    },
  })),
  {
    name: 'failed-takeover',
    title: 'A CONNECT that is refused does not disturb the client that has the identifier',
    statements: ['MQTT-3.1.4-2', 'MQTT-3.1.4-1'],
    async run(t) {
      const old = await t.connect();
      const bad = await t.open();
      // the reserved flag makes it malformed
      bad.send(rawConnect({ flags: 0x03, payload: [str(old.clientId)] }));
      await bad.expectRefused();
      await old.expectSilence();
    },
  },
  {
    name: 'pipelined-after-takeover',
    title: 'The session has one owner: the old connection gets none of its messages any more',
    statements: ['MQTT-3.1.4-3', 'MQTT-3.1.3-2'],
    async run(t) {
      const keeping = { properties: { sessionExpiryInterval: 30 } };
      const old = await t.connect(keeping);
      await old.subscribe({ topicFilter: t.topic(), qos: 1 });
      const { clientId } = old;
      const fresh = await t.connect({ clientId, cleanStart: false, ...keeping });
      await fresh.publish(t.topic(), 'x', { qos: 1 });
      await fresh.receive({ payload: 'x' });
      const { packets } = await old.expectClosed();
      check(!packets.some(({ type }) => type === 3), 'no PUBLISH', 'one on the old connection');
    },
  },
]);

/** Section 3.1, CONNECT, as far as it is accepted. */
export const connectCases: readonly ConformanceCase[] = [
  ...first,
  ...second,
  ...accepted,
  ...clientIds,
  ...takeover,
];
