// The drop-in against mqtt-packet itself.
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import theirs, { type Packet as TheirPacket } from 'mqtt-packet';
import { EncodeError, ProtocolError } from '../src/index.ts';
import { generate, type Packet, parser, writeToStream } from '../src/mqtt-packet.ts';
import { connect, hex, join, packet, props, publish, text, u16 } from './wire.ts';

/** What a parser emits, payloads included, for a stream. */
function parseAll(
  make: {
    on: (event: 'packet', listener: (packet: object) => void) => unknown;
    parse: (chunk: Buffer) => number;
  },
  chunks: Uint8Array[],
): unknown[] {
  const packets: unknown[] = [];
  make.on('packet', (each) => packets.push({ ...each }));
  for (const chunk of chunks) make.parse(Buffer.from(chunk));
  return packets;
}

const streams: [string, 3 | 4 | 5, Uint8Array][] = [
  ['CONNECT of 3.1', 3, connect({ level: 3 })],
  [
    'CONNECT of a bridge and its SUBSCRIBE',
    4,
    join(connect({ level: 0x84 }), packet(0x82, u16(1), text('a'), 1)),
  ],
  [
    'CONNECT with everything',
    5,
    connect({
      level: 5,
      flags: 0xf6,
      properties: props(
        0x17,
        1,
        0x26,
        text('a'),
        text('1'),
        0x26,
        text('b'),
        text('2'),
        0x26,
        text('a'),
        text('3'),
      ),
      rest: join(props(0x01, 1), text('w'), text('gone'), text('user'), text('pass')),
    }),
  ],
  ['CONNACK', 4, hex('20 02 01 00')],
  ['CONNACK', 5, packet(0x20, 0, 0, props(0x25, 1, 0x24, 0, 0x28, 0))],
  ['PUBLISH', 4, publish(4, { first: 0x3b, packetId: 9 })],
  ['PUBLISH', 5, publish(5, { properties: props(0x0b, 7, 0x09, text('c'), 0x01, 0) })],
  [
    'PUBLISH with several Subscription Identifiers',
    5,
    publish(5, { properties: props(0x0b, 7, 0x0b, 8) }),
  ],
  ['PUBLISH without payload', 4, publish(4, { payload: hex('') })],
  ['acknowledgements', 4, hex('40 02 00 01 50 02 00 02 62 02 00 03 70 02 00 04')],
  ['acknowledgements', 5, hex('40 02 00 01 50 04 00 02 80 00 62 04 00 03 92 00 70 02 00 04')],
  ['SUBSCRIBE', 4, packet(0x82, u16(1), text('a'), 1, text('b'), 2)],
  ['SUBSCRIBE', 5, packet(0x82, u16(1), props(0x0b, 1), text('a'), 0x2d)],
  ['SUBACK', 4, packet(0x90, u16(1), hex('00 01 80'))],
  ['SUBACK', 5, packet(0x90, u16(1), props(0x1f, text('r')), hex('00 87'))],
  ['UNSUBSCRIBE', 4, packet(0xa2, u16(1), text('a'))],
  ['UNSUBACK', 4, hex('b0 02 00 01')],
  ['UNSUBACK', 5, packet(0xb0, u16(1), props(), hex('00 11'))],
  ['PINGREQ and PINGRESP', 4, hex('c0 00 d0 00')],
  ['DISCONNECT', 4, hex('e0 00')],
  ['DISCONNECT', 5, packet(0xe0, 4, props(0x11, hex('00 00 00 05')))],
  ['AUTH', 5, packet(0xf0, 0x18, props(0x15, text('m'), 0x16, text('d')))],
  [
    'a packet of 130 and one of 20000 bytes',
    4,
    join(
      publish(4, { payload: new Uint8Array(122) }),
      publish(4, { payload: new Uint8Array(19_991) }),
    ),
  ],
];

