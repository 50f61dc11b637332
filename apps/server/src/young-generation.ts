import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** What the engine's young generation is asked and told. */
export interface YoungGeneration {
  /** Bytes of both halves; `undefined` when this engine does not tell. */
  size(): number | undefined;
  /** By what it grows from now on when much survives. */
  setGrowthFactor(factor: number): void;
  /** Fills it with what survives, so that it grows if it is to grow. */
  fill(): void;
}

/**
 * Lets the engine's young generation grow to about `enough` bytes and no further. V8 lets it grow to
 * 32 MB or 48 as soon as much survives, as sessions, subscriptions and queues do, and gives that back
 * late or never: more than all that 50,000 subscriptions need. Copying survivors costs no more in a
 * small one, unless all that is under way survives: see {@link enoughYoung}.
 *
 * False when the engine takes no such advice, or the user has given it some: nothing depends on it.
 */
export function limitYoungGeneration(
  enough: number,
  young: YoungGeneration = v8YoungGeneration,
  advice: string = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`,
): boolean {
  if (advice.includes('semi-space') || advice.includes('semi_space')) return false;
  if (young.size() === undefined) return false;
  for (let round = 0; round < ROUNDS && (young.size() ?? enough) < enough; round++) young.fill();
  young.setGrowthFactor(1);
  return true;
}

/** Both halves, in bytes. */
export const enoughYoung: { readonly inMemory: number; readonly onDisk: number } = Object.freeze({
  inMemory: 8 * 1024 * 1024,
  /** A thousand messages and more wait for a flush, and would be copied at each collection. */
  onDisk: 16 * 1024 * 1024,
});

const v8YoungGeneration: YoungGeneration = {
  // an engine without the flag would say so on standard error
  size: () => (KNOWN_ENGINES.test(process.versions.v8) ? sizeOfNewSpace() : undefined),
  // a flag of V8 that it reads at each collection
  setGrowthFactor: (factor) => setFlagsFromString(`--semi-space-growth-factor=${factor}`),
  fill: () => {
    const survivors: unknown[] = [];
    for (let i = 0; i < 64; i++) survivors.push(new Array(8_000).fill(i));
  },
};

function sizeOfNewSpace(): number | undefined {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size;
}

/** Of Node 20 to 24. */
const KNOWN_ENGINES = /^1[1-3]\./;
const ROUNDS = 32;
