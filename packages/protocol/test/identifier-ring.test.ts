import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdentifierRing } from '../src/identifier-ring.ts';

function inOrder(ring: IdentifierRing<string>): number[] {
  const ids: number[] = [];
  for (let slot = ring.first(); slot >= 0; slot = ring.after(slot)) ids.push(ring.packetId(slot));
  return ids;
}

test('identifiers count up and wrap from 65535 to 1', () => {
  const ring = new IdentifierRing<string>(65_536, 65_534);
  expect([1, 2, 3, 4].map(() => ring.take(1, undefined))).toEqual([65_534, 65_535, 1, 2]);
});

test('a ring is full to the last slot before it grows', () => {
  const ring = new IdentifierRing<string>(4, 1);
  const taken = [1, 2, 3, 4].map(() => ring.take(1, undefined));
  expect([taken, ring.capacity, ring.take(1, undefined), ring.capacity]).toEqual([
    [1, 2, 3, 4],
    4,
    5,
    8,
  ]);
});

test('an identifier comes back only after all others of its lap', () => {
  const ring = new IdentifierRing<string>(4, 1);
  const seen: number[] = [];
  for (let i = 0; i < 65_535; i++) {
    seen.push(ring.take(1, undefined));
    ring.free(ring.slot(seen[i] ?? 0));
  }
  expect(new Set(seen).size).toBeGreaterThan(65_530);
});

test('state and value stay with their identifier while the ring grows', () => {
  const ring = new IdentifierRing<string>(2, 1);
  for (let i = 1; i <= 100; i++) ring.take((i % 200) + 1, `value ${i}`);
  for (let i = 1; i <= 100; i++) {
    const slot = ring.slot(i);
    expect([ring.state(slot), ring.value(slot)]).toEqual([(i % 200) + 1, `value ${i}`]);
  }
});

test.each([
  ['free longest', 4, 2, 3],
  ['after the last taken', 4, 4, 5],
  ['after 65535', 65_536, 65_535, 1],
])('a ring that follows goes on %s', (_what, capacity, taken, expected) => {
  const ring = new IdentifierRing<string>(capacity, 1);
  for (let i = 0; i < taken; i++) ring.take(1, undefined);
  expect(ring.nextPacketId).toBe(expected);
});

test('taken and freed at random, it is a set with an order', () => {
  const start = fc.integer({ min: 1, max: 65_535 });
  const step = fc.oneof(
    fc.record({ take: fc.constant(true) }),
    fc.record({ free: fc.nat(300) }),
    fc.record({ exactly: fc.integer({ min: 1, max: 65_535 }) }),
  );
  fc.assert(
    fc.property(start, fc.array(step, { maxLength: 300, size: 'max' }), (firstPacketId, steps) => {
      const ring = new IdentifierRing<string>(2, firstPacketId);
      const model: number[] = [];
      for (const one of steps) {
        if ('take' in one) {
          const packetId = ring.take(1, 'x');
          expect(packetId > 0 && packetId < 65_536 && !model.includes(packetId)).toBe(true);
          model.push(packetId);
        } else if ('exactly' in one) {
          expect(ring.takeExactly(one.exactly, 1, 'x')).toBe(!model.includes(one.exactly));
          if (!model.includes(one.exactly)) model.push(one.exactly);
        } else if (model.length > 0) {
          const [packetId = 0] = model.splice(one.free % model.length, 1);
          ring.free(ring.slot(packetId));
          expect(ring.slot(packetId)).toBe(-1);
        }
        expect(ring.size).toBe(model.length);
      }
      expect(inOrder(ring)).toEqual(model);
    }),
  );
});
