import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from '../src/measure/histogram.ts';

test('an empty one has no durations', () => {
  const histogram = new Histogram();
  expect([histogram.count, histogram.percentile(0.5), histogram.maximum]).toEqual([0, 0, 0]);
});

test.each([0, 0.25, 0.5, 0.99, 1])('percentile %d is exact within a bucket', (share) => {
  const durations = fc.array(fc.double({ min: 0, max: 200_000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(durations, (values) => {
      const histogram = new Histogram();
      for (const value of values) histogram.record(value);
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
      const found = histogram.percentile(share);
      // a bucket is 1/64 of its values wide, and a unit is 0.0001 ms
      expect(found).toBeGreaterThanOrEqual(exact - 0.0001);
      expect(found).toBeLessThanOrEqual(exact * (1 + 1 / 64) + 0.0001);
    }),
  );
});

test('a negative duration counts as none, an enormous one as the longest', () => {
  const histogram = new Histogram();
  histogram.record(-1);
  histogram.record(1e12);
  expect(histogram.percentile(0.5)).toBe(0);
  expect(histogram.maximum).toBe(1e12);
  expect(histogram.percentile(1)).toBeGreaterThan(200_000);
});

test('it can begin again', () => {
  const histogram = new Histogram();
  histogram.record(5);
  histogram.reset();
  expect([histogram.count, histogram.percentile(1)]).toEqual([0, 0]);
});
