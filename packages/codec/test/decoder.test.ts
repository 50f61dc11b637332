// The simple face.
import { describe, expect, test } from 'vitest';
import { decode, Decoder, encode, MalformedPacketError, ProtocolError } from '../src/index.ts';
import { connect, hex, join, publish } from './wire.ts';

describe('Decoder', () => {
  test('returns the packets before an error, and keeps the error', () => {
    const decoder = new Decoder({ protocolVersion: 4 });
    expect(decoder.decode(join(publish(4), hex('c0 00'), hex('c1')))).toMatchObject([
      { type: 3, topicName: 'a/b' },
      { type: 12 },
    ]);
    expect(decoder.error).toBeInstanceOf(MalformedPacketError);
    expect(decoder.error).toBeInstanceOf(ProtocolError);
    expect(decoder.error).toMatchObject({
      name: 'MalformedPacketError',
      code: 'MQTT_MALFORMED_PACKET',
      reasonCode: 0x81,
      statement: 'MQTT-2.2.2-1 @3.1.1',
      packetType: 12,
    });
    expect(decoder.decode(publish(4))).toEqual([]);
  });

  test('takes the version from the CONNECT', () => {
    const decoder = new Decoder();
    expect(decoder.protocolVersion).toBe(5);
    expect(decoder.decode(join(connect({ level: 4 }), publish(4)))).toHaveLength(2);
    expect(decoder.protocolVersion).toBe(4);
  });

  test('has the limits of its role', () => {
    const server = new Decoder({ role: 'server', maximumPacketSize: 10 });
    server.decode(hex('c0 00'));
    expect(server.error).toMatchObject({ code: 'MQTT_PROTOCOL_ERROR', reasonCode: 0x82 });
    const client = new Decoder({ role: 'client' });
    client.decode(hex('c0 00'));
    expect(client.error?.reasonCode).toBe(0x82);
    const small = new Decoder({ maximumPacketSize: 5 });
    small.decode(publish(5).slice(0, 2));
    expect(small.error?.reasonCode).toBe(0x95);
  });

  test('gives packets that share nothing with the chunk', () => {
    const chunk = publish(4);
    const [packet] = new Decoder({ protocolVersion: 4 }).decode(chunk);
    chunk.fill(0xee);
    expect(packet).toMatchObject({ payload: hex('01 02') });
  });

  test('takes Buffers, and gives Uint8Arrays', () => {
    const [packet] = new Decoder({ protocolVersion: 4 }).decode(Buffer.from(publish(4)));
    expect(packet?.type === 3 && packet.payload.constructor).toBe(Uint8Array);
  });
});

describe('decode', () => {
  test.each<[string, Uint8Array]>([
    ['nothing', hex('')],
    ['half a packet', hex('c0')],
    ['a packet and a half', hex('c0 00 c0')],
    ['two packets', hex('c0 00 c0 00')],
    ['a packet and rubbish', hex('c0 00 00')],
    ['rubbish', hex('00')],
  ])('throws a ProtocolError on %s', (_name, bytes) => {
    expect(() => decode(bytes)).toThrow(ProtocolError);
  });

  test('takes one packet in 5.0 unless told otherwise', () => {
    expect(decode(encode({ type: 14, reasonCode: 4 }, 5))).toEqual({ type: 14, reasonCode: 4 });
    expect(() => decode(hex('e0 01 04'), { protocolVersion: 4 })).toThrow(ProtocolError);
  });
});
