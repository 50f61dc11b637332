// Section 2.1 (5.0) and 2.2 (3.1.1): type, flags, Remaining Length; and who may send what.
import { describe, expect, test } from 'vitest';
import {
  PacketDecoder,
  type ProtocolError,
  type ProtocolVersion,
  type Role,
} from '../src/index.ts';
import { decodeEveryWay } from './drive.ts';
import { hex, integer, join, text } from './wire.ts';

const versions: ProtocolVersion[] = [3, 4, 5];

/** Right flags by packet type, as in table 2-2. */
const flags = [0, 0, 0, 0, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0];

describe.each<[string, ProtocolVersion]>([
  ['[MQTT-2.1.3-1]', 5],
  ['[MQTT-2.2.2-1 @3.1.1] [MQTT-2.2.2-2 @3.1.1]', 4],
])('%s flags other than those of the table', (_id, protocolVersion) => {
  test.each([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])('type %i', (type) => {
    if (type === 15 && protocolVersion < 5) return;
    for (let nibble = 0; nibble < 16; nibble++) {
      const { error } = decodeEveryWay(join((type << 4) | nibble, 0), {
        role: 'any',
        protocolVersion,
      });
      const isFlagFault =
        error?.statement?.startsWith(protocolVersion === 5 ? 'MQTT-2.1.3-1' : 'MQTT-2.2.2-1') ??
        false;
      expect(isFlagFault, `flags ${nibble}`).toBe(nibble !== flags[type]);
    }
  });
});

test.each<[string, number, ProtocolVersion]>([
  ['[MQTT-3.6.1-1] PUBREL', 0x60, 5],
  ['[MQTT-3.6.1-1 @3.1.1] PUBREL', 0x60, 4],
  ['[MQTT-3.8.1-1] SUBSCRIBE', 0x80, 5],
  ['[MQTT-3.8.1-1 @3.1.1] SUBSCRIBE', 0x80, 4],
  ['[MQTT-3.10.1-1] UNSUBSCRIBE', 0xa0, 5],
  ['[MQTT-3.10.1-1 @3.1.1] UNSUBSCRIBE', 0xa0, 4],
  ['[MQTT-3.14.1-1] DISCONNECT', 0xe1, 5],
  ['[MQTT-3.14.1-1 @3.1.1] DISCONNECT', 0xe1, 4],
  ['[MQTT-3.15.1-1] AUTH', 0xf2, 5],
])('%s with wrong flags is malformed', (_name, first, protocolVersion) => {
  const { error } = decodeEveryWay(join(first, 0), { role: 'server', protocolVersion });
  expect(error).toMatchObject({
    code: 'MQTT_MALFORMED_PACKET',
    reasonCode: 0x81,
    packetType: first >> 4,
  });
});

test.each([
  ['[MQTT-3.3.1-4] QoS 3', 5, 0x36, 'MQTT-3.3.1-4'],
  ['[MQTT-3.3.1-4 @3.1.1] QoS 3', 4, 0x36, 'MQTT-3.3.1-4 @3.1.1'],
  ['[MQTT-3.3.1-4 @3.1.1] QoS 3 with DUP in 3.1', 3, 0x3e, 'MQTT-3.3.1-4 @3.1.1'],
  ['[MQTT-3.3.1-2] DUP at QoS 0', 5, 0x38, 'MQTT-3.3.1-2'],
  ['[MQTT-3.3.1-2 @3.1.1] DUP at QoS 0', 4, 0x38, 'MQTT-3.3.1-2 @3.1.1'],
] as [string, ProtocolVersion, number, string][])(
  '%s',
  (_name, protocolVersion, first, statement) => {
    const { error } = decodeEveryWay(join(first, 5, text('a'), 0, 0), {
      role: 'server',
      protocolVersion,
    });
    expect(error).toMatchObject({ reasonCode: 0x81, statement });
  },
);

describe('direction', () => {
  // C: only clients send it, S: only servers, B: both
  const table = '-CSBBBBBCSCSCSCB';
  test.each(versions)('version %i', (protocolVersion) => {
    for (let type = 1; type < 16; type++) {
      const who = type === 14 && protocolVersion === 5 ? 'B' : table[type];
      for (const role of ['server', 'client'] as Role[]) {
        if (type === 1 && role === 'server') continue;
        const { error } = decodeEveryWay(join((type << 4) | (flags[type] ?? 0), 0), {
          role,
          protocolVersion,
        });
        const wrong = who === (role === 'server' ? 'S' : 'C');
        const isDirectionFault =
          error?.reasonCode === 0x82 && error.message.includes('never sends');
        expect(isDirectionFault, `type ${type} at the ${role}`).toBe(wrong);
      }
    }
  });
});