describe('parser', () => {
  test.each(streams)('%s of version %i has the same shape', (_name, protocolVersion, stream) => {
    const expected = parseAll(theirs.parser({ protocolVersion }), [stream]);
    expect(expected.length).toBeGreaterThan(0);
    expect(parseAll(parser({ protocolVersion }), [stream])).toEqual(expected);
    const bytes =
      stream.length < 500
        ? Array.from(stream, (byte) => Uint8Array.of(byte))
        : [stream.slice(0, 200), stream.slice(200)];
    expect(parseAll(parser({ protocolVersion }), bytes)).toEqual(expected);
  });

  test('Buffers beget Buffers, Uint8Arrays beget Uint8Arrays', () => {
    const classes = [Buffer.from(publish(4)), publish(4)].map((chunk) => {
      let payload: unknown;
      parser()
        .on('packet', (each) => void (payload = each.cmd === 'publish' ? each.payload : undefined))
        .parse(chunk);
      return payload;
    });
    expect(classes).toEqual([Buffer.from([1, 2]), hex('01 02')]);
    expect(Buffer.isBuffer(classes[0])).toBe(true);
    expect(Buffer.isBuffer(classes[1])).toBe(false);
    expect(String(Buffer.isBuffer(classes[0]) && classes[0].toString('hex'))).toBe('0102');
  });

  test('parse says how many bytes wait', () => {
    const ours = parser();
    const wire = publish(4);
    expect(ours.parse(wire.slice(0, 4))).toBe(4);
    expect(ours.parse(wire.slice(4))).toBe(0);
  });

  test('an error is emitted, and then the parser starts afresh', () => {
    const ours = parser();
    const errors: Error[] = [];
    const commands: unknown[] = [];
    ours.on('error', (error) => errors.push(error)).on('packet', (each) => commands.push(each.cmd));
    ours.parse(hex('c0 00 c1 00 c0 00'));
    expect(errors).toMatchObject([{ reasonCode: 0x81 }]);
    ours.parse(hex('c0 00'));
    expect(commands).toEqual(['pingreq', 'pingreq']);
  });

  test('an error that nobody listens to is thrown', () => {
    expect(() => parser().parse(hex('00 00'))).toThrow(ProtocolError);
  });

  test('listeners come and go', () => {
    const ours = parser();
    const calls: string[] = [];
    const always = (): void => void calls.push('always');
    ours.on('packet', always).once('packet', () => void calls.push('once'));
    ours.parse(hex('c0 00 c0 00'));
    ours.off('packet', always);
    ours.parse(hex('c0 00'));
    ours.on('packet', always).removeAllListeners('packet');
    ours.parse(hex('c0 00'));
    expect(calls).toEqual(['always', 'once', 'always']);
  });
});

const packets: [string, 3 | 4 | 5, Packet][] = [
  ['connect', 4, { cmd: 'connect', clientId: 'c' }],
  [
    'connect of 3.1',
    3,
    { cmd: 'connect', protocolVersion: 3, protocolId: 'MQIsdp', clientId: 'c', keepalive: 5 },
  ],
  [
    'connect with everything',
    5,
    {
      cmd: 'connect',
      protocolVersion: 5,
      clientId: 'c',
      clean: false,
      username: 'u',
      password: Buffer.from('p'),
      will: {
        topic: 'w',
        payload: 'gone',
        qos: 2,
        retain: true,
        properties: { willDelayInterval: 5 },
      },
      properties: {
        sessionExpiryInterval: 9,
        requestProblemInformation: false,
        userProperties: { a: ['1', '2'], b: '3' },
      },
    },
  ],
  ['connack', 4, { cmd: 'connack', returnCode: 0, sessionPresent: true }],
  [
    'connack',
    5,
    {
      cmd: 'connack',
      reasonCode: 0,
      sessionPresent: false,
      properties: { retainAvailable: false, maximumQoS: 1 },
    },
  ],
  [
    'publish',
    4,
    { cmd: 'publish', topic: 't', payload: 'ü', qos: 1, messageId: 7, retain: true, dup: true },
  ],
  [
    'publish',
    5,
    {
      cmd: 'publish',
      topic: 't',
      payload: Buffer.from([1]),
      qos: 0,
      properties: { payloadFormatIndicator: true, subscriptionIdentifier: [1, 2] },
    },
  ],
  ['publish without payload', 4, { cmd: 'publish', topic: 't' }],
  ['puback', 4, { cmd: 'puback', messageId: 7 }],
  [
    'pubrec',
    5,
    { cmd: 'pubrec', messageId: 7, reasonCode: 0x87, properties: { reasonString: 'no' } },
  ],
  ['pubrel', 5, { cmd: 'pubrel', messageId: 7, reasonCode: 0 }],
  ['subscribe', 4, { cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: 'a', qos: 1 }] }],
  [
    'subscribe',
    5,
    {
      cmd: 'subscribe',
      messageId: 7,
      subscriptions: [{ topic: 'a', qos: 1, nl: true, rap: true, rh: 2 }],
      properties: { subscriptionIdentifier: 3 },
    },
  ],
  ['suback', 4, { cmd: 'suback', messageId: 7, granted: [0, 128] }],
  ['unsubscribe', 4, { cmd: 'unsubscribe', messageId: 7, unsubscriptions: ['a', 'b'] }],
  ['unsuback', 4, { cmd: 'unsuback', messageId: 7 }],
  ['unsuback', 5, { cmd: 'unsuback', messageId: 7, granted: [0, 17] }],
  ['pingreq', 4, { cmd: 'pingreq' }],
  ['pingresp', 4, { cmd: 'pingresp' }],
  ['disconnect', 4, { cmd: 'disconnect' }],
  ['disconnect', 5, { cmd: 'disconnect', reasonCode: 4, properties: { reasonString: 'bye' } }],
  ['auth', 5, { cmd: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } }],
];

