// Section 2.2.2: which property may stand where, how often, and with which values.
import { describe, expect, test } from 'vitest';
import {
  decodePublishProperties,
  encode,
  EncodeError,
  encodeProperties,
  type Packet,
  type Properties,
  ProtocolError,
  type Role,
} from '../src/index.ts';
import { decodeEveryWay } from './drive.ts';
import { connect, hex, join, packet, props, publish, sized, text, u16, u32 } from './wire.ts';

interface Row {
  id: number;
  name: keyof Properties;
  value: Uint8Array;
  decoded: unknown;
  places: string;
  /** Values out of range, as bytes. */
  wrong?: Uint8Array[];
}

// Table 2-4, places by letter: C CONNECT, W Will, K CONNACK, P PUBLISH, a r l c the four
// acknowledgements, S SUBSCRIBE, s SUBACK, U UNSUBSCRIBE, u UNSUBACK, D DISCONNECT, A AUTH.
const bit = [hex('02'), hex('ff')];
const table: Row[] = [
  {
    id: 0x01,
    name: 'payloadFormatIndicator',
    value: hex('01'),
    decoded: 1,
    places: 'PW',
    wrong: bit,
  },
  { id: 0x02, name: 'messageExpiryInterval', value: u32(0), decoded: 0, places: 'PW' },
  { id: 0x03, name: 'contentType', value: text('ü'), decoded: 'ü', places: 'PW' },
  {
    id: 0x08,
    name: 'responseTopic',
    value: text('r'),
    decoded: 'r',
    places: 'PW',
    wrong: [text(''), text('+')],
  },
  {
    id: 0x09,
    name: 'correlationData',
    value: sized(hex('00 ff')),
    decoded: hex('00 ff'),
    places: 'PW',
  },
  {
    id: 0x0b,
    name: 'subscriptionIdentifiers',
    value: hex('80 01'),
    decoded: [128],
    places: 'PS',
    wrong: [hex('00')],
  },
  { id: 0x11, name: 'sessionExpiryInterval', value: u32(4e9), decoded: 4e9, places: 'CKD' },
  { id: 0x12, name: 'assignedClientIdentifier', value: text('i'), decoded: 'i', places: 'K' },
  { id: 0x13, name: 'serverKeepAlive', value: u16(0), decoded: 0, places: 'K' },
  { id: 0x15, name: 'authenticationMethod', value: text('m'), decoded: 'm', places: 'CKA' },
  {
    id: 0x16,
    name: 'authenticationData',
    value: sized(hex('00')),
    decoded: hex('00'),
    places: 'CKA',
  },
  {
    id: 0x17,
    name: 'requestProblemInformation',
    value: hex('00'),
    decoded: 0,
    places: 'C',
    wrong: bit,
  },
  { id: 0x18, name: 'willDelayInterval', value: u32(1), decoded: 1, places: 'W' },
  {
    id: 0x19,
    name: 'requestResponseInformation',
    value: hex('01'),
    decoded: 1,
    places: 'C',
    wrong: bit,
  },
  { id: 0x1a, name: 'responseInformation', value: text('r'), decoded: 'r', places: 'K' },
  { id: 0x1c, name: 'serverReference', value: text('s'), decoded: 's', places: 'KD' },
  { id: 0x1f, name: 'reasonString', value: text('r'), decoded: 'r', places: 'KarlcsuDA' },
  {
    id: 0x21,
    name: 'receiveMaximum',
    value: u16(65_535),
    decoded: 65_535,
    places: 'CK',
    wrong: [u16(0)],
  },
  { id: 0x22, name: 'topicAliasMaximum', value: u16(0), decoded: 0, places: 'CK' },
  { id: 0x23, name: 'topicAlias', value: u16(1), decoded: 1, places: 'P' },
  { id: 0x24, name: 'maximumQoS', value: hex('00'), decoded: 0, places: 'K', wrong: bit },
  { id: 0x25, name: 'retainAvailable', value: hex('00'), decoded: 0, places: 'K', wrong: bit },
  {
    id: 0x26,
    name: 'userProperties',
    value: join(text('n'), text('v')),
    decoded: [['n', 'v']],
    places: 'CWKParlcSsUuDA',
  },
  { id: 0x27, name: 'maximumPacketSize', value: u32(1), decoded: 1, places: 'CK', wrong: [u32(0)] },
  {
    id: 0x28,
    name: 'wildcardSubscriptionAvailable',
    value: hex('01'),
    decoded: 1,
    places: 'K',
    wrong: bit,
  },
  {
    id: 0x29,
    name: 'subscriptionIdentifiersAvailable',
    value: hex('01'),
    decoded: 1,
    places: 'K',
    wrong: bit,
  },
  {
    id: 0x2a,
    name: 'sharedSubscriptionAvailable',
    value: hex('01'),
    decoded: 1,
    places: 'K',
    wrong: bit,
  },
];

