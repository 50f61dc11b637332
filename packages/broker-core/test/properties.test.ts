import type { PublishProperties, QoS } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { inWorld } from './support.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const USER = [
  ['b', '1'],
  ['a', '2'],
  ['b', '3'],
  ['a', '2'],
  ['', ''],
] as const;

const ROWS: readonly (readonly [name: string, properties: PublishProperties])[] = [
  ['[MQTT-3.3.2-4] Payload Format Indicator 0', { payloadFormatIndicator: 0 }],
  ['[MQTT-3.3.2-4] Payload Format Indicator 1', { payloadFormatIndicator: 1 }],
  ['[MQTT-3.3.2-15] Response Topic', { responseTopic: 'answer/to/me' }],
  ['[MQTT-3.3.2-16] Correlation Data', { correlationData: bytes(0, 255, 1) }],
  ['[MQTT-3.3.2-16] empty Correlation Data', { correlationData: bytes() }],
  ['[MQTT-3.3.2-20] Content Type', { contentType: 'text/\uFEFFü' }],
  ['[MQTT-3.3.2-17] [MQTT-3.3.2-18] User Properties', { userProperties: USER }],
  [
    'all of them',
    {
      payloadFormatIndicator: 1,
      contentType: 'c',
      responseTopic: 'r',
      correlationData: bytes(1),
      userProperties: USER,
    },
  ],
];
const WAYS = [
  'live',
  'queued',
  'retained',
  'with a Subscription Identifier',
  'sent again',
] as const;

test.each(
  ROWS.flatMap(([name, properties]) => WAYS.map((way) => [name, way, properties] as const)),
)('forwarded unaltered: %s, %s', async (_name, way, properties) =>
  inWorld((world) => {
    const publisher = world.connect({ clientId: 'p' });
    let client = world.resume('s');
    if (way !== 'retained') client.subscribe('a', way.includes('Identifier') ? { id: 9 } : {});
    if (way === 'queued') client.vanish();
    publisher.publish('a', 'x', { qos: 1, packetId: 1, retain: way === 'retained', properties });
    if (way === 'sent again') client.vanish();
    if (way === 'queued' || way === 'sent again') client = world.resume('s');
    if (way === 'retained') client.subscribe('a');
    const [message] = client.publishes();
    const { subscriptionIdentifiers, ...forwarded } = message?.properties ?? {};
    expect(forwarded).toEqual(properties);
    expect(subscriptionIdentifiers).toEqual(way.includes('Identifier') ? [9] : undefined);
  })(),
);

test.each<QoS>([0, 1, 2])(
  'a message of a 3.1.1 client has no properties for a 5.0 client: QoS %i',
  async (qos) =>
    inWorld((world) => {
      const client = world.connect({ clientId: 's' });
      client.subscribe('a');
      const publisher = world.connect({ clientId: 'p', protocolVersion: 4 });
      publisher.publish('a', 'x', { qos, ...(qos === 0 ? {} : { packetId: 1 }) });
      const [message] = client.publishes();
      expect(message?.properties ?? {}).toEqual({});
      expect(message?.qos).toBe(qos);
    })(),
);

test(
  '[MQTT-3.3.2-18] a thousand User Properties keep their order',
  inWorld((world) => {
    const client = world.connect({ clientId: 's' });
    client.subscribe('a');
    const userProperties = Array.from(
      { length: 1000 },
      (_, i) => [`n${(i * 37) % 11}`, String(i)] as const,
    );
    world.connect({ clientId: 'p' }).publish('a', 'x', { properties: { userProperties } });
    expect(client.publishes()[0]?.properties?.userProperties).toEqual(userProperties);
  }),
);

test.each<[string, (asked: 0 | 1 | undefined) => string | undefined]>([
  [
    '[MQTT-3.1.2-28] Response Information only for who asks',
    (asked) => (asked === 1 ? 'replies/here' : undefined),
  ],
])('%s', async (_name, expected) =>
  inWorld(
    (world) => {
      for (const asked of [undefined, 0, 1] as const) {
        const properties = asked === undefined ? {} : { requestResponseInformation: asked };
        const { connack } = world.connect({ properties });
        expect(connack?.properties?.responseInformation).toBe(expected(asked));
      }
    },
    { responseInformation: 'replies/here' },
  )(),
);

test(
  'an authenticator gives each client Response Information of its own',
  inWorld(
    (world) => {
      const { connack } = world.connect({
        userName: 'alice',
        properties: { requestResponseInformation: 1 },
      });
      expect(connack?.properties?.responseInformation).toBe('replies/alice');
    },
    {
      responseInformation: 'replies/here',
      authenticator: {
        authenticate: ({ userName }) => ({
          accept: true,
          responseInformation: `replies/${userName}`,
        }),
      },
    },
  ),
);

test(
  'request and response go their way',
  inWorld((world) => {
    const requester = world.connect({ clientId: 'requester' });
    requester.subscribe('answers/requester');
    const responder = world.connect({ clientId: 'responder' });
    responder.subscribe('questions');
    requester.publish('questions', '?', {
      properties: { responseTopic: 'answers/requester', correlationData: bytes(7) },
    });
    for (const { properties } of responder.publishes()) {
      responder.publish(properties?.responseTopic ?? '', '!', {
        properties: { correlationData: properties?.correlationData },
      });
    }
    expect(requester.publishes()).toMatchObject([{ properties: { correlationData: bytes(7) } }]);
  }),
);

test.each<[number, string]>([
  [0x9c, 'other.example:1883'],
  [0x9d, 'moved.example'],
])('server redirect: %i with a Server Reference', async (reasonCode, serverReference) =>
  inWorld(
    (world) => {
      const client = world.connect();
      expect(client.connack).toMatchObject({ reasonCode, properties: { serverReference } });
      expect(client.isClosed).toBe(true);
    },
    { authenticator: { authenticate: () => ({ accept: false, reasonCode, serverReference }) } },
  )(),
);

test(
  '[MQTT-3.1.2-29] with Request Problem Information 0 only PUBLISH, CONNACK and DISCONNECT explain themselves',
  inWorld((world) => {
    const client = world.connect({ properties: { requestProblemInformation: 0 } });
    client.subscribe('a');
    client.subscribe('bad/+/#/x');
    client.unsubscribe('nothing');
    client.publish('a', 'x', { qos: 1, packetId: 1, properties: { userProperties: [['k', 'v']] } });
    client.publish('$SYS/x', 'x', { qos: 1, packetId: 2 });
    client.publish('$SYS/x', 'x', { qos: 2, packetId: 3 });
    client.pubrel(99);
    for (const packet of client.inbox) {
      if (packet.type === 3) expect(packet.properties?.userProperties).toEqual([['k', 'v']]);
      else expect(JSON.stringify(packet)).not.toMatch(/reasonString|userProperties/);
    }
    client.take();
    client.sendBytes(0x30, 3, 0, 0, 0);
    const [disconnect] = client.take();
    expect(disconnect).toMatchObject({
      type: 14,
      properties: { reasonString: expect.any(String) },
    });
  }, {}),
);

test(
  'with Request Problem Information 0 a refusing CONNACK still says why',
  inWorld(
    (world) => {
      const { connack } = world.connect({ properties: { requestProblemInformation: 0 } });
      expect(connack?.properties?.reasonString).toBe('because');
    },
    { authenticator: { authenticate: () => ({ accept: false, reasonString: 'because' }) } },
  ),
);