describe('the order of packets', () => {
  const connected = join(hex('10 0d 00 04 4d 51 54 54 04 02 00 3c 00 01 63'));

  test.each([0x30, 0x40, 0x82, 0xc0, 0xe0, 0xf0])(
    '[MQTT-3.1.0-1] [MQTT-3.1.0-1 @3.1.1] %i is no first packet',
    (first) => {
      // judged at the first byte: nothing more has come
      const { error } = decodeEveryWay(join(first), { role: 'server' });
      expect(error).toMatchObject({ reasonCode: 0x82, statement: 'MQTT-3.1.0-1' });
    },
  );

  test('[MQTT-3.1.0-2] [MQTT-3.1.0-2 @3.1.1] a second CONNECT is refused at its first byte', () => {
    const { packets, error } = decodeEveryWay(join(connected, 0x10), { role: 'server' });
    expect(packets).toHaveLength(1);
    expect(error).toMatchObject({ reasonCode: 0x82, statement: 'MQTT-3.1.0-2 @3.1.1' });
  });

  test('what follows a refused packet is not decoded', () => {
    const { packets } = decodeEveryWay(join(connected, hex('c1 00 c0 00')), { role: 'server' });
    expect(packets).toHaveLength(1);
  });
});

describe('[MQTT-1.5.5-1] the Remaining Length', () => {
  const options = { role: 'server', protocolVersion: 5 } as const;
  test.each([
    ['80 00', 0],
    ['81 00', 0],
    ['ff 00', 0],
    ['80 80 00', 0],
    ['80 80 80 00', 0],
  ])('%s is not the shortest form', (length) => {
    const { error } = decodeEveryWay(join(0xc0, hex(length)), options);
    expect(error).toMatchObject({ reasonCode: 0x81, statement: 'MQTT-1.5.5-1' });
  });

  test.each(['80 80 80 80', 'ff ff ff ff', '80 80 80 80 01'])('%s is too long', (length) => {
    const { error } = decodeEveryWay(join(0x30, hex(length)), options);
    expect(error).toMatchObject({ reasonCode: 0x81, statement: 'MQTT-1.5.5-1' });
  });

  test.each([127, 128, 16_383, 16_384, 100_000])('%i is read', (length) => {
    const topic = text('t');
    const payload = new Uint8Array(length - topic.length - 1).fill(7);
    const { packets } = decodeEveryWay(join(0x30, integer(length), topic, 0, payload), options);
    expect(packets).toMatchObject([{ topicName: 't' }]);
    expect(packets[0]).toHaveProperty('payload', payload);
  });
});

describe.each<ProtocolVersion>([3, 4])('a Remaining Length of version %i', (protocolVersion) => {
  const options = { role: 'server', protocolVersion } as const;
  test.each(['80 00', '80 80 00', '80 80 80 00'])('%s is a long form of 0', (length) => {
    const { packets, error } = decodeEveryWay(join(0xc0, hex(length), 0xc0, 0), options);
    expect(error).toBeUndefined();
    expect(packets).toEqual([{ type: 12 }, { type: 12 }]);
  });

  test.each(['85 00', '85 80 00', '85 80 80 00'])('%s is a long form of 5', (length) => {
    const long = join(0x30, hex(length), text('a'), hex('31 32'));
    const short = join(0x30, 4, text('a'), hex('33'));
    const { packets, error } = decodeEveryWay(join(long, short, long), options);
    expect(error).toBeUndefined();
    expect(packets.map((packet) => ('payload' in packet ? packet.payload : packet))).toEqual([
      hex('31 32'),
      hex('33'),
      hex('31 32'),
    ]);
  });

  test('a packet with a long form is shown in its shortest form', () => {
    const shown: Uint8Array[] = [];
    const decoder = new PacketDecoder(
      {
        publish: ({ bytes, end, start }) => void shown.push(bytes.slice(start, end)),
        acknowledge: () => undefined,
        packet: () => undefined,
        malformed: (error) => expect(error).toBeUndefined(),
      },
      options,
    );
    decoder.receive(join(0x30, hex('84 80 00'), text('a'), 0x31, 0x30, 4, text('a'), 0x32));
    expect(shown).toEqual([join(0x30, 4, text('a'), 0x31), join(0x30, 4, text('a'), 0x32)]);
  });

  test.each(['80 80 80 80', '80 80 80 80 00'])('%s is too long', (length) => {
    const { error } = decodeEveryWay(join(0x30, hex(length)), options);
    expect(error).toMatchObject({ reasonCode: 0x81 });
  });

  test('a long form counts as its value in limits', () => {
    const { packets, error } = decodeEveryWay(join(0x30, hex('85 80 80 00'), text('a'), 1, 2), {
      ...options,
      maximumPacketSize: 7,
    });
    expect(error).toBeUndefined();
    expect(packets).toHaveLength(1);
    const { error: tooLarge } = decodeEveryWay(join(0x30, hex('86 80 80 00')), {
      ...options,
      maximumPacketSize: 7,
    });
    expect(tooLarge).toMatchObject({ reasonCode: 0x95 });
  });
});

