import { packet, type Part, str, u16 } from '../../bytes.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';
import { type Refusal, refusedPackets } from '../../refusals.ts';
import { subscribed } from './steps.ts';
import type { CaseContext } from '../../case-context.ts';

const texts: readonly (readonly [name: string, what: string, text: string])[] = [
  ['two-bytes', 'two bytes', 'größe'],
  ['three-bytes', 'three bytes', '水温'],
  ['four-bytes', 'four bytes', '\u{1f321}\u{10fffd}'],
  ['before-surrogates', 'U+D7FF and U+E000', '\ud7ff\ue000'],
  ['spaces', 'spaces', ' a  b '],
];

const wellFormed = defineCases(4, 'data', [
  ...texts.map(([name, what, text]) => ({
    name: `utf8-${name}`,
    title: `Characters of UTF-8 with ${what} pass in Topic Names and Filters unaltered`,
    statements: ['MQTT-1.5.3-1', 'MQTT-4.7.3-4', 'MQTT-3.3.2-1', 'MQTT-3.8.3-1'],
    async run(t: CaseContext) {
      const topic = t.topic(text);
      const client = await subscribed(t, { topicFilter: topic });
      await client.publish(topic, text, { qos: 1 });
      await client.receive({ topicName: topic, payload: text });
    },
  })),
  {
    name: 'bom',
    title: 'U+FEFF is a character like any other: it is not stripped, also at the beginning',
    statements: ['MQTT-1.5.3-3'],
    async run(t) {
      const topic = t.topic();
      const marked = `\ufeff${topic}`;
      const client = await subscribed(t, { topicFilter: marked });
      const plain = await subscribed(t, { topicFilter: topic });
      await plain.publish(marked, 'marked', { qos: 1 });
      const { topicName } = await client.receive({ payload: 'marked' });
      check(topicName === marked, 'U+FEFF at the beginning', JSON.stringify(topicName));
      await plain.expectSilence();
      await plain.publish(topic, 'plain', { qos: 1 });
      await plain.receive({ payload: 'plain' });
      await client.expectSilence();
    },
  },
  {
    name: 'bom-inside',
    title: 'U+FEFF inside of a topic is not stripped',
    statements: ['MQTT-1.5.3-3'],
    async run(t) {
      const topic = t.topic('a\ufeffb/\ufeff');
      const client = await subscribed(t, { topicFilter: topic });
      await client.publish(t.topic('ab/'), 'no');
      await client.publish(topic, 'yes', { qos: 1 });
      await client.receive({ topicName: topic, payload: 'yes' });
    },
  },
  {
    name: 'binary-payload',
    title: 'The payload is binary data: every byte passes, none is checked',
    statements: ['MQTT-1.5.3-1', 'MQTT-3.3.2-1'],
    async run(t) {
      const payload = Uint8Array.from({ length: 256 }, (_, i) => i);
      const client = await subscribed(t);
      await client.publish(t.topic(), payload, { qos: 1 });
      await client.receive({ payload });
    },
  },
]);

const illFormed: readonly (readonly [name: string, what: string, parts: readonly Part[]])[] = [
  ['surrogate', 'a surrogate', [0xed, 0xa0, 0x80]],
  ['surrogate-pair', 'a pair of surrogates', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ['over-long', 'an over-long form', [0xc0, 0xaf]],
  ['lone-continuation', 'a continuation byte alone', [0x80]],
  ['truncated', 'a cut sequence', [0xe2, 0x82]],
  ['above-10ffff', 'a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['ff', 'the byte FF', [0xff]],
];

const refusals: readonly Refusal[] = [
  ...illFormed.map(([name, what, parts]) => ({
    name: `topic-name-${name}`,
    title: `a PUBLISH with ${what} in its Topic Name`,
    statements: ['MQTT-1.5.3-1', 'MQTT-3.3.2-1'],
    bytes: (t: CaseContext) => packet(0x30, str(t.topic(), parts), 'x'),
  })),
  {
    name: 'topic-name-null',
    title: 'a PUBLISH with U+0000 in its Topic Name',
    statements: ['MQTT-1.5.3-2', 'MQTT-4.7.3-2'],
    bytes: (t) => packet(0x30, str(t.topic(), 0, 'a'), 'x'),
  },
  {
    name: 'subscribe-surrogate',
    title: 'a SUBSCRIBE with a surrogate in its Topic Filter',
    statements: ['MQTT-1.5.3-1', 'MQTT-3.8.3-1'],
    bytes: (t) => packet(0x82, u16(1), str(t.topic(), 0xed, 0xbf, 0xbf), 0),
  },
  {
    name: 'subscribe-ill-formed',
    title: 'a SUBSCRIBE with ill-formed UTF-8 in its second Topic Filter',
    statements: ['MQTT-1.5.3-1', 'MQTT-3.8.3-1'],
    bytes: (t) => packet(0x82, u16(1), str(t.topic()), 0, str(0xff), 0),
  },
  {
    name: 'subscribe-null',
    title: 'a SUBSCRIBE with U+0000 in its Topic Filter',
    statements: ['MQTT-1.5.3-2', 'MQTT-4.7.3-2'],
    bytes: (t) => packet(0x82, u16(1), str(t.topic(), 0), 0),
  },
  {
    name: 'unsubscribe-ill-formed',
    title: 'an UNSUBSCRIBE with ill-formed UTF-8 in its Topic Filter',
    statements: ['MQTT-1.5.3-1', 'MQTT-3.10.3-1'],
    bytes: (t) => packet(0xa2, u16(1), str(t.topic(), 0xc3)),
  },
  {
    name: 'unsubscribe-null',
    title: 'an UNSUBSCRIBE with U+0000 in its Topic Filter',
    statements: ['MQTT-1.5.3-2', 'MQTT-4.7.3-2'],
    bytes: () => packet(0xa2, u16(1), str('a', 0)),
  },
];

/** Section 1.5, data representations. */
export const dataCases: readonly ConformanceCase[] = [
  ...wellFormed,
  ...refusedPackets(4, 'data', refusals),
];
