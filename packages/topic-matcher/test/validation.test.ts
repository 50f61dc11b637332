import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isTopicFilter,
  isTopicName,
  type TopicErrorCode,
  type TopicLimits,
  validateTopicFilter,
  validateTopicName,
} from '../src/index.ts';
import { topicFilters, topicNames } from './naive-model.ts';

type Row = [statement: string, topic: string, code: TopicErrorCode | undefined];

const both: Row[] = [
  ['[MQTT-4.7.3-1] [MQTT-4.7.3-1 @3.1.1] at least one character', '', 'empty'],
  ['[MQTT-4.7.3-1] [MQTT-4.7.3-1 @3.1.1] "/" alone is two empty levels', '/', undefined],
  ['[MQTT-4.7.3-2] [MQTT-4.7.3-2 @3.1.1] no U+0000', 'a\0b', 'null-character'],
  ['[MQTT-4.7.3-2] [MQTT-4.7.3-2 @3.1.1] not even at the end', 'a/\0', 'null-character'],
  ['[MQTT-4.7.3-3] [MQTT-4.7.3-3 @3.1.1] 65,535 bytes', 'a'.repeat(65_535), undefined],
  ['[MQTT-4.7.3-3] [MQTT-4.7.3-3 @3.1.1] 65,536 bytes', 'a'.repeat(65_536), 'too-long'],
  ['[MQTT-4.7.3-3] [MQTT-4.7.3-3 @3.1.1] bytes: 2 each', 'é'.repeat(32_768), 'too-long'],
  ['[MQTT-4.7.3-3] [MQTT-4.7.3-3 @3.1.1] bytes: 3 each', '水'.repeat(21_845), undefined],
  [
    '[MQTT-4.7.3-3] [MQTT-4.7.3-3 @3.1.1] bytes: 3 each, and one',
    `${'水'.repeat(21_845)}a`,
    'too-long',
  ],
  ['[MQTT-4.7.3-3] [MQTT-4.7.3-3 @3.1.1] bytes: 4 each', '🚰'.repeat(16_384), 'too-long'],
  [
    '[MQTT-4.7.3-3] [MQTT-4.7.3-3 @3.1.1] bytes: 4 each, and three',
    `${'🚰'.repeat(16_383)}abc`,
    undefined,
  ],
  ['[MQTT-1.5.4-1] [MQTT-1.5.3-1 @3.1.1] a high surrogate alone', 'a\ud83d', 'ill-formed'],
  ['[MQTT-1.5.4-1] [MQTT-1.5.3-1 @3.1.1] a high surrogate and a letter', '\ud83da', 'ill-formed'],
  ['[MQTT-1.5.4-1] [MQTT-1.5.3-1 @3.1.1] a low surrogate first', '\udeb0\ud83d', 'ill-formed'],
  ['65,535 levels are as good as one', '/'.repeat(65_534), undefined],
  ['spaces, control characters and case are nobody’s business', ' A\u0001/ ', undefined],
];

describe('Topic Names', () => {
  test.each<Row>([
    ...both,
    ['[MQTT-4.7.0-1] [MQTT-4.7.1-1 @3.1.1] no #', '#', 'wildcard'],
    ['[MQTT-4.7.0-1] [MQTT-4.7.1-1 @3.1.1] no + as a level', 'a/+/b', 'wildcard'],
    ['[MQTT-4.7.0-1] [MQTT-4.7.1-1 @3.1.1] no + inside a level', 'a+b', 'wildcard'],
    ['[MQTT-4.7.0-1] [MQTT-4.7.1-1 @3.1.1] no # inside a level', 'a#b', 'wildcard'],
    ['a name is not judged as a shared filter', '$share', undefined],
  ])('%s', (_statement, topicName, code) => {
    expect(validateTopicName(topicName)?.code).toBe(code);
    expect(isTopicName(topicName)).toBe(code === undefined);
  });
});

