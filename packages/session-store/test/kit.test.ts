import { describe, expect, test } from 'vitest';
import { type OpenStore, sessionStoreCases, type StoreCase } from '@wellhead/session-store/kit';
import { MemorySessionStore } from '@wellhead/session-store/memory';
import { faults, openFaulty } from './faulty-stores.ts';
import { NaiveStore, newPlace } from './naive-store.ts';

describe('the memory store', () => {
  const { supports } = new MemorySessionStore();
  const cases = sessionStoreCases.filter(({ needs }) => needs === undefined || supports[needs]);
  test.each(cases)('$name', ({ run }) => run(async () => new MemorySessionStore()));
});

describe('a naive store, durable and shared', () => {
  test.each(sessionStoreCases)('$name', ({ run }) => {
    const place = newPlace();
    return run(async () => new NaiveStore(place));
  });
});

describe('the kit finds out a store that', () => {
  test.each(faults)('%s', async (_name, fault) => {
    expect(await failures(() => openFaulty(fault))).not.toEqual([]);
  });
});

test('the kit finds nothing in a faulty store without a fault', async () => {
  expect(await failures(() => openFaulty({}))).toEqual([]);
});

test('every case has its own name', () => {
  const names = sessionStoreCases.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

/** Names of the cases that a store does not pass. */
async function failures(makeOpen: () => OpenStore): Promise<string[]> {
  const outcomes = await Promise.all(sessionStoreCases.map((each) => fails(each, makeOpen())));
  return sessionStoreCases.filter((_, index) => outcomes[index]).map(({ name }) => name);
}

async function fails({ run }: StoreCase, open: OpenStore): Promise<boolean> {
  try {
    await run(open);
    return false;
  } catch {
    return true;
  }
}
