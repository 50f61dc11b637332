import { decode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { bytes, hex, packet, properties, rawConnect, str, u16, u32, varint } from '../src/bytes.ts';

test.each<[string, Uint8Array, string]>([
  ['a Two Byte Integer', u16(0x1234), '12 34'],
  ['a Four Byte Integer', u32(0xffff_fffe), 'ff ff ff fe'],
  ['the shortest Variable Byte Integer', varint(128), '80 01'],
  ['its largest value', varint(268_435_455), 'ff ff ff 7f'],
  ['an over-long zero', varint(0, 2), '80 00'],
  ['an over-long value', varint(5, 4), '85 80 80 00'],
  ['a string', str('aé'), '00 03 61 c3 a9'],
  ['a string of any bytes', str(0xff, 'a'), '00 02 ff 61'],
  ['properties', properties([0x21, u16(5)]), '03 21 00 05'],
  ['a packet', packet(0xc0), 'c0 00'],
  ['nested parts', bytes(1, [2, ['3', [4]]]), '01 02 33 04'],
])('%s', (_name, actual, expected) => {
  expect(Buffer.from(actual).toString('hex')).toBe(Buffer.from(hex(expected)).toString('hex'));
});

test('a CONNECT by hand is one that the codec reads', () => {
  expect(decode(rawConnect({ payload: [str('id')] }))).toMatchObject({
    type: 1,
    protocolVersion: 5,
    clientId: 'id',
    cleanStart: true,
    keepAlive: 60,
  });
});