describe('a CONNECT with a Remaining Length in a long form', () => {
  const connect = (level: number, ...more: number[]): Uint8Array =>
    join(
      0x10,
      0x8d + more.length,
      0x80,
      0,
      hex('00 04 4d 51 54 54'),
      level,
      2,
      0,
      60,
      ...more,
      hex('00 01 63'),
    );

  test.each(['server', 'any'] as const)('is accepted of 3.1.1 by the role %s', (role) => {
    const { packets, error } = decodeEveryWay(join(connect(4), hex('c0 80 00')), { role });
    expect(error).toBeUndefined();
    expect(packets).toMatchObject([{ protocolVersion: 4, clientId: 'c' }, { type: 12 }]);
  });

  test.each(['server', 'any'] as const)(
    '[MQTT-1.5.5-1] is refused of 5.0, once its version is read, by the role %s',
    (role) => {
      const { packets, error } = decodeEveryWay(connect(5, 0), { role });
      expect(packets).toEqual([]);
      expect(error).toMatchObject({ reasonCode: 0x81, statement: 'MQTT-1.5.5-1', packetType: 1 });
    },
  );
});

test.each([
  ['SUBSCRIBE', 0x82],
  ['UNSUBSCRIBE', 0xa2],
  ['PUBACK', 0x40],
])(
  'a %s above maximumRequestSize is refused at its fixed header, a PUBLISH is not',
  (_name, first) => {
    const errors: number[] = [];
    const sink = {
      publish: () => undefined,
      acknowledge: () => undefined,
      packet: () => undefined,
      malformed: (error: ProtocolError) => void errors.push(error.reasonCode),
    };
    const options = { role: 'server', protocolVersion: 5, maximumRequestSize: 100 } as const;
    new PacketDecoder(sink, options).receive(Uint8Array.of(0x30, 99));
    expect(errors).toEqual([]);
    new PacketDecoder(sink, options).receive(Uint8Array.of(first, 98));
    expect(errors).toEqual([]);
    new PacketDecoder(sink, options).receive(Uint8Array.of(first, 99));
    expect(errors).toEqual([0x97]);
  },
);

test('properties of a PUBLISH above maximumRequestSize are refused, its payload may be longer', () => {
  const read = (properties: number, payload: number): unknown[] => {
    const seen: unknown[] = [];
    const sink = {
      publish: () => void seen.push('publish'),
      acknowledge: () => undefined,
      packet: () => undefined,
      malformed: (error: ProtocolError) => void seen.push(error.reasonCode),
    };
    const options = { role: 'server', protocolVersion: 5, maximumRequestSize: 100 } as const;
    const reader = new PacketDecoder(sink, options);
    const userProperty = [0x26, 0, 1, 0x61, 0, properties - 6, ...Array(properties - 6).fill(0x62)];
    const body = [0, 1, 0x74, properties, ...userProperty, ...Array(payload).fill(0)];
    reader.receive(Uint8Array.of(0x30, (body.length & 127) | 128, body.length >> 7, ...body));
    return seen;
  };
  expect(read(100, 1_000)).toEqual(['publish']);
  expect(read(101, 100)).toEqual([0x97]);
});
