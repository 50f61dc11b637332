// Valid packets of every type and version, for properties.
import fc, { type Arbitrary } from 'fast-check';
import type { Packet, Properties, ProtocolVersion, Publish } from '../src/index.ts';

type Values = { [name in keyof Properties]-?: Arbitrary<NonNullable<Properties[name]>> };

const wellFormed = (minLength: number): Arbitrary<string> =>
  fc
    .oneof(
      fc.string({ maxLength: 8 }),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.string({ unit: 'binary', maxLength: 4 }),
    )
    .map((value) => value.toWellFormed().replaceAll('\0', '-'))
    .filter((value) => value.length >= minLength);

const anyString = wellFormed(0);
const topicName = wellFormed(1).map((value) => value.replaceAll(/[+#]/g, '/'));
const topicFilter = fc.oneof(wellFormed(1), fc.constantFrom('#', 'a/+/b', '$share/g/a'));
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.uint8Array({ minLength: 120, maxLength: 140 }),
);
const bit = fc.constantFrom(0 as const, 1 as const);
const uint16 = fc.oneof(fc.nat(300), fc.nat(65_535));
const positive16 = uint16.map((value) => Math.max(1, value));
const uint32 = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff }));
const positiveInteger = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: 268_435_455 }),
);
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);

const values: Values = {
  payloadFormatIndicator: bit,
  messageExpiryInterval: uint32,
  contentType: anyString,
  responseTopic: topicName,
  correlationData: anyBytes,
  subscriptionIdentifiers: fc.array(positiveInteger, { minLength: 1, maxLength: 3 }),
  sessionExpiryInterval: uint32,
  assignedClientIdentifier: anyString,
  serverKeepAlive: uint16,
  authenticationMethod: anyString,
  authenticationData: anyBytes,
  requestProblemInformation: bit,
  willDelayInterval: uint32,
  requestResponseInformation: bit,
  responseInformation: anyString,
  serverReference: anyString,
  reasonString: anyString,
  receiveMaximum: positive16,
  topicAliasMaximum: uint16,
  topicAlias: positive16,
  maximumQoS: bit,
  retainAvailable: bit,
  userProperties: fc.array(fc.tuple(fc.oneof(fc.constantFrom('a', 'b'), anyString), anyString), {
    minLength: 1,
    maxLength: 4,
  }),
  maximumPacketSize: uint32.map((value) => Math.max(1, value)),
  wildcardSubscriptionAvailable: bit,
  subscriptionIdentifiersAvailable: bit,
  sharedSubscriptionAvailable: bit,
};

/** Some of these properties; none in 3.x, and never an empty object. */
function some<N extends keyof Properties>(
  version: ProtocolVersion,
  ...names: N[]
): Arbitrary<{ properties?: Pick<Properties, N> }> {
  if (version !== 5) return fc.constant({});
  const chosen = Object.fromEntries(names.map((name) => [name, values[name]]));
  return fc.record(chosen, { requiredKeys: [] }).map((properties) => {
    if ('authenticationData' in properties && !('authenticationMethod' in properties)) {
      delete properties['authenticationData'];
    }
    // the keys are those asked for, each with its own kind of value
    return Object.keys(properties).length === 0
      ? {}
      : { properties: properties as Pick<Properties, N> };
  });
}

const names = {
  outcome: ['reasonString', 'userProperties'],
  will: [
    'payloadFormatIndicator',
    'messageExpiryInterval',
    'contentType',
    'responseTopic',
    'correlationData',
    'willDelayInterval',
    'userProperties',
  ],
} as const;

export function anyPublish(version: ProtocolVersion, fromServer = true): Arbitrary<Publish> {
  const ids = fromServer ? (['subscriptionIdentifiers'] as const) : [];
  return fc
    .record({
      topicName,
      payload: anyBytes,
      qos,
      dup: fc.boolean(),
      retain: fc.boolean(),
      packetId: positive16,
      more: some(
        version,
        'payloadFormatIndicator',
        'messageExpiryInterval',
        'contentType',
        'responseTopic',
        'correlationData',
        'topicAlias',
        'userProperties',
        ...ids,
      ),
      aliasOnly: fc.boolean(),
    })
    .map(({ packetId, more, aliasOnly, ...rest }): Publish => {
      const packet: Publish = { type: 3, ...rest, ...more };
      if (packet.qos > 0) packet.packetId = packetId;
      else packet.dup = false;
      if (aliasOnly && packet.properties?.topicAlias !== undefined) packet.topicName = '';
      return packet;
    });
}

/** The four acknowledgements, from either side. */
function anyAcknowledgement(version: ProtocolVersion): Arbitrary<Packet> {
  return fc
    .record({
      type: fc.constantFrom(4 as const, 5 as const, 6 as const, 7 as const),
      packetId: positive16,
      failed: fc.boolean(),
      more: some(version, ...names.outcome),
    })
    .map(({ type, packetId, failed, more }) => ({
      type,
      packetId,
      reasonCode: version !== 5 || !failed ? 0 : type < 6 ? 0x87 : 0x92,
      ...more,
    }));
}

