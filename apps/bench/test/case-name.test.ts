import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CaseError, checkedCase, defaultCase, scenarios } from '../src/bench-case.ts';
import { caseName, parseCase } from '../src/case-name.ts';
import { caseSets, selectCases } from '../src/case-sets.ts';

test.each([
  ['p2p', 'p2p-10-10-w100'],
  ['p2p-10-10-w1', 'p2p-10-10-w1'],
  ['p2p-100', 'p2p-100-100-w100'],
  ['fanout-1-1000-w5', 'fanout-1-1K-w5'],
  ['tls-fanout-1-1K-w5-q1-256b', 'tls-fanout-1-1K-w5-q1-256b'],
  ['p2p-props', 'p2p-10-10-w100-props'],
  ['p2p-v5-subid', 'p2p-10-10-w100-subid'],
  ['p2p-100-100-w10-q1-200b-durable', 'p2p-100-100-w10-q1-200b-durable'],
  ['shared-v5', 'shared-10-10-w100'],
  ['wild', 'wild-20-50K-w20'],
  ['offline', 'offline-50K'],
  ['offline-q2', 'offline-50K-q2'],
  ['latency-10-10-r2K', 'latency-10-10-r2K'],
  ['ws-connect-500', 'ws-connect-500'],
])('%s is %s', (name, full) => {
  expect(caseName(parseCase(name))).toBe(full);
});

test.each([
  ['p2q', 'no scenario'],
  ['', 'no scenario'],
  ['tls', 'no scenario'],
  ['p2p-10-10-10', "'10'"],
  ['p2p-0', "'0'"],
  ['p2p-w', "'w'"],
  ['p2p-q3', "'q3'"],
  ['p2p-fast', "'fast'"],
  ['p2p-15b', 'at least 16 bytes'],
  ['p2p-1-1-w1001', 'at most 1000'],
  ['p2p-2K-2K-w1000', 'measure memory'],
  ['offline-q0', 'QoS 0'],
  ['offline-durable', 'part of offline'],
])('%s is refused', (name, complaint) => {
  expect(() => parseCase(name)).toThrow(CaseError);
  expect(() => parseCase(name)).toThrow(complaint);
});

test('a name says everything about its case', () => {
  const anyCase = fc.record({
    scenario: fc.constantFrom(...scenarios),
    transport: fc.constantFrom('tcp', 'tls', 'ws'),
    publishers: fc.integer({ min: 1, max: 3000 }),
    qos: fc.constantFrom(1, 2),
    size: fc.integer({ min: 16, max: 100_000 }),
    protocolVersion: fc.constantFrom(4, 5),
    topicAlias: fc.boolean(),
    durable: fc.boolean(),
  });
  fc.assert(
    fc.property(anyCase, (fields) => {
      fc.pre(!fields.durable || !['offline', 'retained', 'connect'].includes(fields.scenario));
      const name = caseName(checkedCase({ ...defaultCase(fields.scenario), ...fields, window: 3 }));
      expect(caseName(parseCase(name))).toBe(name);
    }),
  );
});

test.each(Object.keys(caseSets))('every case of the set %s can be run under its name', (set) => {
  expect(selectCases(set).map(caseName)).toEqual(caseSets[set]);
});

test('sets and cases can be mixed, and each is run once', () => {
  const names = selectCases('fanin, p2p-10-10-w100,p2p,quick').map(caseName);
  expect(names.slice(0, 2)).toEqual(['fanin-10-1-w100', 'p2p-10-10-w100']);
  expect(new Set(names).size).toBe(names.length);
});
