import { getHeapSpaceStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { type YoungGeneration, limitYoungGeneration } from '../src/young-generation.ts';

const MB = 1024 * 1024;

/** An engine that doubles its young generation as V8 does, up to 32 MB, or does not let itself be told. */
class SimulatedYoung implements YoungGeneration {
  readonly #heeds: boolean;
  #size: number | undefined = MB;
  factor = 2;

  constructor({ heeds = true, tells = true } = {}) {
    this.#heeds = heeds;
    if (!tells) this.#size = undefined;
  }

  size(): number | undefined {
    return this.#size;
  }

  setGrowthFactor(factor: number): void {
    if (this.#heeds) this.factor = factor;
  }

  fill(): void {
    if (this.#size !== undefined) this.#size = Math.min(32 * MB, this.#size * this.factor);
  }
}

test.each([8, 16])('it grows to %i MB, and then no more', (enough) => {
  const young = new SimulatedYoung();
  expect(limitYoungGeneration(enough * MB, young, '')).toBe(true);
  for (let i = 0; i < 10; i++) young.fill();
  expect(young.size()).toBe(enough * MB);
});

test('an engine that does not heed the advice goes on as it would', () => {
  const young = new SimulatedYoung({ heeds: false });
  limitYoungGeneration(8 * MB, young, '');
  for (let i = 0; i < 10; i++) young.fill();
  expect(young.size()).toBe(32 * MB);
});

test('an engine that does not tell its size is left alone', () => {
  const young = new SimulatedYoung({ tells: false });
  expect(limitYoungGeneration(8 * MB, young, '')).toBe(false);
  expect(young.factor).toBe(2);
});

test.each(['--max-semi-space-size=64', '--max_semi_space_size 64'])(
  'who has said %s is obeyed',
  (advice) => {
    const young = new SimulatedYoung();
    expect(limitYoungGeneration(8 * MB, young, `--inspect ${advice}`)).toBe(false);
    expect(young.size()).toBe(MB);
  },
);

test('an engine of Node 20 to 24 keeps to it, and others lose nothing', () => {
  const before = sizeOfThisEngine();
  const isKnown = /^v2[0-4]\./.test(process.version);
  expect(limitYoungGeneration(8 * MB, undefined, '')).toBe(isKnown);
  const survivors: object[] = [];
  for (let i = 0; i < 500_000; i++) survivors.push({ i });
  expect(survivors).toHaveLength(500_000);
  if (isKnown) expect(sizeOfThisEngine()).toBeLessThanOrEqual(Math.max(before, 16 * MB));
});

function sizeOfThisEngine(): number {
  const spaces = getHeapSpaceStatistics();
  return spaces.find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}
