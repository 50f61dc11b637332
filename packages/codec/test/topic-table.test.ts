import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodeError, ProtocolError, TopicEntry, TopicTable } from '../src/index.ts';
import { hex } from './wire.ts';

const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

function find(table: TopicTable<unknown>, name: Uint8Array): TopicEntry<unknown> | ProtocolError {
  const field = new Uint8Array(name.length + 4).fill(0x2b);
  field.set(name, 2);
  return table.lookup(field, 2, 2 + name.length);
}

test('a name has one entry, with its own bytes', () => {
  const table = new TopicTable<number>();
  const entry = table.entry('a/ü');
  entry.value = 7;
  expect(find(table, bytes('a/ü'))).toBe(entry);
  expect(entry).toMatchObject({ topicName: 'a/ü', value: 7, bytes: bytes('a/ü') });
  expect(find(table, bytes('a/u'))).not.toBe(entry);
  expect(table.size).toBe(2);
});

describe('what is refused', () => {
  const limited = new TopicTable({ maximumLength: 10, maximumLevels: 3 });
  test.each<[string, Uint8Array, number]>([
    ['[MQTT-4.7.3-1] nothing', hex(''), 0x82],
    ['[MQTT-3.3.2-2] +', bytes('a/+'), 0x90],
    ['[MQTT-3.3.2-2] #', bytes('#'), 0x90],
    ['[MQTT-1.5.4-1] ill-formed', hex('61 ff'), 0x81],
    ['[MQTT-1.5.4-2] U+0000', hex('00'), 0x81],
    ['too long', bytes('x'.repeat(11)), 0x90],
    ['too deep', bytes('a/b/c/d'), 0x90],
  ])('%s', (_name, name, reasonCode) => {
    const found = find(limited, name);
    expect(found).toBeInstanceOf(ProtocolError);
    expect(found).toMatchObject({ reasonCode });
    expect(limited.size).toBe(0);
  });

  test('by string, as a mistake of the caller', () => {
    for (const name of ['', 'a/+', '\0', '\uD800', 'x'.repeat(65_536)]) {
      expect(() => limited.entry(name)).toThrow(EncodeError);
      expect(() => limited.entry(name)).toThrow(TypeError);
    }
  });

  test('the limits themselves pass', () => {
    const table = new TopicTable({ maximumLength: 10, maximumLevels: 3 });
    expect(table.entry('a/b/c').topicName).toBe('a/b/c');
    expect(table.entry('x'.repeat(10)).topicName).toHaveLength(10);
  });
});

test('it stays within its capacity and always finds the right name', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-c/]{1,6}$/), { maxLength: 300 }),
      fc.constantFrom(1, 4, 16, 64),
      (names, capacity) => {
        const table = new TopicTable({ capacity });
        for (const name of names) {
          const found = find(table, bytes(name));
          expect(found).toBeInstanceOf(TopicEntry);
          expect(found).toMatchObject({ topicName: name, bytes: bytes(name) });
          // at least the name looked up last is still there
          expect(find(table, bytes(name))).toBe(found);
        }
        expect(table.size).toBeLessThanOrEqual(Math.max(4, capacity));
        expect(table.size).toBeLessThanOrEqual(new Set(names).size);
      },
    ),
  );
});

describe('how many names it knows', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `site/${index % 40}/device/${index}`);

  test('it grows for names that come again', () => {
    const table = new TopicTable();
    for (let round = 0; round < 50; round++) for (const name of names) table.entry(name);
    expect(table.size).toBeGreaterThan(9900);
    const entries = names.map((name) => table.entry(name));
    const found = names.filter((name, index) => table.entry(name) === entries[index]);
    expect(found.length).toBeGreaterThan(9900);
  });

  test('names that come once do not make it grow', () => {
    const table = new TopicTable();
    for (const name of names) table.entry(name);
    expect(table.size).toBeLessThanOrEqual(4096);
  });

  test('it never grows beyond its capacity', () => {
    const table = new TopicTable({ capacity: 8192 });
    for (let round = 0; round < 20; round++) for (const name of names) table.entry(name);
    expect(table.size).toBeGreaterThan(4096);
    expect(table.size).toBeLessThanOrEqual(8192);
  });
});

test('a very long name is not kept', () => {
  const table = new TopicTable({ capacity: 16 });
  const kept = 'x'.repeat(1024);
  expect(table.entry(kept)).toBe(table.entry(kept));
  const long = 'x'.repeat(1025);
  expect(table.entry(long)).not.toBe(table.entry(long));
  expect(table.entry(long)).toMatchObject({ topicName: long, bytes: bytes(long) });
  expect(table.size).toBe(1);
});
