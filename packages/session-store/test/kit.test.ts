import { describe, expect, test } from 'vitest';
import { type OpenStore, sessionStoreCases, type StoreCase } from '@wellhead/session-store/kit';
import { MemorySessionStore } from '@wellhead/session-store/memory';
import { faults, openFaulty } from './faulty-stores.ts';
import { NaiveStore, newPlace } from './naive-store.ts';

describe('the memory store', () => {
  const { supports } = new MemorySessionStore();
  const cases = sessionStoreCases.filter(({ needs }) => needs === undefined || supports[needs]);
  test.each(table(cases))('%s', (_name, run) => run(async () => new MemorySessionStore()));
});

describe('a naive store, durable and shared', () => {
  test.each(table(sessionStoreCases))('%s', (_name, run) => {
    const place = newPlace();
    return run(async () => new NaiveStore(place));
  });
});

describe('the kit finds out a store that', () => {
  test.each(faults)('%s', async (_name, fault) => {
    expect(await firstFailure(() => openFaulty(fault))).toBeDefined();
  });
});

test('the kit finds nothing in a faulty store without a fault', async () => {
  expect(await firstFailure(() => openFaulty({}))).toBeUndefined();
});

test('every case has its own name', () => {
  const names = sessionStoreCases.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

/** As rows, because vitest cuts a long `$name`. */
function table(cases: readonly StoreCase[]): [name: string, run: StoreCase['run']][] {
  return cases.map(({ name, run }) => [name, run]);
}

/** The name of the first case that a store does not pass. */
async function firstFailure(makeOpen: () => OpenStore): Promise<string | undefined> {
  for (const each of sessionStoreCases) {
    if (await fails(each, makeOpen())) return each.name;
  }
  return undefined;
}

async function fails({ run }: StoreCase, open: OpenStore): Promise<boolean> {
  try {
    await run(open);
    return false;
  } catch {
    return true;
  }
}
