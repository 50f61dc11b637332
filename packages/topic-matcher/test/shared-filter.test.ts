import { expect, test } from 'vitest';
import { parseSharedFilter, type TopicErrorCode, validateTopicFilter } from '../src/index.ts';

test.each<[statement: string, filter: string, code: TopicErrorCode | undefined]>([
  ['[MQTT-4.8.2-1] a share name of one character', '$share/g/a', undefined],
  ['[MQTT-4.8.2-1] no character at all', '$share//a', 'bad-share-name'],
  ['[MQTT-4.8.2-1] nothing behind the prefix', '$share/', 'bad-share-name'],
  ['[MQTT-4.8.2-1] not even the slash', '$share', 'bad-share-name'],
  ['[MQTT-4.8.2-1] another first level is no share', '$shared/g/a', undefined],
  ['[MQTT-4.8.2-1] the prefix is compared exactly', '$SHARE//a', undefined],
  ['[MQTT-4.8.2-2] no + in the share name', '$share/g+/a', 'bad-share-name'],
  ['[MQTT-4.8.2-2] + is no share name', '$share/+/a', 'bad-share-name'],
  ['[MQTT-4.8.2-2] no # in the share name', '$share/g#/a', 'bad-share-name'],
  ['[MQTT-4.8.2-2] # is no share name', '$share/#', 'bad-share-name'],
  ['[MQTT-4.8.2-2] a / must follow', '$share/g', 'empty'],
  ['[MQTT-4.8.2-2] a Topic Filter must follow', '$share/g/', 'empty'],
  ['[MQTT-4.8.2-2] which may be /', '$share/g//', undefined],
  ['[MQTT-4.8.2-2] which may begin with /', '$share/g//x', undefined],
  ['[MQTT-4.8.2-2] which may be #', '$share/g/#', undefined],
  ['[MQTT-4.8.2-2] which may be +', '$share/g/+', undefined],
  ['[MQTT-4.8.2-2] which may be longer', '$share/consumer 1/sport/+/#', undefined],
  ['[MQTT-4.7.1-1] # must be last behind the share name too', '$share/g/#/a', 'bad-wildcard'],
  ['[MQTT-4.7.1-2] + fills its level behind the share name too', '$share/g/a+', 'bad-wildcard'],
  ['[MQTT-4.7.3-2] no U+0000 in a share name', '$share/\0/a', 'null-character'],
  ['[MQTT-4.7.3-3] the whole is measured', `$share/g/${'a'.repeat(65_527)}`, 'too-long'],
  ['[MQTT-4.7.3-3] the whole just fits', `$share/g/${'a'.repeat(65_526)}`, undefined],
])('%s', (_statement, topicFilter, code) => {
  expect(validateTopicFilter(topicFilter)?.code).toBe(code);
});

test.each([
  ['$share/g/a/+', { shareName: 'g', topicFilter: 'a/+' }],
  ['$share/g//x', { shareName: 'g', topicFilter: '/x' }],
  ['$share/g/$share/h/x', { shareName: 'g', topicFilter: '$share/h/x' }],
  ['$share/g/', { shareName: 'g', topicFilter: '' }],
  ['$share/g', { shareName: 'g', topicFilter: '' }],
  ['$share/', { shareName: '', topicFilter: '' }],
  ['$share//a', { shareName: '', topicFilter: 'a' }],
  ['$share', undefined],
  ['a/$share/g/b', undefined],
])('%s is taken apart', (topicFilter, expected) => {
  expect(parseSharedFilter(topicFilter)).toEqual(expected);
});