describe('Topic Filters', () => {
  test.each<Row>([
    ...both,
    ['[MQTT-4.7.1-1] [MQTT-4.7.1-2 @3.1.1] # alone', '#', undefined],
    ['[MQTT-4.7.1-1] [MQTT-4.7.1-2 @3.1.1] # behind /', 'sport/tennis/#', undefined],
    ['[MQTT-4.7.1-1] [MQTT-4.7.1-2 @3.1.1] # behind an empty level', '/#', undefined],
    ['[MQTT-4.7.1-1] [MQTT-4.7.1-2 @3.1.1] # behind a letter', 'sport/tennis#', 'bad-wildcard'],
    ['[MQTT-4.7.1-1] [MQTT-4.7.1-2 @3.1.1] # not last', 'sport/tennis/#/ranking', 'bad-wildcard'],
    ['[MQTT-4.7.1-1] [MQTT-4.7.1-2 @3.1.1] # before /', '#/', 'bad-wildcard'],
    ['[MQTT-4.7.1-1] [MQTT-4.7.1-2 @3.1.1] two #', '##', 'bad-wildcard'],
    ['[MQTT-4.7.1-1] [MQTT-4.7.1-2 @3.1.1] # in the middle of a level', 'a/b#c/d', 'bad-wildcard'],
    ['[MQTT-4.7.1-2] [MQTT-4.7.1-3 @3.1.1] + alone', '+', undefined],
    ['[MQTT-4.7.1-2] [MQTT-4.7.1-3 @3.1.1] + with #', '+/tennis/#', undefined],
    ['[MQTT-4.7.1-2] [MQTT-4.7.1-3 @3.1.1] + in the middle', 'sport/+/player1', undefined],
    ['[MQTT-4.7.1-2] [MQTT-4.7.1-3 @3.1.1] + at every level', '+/+/+', undefined],
    ['[MQTT-4.7.1-2] [MQTT-4.7.1-3 @3.1.1] + behind a letter', 'sport+', 'bad-wildcard'],
    ['[MQTT-4.7.1-2] [MQTT-4.7.1-3 @3.1.1] + before a letter', 'a/+b', 'bad-wildcard'],
    ['[MQTT-4.7.1-2] [MQTT-4.7.1-3 @3.1.1] two +', 'a/++/b', 'bad-wildcard'],
    ['[MQTT-4.7.1-2] [MQTT-4.7.1-3 @3.1.1] + and # in one level', '+#', 'bad-wildcard'],
  ])('%s', (_statement, topicFilter, code) => {
    expect(validateTopicFilter(topicFilter)?.code).toBe(code);
    expect(isTopicFilter(topicFilter)).toBe(code === undefined);
  });

  test('[MQTT-4.7.3-3] counts the bytes that an encoder makes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.nat(40),
        (text, maximumLength) => {
          fc.pre(!text.includes('\0'));
          const bytes = new TextEncoder().encode(text).length;
          const code = validateTopicName(text.replaceAll(/[+#]/g, '-'), { maximumLength })?.code;
          expect(code).toBe(bytes > maximumLength ? 'too-long' : undefined);
        },
      ),
    );
  });

  test('every generated name and filter is valid', () => {
    fc.assert(
      fc.property(topicNames, topicFilters, (topicName, topicFilter) => {
        expect(validateTopicName(topicName)).toBeUndefined();
        expect(validateTopicFilter(topicFilter)).toBeUndefined();
      }),
    );
  });
});

test.each<[string, TopicLimits, TopicErrorCode | undefined]>([
  ['a/b/c', { maximumLevels: 3 }, undefined],
  ['a/b/c', { maximumLevels: 2 }, 'too-many-levels'],
  ['//', { maximumLevels: 2 }, 'too-many-levels'],
  ['$share/g/a/b', { maximumLevels: 2 }, undefined],
  ['$share/g/a/b/c', { maximumLevels: 2 }, 'too-many-levels'],
  ['abc', { maximumLength: 3 }, undefined],
  ['abcd', { maximumLength: 3 }, 'too-long'],
  ['éé', { maximumLength: 3 }, 'too-long'],
  ['a/b', { maximumLength: undefined, maximumLevels: undefined }, undefined],
])('%s within %o', (topicFilter, limits, code) => {
  expect(validateTopicFilter(topicFilter, limits)?.code).toBe(code);
});