export function anyConnect(version: ProtocolVersion): Arbitrary<Packet> {
  const will = fc
    .record({
      topicName,
      payload: anyBytes,
      qos,
      retain: fc.boolean(),
      more: some(version, ...names.will),
    })
    .map(({ more, ...rest }) => ({ ...rest, ...more }));
  return fc
    .record({
      clientId: wellFormed(1),
      cleanStart: fc.boolean(),
      keepAlive: uint16,
      credentials: fc.record({ userName: anyString, password: anyBytes }, { requiredKeys: [] }),
      will: fc.option(will, { nil: undefined }),
      bridge: fc.boolean(),
      more: some(
        version,
        'sessionExpiryInterval',
        'authenticationMethod',
        'authenticationData',
        'requestProblemInformation',
        'requestResponseInformation',
        'receiveMaximum',
        'topicAliasMaximum',
        'userProperties',
        'maximumPacketSize',
      ),
    })
    .map(({ credentials, will: message, bridge, more, ...rest }): Packet => {
      if (version < 5 && credentials.userName === undefined) delete credentials.password;
      return {
        type: 1,
        protocolVersion: version,
        ...rest,
        ...credentials,
        ...more,
        ...(message === undefined ? {} : { will: message }),
        ...(bridge && version < 5 ? { bridge } : {}),
      };
    });
}

/** What a client may send after its CONNECT. */
export function anyFromClient(version: ProtocolVersion): Arbitrary<Packet> {
  const request = fc
    .record({
      topicFilter,
      qos,
      noLocal: fc.boolean(),
      retainAsPublished: fc.boolean(),
      retainHandling: qos,
    })
    .map((each) =>
      version === 5
        ? { ...each, noLocal: each.noLocal && !each.topicFilter.startsWith('$share/') }
        : { ...each, noLocal: false, retainAsPublished: false, retainHandling: 0 as const },
    );
  const subscribe = fc
    .record({
      packetId: positive16,
      subscriptions: fc.array(request, { minLength: 1, maxLength: 4 }),
      more: some(version, 'userProperties'),
    })
    .map(({ more, ...rest }): Packet => ({ type: 8, ...rest, ...more }));
  const unsubscribe = fc
    .record({
      packetId: positive16,
      topicFilters: fc.array(topicFilter, { minLength: 1, maxLength: 4 }),
      more: some(version, 'userProperties'),
    })
    .map(({ more, ...rest }): Packet => ({ type: 10, ...rest, ...more }));
  const disconnect = some(version, 'sessionExpiryInterval', ...names.outcome).map(
    (more): Packet => ({ type: 14, reasonCode: version === 5 ? 4 : 0, ...more }),
  );
  const auth = some(version, 'authenticationData', ...names.outcome).map((more): Packet => ({
    type: 15,
    reasonCode: 0x18,
    properties: { ...more.properties, authenticationMethod: 'm' },
  }));
  const common = [
    anyPublish(version, false),
    anyAcknowledgement(version),
    subscribe,
    unsubscribe,
    disconnect,
    fc.constant<Packet>({ type: 12 }),
  ];
  return fc.oneof(...common, ...(version === 5 ? [auth] : []));
}

/** What a server may send. */
export function anyFromServer(version: ProtocolVersion): Arbitrary<Packet> {
  const connack = fc
    .record({
      sessionPresent: fc.boolean(),
      failed: fc.boolean(),
      more: some(
        version,
        'sessionExpiryInterval',
        'assignedClientIdentifier',
        'serverKeepAlive',
        'authenticationMethod',
        'authenticationData',
        'responseInformation',
        'serverReference',
        'reasonString',
        'receiveMaximum',
        'topicAliasMaximum',
        'maximumQoS',
        'retainAvailable',
        'userProperties',
        'maximumPacketSize',
        'wildcardSubscriptionAvailable',
        'subscriptionIdentifiersAvailable',
        'sharedSubscriptionAvailable',
      ),
    })
    .map(({ sessionPresent, failed, more }): Packet => ({
      type: 2,
      sessionPresent: sessionPresent && !failed && version !== 3,
      reasonCode: failed ? (version === 5 ? 0x87 : 5) : 0,
      ...more,
    }));
  const codes = (...all: number[]): Arbitrary<number[]> =>
    fc.array(fc.constantFrom(...all), { minLength: 1, maxLength: 4 });
  const suback = fc
    .record({
      packetId: positive16,
      reasonCodes:
        version === 5
          ? codes(0, 1, 2, 0x87, 0xa2)
          : version === 4
            ? codes(0, 1, 2, 0x80)
            : codes(0, 1, 2),
      more: some(version, ...names.outcome),
    })
    .map(({ more, ...rest }): Packet => ({ type: 9, ...rest, ...more }));
  const unsuback = fc
    .record({
      packetId: positive16,
      reasonCodes: version === 5 ? codes(0, 0x11, 0x8f) : fc.constant([]),
      more: some(version, ...names.outcome),
    })
    .map(({ more, ...rest }): Packet => ({ type: 11, ...rest, ...more }));
  const disconnect = some(version, 'serverReference', ...names.outcome).map((more): Packet => ({
    type: 14,
    reasonCode: 0x9c,
    ...more,
  }));
  const common = [
    anyPublish(version),
    anyAcknowledgement(version),
    connack,
    suback,
    unsuback,
    fc.constant<Packet>({ type: 13 }),
  ];
  return fc.oneof(...common, ...(version === 5 ? [disconnect] : []));
}