describe('generate', () => {
  test.each(packets)(
    '%s of version %i means the same to both parsers',
    (_name, protocolVersion, each) => {
      const ours = generate(each, { protocolVersion });
      const given: unknown = each;
      const other = theirs.generate(given as TheirPacket, { protocolVersion });
      const read = (bytes: Uint8Array) => parseAll(theirs.parser({ protocolVersion }), [bytes]);
      const withoutLength = (all: unknown[]) =>
        all.map((one) => ({ ...(one as object), length: 0 }));
      // the short forms of 5.0 are shorter here
      expect(withoutLength(read(ours))).toEqual(withoutLength(read(other)));
      expect(parseAll(parser({ protocolVersion }), [ours])).toEqual(read(ours));
    },
  );

  test('a property that is null is left out', () => {
    const each = { cmd: 'publish', topic: 't', payload: '', properties: { contentType: null } };
    expect(generate(each as unknown as Packet, { protocolVersion: 5 })).toEqual(
      hex('30 04 00 01 74 00'),
    );
  });

  test('what MQTT forbids is thrown', () => {
    expect(() => generate({ cmd: 'publish', topic: 'a/#' })).toThrow(EncodeError);
    expect(() => generate({ cmd: 'puback' })).toThrow(EncodeError);
    expect(() => generate({ cmd: 'unknown' } as unknown as Packet)).toThrow(EncodeError);
    expect(() => generate({ cmd: 'connect', clientId: 'c', protocolId: 'MQIsdp' })).toThrow(
      EncodeError,
    );
  });
});

describe('writeToStream', () => {
  class FakeStream extends EventEmitter {
    written: Uint8Array[] = [];
    destroyed: Error | undefined;
    write(bytes: Uint8Array): boolean {
      this.written.push(bytes);
      return this.written.length < 2;
    }
    destroy(error: Error): this {
      this.destroyed = error;
      return this;
    }
  }

  test('writes once, and passes on what write says', () => {
    const stream = new FakeStream();
    expect(writeToStream({ cmd: 'pingreq' }, stream)).toBe(true);
    expect(writeToStream({ cmd: 'publish', topic: 't', payload: 'x' }, stream)).toBe(false);
    expect(stream.written).toEqual([
      hex('c0 00'),
      publish(4, { topic: text('t'), payload: hex('78') }),
    ]);
  });

  test.each<[string, Packet]>([
    ['a Topic Name that is too long', { cmd: 'publish', topic: 'x'.repeat(70_000) }],
    ['Packet Identifier 70000', { cmd: 'puback', messageId: 70_000 }],
    ['Packet Identifier 1.5', { cmd: 'publish', topic: 't', qos: 1, messageId: 1.5 }],
  ])('%s destroys the stream before a byte is written', (_name, each) => {
    const stream = new FakeStream();
    expect(writeToStream(each, stream)).toBe(false);
    expect(stream.written).toEqual([]);
    expect(stream.destroyed).toBeInstanceOf(EncodeError);
  });
});
