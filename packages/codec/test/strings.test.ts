// Section 1.5.4 (5.0) and 1.5.3 (3.1.1): UTF-8 Encoded Strings.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ProtocolVersion } from '../src/index.ts';
import { decodeUtf8, decodeUtf8Leniently, utf8Fault, utf8Length, writeUtf8 } from '../src/utf8.ts';
import { decodeEveryWay, verdict } from './drive.ts';
import { connect, hex, packet, props, publish, sized, text } from './wire.ts';

const illFormed: [string, string][] = [
  ['a continuation alone', '80'],
  ['a start alone', 'c3'],
  ['a start before ASCII', 'c3 28'],
  ['two starts', 'c3 c3'],
  ['over-long in two bytes', 'c0 af'],
  ['over-long U+0000', 'c0 80'],
  ['over-long in three bytes', 'e0 9f bf'],
  ['over-long in four bytes', 'f0 8f bf bf'],
  ['half of three', 'e2 82'],
  ['half of four', 'f0 9f 98'],
  ['the first surrogate', 'ed a0 80'],
  ['the last surrogate', 'ed bf bf'],
  ['a pair of surrogates', 'ed a0 bd ed b8 80'],
  ['above U+10FFFF', 'f4 90 80 80'],
  ['a byte that never occurs', 'ff'],
  ['the same', 'f5 80 80 80'],
];

const wellFormed: [string, string, string][] = [
  ['ASCII', '61 62', 'ab'],
  ['control characters, which a receiver may take', '01 1f 7f', '\u0001\u001F\u007F'],
  ['two bytes', 'c3 bc', 'ü'],
  ['three bytes', 'e2 82 ac', '€'],
  ['next to the surrogates', 'ed 9f bf ee 80 80', '\uD7FF\uE000'],
  ['a non-character, which a receiver may take', 'ef bf bf', '\uFFFF'],
  ['four bytes', 'f0 9f 98 80', '😀'],
  ['the last code point', 'f4 8f bf bf', '\u{10FFFF}'],
  ['U+FEFF in front', 'ef bb bf 61', '\uFEFFa'],
  ['U+FEFF inside', '61 ef bb bf', 'a\uFEFF'],
];

describe.each<[string, ProtocolVersion, string, string]>([
  ['[MQTT-1.5.4-1]', 5, 'MQTT-1.5.4-1', 'MQTT-1.5.4-2'],
  ['[MQTT-1.5.3-1 @3.1.1]', 4, 'MQTT-1.5.3-1 @3.1.1', 'MQTT-1.5.3-2 @3.1.1'],
])('%s', (_id, protocolVersion, illFormedId, nullId) => {
  const options = { role: 'server', protocolVersion } as const;
  test.each(illFormed)('%s is refused', (_name, bytes) => {
    const wire = publish(protocolVersion, { topic: sized(hex(bytes)) });
    expect(verdict(decodeEveryWay(wire, options))).toEqual({
      reasonCode: 0x81,
      statement: illFormedId,
    });
  });

  test.each(wellFormed)('%s is taken', (_name, bytes, topicName) => {
    const wire = publish(protocolVersion, { topic: sized(hex(bytes)) });
    expect(verdict(decodeEveryWay(wire, options))).toMatchObject([{ topicName }]);
  });

  test(`[${nullId}] U+0000 is refused`, () => {
    const wire = publish(protocolVersion, { topic: sized(hex('61 00')) });
    expect(verdict(decodeEveryWay(wire, options))).toEqual({ reasonCode: 0x81, statement: nullId });
  });
});

test.each<[string, ProtocolVersion]>([
  ['[MQTT-1.5.4-3]', 5],
  ['[MQTT-1.5.3-3 @3.1.1]', 4],
])('%s U+FEFF makes another string', (_id, protocolVersion) => {
  const topics = [sized(hex('ef bb bf 61')), text('a')].map((topic) =>
    verdict(
      decodeEveryWay(publish(protocolVersion, { topic }), { role: 'server', protocolVersion }),
    ),
  );
  expect(topics).toMatchObject([[{ topicName: '\uFEFFa' }], [{ topicName: 'a' }]]);
  const wire = connect({ level: protocolVersion, clientId: sized(hex('ef bb bf')) });
  expect(verdict(decodeEveryWay(wire, { role: 'server' }))).toMatchObject([{ clientId: '\uFEFF' }]);
});

test.each([
  ['[MQTT-1.5.7-1] the name of a User Property', sized(hex('ff')), text('v')],
  ['[MQTT-1.5.7-1] the value of a User Property', text('n'), sized(hex('ff'))],
])('%s', (_name, name, value) => {
  const options = { role: 'server', protocolVersion: 5 } as const;
  const refused = { reasonCode: 0x81, statement: 'MQTT-1.5.4-1' };
  const block = props(0x26, name, value);
  expect(verdict(decodeEveryWay(publish(5, { properties: block }), options))).toEqual(refused);
  const unsubscribe = packet(0xa2, hex('00 01'), block, text('a'));
  expect(verdict(decodeEveryWay(unsubscribe, options))).toEqual(refused);
});

describe('against the platform', () => {
  const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const pieces = fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.constantFrom(...[...illFormed, ...wellFormed].map(([, bytes]) => hex(bytes))),
  );
  const anyBytes = fc
    .array(pieces, { maxLength: 6 })
    .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

  test('the same bytes are well-formed, and mean the same', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(5), (bytes, offset) => {
        let expected: string | undefined;
        try {
          expected = fatal.decode(bytes);
        } catch {
          expected = undefined;
        }
        const shifted = new Uint8Array(bytes.length + offset + 3).fill(0x80);
        shifted.set(bytes, offset);
        const end = offset + bytes.length;
        const isRight = utf8Fault(shifted, offset, end) === 0;
        expect(isRight).toBe(expected !== undefined && !expected.includes('\0'));
        if (isRight) expect(decodeUtf8(shifted, offset, end)).toBe(expected);
        expect(utf8Length(decodeUtf8Leniently(shifted, offset, end))).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  test('a string is written as TextEncoder writes it, or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(3), (value, at) => {
        const odd = value.slice(0, at) + (at === 3 ? '\uD800' : '') + value.slice(at);
        const isRight = odd.isWellFormed() && !odd.includes('\0');
        const length = utf8Length(odd);
        expect(length >= 0).toBe(isRight);
        if (!isRight) return;
        const target = new Uint8Array(length + 2).fill(0xee);
        expect(writeUtf8(odd, length, target, 1)).toBe(length + 1);
        expect(target.subarray(1, -1)).toEqual(new TextEncoder().encode(odd));
        expect([target[0], target.at(-1)]).toEqual([0xee, 0xee]);
      }),
      { numRuns: 1000 },
    );
  });
});