interface Place {
  letter: string;
  what: string;
  /** Who receives it; DISCONNECT and PUBLISH are tried from the side that may send the property. */
  role: Role;
  wire: (block: Uint8Array) => Uint8Array;
  /** The packet to encode with properties. */
  packet: (properties: Properties) => Packet;
}

const method = join(0x15, text('m'));
const places: Place[] = [
  {
    letter: 'C',
    what: 'CONNECT',
    role: 'server',
    wire: (block) => connect({ level: 5, properties: block }),
    packet: (properties) => ({
      type: 1,
      protocolVersion: 5,
      clientId: '',
      cleanStart: true,
      keepAlive: 0,
      properties,
    }),
  },
  {
    letter: 'W',
    what: 'Will',
    role: 'server',
    wire: (block) => connect({ level: 5, flags: 0x06, rest: join(block, text('w'), text('')) }),
    packet: (properties) => ({
      type: 1,
      protocolVersion: 5,
      clientId: '',
      cleanStart: true,
      keepAlive: 0,
      will: { topicName: 'w', payload: hex(''), qos: 0, retain: false, properties },
    }),
  },
  {
    letter: 'K',
    what: 'CONNACK',
    role: 'client',
    wire: (block) => packet(0x20, 0, 0, block),
    packet: (properties) => ({ type: 2, sessionPresent: false, reasonCode: 0, properties }),
  },
  {
    letter: 'P',
    what: 'PUBLISH',
    role: 'client',
    wire: (block) => publish(5, { properties: block }),
    packet: (properties) => ({
      type: 3,
      topicName: 't',
      payload: hex(''),
      qos: 0,
      dup: false,
      retain: false,
      properties,
    }),
  },
  ...(['a', 'r', 'l', 'c'] as const).map((letter, at): Place => {
    const type = ([4, 5, 6, 7] as const)[at] ?? 4;
    return {
      letter,
      what: `acknowledgement ${type}`,
      role: 'client',
      wire: (block) => packet((type << 4) | (type === 6 ? 2 : 0), u16(1), 0, block),
      packet: (properties) => ({ type, packetId: 1, reasonCode: 0, properties }),
    };
  }),
  {
    letter: 'S',
    what: 'SUBSCRIBE',
    role: 'server',
    wire: (block) => packet(0x82, u16(1), block, text('a'), 0),
    packet: (properties) => ({
      type: 8,
      packetId: 1,
      subscriptions: [
        { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
      properties,
    }),
  },
  {
    letter: 's',
    what: 'SUBACK',
    role: 'client',
    wire: (block) => packet(0x90, u16(1), block, 0),
    packet: (properties) => ({ type: 9, packetId: 1, reasonCodes: [0], properties }),
  },
  {
    letter: 'U',
    what: 'UNSUBSCRIBE',
    role: 'server',
    wire: (block) => packet(0xa2, u16(1), block, text('a')),
    packet: (properties) => ({ type: 10, packetId: 1, topicFilters: ['a'], properties }),
  },
  {
    letter: 'u',
    what: 'UNSUBACK',
    role: 'client',
    wire: (block) => packet(0xb0, u16(1), block, 0),
    packet: (properties) => ({ type: 11, packetId: 1, reasonCodes: [0], properties }),
  },
  {
    letter: 'D',
    what: 'DISCONNECT',
    role: 'server',
    wire: (block) => packet(0xe0, 0, block),
    packet: (properties) => ({ type: 14, reasonCode: 0, properties }),
  },
  {
    letter: 'A',
    what: 'AUTH',
    role: 'server',
    wire: (block) => packet(0xf0, 0x18, block),
    packet: (properties) => ({ type: 15, reasonCode: 0x18, properties }),
  },
];

const options = (place: Place, row: Pick<Row, 'name'>) => {
  const fromServer = place.letter === 'D' && row.name === 'serverReference';
  const role: Role = fromServer ? 'client' : place.role;
  return place.wire(props())[0] === 0x10
    ? ({ role } as const)
    : ({ role, protocolVersion: 5 } as const);
};

/** Only the properties of a packet, wherever they stand. */
function propertiesOf(value: Packet): unknown {
  if (value.type === 1 && value.will !== undefined)
    return { will: { properties: value.will.properties } };
  return 'properties' in value ? { properties: value.properties } : {};
}

/** What must stand beside a property: an AUTH needs its method, data need one everywhere. */
function companions(place: Place, row: Row): Uint8Array {
  const needed = place.letter === 'A' || row.name === 'authenticationData';
  return needed && row.name !== 'authenticationMethod' ? method : hex('');
}

/** The places that allow the property, and those that do not. */
const pairs = table.flatMap((row) => places.map((place) => ({ row, place })));
const allowed = pairs.filter(({ row, place }) => row.places.includes(place.letter));
const forbidden = pairs.filter(({ row, place }) => !row.places.includes(place.letter));

/** The property as a packet object has it, with what must stand beside it. */
function asObject(place: Place, row: Row): Properties {
  const beside = companions(place, row).length > 0 ? { authenticationMethod: 'm' } : {};
  return { ...beside, [row.name]: row.decoded };
}

test('the table has all 27, and every place', () => {
  expect(table).toHaveLength(27);
  expect(places).toHaveLength(14);
});

test.each(allowed)('$row.name in $place.what', ({ row, place }) => {
  const block = props(companions(place, row), row.id, row.value);
  const { packets, error } = decodeEveryWay(place.wire(block), options(place, row));
  expect(error).toBeUndefined();
  expect(packets).toMatchObject([place.packet(asObject(place, row))].map(propertiesOf));
  // and back
  const again = encode(place.packet(asObject(place, row)), 5);
  expect(decodeEveryWay(again, options(place, row)).packets).toMatchObject(
    packets.map(propertiesOf),
  );
});

test.each(forbidden)('$row.name has no place in $place.what', ({ row, place }) => {
  const block = props(companions(place, row), row.id, row.value);
  const { error } = decodeEveryWay(place.wire(block), options(place, row));
  expect(error?.reasonCode).toBe(0x81);
  expect(() => encode(place.packet(asObject(place, row)), 5)).toThrow(EncodeError);
});

test.each(allowed)('$row.name twice in $place.what', ({ row, place }) => {
  const block = props(companions(place, row), row.id, row.value, row.id, row.value);
  const { error } = decodeEveryWay(place.wire(block), options(place, row));
  const repeatable =
    row.name === 'userProperties' ||
    (row.name === 'subscriptionIdentifiers' && place.letter === 'P');
  expect(error?.reasonCode).toBe(repeatable ? undefined : 0x82);
});

test.each(allowed)('$row.name cut short in $place.what', ({ row, place }) => {
  for (let length = 0; length < row.value.length; length++) {
    const block = props(companions(place, row), row.id, row.value.subarray(0, length));
    expect(decodeEveryWay(place.wire(block), options(place, row)).error?.reasonCode).toBe(0x81);
  }
});

test.each(allowed.filter(({ row }) => row.wrong !== undefined))(
  '$row.name out of range in $place.what',
  ({ row, place }) => {
    for (const value of row.wrong ?? []) {
      const block = props(companions(place, row), row.id, value);
      expect(decodeEveryWay(place.wire(block), options(place, row)).error?.reasonCode).toBe(0x82);
    }
  },
);

test.each(places)('unknown properties in $what', (place) => {
  for (const id of [0x00, 0x04, 0x0a, 0x10, 0x20, 0x2b, 0x7f, 0x80, 0xff]) {
    const { error } = decodeEveryWay(
      place.wire(props(id, 0)),
      options(place, { name: 'reasonString' }),
    );
    expect(error?.reasonCode, `id ${id}`).toBe(0x81);
  }
});

test.each(places)('a block that ends behind $what', (place) => {
  const { error } = decodeEveryWay(place.wire(hex('7f')), options(place, { name: 'reasonString' }));
  expect(error?.reasonCode).toBe(0x81);
});

describe('blocks alone', () => {
  test('are written in the order of the identifiers, User Properties in theirs', () => {
    const userProperties = [
      ['b', '1'],
      ['a', '2'],
      ['b', '1'],
    ] as const;
    const properties: Properties = { userProperties, topicAlias: 2, payloadFormatIndicator: 1 };
    expect(encodeProperties(properties)).toEqual(
      join(
        ...[0x01, 1, 0x23, u16(2)],
        ...[0x26, text('b'), text('1'), 0x26, text('a'), text('2'), 0x26, text('b'), text('1')],
      ),
    );
    expect(encodeProperties({})).toEqual(hex(''));
  });

  test('of a kept PUBLISH are read again', () => {
    const properties: Properties = { contentType: 't', userProperties: [['a', 'b']] };
    expect(decodePublishProperties(encodeProperties(properties))).toEqual(properties);
    expect(decodePublishProperties(hex(''))).toEqual({});
    expect(() => decodePublishProperties(hex('11 00 00 00 00'))).toThrow(ProtocolError);
  });
});
