import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type CountersOfMemory, MemoryReturn } from '../src/memory-return.ts';
import { Program } from './program.ts';

const nothing: CountersOfMemory = {
  connections: 0,
  sessions: 0,
  subscriptions: 0,
  retainedMessages: 0,
  retainedBytes: 0,
  queuedBytes: 0,
};

/** What is asked of the engine as a broker holds one thing after the other. */
function collectionsAfter(held: readonly Partial<CountersOfMemory>[]): number {
  let now = nothing;
  let collections = 0;
  const collect = (): void => void collections++;
  using watch = new MemoryReturn(() => now, collect, 1_000_000);
  for (const counters of held) {
    now = { ...nothing, ...counters };
    watch.look();
  }
  return collections;
}

const MB = 1024 * 1024;

test.each<[what: string, held: Partial<CountersOfMemory>[], collections: number]>([
  ['nobody came', [{}, {}, {}], 0],
  ['those who came stay', [{ connections: 10_000 }, { connections: 10_000 }], 0],
  ['a few came and left', [{ connections: 1000 }, {}, {}], 0],
  ['all are leaving just now', [{ connections: 10_000 }, { connections: 20 }], 0],
  ['all have left', [{ connections: 10_000 }, { connections: 20 }, { connections: 20 }], 1],
  ['most have left', [{ connections: 10_000 }, { connections: 4000 }, { connections: 4100 }], 1],
  ['a third has left', [{ connections: 10_000 }, { connections: 6700 }, { connections: 6700 }], 0],
  ['it is asked once', [{ connections: 10_000 }, {}, {}, {}, {}], 1],
  [
    'and again for those who come later',
    [{ connections: 10_000 }, {}, {}, { connections: 9000 }, {}, {}],
    2,
  ],
  ['queues were drained', [{ queuedBytes: 20 * MB }, {}, {}], 1],
  ['retained messages are gone', [{ retainedBytes: 9 * MB, retainedMessages: 100 }, {}, {}], 1],
  ['subscriptions are gone', [{ subscriptions: 50_000, connections: 20 }, {}, {}], 1],
  ['sessions have expired', [{ sessions: 30_000 }, {}, {}], 1],
])('%s', (_, held, collections) => {
  expect(collectionsAfter(held)).toBe(collections);
});

test('the engine then collects old objects', async () => {
  await using program = new Program(process.execPath, [fixture]);
  expect(await program.stdout.find((line) => line.startsWith('old'))).toBe('old objects');
});

const fixture = fileURLToPath(new URL('fixtures/ask-for-collection.js', import.meta.url));
